#pragma once

/// High dynamic range and wide colours into BT.709: the tone curve bends lightness alone, and what
/// lies outside the gamut loses chroma alone, so that hues stay. One table of 33³ colours, made
/// once, does it for every pixel.
/// Sources: ITU-R BT.2100 (PQ, HLG, ICtCp), BT.2390 §5.4 (tone curve), BT.2408 (white at 203
/// cd/m²), BT.1886 (the screen's gamma).

#include <array>
#include <cstdint>
#include <vector>

#include "media/ffmpeg.h"

namespace filoscope::media {

inline constexpr double kWhiteNits = 203;  ///< of standard range on the scale of high range

/// Whether a frame is not of standard range and BT.709 colours, so that it goes through a ToneMap.
bool is_tone_mapped(const AVFrame& frame);

enum class Transfer : std::uint8_t { standard, pq, hlg };
using Triple = std::array<double, 3>;

/// Light of BT.2020 primaries in cd/m² (at a screen of 1000 for HLG) from coded R'G'B' in 0..1.
Triple light_of(const Triple& coded, Transfer transfer);
/// I, Ct, Cp (PQ) of light of BT.2020 primaries in cd/m².
Triple ictcp_of(const Triple& light);
/// Linear BT.709 with white at 1, from light of BT.2020 primaries in cd/m².
Triple rec709_of(const Triple& light);
/// Light of BT.2020 primaries in cd/m² from linear BT.709.
Triple light_of_709(const Triple& linear);

/// Threads: one.
class ToneMap {
 public:
  /// `frame` (BT.2020; its transfer says how it is coded) at this size as 8-bit BT.709, yuv420p,
  /// limited range, times kept. A first frame, and one with other light levels, takes some 50 ms
  /// more. Errors: internal.
  Result<FramePtr> apply(const AVFrame& frame, int width, int height);

 private:
  static constexpr int kNodes = 33;
  static constexpr int kStep = 128;           ///< 12-bit codes from one node to the next
  using Node = std::array<std::uint16_t, 4>;  ///< coded R', G', B' times 16; the last is unused

  void make_table(Transfer transfer, double peak_nits);
  void map_row(std::uint16_t* g, std::uint16_t* b, std::uint16_t* r, int width) const;
  Result<void> prepare(const AVFrame& frame, int width, int height);

  std::vector<Node> table_;
  Transfer transfer_ = Transfer::standard;
  double peak_nits_ = 0;
  SwsPtr to_rgb_;
  SwsPtr to_yuv_;
  std::array<int, 6> prepared_{};  ///< sizes, format and range that the scalers are for
};

}  // namespace filoscope::media
