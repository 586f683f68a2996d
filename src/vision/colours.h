#pragma once

/// Colours of whole pictures: CIE Lab planes and histograms. Nothing here is learned.
/// Sources: IEC 61966-2-1 (sRGB), CIE 15 (L*a*b*, white D65).

#include <vector>

#include "vision/picture.h"

namespace filoscope::vision {

/// L* in 0..100, a* and b* in about -110..110, of sRGB planes in 0..255; the same shape.
Planes lab_of(const Planes& rgb);

inline constexpr std::size_t kLabBins = 5 * 10 * 10;
/// How much of the picture has which colour, 5 steps of lightness by 10 by 10 of chroma, which is
/// rooted so that greys are told apart; soft between bins; the middle counts more. Square root,
/// length 1; shape [kLabBins].
std::vector<float> lab_histogram(const Planes& lab);

inline constexpr std::size_t kZonedBins = kLabBins + 3 * (3 * 8 * 8);
/// The same, followed by coarser ones (3 by 8 by 8) of the upper half, the lower half and the
/// middle, at .5, .5 and .7 of its length. Length 1; shape [kZonedBins].
std::vector<float> zoned_histogram(const Planes& lab);

inline constexpr std::size_t kHsvBins = 8 * 4 * 4;
/// The plain one of textbooks, a baseline: 8 hues by 4 saturations by 4 values, hard bins, square
/// root, length 1; shape [kHsvBins].
std::vector<float> hsv_histogram(const Planes& rgb);

/// The side that pictures are squashed to for any histogram.
inline constexpr int kHistogramSidePx = 96;

}  // namespace filoscope::vision
