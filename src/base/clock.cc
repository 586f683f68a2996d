#include "base/clock.h"

#include <time.h>

#include <chrono>

namespace filoscope {

std::int64_t SystemClock::now_ms() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t SystemClock::mono_us() const {
  // Unlike std::chrono::steady_clock it goes on while the machine sleeps.
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace filoscope
