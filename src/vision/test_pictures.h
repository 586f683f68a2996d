#pragma once

/// Pictures for tests, drawn in code. Only for *_test.cc files.

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "vision/picture.h"

namespace filoscope::vision {

inline std::uint8_t* pixel_of(Picture& picture, int x, int y) {
  return picture.rgb.data() + 3 * (static_cast<std::ptrdiff_t>(y) * picture.width + x);
}

inline Picture plain_picture(int width, int height, std::array<int, 3> colour) {
  Picture out{width, height, {}};
  for (int i = 0; i < width * height; ++i)
    for (const int value : colour) out.rgb.push_back(static_cast<std::uint8_t>(value));
  return out;
}

/// A thing of its own for each seed: striped ellipses of a few colours on a ground.
inline Picture drawn_picture(std::uint64_t seed, int width = 160, int height = 120) {
  Random random(seed);
  const auto colour = [&] {
    return std::array{static_cast<int>(random.below(256)), static_cast<int>(random.below(256)),
                      static_cast<int>(random.below(256))};
  };
  Picture out = plain_picture(width, height, colour());
  for (int shape = 0; shape < 14; ++shape) {
    const double cx = random.unit() * width, cy = random.unit() * height;
    const double rx = (.05 + .2 * random.unit()) * width, ry = (.05 + .2 * random.unit()) * height;
    const double wave = (.15 + random.unit()) * 160 / width, turn = random.unit() * 3.1416;
    const auto light = colour(), dark = colour();
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const double u = (x - cx) / rx, v = (y - cy) / ry;
        if (u * u + v * v > 1) continue;
        const bool stripe =
            std::sin(wave * ((x - cx) * std::cos(turn) + (y - cy) * std::sin(turn))) > 0;
        for (std::size_t c = 0; c < 3; ++c)
          pixel_of(out, x, y)[c] = static_cast<std::uint8_t>((stripe ? light : dark)[c]);
      }
    }
  }
  return out;
}

inline Picture mirrored_picture(const Picture& picture) {
  Picture out = picture;
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width / 2; ++x)
      std::swap_ranges(pixel_of(out, x, y), pixel_of(out, x, y) + 3,
                       pixel_of(out, out.width - 1 - x, y));
  return out;
}

/// The part that begins at these fractions of the sides and is `share` of each, `light` times as
/// bright.
inline Picture part_of(const Picture& picture, double left, double top, double share,
                       double light = 1) {
  Picture from = picture;
  Picture out = plain_picture(static_cast<int>(picture.width * share),
                              static_cast<int>(picture.height * share), {0, 0, 0});
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < 3; ++c)
        pixel_of(out, x, y)[c] = static_cast<std::uint8_t>(
            std::min(255.0, light * pixel_of(from, x + static_cast<int>(left * picture.width),
                                             y + static_cast<int>(top * picture.height))[c]));
  return out;
}

}  // namespace filoscope::vision
