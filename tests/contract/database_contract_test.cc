/// What every Database promises.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "contract/adapters.h"

namespace filoscope::contract {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kTables =
    "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, amount BIGINT);"
    "CREATE TABLE child (id BIGINT PRIMARY KEY, t_id BIGINT NOT NULL REFERENCES t (id));";

class DatabaseContract : public ::testing::TestWithParam<RecordsAdapter> {
 protected:
  void SetUp() override {
    open();
    const Migration steps[] = {{1, kTables}};
    ASSERT_TRUE(ok(database_->migrate("test", steps)));
  }
  void open() {
    database_.reset();
    auto opened = GetParam().open(folder_.path());
    ASSERT_TRUE(ok(opened));
    database_ = *std::move(opened);
  }
  Result<void> insert(std::int64_t id, const std::string& name) {
    return database_->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (?, ?)", {id, name}));
      return {};
    });
  }
  static std::int64_t ask(Session& session, std::string_view sql) {
    std::int64_t answer = -1;
    EXPECT_TRUE(ok(session.query(sql, {}, [&](const Row& row) { answer = row.integer(0); })));
    return answer;
  }
  std::int64_t ask(std::string_view sql) {
    std::int64_t answer = -1;
    EXPECT_TRUE(ok(database_->read([&](Session& session) -> Result<void> {
      answer = ask(session, sql);
      return {};
    })));
    return answer;
  }

  Folder folder_;
  std::unique_ptr<Database> database_;
};

TEST_P(DatabaseContract, EveryTypeComesBackAsItWas) {
  const std::string text = "a \"quote\", 北京";
  const Bytes bytes{0, 1, 255};
  const Migration tables[] = {
      {1, "CREATE TABLE kinds (i BIGINT, r DOUBLE PRECISION, s TEXT, b BLOB)"}};
  ASSERT_TRUE(ok(database_->migrate("kinds", tables)));
  ASSERT_TRUE(ok(database_->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO kinds VALUES (?, ?, ?, ?)",
                                 {std::numeric_limits<std::int64_t>::min(), 0.1, text, bytes}));
    FILOSCOPE_DO(session.execute("INSERT INTO kinds VALUES (?, ?, ?, ?)",
                                 {std::monostate{}, std::monostate{}, std::string(), Bytes()}));
    return {};
  })));
  int rows = 0;
  ASSERT_TRUE(ok(database_->read([&](Session& session) {
    return session.query("SELECT i, r, s, b FROM kinds ORDER BY i IS NULL", {},
                         [&](const Row& row) {
                           if (rows++ == 0) {
                             EXPECT_EQ(row.integer(0), std::numeric_limits<std::int64_t>::min());
                             EXPECT_EQ(row.number(1), 0.1);
                             EXPECT_EQ(row.text(2), text);
                             EXPECT_EQ(row.bytes(3), bytes);
                           } else {
                             EXPECT_TRUE(row.is_null(0));
                             EXPECT_EQ(row.integer(0), 0);
                             EXPECT_TRUE(row.is_null(1));
                             EXPECT_FALSE(row.is_null(2));
                             EXPECT_FALSE(row.is_null(3));  // an empty block is not null
                             EXPECT_TRUE(row.bytes(3).empty());
                           }
                         });
  })));
  EXPECT_EQ(rows, 2);
}

TEST_P(DatabaseContract, TextThatNotEveryDatabaseTakesIsRefusedByAll) {
  for (const auto& text :
       {std::string("zero\0inside", 11), std::string("\xFF"), std::string("\xED\xA0\x80")}) {
    EXPECT_EQ(insert(1, text).error().code, Code::invalid_argument);
    const auto asked = database_->read([&](Session& session) {
      return session.query("SELECT 1 FROM t WHERE name = ?", {text}, [](const Row&) {});
    });
    EXPECT_EQ(asked.error().code, Code::invalid_argument);
  }
  EXPECT_TRUE(ok(insert(1, "a")));
}

