#pragma once

/// What search learns from the event stream: how each entry stands, and what rises. A consumer with
/// a cursor of its own, so that each record counts once, whatever is restarted.

#include <atomic>
#include <thread>

#include "ports/event_stream.h"
#include "search/topics.h"
#include "social/social.h"

namespace filoscope::search {

/// Writes how each of `entries` stands by what people did with them. Errors: those of the session.
Result<void> store_standings(Session& session, std::span<const EntryId> entries,
                             std::span<const social::Counts> counts);

/// Threads: `catch_up` and `start` by one thread; a started one works on its own until it is
/// destroyed.
class Following {
 public:
  struct Parts {
    Database& database;
    EventStream& stream;
    catalog::Catalog& catalog;
    social::Social& social;
    Topics& topics;
  };
  explicit Following(const Parts& parts) : parts_(parts) {}
  ~Following();
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;

  /// Sets the cursor to the end of the stream where there is none.
  Result<void> begin();
  void start();
  /// Takes what is in the stream now, and stores it with what was looked for.
  Result<void> catch_up();

 private:
  void run();
  bool pause(std::int64_t ms);
  Result<EventStream::Next> next();
  Result<bool> take_batch();

  const Parts parts_;
  Mutex mutex_;
  Condition wake_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace filoscope::search
