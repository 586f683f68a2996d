#pragma once

/// The clock of the machine as far as it is believed. Times that are written stay written, and what
/// has a time limit ends by them: a clock that goes ahead of the latest time that was believed by
/// more than a step may be is not followed; time goes on from what was right before, until the
/// clock comes back. One that is behind is followed, and its way back is no step.

#include "base/clock.h"
#include "base/mutex.h"

namespace filoscope {

/// Threads: any. While the clock is not believed, that is a trouble (base/trouble.h).
class BoundedClock final : public Clock {
 public:
  /// `machine` must outlive it; its mono_us tells how much time has passed.
  BoundedClock(const Clock& machine, std::int64_t step_ms_max);
  ~BoundedClock() override;
  BoundedClock(const BoundedClock&) = delete;
  BoundedClock& operator=(const BoundedClock&) = delete;

  /// The latest time on record is `last_ms`: until the clock has come that far it may be ahead of
  /// it by `pause_ms_max`, for which nothing ran.
  void go_on_from(std::int64_t last_ms, std::int64_t pause_ms_max);

  std::int64_t now_ms() const override;
  std::int64_t mono_us() const override { return machine_.mono_us(); }

 private:
  struct Moment {
    std::int64_t ms = 0;  ///< by the wall clock
    std::int64_t us = 0;  ///< by the other one
    std::int64_t at(std::int64_t now_us) const { return ms + (now_us - us) / 1000; }
  };
  void doubt(std::int64_t ahead_ms) const FILOSCOPE_REQUIRES(mutex_);
  void believe() const FILOSCOPE_REQUIRES(mutex_);

  const Clock& machine_;
  const std::int64_t step_ms_max_;
  mutable Mutex mutex_;
  mutable bool doubted_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  mutable std::int64_t ahead_ms_max_ FILOSCOPE_GUARDED_BY(mutex_);
  mutable Moment last_ FILOSCOPE_GUARDED_BY(mutex_);    // that was believed
  mutable Moment latest_ FILOSCOPE_GUARDED_BY(mutex_);  // of them, and of what is on record
};

}  // namespace filoscope
