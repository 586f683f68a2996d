#include "adapters/records/tables.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace filoscope::records {
namespace {

std::optional<ColumnType> type_of(std::string_view sql) {
  constexpr std::array<std::pair<std::string_view, ColumnType>, 7> types{
      {{"INTEGER", ColumnType::integer},
       {"BIGINT", ColumnType::integer},
       {"REAL", ColumnType::number},
       {"DOUBLE PRECISION", ColumnType::number},
       {"TEXT", ColumnType::text},
       {"BLOB", ColumnType::bytes},
       {"BYTEA", ColumnType::bytes}}};
  for (const auto& [name, type] : types)
    if (name == sql) return type;
  return std::nullopt;
}

Result<Table> describe_table(Session& session, const std::string& name, std::string_view describe) {
  Table table{name, {}, {}};
  std::vector<std::pair<std::int64_t, std::string>> key;
  std::string unknown;
  FILOSCOPE_DO(session.query(describe, {name}, [&](const Row& row) {
    const auto type = type_of(row.text(1));
    if (!type) unknown = row.text(0) + " " + row.text(1);
    table.columns.push_back({row.text(0), type.value_or(ColumnType::text)});
    if (row.integer(2) > 0) key.emplace_back(row.integer(2), row.text(0));
  }));
  if (!unknown.empty()) return Error(Code::internal, name + " has a column " + unknown);
  if (key.empty()) return Error(Code::internal, name + " has no primary key");
  std::sort(key.begin(), key.end());
  for (auto& [place, column] : key) table.key.push_back(std::move(column));
  return table;
}

}  // namespace

Result<std::vector<Table>> describe_tables(Session& session, std::string_view names,
                                           std::string_view describe) {
  std::vector<std::string> found;
  FILOSCOPE_DO(session.query(names, {std::string(kMigrationsTable)},
                             [&](const Row& row) { found.push_back(row.text(0)); }));
  std::vector<Table> tables;
  for (const auto& name : found) {
    FILOSCOPE_TRY(tables.emplace_back(), describe_table(session, name, describe));
  }
  return tables;
}

Result<std::vector<std::pair<std::string, std::int64_t>>> module_versions(Session& session) {
  std::vector<std::pair<std::string, std::int64_t>> versions;
  FILOSCOPE_DO(session.query(
      "SELECT module, max(version) FROM schema_migrations GROUP BY module ORDER BY module", {},
      [&](const Row& row) { versions.emplace_back(row.text(0), row.integer(1)); }));
  return versions;
}

}  // namespace filoscope::records
