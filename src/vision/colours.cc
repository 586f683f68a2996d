#include "vision/colours.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "vision/vectors.h"

namespace filoscope::vision {
namespace {

constexpr int kCurveSteps = 4096;

/// A function on 0..1 as a table that is read linearly between its points.
class Curve {
 public:
  explicit Curve(const std::function<double(double)>& of) : values_(kCurveSteps + 2) {
    for (std::size_t i = 0; i < values_.size(); ++i)
      values_[i] = static_cast<float>(of(static_cast<double>(i) / kCurveSteps));
  }
  float operator()(float x) const {
    const float at = std::clamp(x, 0.F, 1.F) * kCurveSteps;
    const auto below = static_cast<std::size_t>(at);
    return values_[below] +
           (values_[below + 1] - values_[below]) * (at - static_cast<float>(below));
  }

 private:
  std::vector<float> values_;
};

double linear_light(double coded) {
  return coded <= .04045 ? coded / 12.92 : std::pow((coded + .055) / 1.055, 2.4);
}
double lab_root(double light) {
  constexpr double kEdge = 216.0 / 24389, kSlope = 24389.0 / 27;
  return light > kEdge ? std::cbrt(light) : (kSlope * light + 16) / 116;
}

/// Chroma into 0..1, finer near grey.
float rooted(float chroma) {
  const float root = std::sqrt(std::min(std::abs(chroma) / 90, 1.F)) / 2;
  return chroma < 0 ? .5F - root : .5F + root;
}

/// A value of 0..1 between the centres of two of `bins` bins.
struct Place {
  std::size_t bin[2];
  float share[2];
};
Place place_of(float value, int bins) {
  const float at =
      std::clamp(value * static_cast<float>(bins) - .5F, 0.F, static_cast<float>(bins - 1));
  const auto below = static_cast<std::size_t>(at);
  const float share = at - static_cast<float>(below);
  return {{below, std::min(below + 1, static_cast<std::size_t>(bins - 1))}, {1 - share, share}};
}

struct Shape {
  int lightness = 0;
  int chroma = 0;
};
using Weight = std::function<float(float x, float y)>;  // of a place in -1..1

std::vector<float> soft_histogram(const Planes& lab, Shape shape, const Weight& weight) {
  const auto chroma = static_cast<std::size_t>(shape.chroma);
  std::vector<float> bins(static_cast<std::size_t>(shape.lightness) * chroma * chroma);
  std::size_t at = 0;
  for (int y = 0; y < lab.height; ++y) {
    const float down = (2 * static_cast<float>(y) + 1) / static_cast<float>(lab.height) - 1;
    for (int x = 0; x < lab.width; ++x, ++at) {
      const float w =
          weight((2 * static_cast<float>(x) + 1) / static_cast<float>(lab.width) - 1, down);
      if (w <= 0) continue;
      const Place l = place_of(lab.values[0][at] / 100, shape.lightness);
      const Place a = place_of(rooted(lab.values[1][at]), shape.chroma);
      const Place b = place_of(rooted(lab.values[2][at]), shape.chroma);
      for (int i = 0; i < 8; ++i) {
        const int li = i >> 2, ai = i >> 1 & 1, bi = i & 1;
        bins[(l.bin[li] * chroma + a.bin[ai]) * chroma + b.bin[bi]] +=
            w * l.share[li] * a.share[ai] * b.share[bi];
      }
    }
  }
  for (auto& bin : bins) bin = std::sqrt(bin);
  make_unit(bins);
  return bins;
}

}  // namespace

Planes lab_of(const Planes& rgb) {
  static const Curve light(linear_light);
  static const Curve root(lab_root);
  Planes lab{rgb.width, rgb.height, {}};
  const auto count = rgb.values[0].size();
  for (auto& plane : lab.values) plane.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const float r = light(rgb.values[0][i] / 255), g = light(rgb.values[1][i] / 255),
                b = light(rgb.values[2][i] / 255);
    const float x = root((.4124564F * r + .3575761F * g + .1804375F * b) / .95047F);
    const float y = root(.2126729F * r + .7151522F * g + .0721750F * b);
    const float z = root((.0193339F * r + .1191920F * g + .9503041F * b) / 1.08883F);
    lab.values[0][i] = 116 * y - 16;
    lab.values[1][i] = 500 * (x - y);
    lab.values[2][i] = 200 * (y - z);
  }
  return lab;
}

std::vector<float> lab_histogram(const Planes& lab) {
  constexpr float kWidth = .55F;  // standard deviation, of half a side
  static const Curve fall([](double t) { return std::exp(-t / (kWidth * kWidth)); });
  return soft_histogram(lab, {5, 10}, [](float x, float y) { return fall((x * x + y * y) / 2); });
}

std::vector<float> zoned_histogram(const Planes& lab) {
  constexpr Shape kCoarse{3, 8};
  std::vector<float> all = lab_histogram(lab);
  const auto add = [&](float share, const Weight& weight) {
    for (const float value : soft_histogram(lab, kCoarse, weight)) all.push_back(share * value);
  };
  add(.5F, [](float, float y) { return y < 0 ? 1.F : 0.F; });
  add(.5F, [](float, float y) { return y < 0 ? 0.F : 1.F; });
  add(.7F, [](float x, float y) { return std::abs(x) < .5F && std::abs(y) < .5F ? 1.F : 0.F; });
  make_unit(all);
  return all;
}

std::vector<float> hsv_histogram(const Planes& rgb) {
  std::vector<float> bins(kHsvBins);
  for (std::size_t i = 0; i < rgb.values[0].size(); ++i) {
    const float r = rgb.values[0][i], g = rgb.values[1][i], b = rgb.values[2][i];
    const float most = std::max({r, g, b}), spread = most - std::min({r, g, b});
    float hue = 0;  // in sixths of a turn
    if (spread > 0)
      hue = most == r   ? (g - b) / spread + (g < b ? 6.F : 0.F)
            : most == g ? (b - r) / spread + 2
                        : (r - g) / spread + 4;
    const float saturation = most > 0 ? spread / most : 0;
    const auto bin = [](float share, int count) {
      return static_cast<std::size_t>(
          std::clamp(static_cast<int>(share * static_cast<float>(count)), 0, count - 1));
    };
    bins[(bin(hue / 6, 8) * 4 + bin(saturation, 4)) * 4 + bin(most / 255, 4)] += 1;
  }
  for (auto& value : bins) value = std::sqrt(value);
  make_unit(bins);
  return bins;
}

}  // namespace filoscope::vision
