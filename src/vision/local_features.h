#pragma once

/// What stands at the places of a regular grid over a picture: edges (dense SIFT) and colours.
/// Sources: Lowe, IJCV 60 (2004) (SIFT); Arandjelović & Zisserman, CVPR 2012 (square root of the
/// shares); grid and sizes were chosen by measuring (docs/benchmarks.md).

#include <array>
#include <vector>

#include "vision/picture.h"

namespace filoscope::vision {

/// Rows of `dim` floats, each with the place of its middle in -1..1 of both sides.
struct LocalFeatures {
  std::size_t dim = 0;
  std::vector<float> values;
  std::vector<std::array<float, 2>> places;
  std::size_t count() const { return places.size(); }
  const float* row(std::size_t i) const { return values.data() + i * dim; }
};

/// The long side that pictures are brought to before.
inline constexpr int kLocalSidePx = 224;

inline constexpr std::size_t kSiftDim = 4 * 4 * 8;  ///< rows and columns of cells, directions
/// Rec. 601 luma of planes in 0..255.
std::vector<float> grey_of(const Planes& rgb);
/// Of a grey plane in 0..255; flat places are left out.
LocalFeatures dense_sift(const std::vector<float>& grey, int width, int height);
/// `from` (a row of dense_sift) as it would be in the mirrored picture.
void mirror_sift(const float* from, float* to);

inline constexpr std::size_t kColourDim = 2 * 2 * 3 + 3;  ///< means of cells, deviations of all
/// Of Lab planes.
LocalFeatures dense_colours(const Planes& lab);
void mirror_colours(const float* from, float* to);

}  // namespace filoscope::vision
