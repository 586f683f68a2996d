#pragma once

/// An installation as the backup sees it.

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "app/data_folder.h"
#include "backup/backup.h"
#include "base/config.h"
#include "base/result.h"
#include "ports/blob_store.h"
#include "ports/database.h"

namespace filoscope::app {

inline const Setting<bool> kBackupBeforeMigration{
    "backup.before_migration", true,
    "Back the records up into the data folder (`backups`, the newest three) before a newer release "
    "changes their tables."};

inline constexpr const char* kBackupsBelow = "backups";  ///< the data folder

/// What a snapshot of the records needs beside them. Errors: those of Session::query; conflict (the
/// tables are older or newer than `modules`).
Result<backup::Source::Needs> needs_of(Session& session, std::span<const backup::Module> modules);

/// For Source::read_snapshot. REQUIRES: `database` outlives it.
std::function<Result<void>(const backup::Source::Look&)> snapshots_of(Database& database);

/// The records alone, of a folder that nothing else has open. REQUIRES: `database` outlives it.
backup::Source records_source(const std::filesystem::path& folder, const std::string& installation,
                              Database& database, const records::Dialect& dialect);

/// When a table is about to change; then changes it, with all others that are older. Errors:
/// unavailable (the backup cannot be made), those of Database::migrate.
Result<void> back_up_before_migration(const DataFolder& folder, Database& database,
                                      const Config& config);

}  // namespace filoscope::app
