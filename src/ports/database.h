#pragma once

/// Records: SQL in the common subset of SQLite and PostgreSQL (ON CONFLICT, RETURNING, ?
/// placeholders). Every module owns its tables, prefixed with its name, and their numbered
/// migrations.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace filoscope {

using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;

/// One row of an answer; valid only during the call that gives it. REQUIRES: column < columns asked
/// for.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;  ///< 0 for null
  virtual double number(int column) const = 0;
  virtual std::string text(int column) const = 0;
  virtual Bytes bytes(int column) const = 0;
};

/// A connection inside one transaction. Threads: only inside the callback that received it.
class Session {
 public:
  virtual ~Session() = default;
  /// Rows changed. Errors: conflict (a constraint; the message names it), unavailable (disk full,
  /// locked out), internal (bad SQL).
  virtual Result<std::int64_t> execute(std::string_view sql,
                                       std::span<const SqlValue> arguments) = 0;
  /// Calls `each` per row. Errors as above.
  virtual Result<void> query(std::string_view sql, std::span<const SqlValue> arguments,
                             const std::function<void(const Row&)>& each) = 0;

  Result<std::int64_t> execute(std::string_view sql,
                               std::initializer_list<SqlValue> arguments = {}) {
    return execute(sql, std::span(arguments.begin(), arguments.size()));
  }
  Result<void> query(std::string_view sql, std::initializer_list<SqlValue> arguments,
                     const std::function<void(const Row&)>& each) {
    return query(sql, std::span(arguments.begin(), arguments.size()), each);
  }
};

struct Migration {
  int version = 0;       ///< 1, 2, 3 … without gaps
  std::string_view sql;  ///< one or more statements, separated by ';'
};

/// Threads: any. All calls may block (a write until its group is on disk).
class Database {
 public:
  using Work = std::function<Result<void>(Session&)>;
  virtual ~Database() = default;

  /// Runs `work` on one consistent snapshot.
  virtual Result<void> read(const Work& work) = 0;
  /// Runs `work` alone, durably committed before this returns; an error from `work` undoes it and
  /// is returned. `work` runs on the writer's thread, may run more than once, and must not call
  /// read() or write().
  virtual Result<void> write(const Work& work) = 0;
  /// Brings a module's tables up to the last version, each step in a transaction of its own.
  virtual Result<void> migrate(std::string_view module, std::span<const Migration> steps) = 0;
};

}  // namespace filoscope
