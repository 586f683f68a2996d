#pragma once

/// The session of this adapter, with what the event log needs beyond the port. Internal to this
/// adapter.

#include <functional>
#include <utility>
#include <vector>

#include "adapters/sqlite/sqlite_connection.h"
#include "ports/database.h"

namespace filoscope::sqlite {

/// Threads: only inside the work that received it.
class SqliteSession final : public Session {
 public:
  explicit SqliteSession(Connection& connection) : connection_(connection) {}
  using Session::execute;
  using Session::query;
  Result<std::int64_t> execute(std::string_view sql, std::span<const SqlValue> arguments) override;
  Result<void> query(std::string_view sql, std::span<const SqlValue> arguments,
                     const std::function<void(const Row&)>& each) override;

  void on_commit(Call call) override { on_commit_.push_back(std::move(call)); }
  void wait_after_commit(Call call) override { wait_ = std::move(call); }
  /// With the wait behind them.
  std::vector<Call> take_on_commit() {
    if (wait_) on_commit_.push_back(std::exchange(wait_, {}));
    return std::move(on_commit_);
  }
  /// As on_commit, but on the writer's thread and before all of on_commit; works of one group come
  /// in their order.
  void when_stored(Call call) { when_stored_.push_back(std::move(call)); }
  std::vector<Call> take_when_stored() { return std::move(when_stored_); }
  /// After this work commits, no copy of what it erased may stay in the write-ahead log.
  void erase_everywhere() { erases_ = true; }
  bool erases() const { return erases_; }
  Connection& connection() { return connection_; }

 private:
  Connection& connection_;
  std::vector<Call> on_commit_, when_stored_;
  Call wait_;
  bool erases_ = false;
};

}  // namespace filoscope::sqlite
