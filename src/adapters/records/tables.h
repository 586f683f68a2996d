#pragma once

/// How the tables of a database lie, for what goes over all of them without knowing what they hold.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/database.h"
#include "ports/outbox.h"

namespace filoscope::records {

enum class ColumnType { integer, number, text, bytes };

struct Column {
  std::string name;
  ColumnType type = ColumnType::integer;

  friend bool operator==(const Column&, const Column&) = default;
};

struct Table {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::string> key;  ///< the columns of its primary key, in their order

  friend bool operator==(const Table&, const Table&) = default;
};

/// Keeps what was applied of each module's migrations; of no module.
inline constexpr std::string_view kMigrationsTable = "schema_migrations";

/// What differs between the databases beyond the SQL that modules share.
struct Dialect {
  std::string_view name;
  /// All tables by name, but those of the adapter alone and kMigrationsTable. Errors: those of
  /// Session::query; internal (one has no primary key, or a column of an unknown type).
  Result<std::vector<Table>> (*tables)(Session&);
  /// The event log has tokens of its own: a column `token` in `event_log`, and `event_outbox`
  /// before it. Otherwise a token is the position.
  bool tokens = false;
  /// The next token is behind `last`. Errors: those of Session::execute.
  Result<void> (*tokens_go_on)(Session&, OutboxToken last);
};

/// The tables that `names` gives for kMigrationsTable, with what `describe` gives for each: a
/// column's name, its type in SQL, its place in the key or 0. Errors: as Dialect::tables.
Result<std::vector<Table>> describe_tables(Session& session, std::string_view names,
                                           std::string_view describe);

/// Version of each module's tables. Errors: those of Session::query.
Result<std::vector<std::pair<std::string, std::int64_t>>> module_versions(Session& session);

}  // namespace filoscope::records
