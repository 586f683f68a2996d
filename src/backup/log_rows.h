#pragma once

/// The event log of one kind of database as that of the other: with tokens of its own and an
/// outbox (PostgreSQL), or with the position as token (SQLite).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/records/tables.h"
#include "backup/manifest.h"
#include "backup/object_store.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope::backup {

/// A column of a module that names records by their tokens.
struct TokenColumn {
  std::string table, column;
};

/// Threads: one.
class LogRows {
 public:
  static bool is_of_log(const std::string& table) { return table.starts_with("event_"); }

  /// `parts` are the tables of the backup.
  LogRows(const ObjectStore& store, std::span<const TableParts> parts,
          const records::Dialect& dialect)
      : store_(store), parts_(parts), dialect_(dialect) {}

  /// Errors: conflict (the log is of an older release, which cannot be turned over).
  Result<void> check() const;
  /// Fills the log's tables from those of a database of the other kind. Errors: those of the
  /// database and of read_parts; conflict (the log is of an older release).
  Result<void> load(Database& database);
  /// The token as this database has it; 0 where its record is not in the log any more.
  OutboxToken turned(OutboxToken token) const;

 private:
  Result<const TableParts*> part(const std::string& table,
                                 std::span<const std::string_view> columns) const;
  Result<void> load_log(Database& database);
  Result<void> append_outbox(Database& database);

  const ObjectStore& store_;
  const std::span<const TableParts> parts_;
  const records::Dialect& dialect_;
  bool positions_are_tokens_ = true;
  std::vector<std::pair<OutboxToken, LogPosition>> tokens_;  ///< sorted, when they are not
};

}  // namespace filoscope::backup
