#pragma once

/// A mutex that clang's -Wthread-safety understands. Data reachable only through its lock: mark it
/// FILOSCOPE_GUARDED_BY(mutex_).

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define FILOSCOPE_TSA(x) __attribute__((x))
#else
#define FILOSCOPE_TSA(x)
#endif
#define FILOSCOPE_GUARDED_BY(m) FILOSCOPE_TSA(guarded_by(m))
#define FILOSCOPE_REQUIRES(m) FILOSCOPE_TSA(requires_capability(m))

namespace filoscope {

class FILOSCOPE_TSA(capability("mutex")) Mutex {
 public:
  void lock() FILOSCOPE_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() FILOSCOPE_TSA(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class FILOSCOPE_TSA(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) FILOSCOPE_TSA(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Lock() FILOSCOPE_TSA(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits with a held Mutex; every wait has a deadline or a predicate that shutdown makes true.
class Condition {
 public:
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }
  template <typename Predicate>
  void wait(Mutex& mutex, Predicate ready) FILOSCOPE_REQUIRES(mutex) {
    condition_.wait(mutex, ready);
  }
  template <typename Predicate>
  bool wait_for_ms(Mutex& mutex, std::int64_t ms, Predicate ready) FILOSCOPE_REQUIRES(mutex) {
    return condition_.wait_for(mutex, std::chrono::milliseconds(ms), ready);
  }

 private:
  std::condition_variable_any condition_;
};

}  // namespace filoscope
