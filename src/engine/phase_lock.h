#pragma once

/// Shared phases for answers, exclusive phases for the one writer, fair to both. Source:
/// Brandenburg & Anderson, "Reader-writer synchronization for shared-memory multiprocessor
/// real-time systems" (phase-fair locks), ECRTS 2009. std::shared_mutex on glibc prefers readers: a
/// steady stream of answers would keep the writer out for good.
///
/// Why nobody starves. (1) A writer waits for at most the readers inside when it came: while
/// `writers_waiting_ > 0` a new reader waits, unless it was admitted by a leaving writer, and those
/// are counted once in `admitted_`. (2) A waiting reader waits for at most one writer: a leaving
/// writer admits every reader that waits then, and the next writer needs `admitted_ == 0`.

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace filoscope::engine {

class PhaseLock {
 public:
  void lock_shared() {
    std::unique_lock lock(mutex_);
    if (writing_ || writers_waiting_ > 0) {
      ++readers_waiting_;
      const auto turn = turn_;
      // Woken by a turn that admitted us, which has counted us in already.
      readers_.wait(lock, [&] { return turn_ != turn; });
      --admitted_;
    }
    ++reading_;
  }
  void unlock_shared() {
    const std::lock_guard lock(mutex_);
    --reading_;
    if (reading_ == 0 && admitted_ == 0 && writers_waiting_ > 0) writers_.notify_one();
  }
  void lock() {
    std::unique_lock lock(mutex_);
    ++writers_waiting_;
    writers_.wait(lock, [&] { return !writing_ && reading_ == 0 && admitted_ == 0; });
    --writers_waiting_;
    writing_ = true;
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (readers_waiting_ > 0) {
      admitted_ = readers_waiting_;
      readers_waiting_ = 0;
      ++turn_;
      readers_.notify_all();
    } else if (writers_waiting_ > 0) {
      writers_.notify_one();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable readers_, writers_;
  std::size_t reading_ = 0;
  std::size_t readers_waiting_ = 0;  // since the last turn
  std::size_t admitted_ = 0;         // let in by a turn, not inside yet
  std::size_t writers_waiting_ = 0;
  std::size_t turn_ = 0;
  bool writing_ = false;
};

}  // namespace filoscope::engine
