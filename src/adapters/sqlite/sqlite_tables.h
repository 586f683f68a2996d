#pragma once

/// What goes over all tables of an SQLite database, and a copy of it at one moment.

#include <cstdint>
#include <filesystem>

#include "adapters/records/tables.h"
#include "base/result.h"

namespace filoscope {

const records::Dialect& sqlite_dialect();

/// Copies the database file `from` as it stands at one moment, also while another process writes to
/// it; gives that moment by the system's clock, in ms. `to` must not exist. Source:
/// https://www.sqlite.org/backup.html. Errors: unavailable (disk full, locked), corrupt, internal.
Result<std::int64_t> copy_sqlite(const std::filesystem::path& from,
                                 const std::filesystem::path& to);

}  // namespace filoscope
