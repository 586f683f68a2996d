#include "backup/log_rows.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "backup/parts.h"
#include "backup/reasons.h"
#include "backup/table_copy.h"

namespace filoscope::backup {
namespace {

const std::string kLog = "event_log", kOutbox = "event_outbox", kEnd = "event_log_end";
constexpr std::array<std::string_view, 2> kEndColumns{"position", "at_ms"};
constexpr std::array<std::string_view, 2> kLogColumns{"position", "reader_version"};
constexpr std::array<std::string_view, 1> kLogTokenColumn{"token"};
constexpr std::array<std::string_view, 2> kOutboxColumns{"token", "at_ms"};

std::size_t place_of(const records::Table& table, std::string_view column) {
  const auto at = std::find_if(table.columns.begin(), table.columns.end(),
                               [&](const auto& each) { return each.name == column; });
  return static_cast<std::size_t>(at - table.columns.begin());
}

std::int64_t whole(const SqlValue& value) {
  const auto* const number = std::get_if<std::int64_t>(&value);
  return number ? *number : 0;
}

/// The table that holds the columns of `from` but `token`, and `token` at last where there is one.
records::Table table_with(const records::Table& from, bool tokens) {
  auto table = from;
  std::erase_if(table.columns, [](const auto& column) { return column.name == "token"; });
  if (tokens) table.columns.push_back({"token", records::ColumnType::integer});
  return table;
}

}  // namespace

Result<const TableParts*> LogRows::part(const std::string& table,
                                        std::span<const std::string_view> columns) const {
  const auto at = std::find_if(parts_.begin(), parts_.end(),
                               [&](const auto& each) { return each.table.name == table; });
  if (at == parts_.end()) return Error(reason("backup_log_too_old"));
  for (const auto column : columns)
    if (place_of(at->table, column) == at->table.columns.size())
      return Error(reason("backup_log_too_old"));
  return &*at;
}

Result<void> LogRows::check() const {
  FILOSCOPE_DO(part(kEnd, kEndColumns));
  FILOSCOPE_DO(part(kLog, kLogColumns));
  if (!dialect_.tokens) FILOSCOPE_DO(part(kLog, kLogTokenColumn));
  if (!dialect_.tokens) FILOSCOPE_DO(part(kOutbox, kOutboxColumns));
  return {};
}

Result<void> LogRows::load(Database& database) {
  FILOSCOPE_TRY(const auto* const end, part(kEnd, kEndColumns));
  FILOSCOPE_DO(load_table(database, end->table, *end, store_, {}));
  FILOSCOPE_DO(load_log(database));
  if (!dialect_.tokens) {
    FILOSCOPE_DO(append_outbox(database));
    positions_are_tokens_ = false;
    std::sort(tokens_.begin(), tokens_.end());
    return {};
  }
  return database.write([&](Session& session) -> Result<void> {
    OutboxToken last = 0;
    FILOSCOPE_DO(session.query("SELECT position FROM event_log_end", {},
                               [&](const Row& row) { last = row.integer(0); }));
    return dialect_.tokens_go_on(session, last);
  });
}

Result<void> LogRows::load_log(Database& database) {
  FILOSCOPE_TRY(const auto* const log, part(kLog, kLogColumns));
  const auto position = place_of(log->table, "position");
  const auto token = place_of(log->table, "token");
  return load_table(database, table_with(log->table, dialect_.tokens), *log, store_,
                    [&](std::vector<SqlValue>& row) {
                      const auto at = whole(row[position]);
                      if (dialect_.tokens) {
                        row.emplace_back(at);
                      } else {
                        tokens_.emplace_back(whole(row[token]), at);
                        row.erase(row.begin() + static_cast<std::ptrdiff_t>(token));
                      }
                    });
}

/// What was committed and had no position yet stands behind the end, in the order of its tokens: as
/// its relay would have placed it.
Result<void> LogRows::append_outbox(Database& database) {
  FILOSCOPE_TRY(const auto* const outbox, part(kOutbox, kOutboxColumns));
  const auto token = place_of(outbox->table, "token");
  const auto at_ms = place_of(outbox->table, "at_ms");
  LogPosition last = 0;
  std::int64_t last_ms = 0;
  FILOSCOPE_DO(database.read([&](Session& session) {
    return session.query("SELECT position, at_ms FROM event_log_end", {}, [&](const Row& row) {
      last = row.integer(0);
      last_ms = row.integer(1);
    });
  }));
  auto table = outbox->table;
  table.name = kLog;
  table.columns[token].name = "position";
  FILOSCOPE_DO(append_table(database, table, *outbox, store_, [&](std::vector<SqlValue>& row) {
    tokens_.emplace_back(whole(row[token]), ++last);
    row[token] = last;
    row[at_ms] = last_ms = std::max(last_ms, whole(row[at_ms]));
  }));
  return database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("UPDATE event_log_end SET position = ?, at_ms = ?", {last, last_ms}));
    return {};
  });
}

OutboxToken LogRows::turned(OutboxToken token) const {
  if (positions_are_tokens_) return token;
  const auto at =
      std::lower_bound(tokens_.begin(), tokens_.end(), std::pair(token, LogPosition{0}));
  return at != tokens_.end() && at->first == token ? at->second : 0;
}

}  // namespace filoscope::backup
