#include "adapters/sqlite/sqlite_tables.h"

#include <sqlite3.h>

#include <memory>
#include <string>

#include "adapters/sqlite/reasons.h"
#include "base/clock.h"
#include "base/reasons.h"

namespace filoscope {
namespace {

constexpr const char* kTables =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
    "AND name <> ? ORDER BY name";
constexpr const char* kDescribe = "SELECT name, upper(type), pk FROM pragma_table_info(?)";
constexpr int kBusyMs = 30'000;

Result<std::vector<records::Table>> sqlite_tables(Session& session) {
  return records::describe_tables(session, kTables, kDescribe);
}

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

Error copy_error(int code, sqlite3* database) {
  if ((code & 0xFF) == SQLITE_FULL) return Error(base_reason("disk_full"));
  if ((code & 0xFF) == SQLITE_BUSY) return Error(sqlite::reason("database_locked"));
  if ((code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB)
    return Error(Code::corrupt,
                 std::string("the database file is damaged: ") + sqlite3_errmsg(database));
  return Error(Code::internal, std::string("copy the database: ") + sqlite3_errmsg(database));
}

Result<Handle> open_handle(const std::filesystem::path& path, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  Handle handle(opened);
  if (code != SQLITE_OK) return copy_error(code, opened);
  sqlite3_busy_timeout(opened, kBusyMs);
  return handle;
}

}  // namespace

const records::Dialect& sqlite_dialect() {
  static const records::Dialect dialect{"sqlite", sqlite_tables, false,
                                        [](Session&, OutboxToken) -> Result<void> { return {}; }};
  return dialect;
}

Result<std::int64_t> copy_sqlite(const std::filesystem::path& from,
                                 const std::filesystem::path& to) {
  FILOSCOPE_TRY(const auto source, open_handle(from, SQLITE_OPEN_READWRITE));
  FILOSCOPE_TRY(const auto target, open_handle(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // A transaction of the source's own connection: its first read fixes what is copied.
  const int begun = sqlite3_exec(source.get(), "BEGIN; SELECT count(*) FROM sqlite_schema", nullptr,
                                 nullptr, nullptr);
  if (begun != SQLITE_OK) return copy_error(begun, source.get());
  const auto moment_ms = SystemClock().now_ms();
  auto* const copy = sqlite3_backup_init(target.get(), "main", source.get(), "main");
  if (copy == nullptr) return copy_error(sqlite3_errcode(target.get()), target.get());
  const int stepped = sqlite3_backup_step(copy, -1);
  const int finished = sqlite3_backup_finish(copy);
  if (stepped != SQLITE_DONE) return copy_error(stepped, target.get());
  if (finished != SQLITE_OK) return copy_error(finished, target.get());
  return moment_ms;
}

}  // namespace filoscope
