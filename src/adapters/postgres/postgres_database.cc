#include "adapters/postgres/postgres_database.h"

#include <chrono>
#include <thread>

#include "adapters/postgres/postgres_gate.h"
#include "adapters/postgres/postgres_pool.h"
#include "adapters/postgres/postgres_probe.h"
#include "adapters/postgres/postgres_session.h"
#include "adapters/records/migrations.h"
#include "adapters/records/run_work.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "ports/reasons.h"

namespace filoscope {

using postgres::Company;
using postgres::Connection;
using postgres::ConnectionPool;
using postgres::Failure;
using postgres::PostgresSession;

namespace {

constexpr int kMeetingsMax = 3;  ///< of a write with others, before it runs alone
constexpr int kTriesMax = 20;    ///< then; only the relay and other programs can be met
constexpr std::int64_t kPauseMaxMs = 10;
constexpr std::int64_t kReturnPauseMs = 100;

std::int64_t now_us() { return SystemClock().mono_us(); }

void pause_ms(std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

/// How long one call tries to find a server that went away: counted from its first loss, however
/// long it ran before, so that it is run again at least once.
class Patience {
 public:
  explicit Patience(std::int64_t ms) : ms_(ms) {}
  /// False when it was long enough.
  bool again(ConnectionPool::Lease& lease) {
    if (until_us_ != 0 && now_us() > until_us_) return false;
    if (until_us_ == 0) until_us_ = now_us() + ms_ * 1000;
    lease.renew();
    pause_ms(kReturnPauseMs);
    return true;
  }

 private:
  const std::int64_t ms_;
  std::int64_t until_us_ = 0;
};

constexpr const char* kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Each write leaves a row of its own, by which it is known whether it was committed. (A
/// transaction id does not tell: one that a crash kept out of the write-ahead log is given again.)
constexpr const char* kWrittenTable =
    "CREATE TABLE IF NOT EXISTS postgres_written (id BIGINT PRIMARY KEY, at TIMESTAMPTZ NOT NULL "
    "DEFAULT now())";

std::int64_t random_below(std::int64_t end) {
  return static_cast<std::int64_t>(crypto::random_u64() % static_cast<std::uint64_t>(end));
}

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(const PostgresOptions& options)
      : options_(options),
        readers_(options_, options.readers_count, options.read_wait_ms),
        writers_(options_, options.writers_count, options.write_wait_ms) {}

  Result<void> read(const Work& work) override;
  Result<void> write(const Work& work) override;
  Result<void> migrate(std::string_view module, std::span<const Migration> steps) override {
    return records::run_migrations(*this, module, steps,
                                   [](Session& session, std::string_view sql) {
                                     return static_cast<PostgresSession&>(session).script(sql);
                                   });
  }
  Result<std::vector<std::string>> check() override;
  Result<std::unique_ptr<ConnectionPool::Lease>> lease() { return writers_.lease(); }

 private:
  /// The work that this thread is inside.
  struct Current {
    const PostgresDatabase* database = nullptr;
    Session* reads = nullptr;  ///< none inside a write
  };
  static thread_local Current current_;

  enum class End { done, undone, again_by_order, again_by_savepoints, again_elsewhere };
  /// What one try came to, and its error unless it is done.
  struct Try {
    End end = End::done;
    Result<void> result;
    std::vector<Session::Call> on_commit;
  };
  Try try_write(ConnectionPool::Lease& lease, const Work& work,
                PostgresSession::Savepoints savepoints);
  Try commit(ConnectionPool::Lease& lease, Connection& connection, PostgresSession& session,
             const std::string& mark);
  static bool was_committed(ConnectionPool::Lease& lease, const std::string& mark);
  Result<void> try_read(Connection& connection, const Work& work, bool& lost);
  Result<std::vector<Session::Call>> write_on(ConnectionPool::Lease& lease, const Work& work);

  const PostgresOptions options_;
  postgres::Probe probe_;
  ConnectionPool readers_, writers_;
  postgres::Gate gate_;
};

thread_local PostgresDatabase::Current PostgresDatabase::current_;

Result<void> PostgresDatabase::read(const Work& work) {
  FILOSCOPE_CHECK(current_.database != this || current_.reads != nullptr);
  if (current_.database == this) return records::run_work(work, *current_.reads);
  FILOSCOPE_TRY(const auto lease, readers_.lease());
  Patience patience(options_.return_ms);
  while (true) {
    bool lost = true;
    auto connection = lease->get();
    auto result = connection ? try_read(**connection, work, lost) : connection.error();
    if (!lost) return result;
    probe_.lost.add();
    if (!patience.again(*lease)) return Error(ports::reason("database_away"));
  }
}

Result<void> PostgresDatabase::try_read(Connection& connection, const Work& work, bool& lost) {
  auto begun = connection.run(kBeginRead);
  lost = !begun && connection.last_failure() == Failure::connection;
  if (!begun) return begun.error();
  PostgresSession session(connection, PostgresSession::Savepoints::no);
  const auto outer = std::exchange(current_, Current{this, &session});
  auto result = records::run_work(work, session);
  current_ = outer;
  lost = session.failure() == Failure::connection;
  if (lost) return Error(ports::reason("database_away"));
  const auto ended = connection.run("ROLLBACK");
  static_cast<void>(ended);  // a connection that is lost here has given its answer
  return result;
}

Result<void> PostgresDatabase::write(const Work& work) {
  FILOSCOPE_CHECK(current_.database != this);
  std::vector<Session::Call> on_commit;
  {
    FILOSCOPE_TRY(const auto lease, writers_.lease());
    FILOSCOPE_TRY(on_commit, write_on(*lease, work));
  }
  records::call_committed(on_commit);  // they may wait: no connection waits with them
  return {};
}

Result<std::vector<Session::Call>> PostgresDatabase::write_on(ConnectionPool::Lease& lease,
                                                              const Work& work) {
  const auto start_us = now_us();
  Patience patience(options_.return_ms);
  auto savepoints = PostgresSession::Savepoints::no;
  for (int met_count = 0;;) {
    auto tried = [&] {
      const postgres::Gate::Place place(gate_,
                                        met_count < kMeetingsMax ? Company::others : Company::none);
      return try_write(lease, work, savepoints);
    }();
    switch (tried.end) {
      case End::done:
        probe_.writes.add();
        probe_.write_seconds.observe_s(static_cast<double>(now_us() - start_us) * 1e-6);
        return std::move(tried.on_commit);
      case End::undone:
        probe_.undone.add();
        return tried.result.error();
      case End::again_by_savepoints:
        savepoints = PostgresSession::Savepoints::each_statement;
        break;
      case End::again_by_order:
        probe_.met.add();
        if (++met_count >= kTriesMax) return Error(ports::reason("changes_met"), met_count);
        if (met_count < kMeetingsMax) pause_ms(random_below(kPauseMaxMs));
        break;
      case End::again_elsewhere:
        probe_.lost.add();
        if (!patience.again(lease)) return Error(ports::reason("database_away"));
        break;
    }
  }
}

PostgresDatabase::Try PostgresDatabase::try_write(ConnectionPool::Lease& lease, const Work& work,
                                                  PostgresSession::Savepoints savepoints) {
  const auto opened = lease.get();
  if (!opened) return {End::again_elsewhere, opened.error(), {}};
  Connection& connection = **opened;
  const auto mark = std::to_string(crypto::random_u64() >> 1);
  const auto begin =
      "BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO postgres_written (id) VALUES (" + mark + ")";
  if (const auto begun = connection.run(begin.c_str()); !begun) {
    if (connection.last_failure() == Failure::connection)
      return {End::again_elsewhere, begun.error(), {}};
    const bool met = connection.last_failure() == Failure::order;
    if (!connection.run("ROLLBACK")) lease.renew();
    return {met ? End::again_by_order : End::undone, begun.error(), {}};
  }
  PostgresSession session(connection, savepoints);
  const auto outer = std::exchange(current_, Current{this, nullptr});
  auto result = records::run_work(work, session);
  current_ = outer;
  const auto failure = session.failure();
  if (failure == Failure::connection) return {End::again_elsewhere, {}, {}};
  if (result && !failure) return commit(lease, connection, session, mark);
  if (!connection.run("ROLLBACK")) lease.renew();
  if (failure == Failure::order) return {End::again_by_order, std::move(result), {}};
  const bool can_save = savepoints == PostgresSession::Savepoints::no;
  if (can_save && failure && (result || session.went_on()))
    return {End::again_by_savepoints, {}, {}};
  if (result) return {End::undone, Error(ports::reason("change_not_stored")), {}};
  return {End::undone, std::move(result), {}};
}

PostgresDatabase::Try PostgresDatabase::commit(ConnectionPool::Lease& lease, Connection& connection,
                                               PostgresSession& session, const std::string& mark) {
  const auto committed = connection.run("COMMIT");
  if (committed) {
    // The server answers to a COMMIT of what it has undone with ROLLBACK, and calls that no error.
    FILOSCOPE_CHECK(std::string_view(PQcmdStatus(committed->get())) == "COMMIT");
    return {End::done, {}, session.take_on_commit()};
  }
  if (connection.last_failure() == Failure::order)
    return {End::again_by_order, committed.error(), {}};
  if (connection.last_failure() == Failure::statement) return {End::undone, committed.error(), {}};
  lease.renew();
  if (was_committed(lease, mark)) return {End::done, {}, session.take_on_commit()};
  return {End::again_elsewhere, committed.error(), {}};
}

/// Of a write whose COMMIT was not answered: who puts its mark second knows. Waits for a
/// transaction that still runs; one whose mark is not there when it is over will not commit later.
/// There is no other right answer than the server's: it is asked until it has one, and while it is
/// away its caller waits. The question is undone: one whose own answer is lost would find itself.
bool PostgresDatabase::was_committed(ConnectionPool::Lease& lease, const std::string& mark) {
  const auto sql =
      "BEGIN ISOLATION LEVEL READ COMMITTED; INSERT INTO postgres_written (id) VALUES (" + mark +
      ") ON CONFLICT DO NOTHING";
  while (true) {
    pause_ms(kReturnPauseMs);
    const auto connection = lease.get();
    if (!connection) continue;
    const auto answer = (*connection)->run(sql.c_str());
    if (!(*connection)->run("ROLLBACK")) lease.renew();
    if (answer) return std::string_view(PQcmdTuples(answer->get())) == "0";
  }
}

/// Reads every row: a page that cannot be read is an error of its own (with the server's data
/// checksums also one that was changed).
Result<std::vector<std::string>> PostgresDatabase::check() {
  std::vector<std::string> tables, findings;
  FILOSCOPE_DO(read([&](Session& session) {
    tables.clear();
    return session.query(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = "
        "current_schema() ORDER BY 1",
        {}, [&](const Row& row) { tables.push_back(row.text(0)); });
  }));
  for (const auto& table : tables) {
    const auto counted = read([&](Session& session) {
      return session.query("SELECT count(*) FROM " + table, {}, [](const Row&) {});
    });
    if (!counted) findings.push_back(table + ": " + counted.error().message);
  }
  return findings;
}

}  // namespace

PostgresOptions PostgresOptions::from(const Config& config, std::string url) {
  PostgresOptions options;
  options.url = std::move(url);
  options.readers_count = config[kPostgresReadersCount];
  options.writers_count = config[kPostgresWritersCount];
  options.read_wait_ms = config[kPostgresReadWaitMs];
  options.write_wait_ms = config[kPostgresWriteWaitMs];
  options.return_ms = config[kPostgresReturnMs];
  options.statement_ms = config[kPostgresStatementMs];
  return options;
}

Result<std::unique_ptr<Database>> open_postgres(const PostgresOptions& options) {
  auto database = std::make_unique<PostgresDatabase>(options);
  FILOSCOPE_TRY(const auto lease, database->lease());
  FILOSCOPE_TRY(auto* const connection, lease->get());
  FILOSCOPE_TRY(const auto made, connection->run(kWrittenTable));
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace filoscope
