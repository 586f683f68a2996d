#pragma once

/// One transaction of a module. Internal to this adapter.

#include <optional>
#include <utility>
#include <vector>

#include "adapters/postgres/postgres_connection.h"

namespace filoscope::postgres {

/// Threads: only inside the work that received it.
class PostgresSession final : public Session {
 public:
  enum class Savepoints { no, each_statement };
  PostgresSession(Connection& connection, Savepoints savepoints)
      : connection_(connection), savepoints_(savepoints) {}
  using Session::execute;
  using Session::query;
  /// Errors: as Session. After one, without savepoints, every further call gives the same.
  Result<std::int64_t> execute(std::string_view sql, std::span<const SqlValue> arguments) override;
  Result<void> query(std::string_view sql, std::span<const SqlValue> arguments,
                     const std::function<void(const Row&)>& each) override;
  void on_commit(Call call) override { on_commit_.push_back(std::move(call)); }
  void wait_after_commit(Call call) override { wait_ = std::move(call); }

  /// Statements that make tables, separated by ';'.
  Result<void> script(std::string_view sql);
  /// With the wait behind them.
  std::vector<Call> take_on_commit() {
    if (wait_) on_commit_.push_back(std::exchange(wait_, {}));
    return std::move(on_commit_);
  }
  /// What failed and left the transaction without use.
  const std::optional<Failure>& failure() const { return failure_; }
  bool went_on() const { return went_on_; }  ///< asked for more after that
  Connection& connection() { return connection_; }

 private:
  Result<Answer> run(std::string_view sql, std::span<const SqlValue> arguments);
  Error fail(Error problem);

  Connection& connection_;
  const Savepoints savepoints_;
  std::vector<Call> on_commit_;
  Call wait_;
  std::optional<Failure> failure_;
  std::optional<Error> problem_;  ///< the first, once failure_ is set
  bool went_on_ = false;
};

}  // namespace filoscope::postgres
