#pragma once

/// One SQLite connection with its prepared statements. Internal to this adapter. Threads: one at a
/// time.

#include <sqlite3.h>

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "adapters/sqlite/reasons.h"
#include "adapters/sqlite/sqlite_database.h"
#include "base/bytes.h"
#include "base/reasons.h"
#include "base/result.h"
#include "ports/database.h"
#include "ports/reasons.h"

namespace filoscope::sqlite {

/// What is said when the disk has no space for a change.
inline constexpr ErrorReason kDiskFull = base_reason("disk_full");
inline constexpr ErrorReason kDiskReadOnly = base_reason("disk_read_only");
/// When the disk fails in another way: what SQLite and the system say.
inline constexpr ErrorReason kDiskFailed = reason("database_disk_failed");

class Connection;

/// A prepared statement, taken out of its connection's cache until destroyed.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Bound by reference: `value` must outlive the statement. Positions begin at 1.
  void bind(int position, std::int64_t value);
  void bind(int position, std::span<const std::uint8_t> value);
  /// Errors: internal (their number is not that of the placeholders), invalid_argument (too long).
  Result<void> bind_all(std::span<const SqlValue> arguments);
  /// True while there is a row. Errors: as Session.
  Result<bool> step();
  /// Makes it ready for other arguments.
  void reset();
  sqlite3_stmt* raw() const { return statement_; }

 private:
  friend class Connection;
  Statement(Connection& connection, sqlite3_stmt* statement, std::string sql, bool cached)
      : connection_(&connection), statement_(statement), sql_(std::move(sql)), cached_(cached) {}
  Connection* connection_;
  sqlite3_stmt* statement_;
  std::string sql_;
  bool cached_;
};

class Connection {
 public:
  enum class Role { writer, reader };
  /// On a disk that can only be read, what can be read of it is; see read_only().
  static Result<std::unique_ptr<Connection>> open(const SqliteOptions& options, Role role);
  bool read_only() const { return sqlite3_db_readonly(db_, "main") == 1; }
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// One statement of a module: no transaction control, no pragma.
  Result<Statement> prepare(std::string_view sql);
  /// Our own transaction control and pragmas, without an answer.
  Result<void> control(const char* sql);
  /// Statements of a module, separated by ';'.
  Result<void> script(std::string_view sql);
  /// First column of the first row of our own question.
  Result<std::int64_t> ask(const char* sql);

  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  std::int64_t changes() const { return sqlite3_changes64(db_); }
  /// The result code of the last call that failed, as a sentence.
  Error error(int code, std::string_view sql) const;

 private:
  friend class Statement;
  struct Cached {
    sqlite3_stmt* statement = nullptr;
    std::list<std::string_view>::iterator age;  ///< into ages_, when not taken
    bool taken = false;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  Connection() = default;
  static Result<std::unique_ptr<Connection>> open_as(const SqliteOptions& options, Role role,
                                                     const std::string& name, int flags);
  static int authorize(void* self, int action, const char*, const char*, const char*, const char*);
  Result<void> configure(const SqliteOptions& options, Role role);
  Result<sqlite3_stmt*> compile(std::string_view sql, const char** rest, unsigned flags);
  void give_back(Statement& statement);
  void forget_oldest();

  sqlite3* db_ = nullptr;
  bool own_words_ = false;  ///< control() is running: the authorizer lets everything pass
  std::size_t statements_max_ = 1;
  std::unordered_map<std::string, Cached, TextHash, std::equal_to<>> cache_;
  std::list<std::string_view> ages_;  ///< idle statements, the longest unused first
};

}  // namespace filoscope::sqlite
