#include "prints/frame_hash.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace filoscope::prints {
namespace {

constexpr std::size_t kLow = kWaves / 2;
/// Mean size of a wave, in steps of light, under which it is noise.
constexpr float kLeastWave = .15F;

/// Row and column of each wave.
struct Place {
  std::uint8_t row, column;
};
constexpr std::array<Place, kBits> kPlaces = [] {
  std::array<Place, kBits> places{};
  std::size_t count = 0;
  for (const bool low : {true, false})
    for (std::uint8_t row = 0; row < kWaves; ++row)
      for (std::uint8_t column = 0; column < kWaves; ++column)
        if ((row < kLow && column < kLow) == low) places[count++] = {row, column};
  return places;
}();

/// Bits of the waves that change their sign in a mirror: odd ones across.
constexpr FrameHash kTurned = [] {
  FrameHash turned{};
  for (std::size_t i = 0; i < kBits; ++i)
    if (kPlaces[i].column % 2 != 0) turned[i / 64] |= std::uint64_t{1} << (i % 64);
  return turned;
}();

/// One direction: which cells have their middle in the stretch, and the waves there.
struct Stretch {
  int begin = 0, end = 0;
  std::array<std::array<float, kGridSide>, kWaves> waves{};
};

Stretch stretch(float from, float to) {
  Stretch out;
  out.begin = std::clamp(static_cast<int>(std::ceil(from - .5F)), 0, kGridSide - 1);
  out.end = std::clamp(static_cast<int>(std::ceil(to - .5F)), out.begin + 1, kGridSide);
  for (std::size_t k = 0; k < kWaves; ++k)
    for (int i = out.begin; i < out.end; ++i)
      out.waves[k][static_cast<std::size_t>(i)] =
          std::cos(std::numbers::pi_v<float> * static_cast<float>(k) *
                   (static_cast<float>(i) + .5F - from) / (to - from));
  return out;
}

/// Without it no wave but the 0th is left of what is one light all over.
float mean_of(const Grid& grid, const Stretch& across, const Stretch& down) {
  int sum = 0;
  for (int y = down.begin; y < down.end; ++y)
    for (int x = across.begin; x < across.end; ++x) sum += grid.at(x, y);
  return static_cast<float>(sum) /
         static_cast<float>((across.end - across.begin) * (down.end - down.begin));
}

}  // namespace

Area middle(float share) {
  const float margin = kGridSide * (1 - share) / 2;
  return {margin, margin, kGridSide - margin, kGridSide - margin};
}

Waves waves_of(const Grid& grid, const Area& area) {
  const Stretch across = stretch(area.left, area.right);
  const Stretch down = stretch(area.top, area.bottom);
  const float mean = mean_of(grid, across, down);
  std::array<std::array<float, kGridSide>, kWaves> columns{};
  for (int y = down.begin; y < down.end; ++y) {
    const auto* row = grid.luma.data() + static_cast<std::size_t>(y) * kGridSide;
    for (std::size_t k = 0; k < kWaves; ++k) {
      const float wave = down.waves[k][static_cast<std::size_t>(y)];
      for (std::size_t x = 0; x < kGridSide; ++x)
        columns[k][x] += wave * (static_cast<float>(row[x]) - mean);
    }
  }
  const float cells = static_cast<float>((across.end - across.begin) * (down.end - down.begin));
  Waves out{};
  for (std::size_t i = 0; i < kBits; ++i) {
    const auto& column = columns[kPlaces[i].row];
    const auto& wave = across.waves[kPlaces[i].column];
    float sum = 0;
    for (int x = across.begin; x < across.end; ++x)
      sum += column[static_cast<std::size_t>(x)] * wave[static_cast<std::size_t>(x)];
    out[i] = sum / cells * 4;
  }
  return out;
}

FrameHash signs(const Waves& waves) {
  FrameHash hash{};
  float size = 0;
  for (std::size_t i = 0; i < kBits; ++i) {
    size += std::abs(waves[i]);
    if (waves[i] > 0) hash[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  return size < kLeastWave * kBits ? FrameHash{} : hash;
}

FrameHash mirrored(const FrameHash& hash) {
  FrameHash out = hash;
  if (is_none(hash)) return out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= kTurned[i];
  return out;
}

}  // namespace filoscope::prints
