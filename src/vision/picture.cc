#include "vision/picture.h"

#include <algorithm>
#include <cmath>

namespace filoscope::vision {
namespace {

/// The samples that make one value along an axis, and the share of each.
struct Taps {
  int first = 0;
  std::vector<float> shares;
};

std::vector<Taps> taps_along(int source_px, double start, double share, int result_px) {
  const double origin = start * source_px;
  const double step = share * source_px / result_px;
  const double reach = std::max(1.0, step);
  std::vector<Taps> all(static_cast<std::size_t>(result_px));
  for (int i = 0; i < result_px; ++i) {
    const double centre = origin + (i + .5) * step;
    const int first = std::clamp(static_cast<int>(std::floor(centre - reach)), 0, source_px - 1);
    const int last = std::clamp(static_cast<int>(std::ceil(centre + reach)), first, source_px - 1);
    auto& taps = all[static_cast<std::size_t>(i)];
    taps.first = first;
    double sum = 0;
    for (int at = first; at <= last; ++at) {
      const double weight = std::max(0.0, 1 - std::abs(at + .5 - centre) / reach);
      taps.shares.push_back(static_cast<float>(weight));
      sum += weight;
    }
    if (sum <= 0) taps.shares.front() = 1, sum = 1;
    for (auto& one : taps.shares) one = static_cast<float>(one / sum);
  }
  return all;
}

/// One row of the picture at the new width, its channels still side by side.
void shrink_row(const std::uint8_t* row, const std::vector<Taps>& taps, float* out) {
  for (const auto& [first, shares] : taps) {
    const std::uint8_t* pixel = row + 3 * std::ptrdiff_t{first};
    float r = 0, g = 0, b = 0;
    for (const float share : shares) {
      r += share * pixel[0], g += share * pixel[1], b += share * pixel[2];
      pixel += 3;
    }
    *out++ = r, *out++ = g, *out++ = b;
  }
}

}  // namespace

Planes resized(const Picture& picture, const Crop& crop, int width, int height) {
  const auto across = taps_along(picture.width, crop.x, crop.width, width);
  const auto down = taps_along(picture.height, crop.y, crop.height, height);
  const int top = down.front().first;
  const int bottom = down.back().first + static_cast<int>(down.back().shares.size());
  const auto row_floats = 3 * static_cast<std::size_t>(width);
  std::vector<float> rows(static_cast<std::size_t>(bottom - top) * row_floats);
  for (int y = top; y < bottom; ++y)
    shrink_row(picture.rgb.data() + 3 * std::ptrdiff_t{y} * picture.width, across,
               rows.data() + static_cast<std::size_t>(y - top) * row_floats);
  Planes out{width, height, {}};
  const auto count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  for (auto& plane : out.values) plane.resize(count);
  std::vector<float> sums(row_floats);
  std::size_t at = 0;
  for (const auto& [first, shares] : down) {
    std::fill(sums.begin(), sums.end(), 0.F);
    const float* row = rows.data() + static_cast<std::size_t>(first - top) * row_floats;
    for (const float share : shares) {
      for (std::size_t i = 0; i < row_floats; ++i) sums[i] += share * row[i];
      row += row_floats;
    }
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x, ++at)
      for (std::size_t c = 0; c < 3; ++c) out.values[c][at] = sums[3 * x + c];
  }
  return out;
}

std::array<int, 2> size_with_long_side(const Picture& picture, int long_side_px) {
  const double scale = static_cast<double>(long_side_px) / std::max(picture.width, picture.height);
  const auto side = [&](int px) { return std::max(1, static_cast<int>(std::lround(px * scale))); };
  return {side(picture.width), side(picture.height)};
}

}  // namespace filoscope::vision
