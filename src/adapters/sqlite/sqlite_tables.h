#pragma once

/// What goes over all tables of an SQLite database, and a copy of it at one moment.

#include <filesystem>

#include "adapters/records/tables.h"
#include "base/result.h"

namespace filoscope {

const records::Dialect& sqlite_dialect();

/// Copies the database file `from` as it stands after the last commit, also while another process
/// writes to it; its pages are read under one read lock. `to` must not exist. Source:
/// https://www.sqlite.org/backup.html. Errors: those of a connection; unavailable (disk full).
Result<void> copy_sqlite(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace filoscope
