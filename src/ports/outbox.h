#pragma once

/// Where a module puts what others have to learn of: a fact and its record are one transaction
/// (transactional outbox: C. Richardson, Microservices Patterns, 3.2.2). What comes of it is read
/// from the EventStream.

#include <cstddef>
#include <span>

#include "base/log_record.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope {

/// Names what was put into the outbox, for ever. It is no position: with a database that writes at
/// the same time, a higher token may come to stand before a lower one in the stream.
using OutboxToken = std::int64_t;

inline constexpr std::size_t kEventBodyBytesMax = 1 << 20;

/// Threads: any, inside a write.
class Outbox {
 public:
  virtual ~Outbox() = default;

  /// Puts records into the transaction of `session`, one behind the other, also over several calls
  /// of one write; the token is the last one's, 0 without any. Their positions are given when they
  /// are committed, their times raised where the stream is later already. Bodies are at most
  /// kEventBodyBytesMax long. When it commits, Database::write returns as
  /// soon as the consumers that are waited for have taken them (EventStream::subscribe), at the
  /// latest after kTakenWaitMs, which is no error (EventStream::keeps_up); when it is undone, they
  /// never were. Errors: invalid_argument (a body is too long), those of Session::execute.
  virtual Result<OutboxToken> append(Session& session, std::span<const LogRecord> records) = 0;
};

}  // namespace filoscope
