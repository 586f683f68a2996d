#include "adapters/postgres/postgres_session.h"

#include <cstdlib>

#include "adapters/postgres/postgres_row.h"
#include "adapters/postgres/postgres_sql.h"

namespace filoscope::postgres {
namespace {

std::int64_t changed_count(const Answer& answer) {
  const std::string_view status(PQcmdStatus(answer.get()));
  return status.starts_with("SELECT") ? 0 : std::atoll(PQcmdTuples(answer.get()));
}

}  // namespace

Result<std::int64_t> PostgresSession::execute(std::string_view sql,
                                              std::span<const SqlValue> arguments) {
  FILOSCOPE_TRY(const auto answer, run(sql, arguments));
  return changed_count(answer);
}

Result<void> PostgresSession::query(std::string_view sql, std::span<const SqlValue> arguments,
                                    const std::function<void(const Row&)>& each) {
  FILOSCOPE_TRY(const auto answer, run(sql, arguments));
  const int rows_count = PQntuples(answer.get());
  for (int row = 0; row < rows_count; ++row) each(PostgresRow(answer.get(), row));
  return {};
}

Result<void> PostgresSession::script(std::string_view sql) {
  const auto made = connection_.run(translate_tables(sql).c_str());
  if (!made) return fail(made.error());
  return {};
}

Result<Answer> PostgresSession::run(std::string_view sql, std::span<const SqlValue> arguments) {
  if (problem_) {
    went_on_ = true;
    return *problem_;
  }
  const bool saves = savepoints_ == Savepoints::each_statement;
  if (saves) {
    if (const auto saved = connection_.run("SAVEPOINT statement"); !saved)
      return fail(saved.error());
  }
  auto answer = connection_.run(sql, arguments);
  if (!answer && (!saves || connection_.last_failure() != Failure::statement))
    return fail(answer.error());
  if (saves) {
    const auto ended =
        connection_.run(answer ? "RELEASE statement" : "ROLLBACK TO statement; RELEASE statement");
    if (!ended) return fail(ended.error());
  }
  return answer;
}

Error PostgresSession::fail(Error problem) {
  failure_ = connection_.last_failure();
  problem_ = problem;
  return problem;
}

}  // namespace filoscope::postgres
