#pragma once

/// How long the other side may keep us waiting: a while, and longer the more it has moved, so that
/// a slow line is served and one that drips a byte now and then is not.

#include <algorithm>
#include <cstdint>

namespace filoscope::api {

/// Threads: one at a time.
class Pace {
 public:
  /// `grace_us` is also the longest without any progress.
  Pace(std::int64_t grace_us, std::int64_t least_bytes_per_s)
      : grace_us_(grace_us), least_bytes_per_s_(least_bytes_per_s) {}

  void begin() { waited_us_ = moved_bytes_ = 0; }
  void moved(std::int64_t waited_us, std::int64_t bytes) {
    waited_us_ += waited_us;
    moved_bytes_ += bytes;
  }
  /// Until the next byte; 0: it is too slow.
  std::int64_t left_us() const {
    const auto earned_us = moved_bytes_ * 1'000'000 / least_bytes_per_s_;
    return std::clamp<std::int64_t>(grace_us_ + earned_us - waited_us_, 0, grace_us_);
  }

 private:
  const std::int64_t grace_us_, least_bytes_per_s_;
  std::int64_t waited_us_ = 0, moved_bytes_ = 0;
};

}  // namespace filoscope::api
