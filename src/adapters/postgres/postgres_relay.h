#pragma once

/// Moves what was committed to the outbox into the log and gives it positions. Internal to this
/// adapter.

#include <deque>
#include <memory>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "adapters/postgres/postgres_connection.h"
#include "adapters/records/stream_hub.h"
#include "base/mutex.h"
#include "ports/outbox.h"

namespace filoscope::postgres {

/// Threads: wake() and wait() from any.
class Relay {
 public:
  /// `hub` must outlive it.
  Relay(const PostgresOptions& options, records::Hub& hub) : options_(options), hub_(hub) {}
  ~Relay();
  /// Takes the lock and begins. Errors: conflict (another program has it), unavailable.
  Result<void> start();

  /// There may be something in the outbox.
  void wake();
  /// Until the record of `token` has its position and those who are waited for have taken it, at
  /// most `ms`.
  void wait(OutboxToken token, std::int64_t ms);
  /// False from the moment on that wait() was in vain, until what it waited for has its position.
  bool keeps_up() const;

 private:
  struct Moved {
    OutboxToken token = 0;
    LogRecord record;
  };
  void run();
  bool rest();
  /// False when there is to be an end.
  bool look();
  Result<void> connect();
  void clean();
  /// Tells what a connection that was lost may have moved.
  Result<void> catch_up();
  Result<std::size_t> move_some();
  /// REQUIRES: rows of records::kRecordColumns and the token.
  static std::vector<Moved> read_moved(const Answer& answer);
  void tell(std::span<const Moved> moved);
  static void say(const Error& problem);
  LogPosition wait_moved(OutboxToken token, std::int64_t ms);

  const PostgresOptions options_;
  records::Hub& hub_;
  std::unique_ptr<Connection> connection_;  ///< holds the lock; of the relay's thread
  std::int64_t cleaned_us_ = 0;
  bool was_woken_ = false;  ///< of the relay's thread
  LogPosition told_ = -1;   ///< of the relay's thread; -1: nothing yet
  mutable Mutex mutex_;
  Condition wake_, moved_;
  bool woken_ FILOSCOPE_GUARDED_BY(mutex_) = true;
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  /// The positions of the last tokens, for writes that did not ask yet.
  std::unordered_map<OutboxToken, LogPosition> positions_ FILOSCOPE_GUARDED_BY(mutex_);
  std::deque<OutboxToken> order_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unordered_set<OutboxToken> missed_ FILOSCOPE_GUARDED_BY(mutex_);  ///< waited for in vain
  std::thread thread_;
};

}  // namespace filoscope::postgres
