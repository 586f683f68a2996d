#pragma once

/// `EventLog` as an append table in the same SQLite file as the facts it records.

#include <memory>
#include <span>

#include "base/result.h"
#include "ports/database.h"
#include "ports/event_stream.h"

namespace filoscope {

/// REQUIRES: `database` was made by open_sqlite and outlives the log; one process writes. Threads:
/// any, see ports/outbox.h and ports/event_stream.h. Errors: those of Database::migrate.
Result<std::unique_ptr<EventLog>> open_sqlite_event_log(Database& database);

/// The tables of the log.
std::span<const Migration> sqlite_event_log_migrations();

}  // namespace filoscope
