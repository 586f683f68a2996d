#include "base/bounded_clock.h"

#include <fmt/format.h>

#include "base/trouble.h"

namespace filoscope {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr const char* kTrouble = "clock";

}  // namespace

BoundedClock::BoundedClock(const Clock& machine, std::int64_t step_ms_max)
    : machine_(machine),
      step_ms_max_(step_ms_max),
      ahead_ms_max_(step_ms_max),
      right_ms_(machine.now_ms()),
      right_us_(machine.mono_us()) {}

BoundedClock::~BoundedClock() {
  Lock lock(mutex_);
  believe();
}

void BoundedClock::go_on_from(std::int64_t last_ms, std::int64_t pause_ms_max) {
  Lock lock(mutex_);
  right_ms_ = last_ms;
  right_us_ = machine_.mono_us();
  ahead_ms_max_ = pause_ms_max;
}

std::int64_t BoundedClock::now_ms() const {
  Lock lock(mutex_);
  const auto said_ms = machine_.now_ms();
  const auto now_us = machine_.mono_us();
  const auto passed_ms = right_ms_ + (now_us - right_us_) / 1000;
  if (said_ms - passed_ms > ahead_ms_max_) {
    doubt(said_ms - passed_ms);
    return passed_ms;
  }
  believe();
  right_ms_ = said_ms;
  right_us_ = now_us;
  ahead_ms_max_ = step_ms_max_;
  return said_ms;
}

void BoundedClock::doubt(std::int64_t ahead_ms) const {
  if (doubted_) return;
  doubted_ = true;
  trouble::begin(
      kTrouble, fmt::format("the clock of this machine is {0} days ahead of the time that has "
                            "passed; times go on without it until it is set right. If it is right, "
                            "restart the server, with app.clock_pause_days_max above {0}",
                            ahead_ms / kDayMs));
}

void BoundedClock::believe() const {
  if (doubted_) trouble::end(kTrouble);
  doubted_ = false;
}

}  // namespace filoscope
