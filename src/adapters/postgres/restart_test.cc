/// The server is stopped and started under load: writers wait for it, and what they were told is
/// true.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "adapters/postgres/postgres_event_log.h"
#include "adapters/postgres/test_server.h"
#include "base/mutex.h"

namespace filoscope {
namespace {

using ::testing::IsEmpty;

constexpr int kWritersCount = 4;
constexpr int kMoreEachTime = 15;

class RestartTest : public ::testing::Test {
 protected:
  RestartTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("filoscope-" + crypto::hex(crypto::random_bytes(8)))) {}
  void SetUp() override {
    if (!postgres::TestServer::is_installed()) GTEST_SKIP() << "postgresql-15 is not installed";
    server_ = std::make_unique<postgres::TestServer>(folder_);
    ASSERT_TRUE(server_->start());
    auto opened = open_postgres(server_->options());
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
    auto log = open_postgres_event_log(*database_, server_->options());
    ASSERT_TRUE(log) << log.error().message;
    log_ = *std::move(log);
    const Migration tables[] = {
        {1,
         "CREATE TABLE t (id BIGINT PRIMARY KEY); CREATE TABLE counted (id BIGINT PRIMARY KEY, n "
         "BIGINT); INSERT INTO counted VALUES (1, 0)"}};
    ASSERT_TRUE(database_->migrate("test", tables));
  }
  ~RestartTest() override {
    log_.reset();
    database_.reset();
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// Rows that meet each other, until it is over.
  void write_on(std::int64_t first) {
    for (std::int64_t id = first; !over_; ++id) {
      const auto done = database_->write([&](Session& session) -> Result<void> {
        FILOSCOPE_DO(session.execute("INSERT INTO t (id) VALUES (?)", {id}));
        FILOSCOPE_DO(session.execute("UPDATE counted SET n = n + 1 WHERE id = 1"));
        const LogRecord records[] = {
            {0, 1000, 1, 1, 1, PersonKey{static_cast<std::uint64_t>(id)}, Bytes{1}}};
        FILOSCOPE_DO(log_->append(session, records));
        return {};
      });
      Lock lock(mutex_);
      if (done) {
        acknowledged_.insert(id);
      } else {
        refusals_.push_back(done.error().message);
      }
    }
  }
  void read_on() {
    for (std::int64_t last = 0; !over_;) {
      const auto n = ask("SELECT n FROM counted");
      EXPECT_GE(n, last) << "a read has every write that returned before";
      last = n;
    }
  }
  std::int64_t ask(std::string_view sql) {
    std::int64_t answer = -1;
    const auto done = database_->read([&](Session& session) {
      return session.query(sql, {}, [&](const Row& row) { answer = row.integer(0); });
    });
    EXPECT_TRUE(done) << done.error().message;
    return answer;
  }
  std::size_t acknowledged_count() const {
    Lock lock(mutex_);
    return acknowledged_.size();
  }
  void wait_for_more() {
    const auto enough = acknowledged_count() + kMoreEachTime;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (acknowledged_count() < enough && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_GE(acknowledged_count(), enough);
  }

  const std::filesystem::path folder_;
  std::unique_ptr<postgres::TestServer> server_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<EventLog> log_;
  std::atomic<bool> over_ = false;
  mutable Mutex mutex_;
  std::set<std::int64_t> acknowledged_ FILOSCOPE_GUARDED_BY(mutex_);
  std::vector<std::string> refusals_ FILOSCOPE_GUARDED_BY(mutex_);
};

TEST_F(RestartTest, WhatWasAcknowledgedIsStoredOnceAndNothingIsRefused) {
  std::multiset<std::int64_t> told;
  auto subscription =
      log_->subscribe("test", 0, Awaited::yes, [&](std::span<const LogRecord> records) {
        for (const auto& one : records) told.insert(one.person.db());
      });
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < kWritersCount; ++i)
    threads.emplace_back([this, i] { write_on(1 + i * 1'000'000); });
  threads.emplace_back([this] { read_on(); });
  for (const auto* mode : {"fast", "immediate"}) {
    wait_for_more();
    server_->stop(mode);
    EXPECT_TRUE(server_->start());
  }
  wait_for_more();
  over_ = true;
  for (auto& thread : threads) thread.join();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!log_->keeps_up() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  subscription.reset();
  Lock lock(mutex_);
  EXPECT_THAT(refusals_, IsEmpty());
  std::set<std::int64_t> stored;
  EXPECT_TRUE(database_->read([&](Session& session) {
    return session.query("SELECT id FROM t", {},
                         [&](const Row& row) { stored.insert(row.integer(0)); });
  }));
  EXPECT_EQ(stored, acknowledged_);
  EXPECT_EQ(told, std::multiset<std::int64_t>(acknowledged_.begin(), acknowledged_.end()));
  EXPECT_EQ(ask("SELECT n FROM counted"), static_cast<std::int64_t>(acknowledged_.size()));
}

}  // namespace
}  // namespace filoscope
