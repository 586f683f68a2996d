#pragma once

/// The session of this adapter, with what the event log needs beyond the port. Internal to this
/// adapter.

#include <functional>
#include <vector>

#include "adapters/sqlite/sqlite_connection.h"
#include "ports/database.h"

namespace filoscope::sqlite {

/// Threads: only inside the work that received it.
class SqliteSession final : public Session {
 public:
  using AfterCommit = std::function<void()>;

  explicit SqliteSession(Connection& connection) : connection_(connection) {}
  using Session::execute;
  using Session::query;
  Result<std::int64_t> execute(std::string_view sql, std::span<const SqlValue> arguments) override;
  Result<void> query(std::string_view sql, std::span<const SqlValue> arguments,
                     const std::function<void(const Row&)>& each) override;

  /// Called on the writer's thread when this work is on disk, before write() returns; never when it
  /// is undone. Works of one group: in their order. Must not throw.
  void on_commit(AfterCommit call) { after_commit_.push_back(std::move(call)); }
  std::vector<AfterCommit> take_after_commit() { return std::move(after_commit_); }
  /// After this work commits, no copy of what it erased may stay in the write-ahead log.
  void erase_everywhere() { erases_ = true; }
  bool erases() const { return erases_; }
  Connection& connection() { return connection_; }

 private:
  Connection& connection_;
  std::vector<AfterCommit> after_commit_;
  bool erases_ = false;
};

/// Runs work; an exception becomes an error.
Result<void> run_work(const Database::Work& work, Session& session);

}  // namespace filoscope::sqlite