TEST_P(DatabaseContract, TextIsOrderedByItsBytes) {
  for (const char* name : {"b", "B", "a", "á", "_", "a b"})
    ASSERT_TRUE(ok(insert(static_cast<std::int64_t>(crypto::random_u64() >> 1), name)));
  std::vector<std::string> names;
  ASSERT_TRUE(ok(database_->read([&](Session& session) {
    return session.query("SELECT name FROM t WHERE name >= ? ORDER BY name", {std::string("B")},
                         [&](const Row& row) { names.push_back(row.text(0)); });
  })));
  EXPECT_THAT(names, ElementsAre("B", "_", "a", "a b", "b", "á"));
}

TEST_P(DatabaseContract, AQuestionMarkInQuotesIsNoPlaceholder) {
  ASSERT_TRUE(ok(insert(1, "?")));
  std::int64_t found = 0;
  ASSERT_TRUE(ok(database_->read([&](Session& session) {
    return session.query("SELECT id AS \"?\" FROM t WHERE name = '?' /* ? */ AND id = ? -- ?\n",
                         {std::int64_t{1}}, [&](const Row& row) { found = row.integer(0); });
  })));
  EXPECT_EQ(found, 1);
}

TEST_P(DatabaseContract, WhatFollowsACommitRunsOnceAndOnTheCallersThread) {
  int calls = 0;
  std::thread::id ran_on;
  ASSERT_TRUE(ok(database_->write([&](Session& session) -> Result<void> {
    session.on_commit([&] {
      ++calls;
      ran_on = std::this_thread::get_id();
      EXPECT_EQ(ask("SELECT count(*) FROM t"), 1);
    });
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (1, 'a')"));
    EXPECT_FALSE(session.execute("INSERT INTO t (id, name) VALUES (2, 'a')").has_value());
    EXPECT_EQ(calls, 0);
    return {};
  })));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(ran_on, std::this_thread::get_id());
  const auto failed = database_->write([&](Session& session) -> Result<void> {
    session.on_commit([&] { ++calls; });
    return Error(kGivenUp);
  });
  EXPECT_FALSE(failed.has_value());
  EXPECT_EQ(calls, 1);
}

TEST_P(DatabaseContract, WhatAWorkHasReadHoldsUntilItIsStored) {
  // Each gives a place away while one is left: without order both would see the last one.
  ASSERT_TRUE(ok(database_->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, name, amount) VALUES (0, 'places', 5)"));
    return {};
  })));
  std::atomic<int> given = 0;
  std::vector<std::thread> threads;
  for (int t = 1; t <= 12; ++t) {
    threads.emplace_back([&, t] {
      const auto done = database_->write([&](Session& session) -> Result<void> {
        std::int64_t count = 0;
        FILOSCOPE_DO(session.query("SELECT count(*) FROM t WHERE id > 0", {},
                                   [&](const Row& row) { count = row.integer(0); }));
        if (count >= 5) return Error(kGivenUp);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (?, ?)",
                                     {std::int64_t{t}, std::to_string(t)}));
        return {};
      });
      given += done ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(given, 5);
  EXPECT_EQ(ask("SELECT count(*) FROM t WHERE id > 0"), 5);
}

TEST_P(DatabaseContract, ManyWhoChangeOneRowAllComeThrough) {
  constexpr int kThreads = 24;
  constexpr int kTimes = 15;
  ASSERT_TRUE(ok(insert(1, "a")));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < kTimes; ++n) {
        std::int64_t amount = 0;
        EXPECT_TRUE(ok(database_->write([&](Session& session) -> Result<void> {
          FILOSCOPE_DO(session.query("SELECT amount FROM t WHERE id = 1", {},
                                     [&](const Row& row) { amount = row.integer(0); }));
          FILOSCOPE_DO(session.execute("UPDATE t SET amount = ? WHERE id = 1", {amount + 1}));
          return {};
        })));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ask("SELECT amount FROM t WHERE id = 1"), kThreads * kTimes);
}

