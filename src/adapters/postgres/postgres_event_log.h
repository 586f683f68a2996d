#pragma once

/// `EventLog` as two tables in the database of the facts it records: what transactions append, and
/// the log with its positions. Source of the relay: C. Richardson, Microservices Patterns, 3.2.2
/// (polling publisher), woken by each commit.

#include <memory>
#include <span>

#include "adapters/postgres/postgres_database.h"
#include "base/result.h"
#include "ports/database.h"
#include "ports/event_stream.h"

namespace filoscope {

/// REQUIRES: `database` was made by open_postgres from the same options and outlives the log.
/// Threads: any, see ports/outbox.h and ports/event_stream.h. Errors: conflict (another program has
/// the log open), those of Database::migrate and open_postgres.
Result<std::unique_ptr<EventLog>> open_postgres_event_log(Database& database,
                                                          const PostgresOptions& options);

/// The tables of the log.
std::span<const Migration> postgres_event_log_migrations();

}  // namespace filoscope
