#include "adapters/sqlite/sqlite_connection.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/utf8.h"

namespace filoscope::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x46494C4F;  // "FILO", in the file's header
constexpr std::int64_t kFormatVersion = 1;
constexpr std::size_t kShownSqlMax = 120;
/// Pragmas that only look, open to every module (`SELECT * FROM pragma_integrity_check(20)`).
constexpr std::array<std::string_view, 3> kChecks = {"integrity_check", "quick_check",
                                                     "table_info"};

std::string shown(std::string_view sql) {
  return std::string(sql.substr(0, kShownSqlMax)) + (sql.size() > kShownSqlMax ? "…" : "");
}

/// What the system said about the disk. SQLite reads errno late, when it may be gone; the files
/// remember theirs.
int disk_errno(sqlite3* db) {
  int number = sqlite3_system_errno(db);
  if (number != 0) return number;
  sqlite3_file* log = nullptr;  // in WAL mode the "journal" is the write-ahead log
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
      log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
  }
  if (number == 0) sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
  return number;
}

/// A database on a disk mounted for reading alone, with nothing left in a write-ahead log.
bool only_readable(const std::filesystem::path& database) {
  struct statvfs disk {};
  if (::statvfs(database.c_str(), &disk) != 0 || (disk.f_flag & ST_RDONLY) == 0) return false;
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(database.string() + "-wal", ignored);
  return ignored || bytes == 0;
}

/// Section 3.3 of https://www.sqlite.org/uri.html.
std::string uri_path(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      text += fmt::format("%{:02X}", static_cast<unsigned>(c));
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      sql_(std::move(other.sql_)),
      cached_(other.cached_) {}

Statement::~Statement() {
  if (statement_ != nullptr) connection_->give_back(*this);
}

void Statement::bind(int position, std::int64_t value) {
  FILOSCOPE_CHECK(sqlite3_bind_int64(statement_, position, value) == SQLITE_OK);
}

void Statement::bind(int position, std::span<const std::uint8_t> value) {
  const void* data =
      value.empty() ? static_cast<const void*>("") : value.data();  // null would bind NULL
  FILOSCOPE_CHECK(sqlite3_bind_blob64(statement_, position, data, value.size(), SQLITE_STATIC) ==
                  SQLITE_OK);
}

Result<void> Statement::bind_all(std::span<const SqlValue> arguments) {
  const int wanted = sqlite3_bind_parameter_count(statement_);
  if (static_cast<std::size_t>(wanted) != arguments.size()) {
    return Error(Code::internal, fmt::format("{} arguments for {} placeholders in: {}",
                                             arguments.size(), wanted, shown(sql_)));
  }
  for (int i = 1; i <= wanted; ++i) {
    const SqlValue& value = arguments[static_cast<std::size_t>(i - 1)];
    int code = SQLITE_OK;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      code = sqlite3_bind_int64(statement_, i, *whole);
    } else if (const auto* real = std::get_if<double>(&value)) {
      code = sqlite3_bind_double(statement_, i, *real);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      if (!is_storable_text(*text)) return Error(ports::reason("database_text_refused"));
      code = sqlite3_bind_text64(statement_, i, text->data(), text->size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
      const void* data = bytes->empty() ? static_cast<const void*>("") : bytes->data();
      code = sqlite3_bind_blob64(statement_, i, data, bytes->size(), SQLITE_STATIC);
    } else {
      code = sqlite3_bind_null(statement_, i);
    }
    if (code != SQLITE_OK) return connection_->error(code, sql_);
  }
  return {};
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_->error(code, sql_);
}

void Statement::reset() {
  sqlite3_reset(statement_);  // repeats the error of step(), which was handled there
  sqlite3_clear_bindings(statement_);
}

Result<std::unique_ptr<Connection>> Connection::open(const SqliteOptions& options, Role role) {
  auto opened = open_as(options, role, options.path.string(),
                        SQLITE_OPEN_READWRITE | (role == Role::writer ? SQLITE_OPEN_CREATE : 0));
  if (opened || !only_readable(options.path)) return opened;
  // Nobody can write here: SQLite needs neither locks nor files beside the database.
  return open_as(options, role, "file:" + uri_path(options.path.string()) + "?immutable=1",
                 SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

Result<std::unique_ptr<Connection>> Connection::open_as(const SqliteOptions& options, Role role,
                                                        const std::string& name, int flags) {
  std::unique_ptr<Connection> connection(new Connection);
  const int code = sqlite3_open_v2(name.c_str(), &connection->db_,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) {
    if (connection->db_ == nullptr) return Error(base_reason("no_memory"));
    return connection->error(code, "open " + options.path.string());
  }
  FILOSCOPE_DO(connection->configure(options, role));
  return connection;
}

Connection::~Connection() {
  for (auto& [sql, entry] : cache_) sqlite3_finalize(entry.statement);
  sqlite3_close_v2(db_);
}

Result<void> Connection::configure(const SqliteOptions& options, Role role) {
  statements_max_ = static_cast<std::size_t>(options.statements_max);
  sqlite3_busy_timeout(db_, static_cast<int>(options.busy_timeout_ms));
  sqlite3_set_authorizer(db_, &Connection::authorize, this);
  if (role == Role::writer) {
    FILOSCOPE_TRY(const auto application, ask("PRAGMA application_id"));
    FILOSCOPE_TRY(const auto version, ask("PRAGMA user_version"));
    FILOSCOPE_TRY(const auto tables, ask("SELECT count(*) FROM sqlite_schema"));
    const bool fresh = application == 0 && version == 0 && tables == 0;
    if (!fresh && application != kApplicationId) {
      return Error(Code::corrupt,
                   options.path.string() + " is another program's database; it is left as it is");
    }
    if (version > kFormatVersion) {
      return Error(reason("database_file_too_new"), options.path.string());
    }
    if (read_only() && fresh) return Error(kDiskReadOnly);
    if (!read_only()) FILOSCOPE_DO(control("PRAGMA journal_mode = WAL"));
    if (fresh) {
      FILOSCOPE_DO(control(fmt::format("BEGIN IMMEDIATE; PRAGMA application_id = {}; "
                                       "PRAGMA user_version = {}; COMMIT",
                                       kApplicationId, kFormatVersion)
                               .c_str()));
    }
    FILOSCOPE_DO(control(fmt::format("PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; "
                                     "PRAGMA wal_autocheckpoint = {}; "
                                     "PRAGMA journal_size_limit = 67108864",
                                     options.checkpoint_pages)
                             .c_str()));
  } else {
    FILOSCOPE_DO(control("PRAGMA query_only = ON"));
  }
  return control(fmt::format("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
                             "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{}; "
                             "PRAGMA mmap_size = {}",
                             options.cache_bytes / 1024, options.mmap_bytes)
                     .c_str());
}

int Connection::authorize(void* self, int action, const char* name, const char*, const char*,
                          const char*) {
  if (static_cast<Connection*>(self)->own_words_) return SQLITE_OK;
  if (action == SQLITE_PRAGMA && name != nullptr &&
      std::find(kChecks.begin(), kChecks.end(), std::string_view(name)) != kChecks.end()) {
    return SQLITE_OK;
  }
  switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_PRAGMA:
      return SQLITE_DENY;
    default:
      return SQLITE_OK;
  }
}

Result<sqlite3_stmt*> Connection::compile(std::string_view sql, const char** rest, unsigned flags) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), flags, &statement, rest);
  if (code != SQLITE_OK) return error(code, sql);
  return statement;
}