TEST_P(DatabaseContract, ExecuteSaysHowManyRowsChangedAndReturningWorks) {
  ASSERT_TRUE(ok(database_->write([&](Session& session) -> Result<void> {
    for (std::int64_t id = 1; id <= 5; ++id) {
      FILOSCOPE_TRY(const auto changed, session.execute("INSERT INTO t (id, name) VALUES (?, ?)",
                                                        {id, std::to_string(id)}));
      EXPECT_EQ(changed, 1);
    }
    FILOSCOPE_TRY(const auto updated, session.execute("UPDATE t SET amount = 7 WHERE id > 2"));
    EXPECT_EQ(updated, 3);
    FILOSCOPE_TRY(const auto none, session.execute("DELETE FROM t WHERE id = 99"));
    EXPECT_EQ(none, 0);
    std::vector<std::int64_t> ids;
    FILOSCOPE_DO(
        session.query("INSERT INTO t (id, name, amount) VALUES (?, ?, 1) "
                      "ON CONFLICT (id) DO UPDATE SET amount = t.amount + 1 RETURNING amount",
                      {std::int64_t{3}, std::string("3")},
                      [&](const Row& row) { ids.push_back(row.integer(0)); }));
    EXPECT_THAT(ids, ElementsAre(8));
    return {};
  })));
}

TEST_P(DatabaseContract, AnErrorOrAnExceptionUndoesEverythingOfItsWork) {
  const auto failed = database_->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (1, 'a')"));
    return Error(kGivenUp).at("name").after_s(7);
  });
  EXPECT_EQ(failed.error().code, Code::denied);
  EXPECT_EQ(failed.error().reason, "given_up");
  EXPECT_EQ(failed.error().field, "name");
  EXPECT_EQ(failed.error().retry_after_s, 7);
  EXPECT_EQ(failed.error().message, "name: no");
  const auto thrown = database_->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (1, 'a')"));
    throw std::runtime_error("broken");
  });
  EXPECT_EQ(thrown.error().code, Code::internal);
  EXPECT_THAT(thrown.error().message, HasSubstr("broken"));
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 0);
  EXPECT_TRUE(ok(insert(1, "a")));
}

TEST_P(DatabaseContract, AConflictNamesTheConstraint) {
  ASSERT_TRUE(ok(insert(1, "a")));
  const auto twice = insert(2, "a");
  EXPECT_EQ(twice.error().code, Code::conflict);
  EXPECT_THAT(twice.error().message, AllOf(HasSubstr("t"), HasSubstr("name")));
  const auto orphan = database_->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO child (id, t_id) VALUES (1, 77)"));
    return {};
  });
  EXPECT_EQ(orphan.error().code, Code::conflict);
  const auto missing = database_->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (5, NULL)"));
    return {};
  });
  EXPECT_EQ(missing.error().code, Code::conflict);
}

TEST_P(DatabaseContract, AWorkMayGoOnAfterAConflict) {
  ASSERT_TRUE(ok(insert(1, "a")));
  ASSERT_TRUE(ok(database_->write([&](Session& session) -> Result<void> {
    EXPECT_FALSE(session.execute("INSERT INTO t (id, name) VALUES (2, 'a')").has_value());
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (2, 'b')"));
    return {};
  })));
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 2);
}

TEST_P(DatabaseContract, BadSqlIsAnInternalErrorAndNamesItself) {
  const auto check = [&](std::string_view sql, std::initializer_list<SqlValue> arguments) {
    const auto result = database_->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute(sql, arguments));
      return {};
    });
    ASSERT_FALSE(result.has_value()) << sql;
    EXPECT_EQ(result.error().code, Code::internal) << sql;
    EXPECT_THAT(result.error().message, HasSubstr(std::string(sql.substr(0, 10)))) << sql;
  };
  check("SELEKT everything", {});
  check("SELECT * FROM no_such_table", {});
  check("UPDATE t SET amount = ?", {});
  check("UPDATE t SET amount = 1", {std::int64_t{1}});
  check("DELETE FROM t; DELETE FROM child", {});
  check("COMMIT AND NOTHING", {});
  check("ROLLBACK TO work", {});
  check("BEGIN IMMEDIATE", {});
}

