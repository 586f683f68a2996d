#pragma once

/// Feeds the consumers of an event stream: what was just committed from memory, what is further
/// back from the store. Serves every adapter of EventStream.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "ports/event_stream.h"

namespace filoscope::records {

/// Threads: any. Subscriptions must end before it.
class Hub {
 public:
  using Read = std::function<Result<std::vector<LogRecord>>(LogPosition after, std::size_t count)>;
  explicit Hub(Read read) : read_(std::move(read)) {}
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// What was committed, in the order of positions. Never blocks for long.
  void announce(std::span<const LogRecord> records);
  std::unique_ptr<Subscription> subscribe(std::string_view consumer, LogPosition after,
                                          Awaited awaited, EventStream::Take take);
  /// Until all that are waited for have taken `position`; false after `ms`. Returns at once to a
  /// consumer's own thread.
  bool wait_taken(LogPosition position, std::int64_t ms);
  bool keeps_up() const;

 private:
  class Consumer;
  bool all_have(LogPosition position, std::thread::id but) const FILOSCOPE_REQUIRES(mutex_);

  const Read read_;
  mutable Mutex mutex_;
  Condition taken_;
  LogPosition missed_ FILOSCOPE_GUARDED_BY(mutex_) = 0;  ///< waited for in vain
  std::vector<Consumer*> consumers_ FILOSCOPE_GUARDED_BY(mutex_);
};

}  // namespace filoscope::records
