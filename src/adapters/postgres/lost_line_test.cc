/// The line to the server is cut at every message of a workload, one at a time: nothing that was
/// acknowledged is lost, nothing is written twice, and all goes on by itself.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "adapters/postgres/postgres_event_log.h"
#include "adapters/postgres/test_line.h"
#include "adapters/postgres/test_server.h"

namespace filoscope {
namespace {

using postgres::Cut;
using postgres::Side;

constexpr int kWorldsCount = 8;  ///< at a time: most of a round is waiting
constexpr ErrorReason kGivenUp{"given_up", Code::denied, "no"};

/// One installation behind one line, with all that its rounds have written.
class World {
 public:
  World() : line_((schema_.make(), schema_.socket())), direct_(schema_.open()) {
    const Migration tables[] = {
        {1,
         "CREATE TABLE t (id BIGINT PRIMARY KEY); CREATE TABLE counted (id BIGINT PRIMARY KEY, n "
         "BIGINT); INSERT INTO counted VALUES (1, 0)"}};
    EXPECT_TRUE(direct_->migrate("test", tables));
  }

  /// The workload with these cuts, whole. False when not all of them came.
  bool survives(std::deque<Cut> cuts) {
    ++round_;
    const auto database = schema_.open(line_.folder());
    const auto log = open_log(*database);
    const auto before = log->last_position().value();
    followed_ = 0;
    const auto subscription =
        log->subscribe("world", before, Awaited::yes, [this](std::span<const LogRecord> records) {
          Lock lock(mutex_);
          seen_.insert(seen_.end(), records.begin(), records.end());
        });
    line_.cut(std::move(cuts));
    work(*database, *log);
    const bool came = line_.left() == 0;
    line_.cut({});
    expect_told(before);
    EXPECT_EQ(followed_, 2);
    EXPECT_EQ(ask("SELECT n FROM counted"), 2 * round_);
    EXPECT_EQ(ask("SELECT count(*) FROM t"), round_);
    EXPECT_EQ(ask("SELECT count(*) FROM event_log"), 2 * round_);
    EXPECT_EQ(ask("SELECT count(*) FROM event_outbox"), 0);
    return came;
  }

 private:
  /// The lock of the round before goes with its connection.
  std::unique_ptr<EventLog> open_log(Database& database) {
    for (int tries = 0;; ++tries) {
      auto opened = open_postgres_event_log(database, schema_.options(line_.folder()));
      if (opened) return *std::move(opened);
      FILOSCOPE_CHECK(opened.error().reason == "postgres_in_use" && tries < 1000);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  Result<void> count(Session& session, EventLog& log, std::uint16_t kind) {
    FILOSCOPE_DO(session.execute("UPDATE counted SET n = n + 1 WHERE id = ?", {std::int64_t{1}}));
    const LogRecord records[] = {{0, 1000, kind, 1, 1, PersonKey{7}, Bytes{1}}};
    FILOSCOPE_DO(log.append(session, records));
    session.on_commit([this] { ++followed_; });
    return {};
  }

  void work(Database& database, EventLog& log) {
    const auto plain = database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("INSERT INTO t (id) VALUES (?)", {round_}));
      return count(session, log, 1);
    });
    EXPECT_TRUE(plain) << plain.error().message;
    std::vector<std::int64_t> read;
    EXPECT_TRUE(database.read([&](Session& session) {
      read.clear();
      return session.query("SELECT id FROM t WHERE id >= ?", {round_},
                           [&](const Row& row) { read.push_back(row.integer(0)); });
    }));
    EXPECT_THAT(read, ::testing::ElementsAre(round_));
    const auto goes_on = database.write([&](Session& session) -> Result<void> {
      const auto again = session.execute("INSERT INTO t (id) VALUES (?)", {round_});
      if (again) return Error(kGivenUp);
      if (again.error().code != Code::conflict) return again.error();
      return count(session, log, 2);
    });
    EXPECT_TRUE(goes_on) << goes_on.error().message;
    const auto undone = database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(count(session, log, 3));
      return Error(kGivenUp);
    });
    EXPECT_EQ(undone.error().reason, kGivenUp.word) << undone.error().message;
  }

  void expect_told(LogPosition before) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    const auto told = [this] {
      Lock lock(mutex_);
      return seen_.size() >= 2;
    };
    while (!told() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    Lock lock(mutex_);
    std::vector<std::pair<LogPosition, int>> seen;
    for (const auto& one : seen_) seen.emplace_back(one.position, one.kind);
    EXPECT_THAT(seen, ::testing::ElementsAre(std::pair(before + 1, 1), std::pair(before + 2, 2)));
    seen_.clear();
  }

  std::int64_t ask(std::string_view sql) {
    std::int64_t answer = -1;
    EXPECT_TRUE(direct_->read([&](Session& session) {
      return session.query(sql, {}, [&](const Row& row) { answer = row.integer(0); });
    }));
    return answer;
  }

  const postgres::TestSchema schema_;
  postgres::CutLine line_;
  const std::unique_ptr<Database> direct_;
  std::int64_t round_ = 0;
  int followed_ = 0;
  Mutex mutex_;
  std::vector<LogRecord> seen_ FILOSCOPE_GUARDED_BY(mutex_);
};

/// Round 0, 1, 2 …, to the first that has no message to cut; how many there were.
int walk(const std::function<std::deque<Cut>(int round)>& cuts_of) {
  std::atomic<int> next = 0, done = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWorldsCount; ++i) {
    threads.emplace_back([&] {
      World world;
      while (!over) {
        const int round = next++;
        SCOPED_TRACE(fmt::format("round {}", round));
        if (world.survives(cuts_of(round))) {
          ++done;
        } else {
          over = true;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return done;
}

class LostLineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!postgres::TestSchema().is_there())
      GTEST_SKIP() << "there is no server: run me by tools/with_postgres.py";
  }
};

TEST_F(LostLineTest, NothingThatTheServerNeverSawIsMissing) {
  EXPECT_GT(walk([](int round) -> std::deque<Cut> { return {{Side::client, round}}; }), 40);
}

TEST_F(LostLineTest, NothingWhoseAnswerWasLostIsDoneTwice) {
  EXPECT_GT(walk([](int round) -> std::deque<Cut> { return {{Side::server, round}}; }), 30);
}

/// From the lost commit on the line is cut a second time: while it is opened again, and while the
/// server is asked whether the commit took place, which it did or did not.
TEST_F(LostLineTest, AQuestionForALostCommitIsPutUntilItIsAnswered) {
  constexpr int kOfClient = 10, kOfServer = 20;
  constexpr int kOpening = 12;  ///< answers with which a connection opens, at least
  const auto done = walk([](int round) -> std::deque<Cut> {
    if (round >= 2 * (kOfClient + kOfServer)) return {{Side::client, 1'000'000}};
    const Cut commit{.side = round % 2 == 0 ? Side::client : Side::server, .word = "COMMIT"};
    const int at = round / 2;
    if (at < kOfClient) return {commit, {Side::client, at}};
    return {commit, {Side::server, kOpening + at - kOfClient}};
  });
  EXPECT_EQ(done, 2 * (kOfClient + kOfServer));
}

}  // namespace
}  // namespace filoscope