TEST_P(DatabaseContract, AReaderCannotWrite) {
  const auto result = database_->read([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (1, 'a')"));
    return {};
  });
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 0);
}

TEST_P(DatabaseContract, AReaderSeesOneSnapshotAndNeverABlockedWriter) {
  ASSERT_TRUE(ok(insert(1, "a")));
  ASSERT_TRUE(ok(database_->read([&](Session& session) -> Result<void> {
    EXPECT_EQ(ask(session, "SELECT count(*) FROM t"), 1);
    std::thread other([&] { EXPECT_TRUE(ok(insert(2, "b"))); });
    other.join();
    EXPECT_EQ(ask(session, "SELECT count(*) FROM t"), 1);
    return {};
  })));
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 2);
}

TEST_P(DatabaseContract, WhatAWorkHasNotFinishedNobodySees) {
  ASSERT_TRUE(ok(database_->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (1, 'a')"));
    std::int64_t seen = -1;
    std::thread other([&] { seen = ask("SELECT count(*) FROM t"); });
    other.join();
    EXPECT_EQ(seen, 0);
    EXPECT_EQ(ask(session, "SELECT count(*) FROM t"), 1);
    return {};
  })));
}

TEST_P(DatabaseContract, QueriesNestWithTheSameText) {
  for (std::int64_t id = 1; id <= 3; ++id) ASSERT_TRUE(ok(insert(id, std::to_string(id))));
  int pairs = 0;
  ASSERT_TRUE(ok(database_->read([&](Session& session) {
    constexpr std::string_view kSql = "SELECT id FROM t WHERE id >= ? ORDER BY id";
    return session.query(kSql, {std::int64_t{1}}, [&](const Row& outer) {
      EXPECT_TRUE(ok(session.query(kSql, {outer.integer(0)}, [&](const Row&) { ++pairs; })));
    });
  })));
  EXPECT_EQ(pairs, 6);
}

TEST_P(DatabaseContract, AReadInsideAReadSharesItsSnapshot) {
  ASSERT_TRUE(ok(database_->read([&](Session& outer) -> Result<void> {
    EXPECT_EQ(ask(outer, "SELECT count(*) FROM t"), 0);
    std::thread other([&] { EXPECT_TRUE(ok(insert(1, "a"))); });
    other.join();
    return database_->read([&](Session& inner) -> Result<void> {
      EXPECT_EQ(ask(inner, "SELECT count(*) FROM t"), 0);
      return {};
    });
  })));
}

TEST_P(DatabaseContract, AnExceptionInAReadLeavesTheConnectionUsable) {
  for (int i = 0; i < 5; ++i) {
    const auto thrown = database_->read([&](Session& session) {
      return session.query("SELECT 1", {}, [](const Row&) { throw std::runtime_error("broken"); });
    });
    EXPECT_EQ(thrown.error().code, Code::internal);
  }
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 0);
}

TEST_P(DatabaseContract, WhenAllReadersAreBusyTheNextIsToldSo) {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool leave = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      EXPECT_TRUE(ok(database_->read([&](Session&) -> Result<void> {
        std::unique_lock lock(mutex);
        ++inside;
        changed.notify_all();
        changed.wait(lock, [&] { return leave; });
        return {};
      })));
    });
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside == 2; });
  }
  const auto refused = database_->read([](Session&) -> Result<void> { return {}; });
  EXPECT_EQ(refused.error().code, Code::unavailable);
  {
    std::lock_guard lock(mutex);
    leave = true;
    changed.notify_all();
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 0);
}

