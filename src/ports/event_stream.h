#pragma once

/// All that was committed to the outbox, in one order: what the engine's state, counts and indexes
/// follow. Positions rise by one; they have no meaning but their order. Times never decrease along
/// the stream.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/log_record.h"
#include "base/result.h"
#include "ports/outbox.h"

namespace filoscope {

/// How long a write waits for those who take its records.
inline constexpr std::int64_t kTakenWaitMs = 2'000;
/// The same while they do not keep up.
inline constexpr std::int64_t kBehindWaitMs = 50;

/// Whether a write returns only when this consumer has taken its records.
enum class Awaited { no, yes };

/// A consumer that is fed; it ends with this object. Its destructor waits for a call of `take` that
/// runs.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

/// Threads: any. All calls may block. Subscriptions end before it does.
class EventStream {
 public:
  /// One batch: consecutive positions.
  using Take = std::function<void(std::span<const LogRecord>)>;
  virtual ~EventStream() = default;

  /// Records with position > after, in order, at most `count_max`; none at the end. Behind what was
  /// dropped it begins with the first that is left. Errors: unavailable, corrupt.
  virtual Result<std::vector<LogRecord>> read(LogPosition after, std::size_t count_max) = 0;
  /// 0 before the first. Errors: as above.
  virtual Result<LogPosition> last_position() = 0;
  /// The record of a token: none while it waits for its position, and after it was dropped. Errors:
  /// as above.
  virtual Result<std::optional<LogRecord>> find(OutboxToken token) = 0;
  /// The lowest token among the records behind `after`; 0 when there is none. Errors: as above.
  virtual Result<OutboxToken> first_token(LogPosition after) = 0;

  /// Gives every record behind `after` once, in order, without gaps, on a thread of its own: what
  /// is stored and then what is committed. A batch whose `take` throws comes again, as does one
  /// that cannot be read, until it is taken. `take` may read and write and append; it must not end
  /// its own subscription. The name is for logs: a consumer keeps its place itself (the engine in
  /// its snapshots), or as a cursor.
  virtual std::unique_ptr<Subscription> subscribe(std::string_view consumer, LogPosition after,
                                                  Awaited awaited, Take take) = 0;
  /// False from the moment on that a write waited in vain, until the position that its records got
  /// has been taken by all that are waited for.
  virtual bool keeps_up() const = 0;

  /// A cursor: the place of a consumer, kept in the database under its name, whatever is restarted.
  /// The consumer reads behind it (woken by a subscription), handles what it read, and moves it:
  /// within the write that stores what came of the records, then each counts once; or in a write
  /// behind the handling, then those of a batch that was not told to be handled come again, with
  /// the same positions.
  struct Next {
    LogPosition after = 0;  ///< where the cursor stands
    std::vector<LogRecord> records;
  };
  /// The records behind the cursor, in order, without gaps; none at the end. Bodies that were
  /// blanked are empty. REQUIRES: count_max > 0. Errors: not_found (there is no such cursor),
  /// conflict (outrun: records behind it were dropped; set_cursor begins anew), those of read().
  virtual Result<Next> read_next(std::string_view consumer, std::size_t count_max) = 0;
  /// All three within a write. Begins a cursor, or begins it anew, behind `position`. Errors: those
  /// of Session::execute.
  virtual Result<void> set_cursor(Session& session, std::string_view consumer,
                                  LogPosition position) = 0;
  /// Errors: not_found, conflict (it does not stand at `from`: another one has moved it), as above.
  virtual Result<void> move_cursor(Session& session, std::string_view consumer, LogPosition from,
                                   LogPosition to) = 0;
  /// There is none afterwards; that there was none is fine. Errors: as set_cursor.
  virtual Result<void> end_cursor(Session& session, std::string_view consumer) = 0;

  struct Blanked {
    std::int64_t count = 0;
    bool left = false;  ///< such records lie behind `up_to`, or have no position yet
  };
  /// Blanks bodies of a person's records with position <= up_to (erasure), at most `count_max` in
  /// one call: positions and kinds stay, contents go, but those of `spared_kind`. Nothing for
  /// nobody. Errors: those of Session::execute.
  virtual Result<Blanked> blank(Session& session, PersonKey person, LogPosition up_to,
                                std::int64_t count_max, std::uint16_t spared_kind) = 0;
  /// Blanks the bodies of one kind with after < position <= up_to; of how many. Errors: as above.
  virtual Result<std::int64_t> blank_kind(Session& session, std::uint16_t kind, LogPosition after,
                                          LogPosition up_to) = 0;
  /// All three within a write. Drops records with position <= up_to (a snapshot holds their effect)
  /// and gives the highest of
  /// their tokens, 0 without any. Waits for nobody: a subscription that has not taken them yet goes
  /// on behind them, a cursor before them is outrun, and is told so when it reads. Errors: as
  /// above.
  virtual Result<OutboxToken> drop(Session& session, LogPosition up_to) = 0;
};

/// Both ends of one log.
class EventLog : public Outbox, public EventStream {};

}  // namespace filoscope
