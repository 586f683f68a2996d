#pragma once

/// The durable, ordered log of everything the engine's state depends on. Appended inside a Database
/// write, so that a fact and its record are one transaction; positions have no meaning but their
/// order.

#include <functional>
#include <span>
#include <vector>

#include "base/log_record.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope {

/// Threads: any, except as said.
class EventLog {
 public:
  using Subscriber = std::function<void(std::span<const LogRecord>)>;
  virtual ~EventLog() = default;

  /// Adds records in the transaction of `session` and sets their positions. When the transaction
  /// commits, the subscriber sees them before Database::write returns; when it is undone, they
  /// never were.
  virtual Result<LogPosition> append(Session& session, std::span<LogRecord> records) = 0;
  /// The one consumer. Called on the writer's thread, after commit, in position order, without
  /// gaps. Set before the first append.
  virtual void subscribe(Subscriber subscriber) = 0;
  /// Records with position > after, in order, at most `count_max`.
  virtual Result<std::vector<LogRecord>> read(LogPosition after, std::size_t count_max) = 0;
  virtual Result<LogPosition> last_position() = 0;
  /// Blanks the bodies of a person's records (erasure): positions and kinds stay, contents go.
  virtual Result<void> blank(Session& session, PersonKey person) = 0;
  /// Drops records with position <= up_to (a snapshot holds their effect).
  virtual Result<void> drop(Session& session, LogPosition up_to) = 0;
};

}  // namespace filoscope
