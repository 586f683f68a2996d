#include "media/geometry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "media/media.h"

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

constexpr Rung kLateRung{kLateName, 1080, 4'800'000, 60};

int even(double value) { return std::max(2, 2 * static_cast<int>(std::lround(value / 2))); }

/// Whether a picture has over 10 % more lines than a rung.
bool is_well_above(int short_side, const Rung& rung) {
  return short_side * 10 > rung.short_side * 11;
}

/// A rung of `target` lines.
RungPlan plan_of(const Rung& rung, int target, int display_width, int display_height) {
  const int short_side = std::min(display_width, display_height);
  const int long_side = std::max(display_width, display_height);
  const int made_short = std::max(2, target / 2 * 2);
  const int made_long = even(static_cast<double>(long_side) * made_short / short_side);
  const bool upright = display_width <= display_height;
  RungPlan plan;
  plan.name = rung.name;
  plan.width = upright ? made_short : made_long;
  plan.height = upright ? made_long : made_short;
  plan.rate_30_bps = rate_30_bps(rung, made_short, made_long);
  plan.fps_max = rung.fps_max;
  return plan;
}

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

Look look_of(int stored_width, int stored_height, double aspect, const Orientation& orientation) {
  if (!(aspect >= 0.1 && aspect <= 10)) aspect = 1;
  double width = stored_width;
  double height = stored_height;
  if (aspect > 1) width *= aspect;  // square pixels without losing lines
  if (aspect < 1) height /= aspect;
  Look look{std::max(2, static_cast<int>(std::lround(width))),
            std::max(2, static_cast<int>(std::lround(height))), orientation};
  if (orientation.swap) std::swap(look.width, look.height);
  return look;
}

Area fit(int picture_width, int picture_height, int frame_width, int frame_height) {
  const double scale = std::min(static_cast<double>(frame_width) / picture_width,
                                static_cast<double>(frame_height) / picture_height);
  Area area{0, 0, std::min(even(picture_width * scale), frame_width),
            std::min(even(picture_height * scale), frame_height)};
  constexpr int kRounding = 2;
  if (frame_width - area.width <= kRounding && frame_height - area.height <= kRounding)
    return {0, 0, frame_width, frame_height};
  area.x = (frame_width - area.width) / 4 * 2;
  area.y = (frame_height - area.height) / 4 * 2;
  return area;
}

std::vector<RungPlan> plan_rungs(int display_width, int display_height) {
  const int short_side = std::min(display_width, display_height);
  std::vector<RungPlan> plans;
  for (std::size_t i = 0; i < kRungs.size(); ++i) {
    int target = kRungs[i].short_side;
    if (short_side < target) {
      const bool last = i + 1 == kRungs.size();
      if (!plans.empty() || (!last && !is_well_above(short_side, kRungs[i + 1]))) continue;
      target = short_side;
    }
    plans.push_back(plan_of(kRungs[i], target, display_width, display_height));
    plans.back().output_index = static_cast<int>(i);
  }
  // Only one rung may have 60 frames a second, and always the largest.
  plans.front().fps_max = 60;
  return plans;
}

std::optional<RungPlan> plan_late_rung(int display_width, int display_height) {
  const int short_side = std::min(display_width, display_height);
  if (!is_well_above(short_side, kRungs[0])) return std::nullopt;
  return plan_of(kLateRung, std::min(short_side, kLateRung.short_side), display_width,
                 display_height);
}

bool has_late_rung(int display_width, int display_height) {
  return plan_late_rung(display_width, display_height).has_value();
}

}  // namespace filoscope::media
