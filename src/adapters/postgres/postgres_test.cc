#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <latch>
#include <thread>

#include "adapters/postgres/postgres_database.h"
#include "adapters/postgres/postgres_event_log.h"
#include "adapters/postgres/postgres_sql.h"
#include "adapters/postgres/test_line.h"
#include "adapters/postgres/test_server.h"
#include "base/trouble.h"

namespace filoscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PostgresSql, NumbersPlaceholdersOutsideOfQuotes) {
  const auto made = postgres::translate(
      "SELECT '?', \"a?\", ? -- ?\n, /* ? */ ? FROM t WHERE a = 'it''s ?' AND b=?");
  EXPECT_EQ(made.text,
            "SELECT '?', \"a?\", $1 -- ?\n, /* ? */ $2 FROM t WHERE a = 'it''s ?' AND b=$3");
  EXPECT_EQ(made.placeholders_count, 3);
  EXPECT_EQ(postgres::translate("SELECT 'open ?").placeholders_count, 0);
}

TEST(PostgresSql, NamesTypesAsPostgresDoes) {
  EXPECT_EQ(
      postgres::translate_tables(
          "CREATE TABLE t (a INTEGER, b BLOB, c TEXT NOT NULL, BLOBS BIGINT, d TEXT DEFAULT "
          "'a TEXT'); -- TEXT\n"),
      "CREATE TABLE t (a BIGINT, b BYTEA, c TEXT COLLATE \"C\" NOT NULL, BLOBS BIGINT, d TEXT "
      "COLLATE \"C\" DEFAULT 'a TEXT'); -- TEXT\n");
}

/// Each test has a schema of its own.
class PostgresTest : public ::testing::Test, protected postgres::TestSchema {
 protected:
  void SetUp() override {
    if (!is_there()) GTEST_SKIP() << "there is no server: run me by tools/with_postgres.py";
    make();
    database = open();
    const Migration tables[] = {{1, "CREATE TABLE t (id BIGINT PRIMARY KEY, note TEXT NOT NULL)"}};
    ASSERT_TRUE(database->migrate("test", tables));
  }
  std::vector<std::int64_t> ids() {
    std::vector<std::int64_t> found;
    EXPECT_TRUE(database->read([&](Session& session) {
      found.clear();
      return session.query("SELECT id FROM t ORDER BY id", {},
                           [&](const Row& row) { found.push_back(row.integer(0)); });
    }));
    return found;
  }
  static Result<void> insert(Session& session, std::int64_t id) {
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, note) VALUES (?, ?)", {id, std::string("x")}));
    return {};
  }

  std::unique_ptr<Database> database;
};

TEST_F(PostgresTest, WhatIsRefusedAfterAMeetingIsNotTakenForOne) {
  PostgresOptions one = options();
  one.writers_count = 1;
  auto single = open_postgres(one);
  ASSERT_TRUE(single);
  ASSERT_TRUE(database->write([](Session& session) { return insert(session, 1); }));
  int runs = 0;
  ASSERT_TRUE((*single)->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.query("SELECT count(*) FROM t", {}, [](const Row&) {}));
    if (++runs == 1) {  // another one changes what this has read
      EXPECT_TRUE(database->write([](Session& other) -> Result<void> {
        FILOSCOPE_DO(other.query("SELECT count(*) FROM t", {}, [](const Row&) {}));
        FILOSCOPE_DO(other.execute("UPDATE t SET note = 'y' WHERE id = 1"));
        return {};
      }));
    }
    FILOSCOPE_DO(session.execute("UPDATE t SET note = 'z' WHERE id = 1"));
    return {};
  }));
  EXPECT_EQ(runs, 2);
  runs = 0;
  const auto refused = (*single)->write([&](Session& session) -> Result<void> {
    ++runs;
    FILOSCOPE_DO(session.execute("UPDATE t SET note = ?", {std::string("\xFF")}));
    return {};
  });
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_EQ(runs, 1);
}

std::string own_process(Session& session) {
  std::string process;
  EXPECT_TRUE(
      session.query("SELECT pg_backend_pid()", {}, [&](const Row& row) { process = row.text(0); }));
  return process;
}

