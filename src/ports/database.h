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

/// One row of an answer; valid only during the call that gives it, its texts and bytes are copies.
/// Columns are as they were stored: a value asked for as another type is 0 or empty. REQUIRES:
/// column < columns asked for.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;  ///< 0 for null
  virtual double number(int column) const = 0;
  virtual std::string text(int column) const = 0;
  virtual Bytes bytes(int column) const = 0;
};

/// A connection inside one transaction. Threads: only inside the callback that received it, which
/// it does not outlive. Statements are prepared once a text, so texts should be few; a `?` in
/// quotes is no placeholder; as many arguments as placeholders.
class Session {
 public:
  using Call = std::function<void()>;
  virtual ~Session() = default;
  /// Rows changed. After an error the work may go on: what failed left nothing. Errors: conflict (a
  /// constraint; the message names it), invalid_argument (a text that is not taken), unavailable
  /// (disk full, locked out), internal (bad SQL; a write in a read).
  virtual Result<std::int64_t> execute(std::string_view sql,
                                       std::span<const SqlValue> arguments) = 0;
  /// Calls `each` per row, which may query on the same session. Errors as above.
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

/// Threads: any. All calls may block (a write until its group is on disk). No call may be under way
/// when it is destroyed. An exception of a work undoes it and comes out as an error (internal).
class Database {
 public:
  using Work = std::function<Result<void>(Session&)>;
  virtual ~Database() = default;

  /// Runs `work` on this thread, on one consistent snapshot that has every write that returned
  /// before; once more when the connection is lost, so it begins by clearing what it fills. A read
  /// inside a read shares its snapshot; it blocks no writer, but keeps the database from tidying up
  /// while it lasts. Errors: those of `work`, exhausted (all readers are busy), unavailable (no
  /// connection in time).
  virtual Result<void> read(const Work& work) = 0;
  /// Runs `work` in a transaction that behaves as if it were alone (serializable), durably
  /// committed before this returns; an error from `work` undoes it and is returned. An error means
  /// that nothing is stored, also where the answer to a commit was lost: then this waits until it
  /// is known. `work` may run on another thread and more than once (it begins by clearing what it
  /// fills, and changes memory only in on_commit), and must not call read() or write(): that
  /// aborts. Errors: those of `work`; exhausted (too many writes wait), unavailable (not stored).
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
  /// Brings a module's tables up to the last version, each step in a transaction of its own; at the
  /// start, from one thread. A step's text is never changed once released: it is checked. Errors:
  /// conflict (the tables are of a newer release), those of write().
  virtual Result<void> migrate(std::string_view module, std::span<const Migration> steps) = 0;
  /// What the database itself finds wrong with how it is stored, as sentences; reads all of it.
  /// Errors: those of read().
  virtual Result<std::vector<std::string>> check() = 0;
};

}  // namespace filoscope
