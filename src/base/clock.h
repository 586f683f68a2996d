#pragma once

/// Time only through here, so that tests and simulation own it.

#include <atomic>
#include <cstdint>

namespace filoscope {

/// Threads: all methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ms() const = 0;  ///< milliseconds since 1970-01-01 UTC; may jump
  virtual std::int64_t mono_us()
      const = 0;  ///< microseconds since an arbitrary start; never goes back
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() const override;
  std::int64_t mono_us() const override;
};

/// Stands still until moved.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t start_ms = 1'700'000'000'000) : now_ms_(start_ms) {}
  std::int64_t now_ms() const override { return now_ms_; }
  std::int64_t mono_us() const override { return mono_us_; }
  void advance_ms(std::int64_t ms) { now_ms_ += ms, mono_us_ += ms * 1000; }
  void jump_to_ms(std::int64_t ms) { now_ms_ = ms; }  ///< as when an operator sets the clock

 private:
  std::atomic<std::int64_t> now_ms_;
  std::atomic<std::int64_t> mono_us_{0};
};

}  // namespace filoscope