Result<Statement> Connection::prepare(std::string_view sql) {
  const auto found = cache_.find(sql);
  if (found != cache_.end() && !found->second.taken) {
    ages_.erase(found->second.age);
    found->second.taken = true;
    return Statement(*this, found->second.statement, found->first, true);
  }
  const char* rest = nullptr;
  FILOSCOPE_TRY(auto* statement, compile(sql, &rest, SQLITE_PREPARE_PERSISTENT));
  const std::string_view more = sql.substr(static_cast<std::size_t>(rest - sql.data()));
  if (statement == nullptr || more.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    sqlite3_finalize(statement);
    return Error(Code::internal, "exactly one statement is wanted in: " + shown(sql));
  }
  if (found != cache_.end()) return Statement(*this, statement, std::string(sql), false);
  const auto entry = cache_.emplace(std::string(sql), Cached{statement, {}, true}).first;
  return Statement(*this, statement, entry->first, true);
}

void Connection::give_back(Statement& statement) {
  statement.reset();
  if (!statement.cached_) {
    sqlite3_finalize(statement.statement_);
    return;
  }
  const auto entry = cache_.find(statement.sql_);
  entry->second.taken = false;
  entry->second.age = ages_.insert(ages_.end(), entry->first);
  if (ages_.size() > statements_max_) forget_oldest();
}

void Connection::forget_oldest() {
  const auto entry = cache_.find(ages_.front());
  ages_.pop_front();
  sqlite3_finalize(entry->second.statement);
  cache_.erase(entry);
}

Result<void> Connection::control(const char* sql) {
  own_words_ = true;
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  own_words_ = false;
  if (code != SQLITE_OK) return error(code, sql);
  return {};
}

Result<void> Connection::script(std::string_view sql) {
  while (!sql.empty()) {
    const char* rest = nullptr;
    FILOSCOPE_TRY(auto* statement, compile(sql, &rest, 0));
    sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
    if (statement == nullptr) continue;  // a comment or white space
    Statement owner(*this, statement, {}, false);
    for (bool row = true; row;) {
      FILOSCOPE_TRY(row, owner.step());
    }
  }
  return {};
}

Result<std::int64_t> Connection::ask(const char* sql) {
  own_words_ = true;
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  const std::int64_t answer = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  own_words_ = false;
  if (code == SQLITE_ROW || code == SQLITE_DONE) {
    sqlite3_finalize(statement);
    return answer;
  }
  const Error problem = error(code, sql);
  sqlite3_finalize(statement);
  return problem;
}

Error Connection::error(int code, std::string_view sql) const {
  const std::string detail = sqlite3_errmsg(db_);
  switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
      return Error(ports::reason("contradicts_stored"), detail);
    case SQLITE_FULL:
      return Error(kDiskFull);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(reason("database_locked"));
    case SQLITE_NOMEM:
      return Error(base_reason("no_memory"));
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return Error(reason("database_not_opened"), detail, std::strerror(sqlite3_system_errno(db_)));
    case SQLITE_READONLY:
      return Error(kDiskReadOnly);
    case SQLITE_IOERR: {
      const int number = disk_errno(db_);
      if (number == EROFS) return Error(kDiskReadOnly);
      if (number == ENOSPC || number == EDQUOT || number == EFBIG) return Error(kDiskFull);
      return Error(kDiskFailed, detail, std::strerror(number));
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(Code::corrupt, "the database file is damaged: " + detail);
    case SQLITE_TOOBIG:
      return Error(ports::reason("database_value_too_long"));
    case SQLITE_INTERRUPT:
      return Error(ports::reason("database_too_slow"));
    case SQLITE_AUTH:
      return Error(Code::internal,
                   "transactions, pragmas and ATTACH are not a module's: " + shown(sql));
    default:
      return Error(Code::internal, fmt::format("database: {}, in: {}", detail, shown(sql)));
  }
}

}  // namespace filoscope::sqlite
