#pragma once

/// What happens when memory runs out: a reserve is given up, so that what has begun can end, and
/// who asks for more is refused until it could be taken back. [new.delete.single]: operator new
/// calls the handler until it gets memory or throws.

#include <chrono>
#include <cstddef>
#include <new>
#include <thread>

namespace filoscope::memory {

inline constexpr std::size_t kReserveBytes = 32 << 20;

/// Takes the reserve and gives it up at the first allocation that fails. Once, at the start.
void keep_reserve();
/// True while the reserve is given up; tries to take it back. Threads: any; cheap unless low.
bool is_low();
/// For a place whose work cannot be undone halfway: says so and ends the process, whose next start
/// goes on from what is on disk.
[[noreturn]] void end_for_want_of_memory(const char* where);

/// Calls again and again while there is no memory for it.
template <typename Call>
void insist(Call call) {
  for (;;) {
    try {
      return call();
    } catch (const std::bad_alloc&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

}  // namespace filoscope::memory