TEST_P(DatabaseContract, UnderConcurrencyExactlyAsManySucceedAsThereAreNames) {
  constexpr int kThreads = 16;
  constexpr int kNames = 50;
  std::atomic<int> stored = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < kNames; ++n) {
        const auto result = insert(t * 1000 + n, "name" + std::to_string(n));
        if (result) {
          ++stored;
        } else {
          EXPECT_EQ(result.error().code, Code::conflict);
          ++refused;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stored, kNames);
  EXPECT_EQ(refused, kThreads * kNames - kNames);
  EXPECT_EQ(ask("SELECT count(*) FROM t"), kNames);
}

TEST_P(DatabaseContract, TheTotalStaysTheSameUnderConcurrentTransfers) {
  for (std::int64_t id = 0; id < 10; ++id) ASSERT_TRUE(ok(insert(id, std::to_string(id))));
  ASSERT_TRUE(ok(database_->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE t SET amount = 10"));
    return {};
  })));
  std::atomic<int> moved = 0;
  std::atomic<int> refused = 0;
  std::atomic<bool> stop = false;
  std::thread auditor([&] {
    while (!stop) {
      EXPECT_EQ(ask("SELECT sum(amount) FROM t"), 100);
    }
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < 40; ++n) {
        const auto result = database_->write([&](Session& session) -> Result<void> {
          FILOSCOPE_DO(session.execute("UPDATE t SET amount = amount + 1 WHERE id = ?",
                                       {std::int64_t{5 + (t + n) % 5}}));
          FILOSCOPE_TRY(const auto taken, session.execute("UPDATE t SET amount = amount - 1 "
                                                          "WHERE id = ? AND amount > 0",
                                                          {std::int64_t{n % 5}}));
          if (taken == 0) return Error(kGivenUp);
          return {};
        });
        ++(result ? moved : refused);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  stop = true;
  auditor.join();
  EXPECT_EQ(moved, 50);  // five accounts of 10 give all they have
  EXPECT_EQ(refused, 8 * 40 - 50);
  EXPECT_EQ(ask("SELECT sum(amount) FROM t"), 100);
}

TEST_P(DatabaseContract, OneFailingMemberOfAGroupTakesNobodyAlong) {
  constexpr int kThreads = 24;
  std::mutex mutex;
  std::condition_variable changed;
  bool open_gate = false;
  std::thread holder([&] {  // while this work runs, all the others queue up into one group
    EXPECT_TRUE(ok(database_->write([&](Session&) -> Result<void> {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return open_gate; });
      return {};
    })));
  });
  std::atomic<int> stored = 0;
  std::atomic<int> failed = 0;
  std::atomic<int> started = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      if (++started == kThreads) {
        std::lock_guard lock(mutex);
        open_gate = true;
        changed.notify_all();
      }
      const auto result = database_->write([&](Session& session) -> Result<void> {
        FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (?, ?)",
                                     {std::int64_t{t}, std::to_string(t)}));
        if (t % 3 == 0) return Error(kGivenUp);
        if (t % 3 == 1) throw std::runtime_error("nor this");
        return {};
      });
      ++(result ? stored : failed);
    });
  }
  for (auto& thread : threads) thread.join();
  holder.join();
  EXPECT_EQ(stored, kThreads / 3);
  EXPECT_EQ(failed, kThreads - kThreads / 3);
  EXPECT_EQ(ask("SELECT count(*) FROM t"), kThreads / 3);
  EXPECT_EQ(ask("SELECT count(*) FROM t WHERE id % 3 <> 2"), 0);
}

