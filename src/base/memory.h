#pragma once

/// What happens when memory runs out: a reserve is given up, so that what has begun can end, and
/// who asks for more is refused until it could be taken back. [new.delete.single]: operator new
/// calls the handler until it gets memory or throws.

#include <cstddef>

namespace filoscope::memory {

inline constexpr std::size_t kReserveBytes = 32 << 20;

/// Takes the reserve and gives it up at the first allocation that fails. Once, at the start.
void keep_reserve();
/// True while the reserve is given up; tries to take it back. Threads: any; cheap unless low.
bool is_low();
/// For a place whose work cannot be undone halfway: says so and ends the process, whose next start
/// goes on from what is on disk.
[[noreturn]] void end_for_want_of_memory(const char* where);

}  // namespace filoscope::memory
