/// A server whose disk is full: real small file systems, which only root can make.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "adapters/postgres/postgres_event_log.h"
#include "adapters/postgres/test_server.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/reasons.h"
#include "base/trouble.h"

namespace filoscope {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return holds();
}

class PostgresFullDiskTest : public ::testing::Test {
 protected:
  PostgresFullDiskTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("filoscope-" + crypto::hex(crypto::random_bytes(8)))) {}
  void SetUp() override {
    if (!postgres::TestServer::is_installed()) GTEST_SKIP() << "postgresql-15 is not installed";
  }
  ~PostgresFullDiskTest() override {
    log_.reset();
    database_.reset();
    server_.reset();
    if (mounted_) ::umount2(small().c_str(), MNT_DETACH);
    std::filesystem::remove_all(folder_);
  }
  std::string small() const { return (folder_ / "data").string(); }
  /// What lies in small() has so much room.
  bool mount(const char* size) {
    std::filesystem::create_directories(small());
    mounted_ = ::mount("tmpfs", small().c_str(), "tmpfs", 0, size) == 0;
    return mounted_;
  }
  void open() {
    auto opened = open_postgres(server_->options());
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
    auto log = open_postgres_event_log(*database_, server_->options());
    ASSERT_TRUE(log) << log.error().message;
    log_ = *std::move(log);
    const Migration tables[] = {{1, "CREATE TABLE t (id BIGINT PRIMARY KEY, note TEXT NOT NULL)"}};
    ASSERT_TRUE(database_->migrate("test", tables));
  }
  void fill() const {
    const UniqueFd file(::open((small() + "/filler").c_str(), O_WRONLY | O_CREAT, 0600));
    for (const std::size_t size : {std::size_t{1} << 20, std::size_t{1} << 12}) {
      const std::string block(size, 'x');
      while (::write(file.get(), block.data(), block.size()) > 0) {
      }
    }
  }
  void make_room() const { std::filesystem::remove(small() + "/filler"); }
  Result<void> write(const std::string& sql) {
    return database_->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute(sql));
      return {};
    });
  }
  Result<void> append(std::size_t bytes) {
    return database_->write([&](Session& session) -> Result<void> {
      const LogRecord records[] = {{0, 1000, 1, 1, 1, PersonKey{7}, crypto::random_bytes(bytes)}};
      FILOSCOPE_DO(log_->append(session, records));
      return {};
    });
  }
  std::int64_t ask(std::string_view sql) {
    std::int64_t answer = -1;
    const auto done = database_->read([&](Session& session) {
      return session.query(sql, {}, [&](const Row& row) { answer = row.integer(0); });
    });
    EXPECT_TRUE(done) << done.error().message;
    return answer;
  }

  const std::filesystem::path folder_;
  std::unique_ptr<postgres::TestServer> server_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<EventLog> log_;
  bool mounted_ = false;
};

constexpr const char* kMuch =
    "INSERT INTO t SELECT 1000 + g, md5(g::text) FROM generate_series(1, 40000) AS g";

TEST_F(PostgresFullDiskTest, TablesWithoutRoomAreReadAndRefuseAndTheLogIsCaughtUp) {
  if (!mount("size=8m")) GTEST_SKIP() << "only root can mount a small file system";
  std::filesystem::create_directories(small() + "/space");
  server_ = std::make_unique<postgres::TestServer>(folder_, "server");
  ASSERT_TRUE(server_->start());
  open();
  ASSERT_TRUE(server_->administer("CREATE TABLESPACE small LOCATION '" + small() + "/space'"));
  ASSERT_TRUE(write("INSERT INTO t VALUES (1, 'kept')"));
  for (const auto* table : {"t", "event_log"}) {
    ASSERT_TRUE(server_->administer("ALTER TABLE " + std::string(table) + " SET TABLESPACE small"));
  }
  fill();
  const auto refused = write(kMuch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "disk_full");
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 1) << "it is read, and nothing of a refusal is in it";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(append(100'000)) << "the outbox lies elsewhere";
  EXPECT_EQ(log_->last_position().value(), 0);
  EXPECT_TRUE(eventually([] { return !trouble::sentences().empty(); }));
  EXPECT_THAT(trouble::sentences(), ElementsAre(Error(base_reason("disk_full")).message));
  make_room();
  EXPECT_TRUE(eventually([&] { return log_->last_position().value() == 3; }));
  EXPECT_TRUE(eventually([] { return trouble::sentences().empty(); }));
  EXPECT_TRUE(write(kMuch));
  EXPECT_EQ(ask("SELECT count(*) FROM t"), 40'001);
}

/// Without room for its write-ahead log PostgreSQL ends, and comes back when it is begun again.
TEST_F(PostgresFullDiskTest, AServerThatEndedForWantOfRoomHasAllThatWasAcknowledged) {
  if (!mount("size=24m")) GTEST_SKIP() << "only root can mount a small file system";
  server_ = std::make_unique<postgres::TestServer>(
      folder_, "server", "--wal-segsize=1 --waldir=" + small() + "/wal",
      "-c min_wal_size=2MB -c restart_after_crash=off");
  ASSERT_TRUE(server_->start());
  open();
  std::atomic<bool> over = false;
  std::atomic<int> stored_count = 0;
  Mutex mutex;
  std::set<std::int64_t> acknowledged;
  std::vector<std::string> reasons;
  std::vector<std::thread> threads;
  for (std::int64_t thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::int64_t id = thread * 1'000'000; !over; ++id) {
        const auto done = database_->write([&](Session& session) -> Result<void> {
          FILOSCOPE_DO(session.execute("INSERT INTO t (id, note) VALUES (?, ?)",
                                       {id, crypto::hex(crypto::random_bytes(20'000))}));
          return {};
        });
        Lock lock(mutex);
        if (done) {
          acknowledged.insert(id);
          ++stored_count;
        } else {
          reasons.emplace_back(done.error().reason);
        }
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return stored_count > 8; }));
  fill();
  EXPECT_TRUE(eventually([&] { return !server_->is_up(); }));
  make_room();
  EXPECT_TRUE(server_->start());
  const int before = stored_count;
  EXPECT_TRUE(eventually([&] { return stored_count > before + 8; })) << "it goes on by itself";
  over = true;
  for (auto& thread : threads) thread.join();
  std::set<std::int64_t> stored;
  EXPECT_TRUE(database_->read([&](Session& session) {
    return session.query("SELECT id FROM t", {},
                         [&](const Row& row) { stored.insert(row.integer(0)); });
  }));
  EXPECT_EQ(stored, acknowledged);
  EXPECT_THAT(reasons, ::testing::Each(AnyOf("disk_full", "database_away")));
  EXPECT_TRUE(eventually([] { return trouble::sentences().empty(); }));
}

}  // namespace
}  // namespace filoscope
