#include "backup/table_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace filoscope::backup {
namespace {

constexpr std::size_t kRowsAtOnce = 1'000;
constexpr std::size_t kValuesAtOnce = 2'000;  ///< placeholders of one statement

std::string names_of(const std::vector<records::Column>& columns) {
  std::string names;
  for (const auto& column : columns) names += (names.empty() ? "" : ", ") + column.name;
  return names;
}

std::string marks(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

SqlValue value_of(const Row& row, int column, records::ColumnType type) {
  if (row.is_null(column)) return SqlValue();
  switch (type) {
    case records::ColumnType::integer:
      return row.integer(column);
    case records::ColumnType::number:
      return row.number(column);
    case records::ColumnType::text:
      return row.text(column);
    case records::ColumnType::bytes:
      break;
  }
  return row.bytes(column);
}

std::vector<SqlValue> values_of(const Row& row, const std::vector<records::Column>& columns) {
  std::vector<SqlValue> values;
  values.reserve(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i)
    values.push_back(value_of(row, static_cast<int>(i), columns[i].type));
  return values;
}

std::vector<std::size_t> key_places(const records::Table& table) {
  std::vector<std::size_t> places;
  for (const auto& name : table.key) {
    const auto at = std::find_if(table.columns.begin(), table.columns.end(),
                                 [&](const auto& column) { return column.name == name; });
    places.push_back(static_cast<std::size_t>(at - table.columns.begin()));
  }
  return places;
}

/// INSERT of `rows_count` rows.
std::string insert_of(const records::Table& table, std::size_t rows_count) {
  const auto row = "(" + marks(table.columns.size()) + ")";
  auto sql = fmt::format("INSERT INTO {} ({}) VALUES {}", table.name, names_of(table.columns), row);
  for (std::size_t i = 1; i < rows_count; ++i) sql += ", " + row;
  return sql;
}

Result<void> insert_rows(Session& session, const records::Table& table,
                         std::span<const std::vector<SqlValue>> rows) {
  const auto at_once = std::max<std::size_t>(1, kValuesAtOnce / table.columns.size());
  const auto sql = insert_of(table, at_once);
  std::vector<SqlValue> values;
  while (!rows.empty()) {
    const auto some = rows.first(std::min(at_once, rows.size()));
    rows = rows.subspan(some.size());
    values.clear();
    for (const auto& row : some) values.insert(values.end(), row.begin(), row.end());
    FILOSCOPE_DO(session.execute(some.size() == at_once ? sql : insert_of(table, some.size()),
                                 std::span<const SqlValue>(values)));
  }
  return {};
}

}  // namespace

Result<Parts> dump_table(Session& session, const records::Table& table, ObjectStore& store) {
  const auto key = joined(table.key);
  const auto head = fmt::format("SELECT {} FROM {}", names_of(table.columns), table.name);
  const auto tail = fmt::format(" ORDER BY {} LIMIT {}", key, kRowsAtOnce);
  const auto behind =
      fmt::format("{} WHERE ({}) > ({}){}", head, key, marks(table.key.size()), tail);
  const auto places = key_places(table);
  PartWriter writer(store);
  std::vector<SqlValue> last;
  for (std::size_t count = kRowsAtOnce; count == kRowsAtOnce;) {
    Rows rows;
    FILOSCOPE_DO(
        session.query(last.empty() ? head + tail : behind, std::span<const SqlValue>(last),
                      [&](const Row& row) { rows.push_back(values_of(row, table.columns)); }));
    count = rows.size();
    for (const auto& row : rows) FILOSCOPE_DO(writer.add(row));
    if (rows.empty()) break;
    last.clear();
    for (const auto place : places) last.push_back(rows.back()[place]);
  }
  return writer.finish();
}

Result<void> append_table(Database& database, const records::Table& table, const TableParts& from,
                          const ObjectStore& store, const Turn& turn) {
  return read_parts(store, from.parts, from.table.columns.size(), [&](Rows rows) -> Result<void> {
    if (turn) std::for_each(rows.begin(), rows.end(), turn);
    return database.write([&](Session& session) { return insert_rows(session, table, rows); });
  });
}

Result<void> load_table(Database& database, const records::Table& table, const TableParts& from,
                        const ObjectStore& store, const Turn& turn) {
  FILOSCOPE_DO(database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM " + table.name));
    return {};
  }));
  return append_table(database, table, from, store, turn);
}

}  // namespace filoscope::backup
