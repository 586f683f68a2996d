#pragma once

/// What the feed handed out lately and how the engine does, for an operator: counted as answers go
/// out, read once a minute, kept in memory for a day.

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "feed/feed.h"
#include "feed/feed_probe.h"
#include "feed/sketches.h"

namespace filoscope::feed {

/// Threads: any. Owns one that takes a reading a minute. `look` and `clock` outlive it.
class Readings {
 public:
  static constexpr std::size_t kReadingsMax = 24 * 60;
  static constexpr std::size_t kHours = 6;
  Readings(std::function<engine::EngineStats()> look, const Clock& clock);
  ~Readings();
  Readings(const Readings&) = delete;
  Readings& operator=(const Readings&) = delete;

  void note_answer(std::span<const engine::DecisionItem> ranked, std::span<const Item> items,
                   std::int64_t waited_us);
  void note_events(int count);
  /// A reading of now: what was noted since the last one is its own.
  void take();
  EngineView view() const;

 private:
  struct Served {
    std::uint64_t answers_count = 0, events_count = 0, items_count = 0;
    std::array<std::uint64_t, engine::kRoutesCount> routes{};
    Quantiles waits_us, ages_s;
    void add(const Served& other);
  };
  struct Hour {
    std::int64_t begin_ms = 0;
    Served served;
    Distinct entries;
  };
  Hour& hour(std::int64_t at_ms) FILOSCOPE_REQUIRES(mutex_);
  ServedLately lately(std::int64_t at_ms) const FILOSCOPE_REQUIRES(mutex_);
  void warn_of_rollbacks(const engine::GuardStats& guard) FILOSCOPE_REQUIRES(mutex_);
  void keep();

  const std::function<engine::EngineStats()> look_;
  const Clock& clock_;
  const std::int64_t since_ms_;
  ReadingsProbe probe_;
  mutable Mutex mutex_;
  Condition wake_;
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  Served minute_ FILOSCOPE_GUARDED_BY(mutex_);
  std::deque<std::unique_ptr<Hour>> hours_ FILOSCOPE_GUARDED_BY(mutex_);  ///< oldest first
  std::deque<Reading> readings_ FILOSCOPE_GUARDED_BY(mutex_);             ///< too
  std::optional<std::uint64_t> rollbacks_count_ FILOSCOPE_GUARDED_BY(mutex_);
  std::thread keeper_;  ///< last: it uses the rest
};

}  // namespace filoscope::feed
