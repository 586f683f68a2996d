#include "media/geometry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace filoscope::media {
namespace {

struct Rung {
  const char* name;
  int short_side;
  double rate_30_bps;  ///< of a picture of 16:9
  double fps_max;
};
constexpr std::array<Rung, 3> kRungs{
    {{"720", 720, 2'500'000, 60}, {"540", 540, 1'350'000, 30}, {"360", 360, 700'000, 30}}};

// Neighbouring pixels and frames are alike: twice as many need less than twice the bits.
constexpr double kPixelsExponent = 0.75, kFpsExponent = 0.585;

std::int64_t rate_30_bps(const Rung& rung, int width, int height) {
  const double pixels = 16.0 / 9 * rung.short_side * rung.short_side;
  const double share = static_cast<double>(width) * height / pixels;
  return std::llround(rung.rate_30_bps * std::pow(share, kPixelsExponent));
}

int even(double value) { return std::max(2, 2 * static_cast<int>(std::lround(value / 2))); }

}  // namespace

std::int64_t rate_max_bps(const RungPlan& plan, double fps) {
  const double times = std::pow(std::clamp(fps, 24.0, 60.0) / 30, kFpsExponent);
  return std::llround(static_cast<double>(plan.rate_30_bps) * times);
}

Orientation orientation_of(const std::int32_t* matrix) {
  if (matrix == nullptr) return {};
  // Display x = a·x + c·y, y = b·x + d·y for stored x, y.
  const double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  if (std::abs(a) + std::abs(d) >= std::abs(b) + std::abs(c)) return {false, a < 0, d < 0};
  return {true, c < 0, b < 0};
}

std::vector<RungPlan> plan_rungs(int display_width, int display_height) {
  const int short_side = std::min(display_width, display_height);
  const int long_side = std::max(display_width, display_height);
  std::vector<RungPlan> plans;
  for (std::size_t i = 0; i < kRungs.size(); ++i) {
    const Rung& rung = kRungs[i];
    int target = rung.short_side;
    if (short_side < target) {
      const bool last = i + 1 == kRungs.size();
      if (!plans.empty() || (!last && short_side * 10 <= kRungs[i + 1].short_side * 11)) continue;
      target = short_side;
    }
    const int made_short = std::max(2, target / 2 * 2);
    const int made_long = even(static_cast<double>(long_side) * made_short / short_side);
    const bool upright = display_width <= display_height;
    plans.push_back({static_cast<int>(i), rung.name, upright ? made_short : made_long,
                     upright ? made_long : made_short, rate_30_bps(rung, made_short, made_long),
                     rung.fps_max});
  }
  // Only one rung may have 60 frames a second, and always the largest.
  plans.front().fps_max = 60;
  return plans;
}

}  // namespace filoscope::media
