/// What is particular to SQLite; what every database promises is in tests/contract.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "adapters/sqlite/sqlite_connection.h"
#include "adapters/sqlite/sqlite_database.h"
#include "adapters/sqlite/sqlite_event_log.h"
#include "base/crypto.h"

namespace filoscope {
namespace {

using sqlite::Connection;
using ::testing::HasSubstr;

class SqliteTest : public ::testing::Test {
 protected:
  SqliteTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("filoscope-" + crypto::hex(crypto::random_bytes(8)))) {
    std::filesystem::create_directories(folder_);
    options_.path = folder_ / "records.db";
    options_.readers_count = 2;
    options_.busy_timeout_ms = 50;
  }
  ~SqliteTest() override { std::filesystem::remove_all(folder_); }

  /// With SQLite itself, as another program would.
  void as_another_program(const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(options_.path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  bool found_on_disk(const std::string& text) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(in), {}};
      if (content.find(text) != std::string::npos) return true;
    }
    return false;
  }
  static Result<void> run(Database& database, std::string sql) {
    return database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute(sql));
      return {};
    });
  }

  const std::filesystem::path folder_;
  SqliteOptions options_;
};

TEST_F(SqliteTest, AnotherProgramsDatabaseIsRefusedAndLeftAsItIs) {
  as_another_program("CREATE TABLE theirs (id INTEGER)");
  const auto opened = open_sqlite(options_);
  EXPECT_EQ(opened.error().code, Code::corrupt);
  EXPECT_THAT(opened.error().message, HasSubstr("another program"));
  as_another_program("INSERT INTO theirs VALUES (1)");
  EXPECT_FALSE(std::filesystem::exists(options_.path.string() + "-wal"));
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsCorrupt) {
  std::ofstream(options_.path) << std::string(8'192, 'x');
  EXPECT_EQ(open_sqlite(options_).error().code, Code::corrupt);
}

TEST_F(SqliteTest, ADatabaseOfANewerVersionIsRefused) {
  ASSERT_TRUE(open_sqlite(options_).has_value());
  as_another_program("PRAGMA user_version = 99");
  const auto opened = open_sqlite(options_);
  EXPECT_EQ(opened.error().code, Code::conflict);
  EXPECT_EQ(opened.error().reason, "database_file_too_new");
  EXPECT_EQ(opened.error().message,
            options_.path.string() + " was made by a newer version of this program");
}

TEST_F(SqliteTest, AFolderThatIsMissingIsSaid) {
  options_.path = folder_ / "missing" / "records.db";
  EXPECT_EQ(open_sqlite(options_).error().reason, "database_not_opened");
}

TEST_F(SqliteTest, DamagedPagesAreFoundAsCorrupt) {
  {
    auto database = open_sqlite(options_);
    ASSERT_TRUE(database.has_value());
    ASSERT_TRUE(run(**database, "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)").has_value());
    ASSERT_TRUE(
        run(**database,
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) "
            "INSERT INTO t SELECT i, hex(randomblob(100)) FROM n")
            .has_value());
  }
  {
    std::fstream file(options_.path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(3 * 4'096);
    file << std::string(20 * 4'096, 'x');
  }
  auto database = open_sqlite(options_);
  ASSERT_TRUE(database.has_value());
  const auto read = (*database)->read([](Session& session) {
    return session.query("SELECT sum(length(text)) FROM t", {}, [](const Row&) {});
  });
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, Code::corrupt);
}

TEST_F(SqliteTest, AnotherProgramsLockIsWaitedForAndThenSaid) {
  auto database = open_sqlite(options_);
  ASSERT_TRUE(database.has_value());
  ASSERT_TRUE(run(**database, "CREATE TABLE t (id INTEGER PRIMARY KEY)").has_value());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(options_.path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto refused = run(**database, "INSERT INTO t VALUES (1)");
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_EQ(refused.error().reason, "database_locked");
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_TRUE(run(**database, "INSERT INTO t VALUES (1)").has_value());
  sqlite3_close(other);
}

TEST_F(SqliteTest, AFullQueueIsAnAnswer) {
  options_.queue_max = 2;
  auto database = open_sqlite(options_);
  ASSERT_TRUE(database.has_value());
  std::mutex mutex;
  std::condition_variable changed;
  bool inside = false;
  bool leave = false;
  int exhausted = 0;
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    EXPECT_TRUE((*database)
                    ->write([&](Session&) -> Result<void> {
                      std::unique_lock lock(mutex);
                      inside = true;
                      changed.notify_all();
                      changed.wait(lock, [&] { return leave; });
                      return {};
                    })
                    .has_value());
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside; });
  }
  for (int t = 0; t < 5; ++t) {  // two may wait; the writer is held until three have been refused
    threads.emplace_back([&] {
      const auto result = (*database)->write([](Session&) -> Result<void> { return {}; });
      const std::lock_guard lock(mutex);
      if (result) return;
      EXPECT_EQ(result.error().code, Code::exhausted);
      EXPECT_EQ(result.error().reason, "too_many_changes_wait");
      leave = ++exhausted == 3;
      changed.notify_all();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(exhausted, 3);
}

TEST_F(SqliteTest, WhatIsBlankedIsNowhereOnDisk) {
  const std::string secret = "a-secret-of-hers-that-nobody-may-find";
  auto database = open_sqlite(options_);
  ASSERT_TRUE(database.has_value());
  auto log = open_sqlite_event_log(**database);
  ASSERT_TRUE(log.has_value());
  std::string body;
  for (int i = 0; i < 500; ++i) body += secret;  // long enough for overflow pages
  for (int i = 0; i < 20; ++i) {
    LogRecord record{0, 1, 1, 1, 1, PersonKey{7}, Bytes(body.begin(), body.end() - i * 900)};
    ASSERT_TRUE((*database)
                    ->write([&](Session& session) -> Result<void> {
                      FILOSCOPE_DO((*log)->append(session, {&record, 1}));
                      return {};
                    })
                    .has_value());
  }
  EXPECT_TRUE(found_on_disk(secret));
  const auto blank = [&] {
    return (*database)->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO((*log)->blank(session, PersonKey{7}, 20, 20, 0));
      return {};
    });
  };
  // A reader on the old snapshot keeps the old pages alive; the next commit after it clears them.
  ASSERT_TRUE((*database)
                  ->read([&](Session& session) -> Result<void> {
                    FILOSCOPE_DO(
                        session.query("SELECT count(*) FROM event_log", {}, [](const Row&) {}));
                    Result<void> blanked;
                    std::thread([&] { blanked = blank(); }).join();
                    return blanked;
                  })
                  .has_value());
  ASSERT_TRUE(run(**database, "CREATE TABLE t (id INTEGER PRIMARY KEY)").has_value());
  EXPECT_FALSE(found_on_disk(secret));
}

TEST_F(SqliteTest, ModulesMayCheckButNotTune) {
  auto database = open_sqlite(options_);
  ASSERT_TRUE(database.has_value());
  std::string verdict;
  ASSERT_TRUE((*database)
                  ->read([&](Session& session) {
                    return session.query("SELECT * FROM pragma_integrity_check(20)", {},
                                         [&](const Row& row) { verdict = row.text(0); });
                  })
                  .has_value());
  EXPECT_EQ(verdict, "ok");
  for (const auto* sql : {"PRAGMA synchronous = OFF", "PRAGMA journal_mode = DELETE",
                          "ATTACH ':memory:' AS other", "SAVEPOINT mine"}) {
    const auto refused = run(**database, sql);
    EXPECT_EQ(refused.error().code, Code::internal) << sql;
    EXPECT_THAT(refused.error().message, HasSubstr("not a module's")) << sql;
  }
}

TEST_F(SqliteTest, StatementsAreKeptAndTheLongestUnusedGoFirst) {
  options_.statements_max = 2;
  auto connection = Connection::open(options_, Connection::Role::writer);
  ASSERT_TRUE(connection.has_value());
  const auto prepared = [&](const char* sql) { return (*connection)->prepare(sql)->raw(); };
  auto* const one = prepared("SELECT 1");
  prepared("SELECT 2");
  EXPECT_EQ(prepared("SELECT 1"), one);
  prepared("SELECT 3");  // SELECT 2 has to go
  EXPECT_EQ(prepared("SELECT 1"), one);
  auto taken = (*connection)->prepare("SELECT 1");
  auto again = (*connection)->prepare("SELECT 1");
  ASSERT_TRUE(taken.has_value() && again.has_value());
  EXPECT_NE(taken->raw(), again->raw());  // both may be stepped at once
}

TEST_F(SqliteTest, SettingsReachTheOptions) {
  Config config;
  ASSERT_TRUE(config.set("sqlite.mmap_bytes", "0").has_value());
  ASSERT_TRUE(config.set("sqlite.readers_count", "7").has_value());
  const auto options = SqliteOptions::from(config, "x.db");
  EXPECT_EQ(options.mmap_bytes, 0);
  EXPECT_EQ(options.readers_count, 7);
  EXPECT_EQ(options.group_max, 16);
  EXPECT_EQ(options.path, "x.db");
}

}  // namespace
}  // namespace filoscope
