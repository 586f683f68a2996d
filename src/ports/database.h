#pragma once

/// Records: SQL in the common subset of SQLite and PostgreSQL (ON CONFLICT, RETURNING, ?
/// placeholders). Every module owns its tables, prefixed with its name, and their numbered
/// migrations.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace filoscope {

/// A text is UTF-8 without zero bytes; another one is refused (invalid_argument).
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
  using Call = std::function<void()>;
  virtual ~Session() = default;
  /// Rows changed. Errors: conflict (a constraint; the message names it), unavailable (disk full,
  /// locked out), internal (bad SQL).
  virtual Result<std::int64_t> execute(std::string_view sql,
                                       std::span<const SqlValue> arguments) = 0;
  /// Calls `each` per row. Errors as above.
  virtual Result<void> query(std::string_view sql, std::span<const SqlValue> arguments,
                             const std::function<void(const Row&)>& each) = 0;

  /// Called when this write is committed, on the thread that called write() and before it returns;
  /// never when it is undone. Calls of one write come in their order; between two writes there is
  /// none. May read and write, and take any lock that the caller of write() does not hold. Must not
  /// throw.
  virtual void on_commit(Call call) = 0;
  /// Called once behind all of on_commit; the last one counts. For the outbox, whose records'
  /// learning a write waits for.
  virtual void wait_after_commit(Call call) = 0;

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

  /// Runs `work` on one consistent snapshot; more than once when the connection is lost. Errors:
  /// those of `work`, unavailable (no connection in time).
  virtual Result<void> read(const Work& work) = 0;
  /// Runs `work` in a transaction that behaves as if it were alone (serializable), durably
  /// committed before this returns; an error from `work` undoes it and is returned. `work` may run
  /// on another thread and more than once, and must not call read() or write(). Errors: those of
  /// `work`; exhausted (too many writes wait), unavailable (not stored).
  virtual Result<void> write(const Work& work) = 0;
  /// The same for a work that gives a value: that of the run which was committed.
  template <typename T>
  Result<T> write(const std::function<Result<T>(Session&)>& work) {
    std::optional<T> made;
    FILOSCOPE_DO(write([&](Session& session) -> Result<void> {
      made.reset();
      FILOSCOPE_TRY(made, work(session));
      return {};
    }));
    return *std::move(made);
  }
  /// Brings a module's tables up to the last version, each step in a transaction of its own.
  /// Errors: conflict (the tables are of a newer release), those of write().
  virtual Result<void> migrate(std::string_view module, std::span<const Migration> steps) = 0;
  /// What the database itself finds wrong with how it is stored, as sentences; reads all of it.
  /// Errors: those of read().
  virtual Result<std::vector<std::string>> check() = 0;
};

}  // namespace filoscope