TEST_F(PostgresTest, AConnectionLostInAnyStatementCostsNothing) {
  for (std::int64_t at = 0; at < 4; ++at) {
    bool lost = false;
    int runs = 0;
    const auto done = database->write([&](Session& session) -> Result<void> {
      ++runs;
      for (std::int64_t i = 0; i < 4; ++i) {
        if (i == at && !lost) {
          lost = true;
          administer("SELECT pg_terminate_backend(" + own_process(session) + ")");
        }
        FILOSCOPE_DO(insert(session, at * 10 + i));
      }
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(runs, 2);
  }
  EXPECT_EQ(ids().size(), 16U);
}

TEST_F(PostgresTest, AReadWhoseConnectionIsLostIsReadAgain) {
  bool lost = false;
  std::vector<std::int64_t> seen;
  ASSERT_TRUE(database->write([](Session& session) { return insert(session, 7); }));
  const auto done = database->read([&](Session& session) -> Result<void> {
    seen.clear();
    if (!std::exchange(lost, true))
      administer("SELECT pg_terminate_backend(" + own_process(session) + ")");
    return session.query("SELECT id FROM t", {},
                         [&](const Row& row) { seen.push_back(row.integer(0)); });
  });
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_THAT(seen, ElementsAre(7));
}

TEST_F(PostgresTest, HoweverManyLinesWereEndedWhileTheyLayIdleOneTryMoreIsEnough) {
  constexpr int kLines = 5;
  PostgresOptions impatient = options();
  impatient.return_ms = 0;
  impatient.readers_count = impatient.writers_count = kLines;
  auto opened = open_postgres(impatient);
  ASSERT_TRUE(opened);
  for (const bool writes : {false, true}) {
    const auto call = [&](const Database::Work& work) {
      return writes ? (*opened)->write(work) : (*opened)->read(work);
    };
    std::array<std::string, kLines> processes;
    std::vector<std::thread> threads;
    std::latch all_in(kLines);
    for (auto& process : processes) {
      threads.emplace_back([&] {
        EXPECT_TRUE(call([&](Session& session) -> Result<void> {
          process = own_process(session);
          all_in.arrive_and_wait();
          return {};
        }));
      });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& process : processes)
      administer("SELECT pg_terminate_backend(" + process + ", 10000)");
    const auto done = call([](Session& session) -> Result<void> {
      return session.query("SELECT 1", {}, [](const Row&) {});
    });
    EXPECT_TRUE(done) << done.error().message;
  }
}

TEST_F(PostgresTest, ACommitWhoseAnswerIsLostIsNeitherLostNorDoubled) {
  postgres::CutLine line(socket());
  const auto through = open(line.folder());
  const Migration tables[] = {{1, "CREATE TABLE counted (id BIGINT PRIMARY KEY, n BIGINT)"},
                              {2, "INSERT INTO counted VALUES (1, 0)"}};
  ASSERT_TRUE(database->migrate("counted", tables));
  int followed = 0;
  for (int i = 1; i <= 5; ++i) {
    line.cut({{.side = postgres::Side::server, .word = "COMMIT"}});
    const auto done = through->write([&](Session& session) -> Result<void> {
      session.on_commit([&] { ++followed; });
      FILOSCOPE_DO(session.execute("UPDATE counted SET n = n + 1 WHERE id = 1"));
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_EQ(line.left(), 0U);
  }
  std::int64_t n = 0;
  ASSERT_TRUE(database->read([&](Session& session) {
    return session.query("SELECT n FROM counted", {}, [&](const Row& row) { n = row.integer(0); });
  }));
  EXPECT_EQ(n, 5);
  EXPECT_EQ(followed, 5);
}

TEST_F(PostgresTest, ASecondProgramIsRefusedTheLogUntilTheFirstEnds) {
  auto log = open_postgres_event_log(*database, options());
  ASSERT_TRUE(log) << log.error().message;
  const auto other = open();
  const auto second = open_postgres_event_log(*other, options());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "postgres_in_use");
  log->reset();
  EXPECT_TRUE(open_postgres_event_log(*other, options()));
}

LogRecord record(std::uint16_t kind) { return {0, 1000, kind, 1, 1, PersonKey{7}, Bytes{1, 2, 3}}; }

TEST_F(PostgresTest, PositionsFollowTheCommitsNotTheOrderOfAppending) {
  auto opened = open_postgres_event_log(*database, options());
  ASSERT_TRUE(opened);
  auto& log = **opened;
  std::vector<std::uint16_t> seen;
  const auto subscription =
      log.subscribe("test", 0, Awaited::yes, [&](std::span<const LogRecord> records) {
        for (const auto& one : records) seen.push_back(one.kind);
      });
  OutboxToken early = 0, late = 0;
  ASSERT_TRUE(database->write([&](Session& session) -> Result<void> {
    const LogRecord first[] = {record(1)};
    FILOSCOPE_TRY(early, log.append(session, first));
    std::thread other([&] {
      EXPECT_TRUE(database->write([&](Session& inner) -> Result<void> {
        const LogRecord second[] = {record(2)};
        FILOSCOPE_TRY(late, log.append(inner, second));
        return {};
      }));
    });
    other.join();
    EXPECT_THAT(seen, ElementsAre(2)) << "it waits for nobody who appended before it";
    return {};
  }));
  EXPECT_LT(early, late);
  EXPECT_THAT(seen, ElementsAre(2, 1));
  const auto stored = log.read(0, 10);
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->size(), 2U);
  EXPECT_EQ((*stored)[0].kind, 2);
  EXPECT_EQ((*stored)[1].position, 2);
}

TEST_F(PostgresTest, ARelayWhoseAnswerIsLostTellsAllTheSame) {
  postgres::CutLine line(socket());
  auto opened = open_postgres_event_log(*database, options(line.folder()));
  ASSERT_TRUE(opened) << opened.error().message;
  auto& log = **opened;
  std::atomic<int> seen = 0;
  const auto subscription = log.subscribe(
      "test", 0, Awaited::yes,
      [&](std::span<const LogRecord> records) { seen += static_cast<int>(records.size()); });
  const auto append = [&](std::uint16_t kind) {
    return database->write([&, kind](Session& session) -> Result<void> {
      const LogRecord records[] = {record(kind)};
      FILOSCOPE_DO(log.append(session, records));
      return {};
    });
  };
  ASSERT_TRUE(append(1));
  // An executed statement goes over the line by its name: all that the relay says next is cut.
  line.cut({{.side = postgres::Side::server, .word = "s"}});
  ASSERT_TRUE(append(2));
  const auto done = [&] { return seen >= 2 && line.left() == 0 && log.keeps_up(); };
  for (int i = 0; i < 500 && !done(); ++i) ::usleep(10'000);
  EXPECT_EQ(line.left(), 0U);
  EXPECT_EQ(seen, 2) << "without another one that makes up for it";
  ASSERT_TRUE(append(3));
  EXPECT_EQ(seen, 3);
  EXPECT_TRUE(log.keeps_up());
  EXPECT_EQ(log.last_position().value(), 3);
}

TEST_F(PostgresTest, AServerThatIsNotThereIsSaidSo) {
  PostgresOptions asked = options();
  asked.url = "postgresql:///nothing?host=/nowhere";
  const auto missing = open_postgres(asked);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().reason, "postgres_not_reached");
  EXPECT_EQ(missing.error().code, Code::unavailable);
}

TEST_F(PostgresTest, ATroubleIsOverAlsoWhereNobodyAsksForAConnection) {
  auto log = open_postgres_event_log(*database, options());
  ASSERT_TRUE(log) << log.error().message;
  PostgresOptions away = options();
  away.url = "postgresql:///nothing?host=/nowhere";
  EXPECT_FALSE(open_postgres(away));
  EXPECT_FALSE(trouble::sentences().empty());
  for (int i = 0; i < 1'000 && !trouble::sentences().empty(); ++i) ::usleep(10'000);
  EXPECT_THAT(trouble::sentences(), IsEmpty());
}

}  // namespace
}  // namespace filoscope
