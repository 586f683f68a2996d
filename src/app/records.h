#pragma once

/// Where an installation's records are: in its data folder (SQLite) or in a PostgreSQL database
/// that is its own.

#include <filesystem>
#include <memory>
#include <string>

#include "adapters/records/tables.h"
#include "app/data_folder.h"
#include "base/config.h"
#include "base/crypto.h"
#include "base/result.h"
#include "ports/database.h"
#include "ports/event_stream.h"

namespace filoscope::app {

inline const Setting<std::string> kDatabaseUrl{
    "database.url", "",
    "The PostgreSQL database of the records, as postgresql://user@host/name; empty: SQLite in the "
    "data folder. A password is better kept in a password file (PGPASSFILE)."};

std::filesystem::path sqlite_path(const std::filesystem::path& folder);
/// What database and folder know each other by.
std::string installation_id(const crypto::Key& master_key);
/// Errors: conflict (the folder's records are not where the settings say).
Result<void> check_records_place(const std::filesystem::path& folder, const Config& config);
/// Says in the folder that its records are in PostgreSQL. Errors: those of files.
Result<void> mark_records_elsewhere(const std::filesystem::path& folder);
const records::Dialect& dialect_of(const Config& config);
/// Without asking whose they are. Errors: those of the adapter.
Result<std::unique_ptr<Database>> open_records(const std::filesystem::path& folder,
                                               const Config& config);

/// Database and data folder belong together: each knows the other by what is derived from the
/// folder's key. Before a module's tables are changed, the records are backed up into the folder.
/// Errors: conflict (they are of two installations, or the folder's records are elsewhere),
/// unavailable (no backup can be made), those of the adapter.
Result<std::unique_ptr<Database>> open_database(const DataFolder& folder, const Config& config);
/// REQUIRES: `database` is of open_database with the same `config`, and outlives the log.
Result<std::unique_ptr<EventLog>> open_event_log(Database& database, const Config& config);

}  // namespace filoscope::app
