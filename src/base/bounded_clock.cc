#include "base/bounded_clock.h"

#include <fmt/format.h>

#include "base/trouble.h"

namespace filoscope {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
/// 2026-11-01, before this program: a clock that says less was never set, and a step from there
/// says nothing about where it leads.
constexpr std::int64_t kNeverSetMs = 1'793'491'200'000;
constexpr const char* kTrouble = "clock";

}  // namespace

BoundedClock::BoundedClock(const Clock& machine, std::int64_t step_ms_max)
    : machine_(machine),
      step_ms_max_(step_ms_max),
      ahead_ms_max_(step_ms_max),
      last_{machine.now_ms(), machine.mono_us()},
      latest_(last_) {}

BoundedClock::~BoundedClock() {
  Lock lock(mutex_);
  believe();
}

void BoundedClock::go_on_from(std::int64_t last_ms, std::int64_t pause_ms_max) {
  Lock lock(mutex_);
  last_ = latest_ = {last_ms, machine_.mono_us()};
  ahead_ms_max_ = pause_ms_max;
}

std::int64_t BoundedClock::now_ms() const {
  Lock lock(mutex_);
  const Moment said{machine_.now_ms(), machine_.mono_us()};
  const auto ahead_ms = said.ms - latest_.at(said.us);
  if (ahead_ms > ahead_ms_max_ && latest_.ms >= kNeverSetMs) {
    doubt(ahead_ms);
    return last_.at(said.us);
  }
  believe();
  last_ = said;
  if (ahead_ms >= 0) latest_ = said;
  if (ahead_ms >= -step_ms_max_) ahead_ms_max_ = step_ms_max_;
  return said.ms;
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
