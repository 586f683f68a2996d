#include "adapters/postgres/postgres_tables.h"

#include <string>

namespace filoscope {
namespace {

constexpr const char* kTables =
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT IN (?, "
    "'postgres_written') ORDER BY tablename COLLATE \"C\"";
constexpr const char* kDescribe =
    "SELECT a.attname, upper(format_type(a.atttypid, -1)), COALESCE(array_position("
    "i.indkey::smallint[], a.attnum), -1) + 1 FROM pg_attribute a LEFT JOIN pg_index i ON "
    "i.indrelid = a.attrelid AND i.indisprimary WHERE a.attrelid = CAST(? AS text)::regclass AND "
    "a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

Result<std::vector<records::Table>> postgres_tables(Session& session) {
  return records::describe_tables(session, kTables, kDescribe);
}

/// A sequence gives its next number behind the one it is set to.
Result<void> tokens_go_on(Session& session, OutboxToken last) {
  if (last == 0) return {};
  return session.query("SELECT setval(pg_get_serial_sequence('event_outbox', 'token'), ?)", {last},
                       [](const Row&) {});
}

}  // namespace

const records::Dialect& postgres_dialect() {
  static const records::Dialect dialect{"postgresql", postgres_tables, true, tokens_go_on};
  return dialect;
}

}  // namespace filoscope