TEST_P(DatabaseContract, ADeferredConstraintFailsOnlyWhoBrokeIt) {
  ASSERT_TRUE(ok(database_->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("CREATE TABLE later (id BIGINT PRIMARY KEY, "
                        "t_id BIGINT NOT NULL REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)"));
    return {};
  })));
  std::atomic<int> stored = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&, t] {
      const auto result = database_->write([&](Session& session) -> Result<void> {
        FILOSCOPE_DO(session.execute("INSERT INTO later (id, t_id) VALUES (?, ?)",
                                     {std::int64_t{t}, std::int64_t{t}}));
        if (t % 2 == 0) {
          FILOSCOPE_DO(session.execute("INSERT INTO t (id, name) VALUES (?, ?)",
                                       {std::int64_t{t}, std::to_string(t)}));
        }
        return {};
      });
      if (result) {
        ++stored;
      } else {
        EXPECT_EQ(result.error().code, Code::conflict);
        ++refused;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stored, 6);
  EXPECT_EQ(refused, 6);
  EXPECT_EQ(ask("SELECT count(*) FROM later"), 6);
}

TEST_P(DatabaseContract, WhatWasWrittenIsThereAfterReopening) {
  for (std::int64_t id = 0; id < 20; ++id) ASSERT_TRUE(ok(insert(id, std::to_string(id))));
  open();
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 20);
}

TEST_P(DatabaseContract, MigrationsRunOnceInOrderAndKnowTheirText) {
  const Migration one[] = {
      {1, "CREATE TABLE m (id BIGINT PRIMARY KEY); INSERT INTO m VALUES (1);"}};
  const Migration two[] = {one[0], {2, "-- a comment\nINSERT INTO m SELECT id + 1 FROM m;\n"}};
  ASSERT_TRUE(ok(database_->migrate("m", one)));
  ASSERT_TRUE(ok(database_->migrate("m", one)));
  ASSERT_TRUE(ok(database_->migrate("m", two)));
  open();
  ASSERT_TRUE(ok(database_->migrate("m", two)));
  EXPECT_EQ(ask("SELECT count(*) FROM m"), 2);
  const Migration changed[] = {{1, "CREATE TABLE m (id BIGINT)"}, two[1]};
  EXPECT_EQ(database_->migrate("m", changed).error().code, Code::conflict);
  EXPECT_EQ(database_->migrate("m", one).error().code,
            Code::conflict);  // older program, newer data
  const Migration gap[] = {{1, "SELECT 1"}, {3, "SELECT 1"}};
  EXPECT_EQ(database_->migrate("gap", gap).error().code, Code::internal);
}

TEST_P(DatabaseContract, AFailedMigrationLeavesItsStepUndoneAndTheOnesBeforeDone) {
  const Migration steps[] = {{1, "CREATE TABLE n (id BIGINT PRIMARY KEY)"},
                             {2, "INSERT INTO n VALUES (1); INSERT INTO n VALUES (1);"}};
  EXPECT_EQ(database_->migrate("n", steps).error().code, Code::conflict);
  EXPECT_EQ(ask("SELECT count(*) FROM n"), 0);
  const Migration better[] = {steps[0], {2, "INSERT INTO n VALUES (1)"}};
  EXPECT_TRUE(ok(database_->migrate("n", better)));
  EXPECT_EQ(ask("SELECT count(*) FROM n"), 1);
}

using DatabaseDeathTest = DatabaseContract;

TEST_P(DatabaseDeathTest, WaitingForOneselfAborts) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto nothing = [](Session&) -> Result<void> { return {}; };
  EXPECT_DEATH(
      static_cast<void>(database_->write([&](Session&) { return database_->read(nothing); })),
      "broken invariant");
  EXPECT_DEATH(
      static_cast<void>(database_->write([&](Session&) { return database_->write(nothing); })),
      "broken invariant");
}

INSTANTIATE_TEST_SUITE_P(Adapters, DatabaseContract, ::testing::ValuesIn(records_adapters()),
                         kAdapterName);
INSTANTIATE_TEST_SUITE_P(Adapters, DatabaseDeathTest, ::testing::ValuesIn(records_adapters()),
                         kAdapterName);

}  // namespace
}  // namespace filoscope::contract
