#pragma once

/// Counts of hot videos in memory. Internal to this module.
///
/// Each change of a row raises its version, so whoever comes late with an older reading cannot
/// overwrite a newer one; and a reading is trusted for a second only, which bounds what a guest's
/// erasure may lag.

#include <optional>

#include "base/clock.h"
#include "base/lru_cache.h"
#include "base/mutex.h"
#include "social/social.h"

namespace filoscope::social {

/// Threads: any.
class CountsCache {
 public:
  CountsCache(std::size_t entries_max, const Clock& clock) : clock_(clock), entries_(entries_max) {}

  std::optional<Counts> find(VideoId video) {
    Lock lock(mutex_);
    const auto* entry = entries_.find(video);
    if (entry == nullptr || clock_.mono_us() - entry->read_us >= kTrustedUs) return std::nullopt;
    return entry->counts;
  }
  void put(VideoId video, const Counts& counts, std::int64_t version) {
    Lock lock(mutex_);
    const auto* entry = entries_.find(video);
    if (entry != nullptr && entry->version > version) return;
    entries_.put(video, {counts, version, clock_.mono_us()});
  }
  /// A view that was committed.
  void add_view(VideoId video) {
    Lock lock(mutex_);
    if (auto* entry = entries_.find(video)) ++entry->counts.views;
  }
  void clear() {
    Lock lock(mutex_);
    entries_.clear();
  }

 private:
  static constexpr std::int64_t kTrustedUs = 1'000'000;
  struct Entry {
    Counts counts;
    std::int64_t version = 0;
    std::int64_t read_us = 0;
  };
  const Clock& clock_;
  Mutex mutex_;
  LruCache<VideoId, Entry> entries_ FILOSCOPE_GUARDED_BY(mutex_);
};

}  // namespace filoscope::social
