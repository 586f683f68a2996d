#pragma once

/// One connection with its prepared statements. Internal to this adapter. Threads: one at a time.

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "adapters/postgres/postgres_database.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope::postgres {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, Clear>;

/// Stands from the moment on that the server was not reached, until it is.
inline constexpr const char* kAwayTrouble = "database";

/// What became of the transaction when a statement failed.
enum class Failure {
  statement,   ///< by its own fault; the transaction can only be undone, or back to a savepoint
  order,       ///< given up for the sake of order: the same again may succeed
  connection,  ///< lost, or of no more use
};

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const PostgresOptions& options);
  ~Connection() { PQfinish(connection_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Our own statements, separated by ';', without arguments; the last one's answer.
  Result<Answer> run(const char* sql);
  /// One statement of a module. Errors: as Session.
  Result<Answer> run(std::string_view sql, std::span<const SqlValue> arguments);

  bool lost() const { return PQstatus(connection_) != CONNECTION_OK; }
  bool in_transaction() const { return PQtransactionStatus(connection_) != PQTRANS_IDLE; }
  Failure last_failure() const { return last_failure_; }

 private:
  explicit Connection(PGconn* connection) : connection_(connection) {}
  Result<void> check_server();
  Result<void> configure(const PostgresOptions& options);
  /// The name under which `sql` is prepared for values of these types.
  Result<std::string> prepare(std::string_view sql, std::span<const SqlValue> arguments);
  Result<Answer> checked(PGresult* result, std::string_view sql);
  Error error(const PGresult* result, std::string_view sql);

  PGconn* const connection_;
  Failure last_failure_ = Failure::statement;
  std::unordered_map<std::string, std::string> prepared_;  ///< types and SQL to name
};

/// Our own question: the first column of the first row, "" without one.
std::string first_text(const Answer& answer);

}  // namespace filoscope::postgres
