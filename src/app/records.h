#pragma once

/// Where an installation's records are: in its data folder (SQLite) or in a PostgreSQL database
/// that is its own.

#include <memory>

#include "app/data_folder.h"
#include "base/config.h"
#include "base/result.h"
#include "ports/database.h"
#include "ports/event_stream.h"

namespace filoscope::app {

inline const Setting<std::string> kDatabaseUrl{
    "database.url", "",
    "The PostgreSQL database of the records, as postgresql://user@host/name; empty: SQLite in the "
    "data folder. A password is better kept in a password file (PGPASSFILE)."};

/// Database and data folder belong together: each knows the other by what is derived from the
/// folder's key. Errors: conflict (they are of two installations, or the folder's records are
/// elsewhere), those of the adapter.
Result<std::unique_ptr<Database>> open_database(const DataFolder& folder, const Config& config);
/// REQUIRES: `database` is of open_database with the same `config`, and outlives the log.
Result<std::unique_ptr<EventLog>> open_event_log(Database& database, const Config& config);

}  // namespace filoscope::app
