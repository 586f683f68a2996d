#pragma once

/// How often one person may have something in an hour, as a token bucket each that begins full: the
/// rows that one person can make are bounded. Internal to feed.

#include <cstdint>

#include "base/id.h"
#include "base/lru_cache.h"
#include "base/mutex.h"
#include "base/result.h"

namespace filoscope::feed {

/// Threads: any. Bounded: who asked longest ago is forgotten first.
class PersonRates {
 public:
  /// `refusal` is for who has had too much; its one value is the limit.
  PersonRates(std::int64_t per_hour_max, const ErrorReason& refusal)
      : per_hour_max_(per_hour_max), refusal_(refusal) {}

  /// Takes `count`. A viewer without a token (no person) is not counted: nothing is stored of her.
  /// Errors: exhausted (nothing is taken then).
  Result<void> take(PersonKey person, std::int64_t count, std::int64_t now_us);

 private:
  struct Bucket {
    double left = 0;
    std::int64_t at_us = 0;
  };
  static constexpr std::size_t kPeopleMax = 100'000;

  const std::int64_t per_hour_max_;
  const ErrorReason refusal_;
  Mutex mutex_;
  LruCache<PersonKey, Bucket> buckets_ FILOSCOPE_GUARDED_BY(mutex_){kPeopleMax};
};

}  // namespace filoscope::feed
