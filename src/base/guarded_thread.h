#pragma once

/// Threads whose work may throw, as std::bad_alloc, without ending the process ([except.handle]: an
/// exception that leaves a thread's function calls std::terminate).

#include <functional>
#include <string>
#include <thread>

namespace filoscope {

/// Calls `work`; what it throws is logged as "thread.broke_off" with `name`. False when it threw.
bool run_guarded(const std::string& name, const std::function<void()>& work) noexcept;

/// A thread called `name` (its first 15 characters) that calls `work` once. After an exception it
/// asks `again`, which waits a moment on whatever the owner's stop wakes, so that a lasting fault
/// does not spin, and says whether `work` is called anew; without `again` the thread ends.
/// Ownership: the caller joins. Throws std::system_error when no thread can be had.
std::thread guarded_thread(std::string name, std::function<void()> work,
                           std::function<bool()> again = {});

}  // namespace filoscope
