#include "media/pacer.h"

#include <algorithm>
#include <cmath>

namespace filoscope::media {
namespace {

constexpr double kStampsPerSecond = 90'000;
constexpr double kRateSlack =
    1.05;  // 31 a second are not halved to stay below 30: a few are left out

}  // namespace

Pacer::Pacer(double fps_max) : least_(kStampsPerSecond / fps_max) {}

/// The mean step of the last pictures, 0 when there are too few.
double Pacer::typical_step(std::int64_t pts) {
  const std::size_t size = times_.size();
  const auto oldest = count_ >= size ? times_[count_ % size] : times_[0];
  const auto steps = std::min(count_, size);
  times_[count_++ % size] = pts;
  return steps < 2 ? 0 : static_cast<double>(pts - oldest) / static_cast<double>(steps);
}

bool Pacer::wants(std::int64_t pts) {
  const auto now = static_cast<double>(pts);
  const bool first = count_ == 0;
  const double step = typical_step(pts);
  const double every = step > 0 ? std::ceil(least_ / (step * kRateSlack)) : 1;
  const bool even = every < 2 || now - static_cast<double>(kept_) > (every - 0.5) * step;
  if (!first && (!even || now < due_ - early())) return false;
  keep(pts);
  return true;
}

std::optional<std::int64_t> Pacer::make_up(std::int64_t left_out, std::int64_t next) {
  if (static_cast<double>(next - left_out) < 2 * least_) return std::nullopt;
  keep(std::max(left_out, kept_ + std::lround(least_)));
  return kept_;
}

void Pacer::keep(std::int64_t pts) {
  due_ = std::max(due_, static_cast<double>(pts) - early()) + least_;
  kept_ = pts;
}

}  // namespace filoscope::media
