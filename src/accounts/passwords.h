#pragma once

/// Password checks within bounds: few at a time, few failures per account and source. Internal to
/// this module.

#include <string>
#include <string_view>

#include "accounts/accounts.h"
#include "base/lru_cache.h"
#include "base/mutex.h"

namespace filoscope::accounts {

/// Threads: any.
class Passwords {
 public:
  Passwords(const Config& config, const Clock& clock);

  /// `password` as prepared. Errors: exhausted (no turn in time), unavailable (no memory).
  Result<std::string> hash(std::string_view password);
  /// A failed try counts for `tries`, a name for an account and where it is tried from; a good one
  /// clears. `stored` empty: no such account, or one without a password; the same work is done.
  /// Errors: unauthenticated (one text for all), exhausted (too many failures, or no turn in time).
  Result<void> check(std::string_view tries, std::string_view password, const std::string& stored);
  /// As `hash`, counted as a failed try of `key` until `forgive`. Errors: exhausted.
  Result<std::string> hash_counted(const std::string& key, std::string_view password);
  void forgive(const std::string& key);
  /// The memory setting differs from the one that `stored` was made with.
  bool outdated(const std::string& stored) const;

 private:
  struct Attempts {
    int failed_count = 0;
    std::int64_t since_us = 0;
  };
  class Turn;

  Result<void> take_attempt(const std::string& account);
  void give_back_attempt(const std::string& account);
  Result<std::string> decoy();

  const Clock& clock_;
  const std::size_t memory_bytes_;
  const std::int64_t wait_ms_;
  const int attempts_max_;
  Mutex mutex_;
  Condition free_;
  std::int64_t free_count_ FILOSCOPE_GUARDED_BY(mutex_);
  std::int64_t waiting_count_ FILOSCOPE_GUARDED_BY(mutex_) = 0;
  LruCache<std::string, Attempts> attempts_ FILOSCOPE_GUARDED_BY(mutex_);
  std::string decoy_ FILOSCOPE_GUARDED_BY(mutex_);  ///< a hash that nothing matches
};

}  // namespace filoscope::accounts
