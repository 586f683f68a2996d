/// What every EventLog promises.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "contract/adapters.h"

namespace filoscope::contract {
namespace {

LogRecord record(std::uint16_t kind, std::int64_t at_ms = 1000, std::uint64_t person = 7) {
  return {0, at_ms, kind, 1, 1, PersonKey{person}, Bytes{static_cast<std::uint8_t>(kind), 2, 3}};
}

class EventLogContract : public ::testing::TestWithParam<RecordsAdapter> {
 protected:
  void SetUp() override { open(); }
  void open() {
    log_.reset();
    database_.reset();
    auto opened = GetParam().open(folder_.path());
    ASSERT_TRUE(ok(opened));
    database_ = *std::move(opened);
    auto log = GetParam().open_log(*database_);
    ASSERT_TRUE(ok(log));
    log_ = *std::move(log);
  }
  Result<LogPosition> append(std::vector<LogRecord> records) {
    LogPosition last = 0;
    FILOSCOPE_DO(database_->write([&](Session& session) -> Result<void> {
      FILOSCOPE_TRY(last, log_->append(session, records));
      return {};
    }));
    return last;
  }
  std::vector<LogRecord> all() {
    auto records = log_->read(0, 1'000'000);
    EXPECT_TRUE(ok(records));
    return *std::move(records);
  }
  void expect_gapless(const std::vector<LogRecord>& records, LogPosition first) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      ASSERT_EQ(records[i].position, first + static_cast<LogPosition>(i));
    }
  }

  Folder folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<EventLog> log_;
};

TEST_P(EventLogContract, BeginsAtOneAndComesBackWhole) {
  EXPECT_EQ(log_->last_position().value(), 0);
  EXPECT_TRUE(all().empty());
  LogRecord big = record(65'535, 5, (1ULL << 63) - 1);
  big.version = 65'535;
  big.reader_version = 65'534;
  big.body.assign(1 << 20, 0xA5);
  EXPECT_EQ(append({record(1), big}).value(), 2);
  open();
  const auto records = all();
  ASSERT_EQ(records.size(), 2U);
  expect_gapless(records, 1);
  EXPECT_EQ(records[0].body, record(1).body);
  EXPECT_EQ(records[0].person, PersonKey{7});
  EXPECT_EQ(records[1].kind, big.kind);
  EXPECT_EQ(records[1].version, big.version);
  EXPECT_EQ(records[1].reader_version, big.reader_version);
  EXPECT_EQ(records[1].person, big.person);
  EXPECT_EQ(records[1].body, big.body);
  EXPECT_EQ(log_->last_position().value(), 2);
}

TEST_P(EventLogContract, ABodyAboveTheLimitIsRefused) {
  LogRecord big = record(1);
  big.body.resize((1 << 20) + 1);
  EXPECT_EQ(append({big}).error().code, Code::invalid_argument);
  EXPECT_EQ(log_->last_position().value(), 0);
}

TEST_P(EventLogContract, ReadsOnFromAPositionAtMostSoMany) {
  ASSERT_TRUE(ok(append(std::vector<LogRecord>(10, record(1)))));
  const auto some = log_->read(4, 3);
  ASSERT_TRUE(ok(some));
  ASSERT_EQ(some->size(), 3U);
  expect_gapless(*some, 5);
  EXPECT_TRUE(log_->read(10, 3)->empty());
  EXPECT_TRUE(log_->read(0, 0)->empty());
}

TEST_P(EventLogContract, TimeNeverDecreasesAlongTheLog) {
  ASSERT_TRUE(ok(append({record(1, 500), record(2, 400)})));
  open();
  ASSERT_TRUE(ok(append({record(3, 100), record(4, 600)})));
  std::vector<std::int64_t> times;
  for (const auto& one : all()) times.push_back(one.at_ms);
  EXPECT_THAT(times, ::testing::ElementsAre(500, 500, 500, 600));
}

TEST_P(EventLogContract, AnUndoneWorkGivesItsPositionsBackAndIsNeverSeen) {
  std::vector<LogRecord> seen;
  log_->subscribe([&](std::span<const LogRecord> records) {
    seen.insert(seen.end(), records.begin(), records.end());
  });
  ASSERT_TRUE(ok(append({record(1)})));
  const auto failed = database_->write([&](Session& session) -> Result<void> {
    std::vector<LogRecord> lost{record(2), record(3)};
    FILOSCOPE_TRY(const auto position, log_->append(session, lost));
    EXPECT_EQ(position, 3);
    EXPECT_EQ(lost[0].position, 2);
    return Error(kGivenUp);
  });
  EXPECT_EQ(failed.error().reason, kGivenUp.word);
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(append({record(4)}).value(), 2);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].kind, 4);
  expect_gapless(seen, 1);
}

