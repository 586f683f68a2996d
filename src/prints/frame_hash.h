#pragma once

/// A frame as 256 bits that survive recompression: the signs of its lowest waves. Source: Facebook,
/// "PDQ" (2019), changed: signs against zero instead of the median, so that mirroring turns known
/// bits; waves in one direction too; the lowest in the first word. Pure functions, any thread.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace filoscope::prints {

inline constexpr int kGridSide = 128;

/// Mean luma of equal areas of a frame, row by row; a frame of any shape is squeezed into it.
struct Grid {
  std::array<std::uint8_t, std::size_t{kGridSide} * kGridSide> luma{};
  std::uint8_t at(int x, int y) const {
    return luma[static_cast<std::size_t>(y) * kGridSide + static_cast<std::size_t>(x)];
  }
};

/// A part of a grid, in cells, from inclusive to exclusive; need not be whole.
struct Area {
  float left = 0, top = 0, right = kGridSide, bottom = kGridSide;
  float width() const { return right - left; }
  float height() const { return bottom - top; }
  bool operator==(const Area&) const = default;
};
/// The middle of a grid, by a share of each side.
Area middle(float share);

inline constexpr std::size_t kWaves = 16;  ///< in each direction
inline constexpr std::size_t kBits = kWaves * kWaves;
/// The waves of an area (DCT-II 0..15 in both directions), those up to the 7th first.
using Waves = std::array<float, kBits>;
/// All 0: there is nothing to see.
using FrameHash = std::array<std::uint64_t, kBits / 64>;

Waves waves_of(const Grid& grid, const Area& area);
/// Bit i is set where wave i is above 0. None for waves of what is about one light.
FrameHash signs(const Waves& waves);
/// The signs of a picture that is turned left to right.
FrameHash mirrored(const FrameHash& hash);
inline bool is_none(const FrameHash& hash) { return hash == FrameHash{}; }

/// Bits that differ.
inline int distance(const FrameHash& a, const FrameHash& b) {
  int bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i) bits += std::popcount(a[i] ^ b[i]);
  return bits;
}

/// For functions that count bits in a loop: processors of the last fifteen years do it by one
/// instruction.
#if defined(__x86_64__)
#define FILOSCOPE_COUNTS_BITS __attribute__((target_clones("default", "popcnt")))
#else
#define FILOSCOPE_COUNTS_BITS
#endif

}  // namespace filoscope::prints
