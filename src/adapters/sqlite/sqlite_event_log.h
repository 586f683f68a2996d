#pragma once

/// `EventLog` as an append table in the same SQLite file as the facts it records.

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "ports/database.h"
#include "ports/event_log.h"

namespace filoscope {

inline constexpr std::size_t kEventBodyBytesMax = 1
                                                  << 20;  ///< a longer body is an invalid_argument

/// REQUIRES: `database` was made by open_sqlite and outlives the log; one process writes. Threads:
/// any, see ports/event_log.h. Errors: those of Database::migrate.
Result<std::unique_ptr<EventLog>> open_sqlite_event_log(Database& database);

}  // namespace filoscope