TEST_P(EventLogContract, TwoAppendsOfOneWorkFollowEachOther) {
  std::vector<LogRecord> seen;
  log_->subscribe([&](std::span<const LogRecord> records) {
    seen.insert(seen.end(), records.begin(), records.end());
  });
  ASSERT_TRUE(ok(database_->write([&](Session& session) -> Result<void> {
    std::vector<LogRecord> first{record(1)};
    std::vector<LogRecord> second{record(2), record(3)};
    FILOSCOPE_DO(log_->append(session, first));
    EXPECT_TRUE(seen.empty());  // not before the commit
    FILOSCOPE_DO(log_->append(session, second));
    return {};
  })));
  ASSERT_EQ(seen.size(), 3U);
  expect_gapless(seen, 1);
}

TEST_P(EventLogContract, TheSubscriberHasSeenARecordWhenItsWriteReturns) {
  std::atomic<LogPosition> seen = 0;
  log_->subscribe([&](std::span<const LogRecord> records) {
    EXPECT_EQ(records.front().position, seen + 1);
    EXPECT_GE(log_->last_position().value(), records.back().position);  // it is committed
    seen = records.back().position;
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        const auto position = append({record(1), record(2)});
        ASSERT_TRUE(ok(position));
        EXPECT_GE(seen, *position);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, 8 * 25 * 2);
}

TEST_P(EventLogContract, ConcurrentWritersWithFailuresLeaveNoGapAndNoStranger) {
  constexpr int kThreads = 12;
  constexpr int kEach = 40;
  std::vector<LogRecord> seen;  // only the writer's thread touches it until all have ended
  log_->subscribe([&](std::span<const LogRecord> records) {
    seen.insert(seen.end(), records.begin(), records.end());
  });
  std::atomic<int> stored = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < kEach; ++n) {
        const bool fail = (t + n) % 4 == 0;
        const auto result = database_->write([&](Session& session) -> Result<void> {
          std::vector<LogRecord> records(1 + static_cast<std::size_t>(n % 3),
                                         record(fail ? 666 : 1, n));
          FILOSCOPE_DO(log_->append(session, records));
          if (fail) return Error(kGivenUp);
          return {};
        });
        ++(result ? stored : failed);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, kThreads * kEach / 4);
  EXPECT_EQ(stored, kThreads * kEach - kThreads * kEach / 4);
  const auto records = all();
  ASSERT_EQ(records.size(), seen.size());
  expect_gapless(records, 1);
  std::int64_t at_ms = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(seen[i].position, records[i].position);
    ASSERT_EQ(records[i].kind, 1);
    ASSERT_GE(records[i].at_ms, at_ms);
    ASSERT_EQ(seen[i].at_ms, records[i].at_ms);
    at_ms = records[i].at_ms;
  }
}

TEST_P(EventLogContract, BlankingTakesOnePersonsContentsOnly) {
  ASSERT_TRUE(ok(append({record(1, 1, 7), record(2, 1, 8), record(3, 1, 0), record(4, 1, 7)})));
  ASSERT_TRUE(
      ok(database_->write([&](Session& session) { return log_->blank(session, PersonKey{7}); })));
  const auto records = all();
  ASSERT_EQ(records.size(), 4U);
  expect_gapless(records, 1);
  EXPECT_TRUE(records[0].body.empty());
  EXPECT_EQ(records[0].kind, 1);
  EXPECT_FALSE(records[1].body.empty());
  EXPECT_FALSE(records[2].body.empty());
  EXPECT_TRUE(records[3].body.empty());
  ASSERT_TRUE(ok(database_->write(  // "nobody" is not a person
      [&](Session& session) { return log_->blank(session, PersonKey{}); })));
  EXPECT_FALSE(all()[2].body.empty());
}

TEST_P(EventLogContract, DroppingKeepsPositionsAndTimeGoingOn) {
  ASSERT_TRUE(ok(append({record(1, 900), record(2, 900), record(3, 900)})));
  const auto drop = [&](LogPosition up_to) {
    return database_->write([&](Session& session) { return log_->drop(session, up_to); });
  };
  ASSERT_TRUE(ok(drop(2)));
  EXPECT_EQ(all().size(), 1U);
  EXPECT_EQ(all()[0].position, 3);
  ASSERT_TRUE(ok(drop(1'000'000)));
  EXPECT_TRUE(all().empty());
  EXPECT_EQ(log_->last_position().value(), 3);
  open();
  EXPECT_EQ(log_->last_position().value(), 3);
  EXPECT_EQ(append({record(4, 100)}).value(), 4);
  EXPECT_EQ(all()[0].at_ms, 900);
}

INSTANTIATE_TEST_SUITE_P(Adapters, EventLogContract, ::testing::ValuesIn(records_adapters()),
                         kAdapterName);

}  // namespace
}  // namespace filoscope::contract
