#pragma once

/// A fixed number of threads and a bounded queue; a full queue is an answer, not a wait.

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"

namespace filoscope {

/// Threads: `post` from any thread. The destructor finishes what is queued, then joins.
class Pool {
 public:
  using Task = std::function<void()>;

  Pool(std::string name, std::size_t threads_count, std::size_t queue_max);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Errors: exhausted (the queue holds queue_max tasks), unavailable (stopping).
  Result<void> post(Task task);
  /// Refuses new tasks, finishes the queued ones, joins. Idempotent.
  void stop();
  std::size_t queued_count() const;

 private:
  void run();

  const std::string name_;
  const std::size_t queue_max_;
  mutable Mutex mutex_;
  Condition wake_;
  std::deque<Task> queue_ FILOSCOPE_GUARDED_BY(mutex_);
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace filoscope
