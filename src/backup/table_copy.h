#pragma once

/// Tables into parts and back.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "adapters/records/tables.h"
#include "backup/manifest.h"
#include "backup/object_store.h"
#include "backup/parts.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope::backup {

/// All rows of `table` in the order of its key, as `session` sees them. Errors: those of
/// Session::query and PartWriter.
Result<Parts> dump_table(Session& session, const records::Table& table, ObjectStore& store);

/// Turns a row of the backup into one of the database.
using Turn = std::function<void(std::vector<SqlValue>& row)>;

/// Adds the rows of the backup to `table`, turned; `turn` may be empty. Errors: those of the
/// database and of read_parts.
Result<void> append_table(Database& database, const records::Table& table, const TableParts& from,
                          const ObjectStore& store, const Turn& turn);
/// The same into the emptied table.
Result<void> load_table(Database& database, const records::Table& table, const TableParts& from,
                        const ObjectStore& store, const Turn& turn);

}  // namespace filoscope::backup
