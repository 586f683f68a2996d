#pragma once

/// A picture as the descriptors see it, and parts of it in another size.

#include <array>
#include <cstdint>
#include <vector>

namespace filoscope::vision {

/// Upright, sRGB, 8 bits, 3 bytes a pixel by rows without gaps. REQUIRES wherever one is taken:
/// width and height are at least 1 and rgb.size() is 3 * width * height.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

/// A part of a picture, in fractions of its sides from the upper left corner.
struct Crop {
  double x = 0;
  double y = 0;
  double width = 1;
  double height = 1;
};
/// The middle: `share` of each side, 0..1.
constexpr Crop middle(double share) { return {(1 - share) / 2, (1 - share) / 2, share, share}; }

/// Three planes of `width` * `height` floats by rows.
struct Planes {
  int width = 0;
  int height = 0;
  std::array<std::vector<float>, 3> values;
};

/// R, G, B in 0..255 of `crop`, squashed to the size by a triangle filter that is as wide as the
/// step between its samples, so that nothing aliases. O(pixels of the crop + of the result).
Planes resized(const Picture& picture, const Crop& crop, int width, int height);

/// The size whose long side is `long_side_px` and whose shape is the picture's; at least 1 each.
std::array<int, 2> size_with_long_side(const Picture& picture, int long_side_px);

}  // namespace filoscope::vision
