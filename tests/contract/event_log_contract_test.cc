/// What every Outbox with its EventStream promises.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
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
  Result<OutboxToken> append(const std::vector<LogRecord>& records) {
    return database_->write<OutboxToken>(
        [&](Session& session) { return log_->append(session, records); });
  }
  std::vector<LogRecord> all() {
    auto records = log_->read(0, 1'000'000);
    EXPECT_TRUE(ok(records));
    return *std::move(records);
  }
  /// What is taken is in `seen` when its write returns.
  std::unique_ptr<Subscription> collect(std::vector<LogRecord>& seen, LogPosition after = 0) {
    return log_->subscribe("collector", after, Awaited::yes,
                           [&seen](std::span<const LogRecord> records) {
                             seen.insert(seen.end(), records.begin(), records.end());
                           });
  }
  void expect_gapless(const std::vector<LogRecord>& records, LogPosition first) {
    for (std::size_t i = 0; i < records.size(); ++i) {
      ASSERT_EQ(records[i].position, first + static_cast<LogPosition>(i));
    }
  }

  static void wait_until(const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_TRUE(holds());
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
  ASSERT_TRUE(ok(append({record(1), big})));
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
  const auto subscription = collect(seen);
  ASSERT_TRUE(ok(append({record(1)})));
  const auto failed = database_->write([&](Session& session) -> Result<void> {
    std::vector<LogRecord> lost{record(2), record(3)};
    FILOSCOPE_DO(log_->append(session, lost));
    return Error(kGivenUp);
  });
  EXPECT_EQ(failed.error().reason, kGivenUp.word);
  EXPECT_EQ(seen.size(), 1U);
  ASSERT_TRUE(ok(append({record(4)})));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].kind, 4);
  expect_gapless(seen, 1);
}

TEST_P(EventLogContract, TwoAppendsOfOneWorkFollowEachOther) {
  std::vector<LogRecord> seen;
  const auto subscription = collect(seen);
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

TEST_P(EventLogContract, AnAwaitedConsumerHasTakenARecordWhenItsWriteReturns) {
  std::atomic<LogPosition> seen = 0;
  std::atomic<int> kinds = 0;
  const auto subscription =
      log_->subscribe("counter", 0, Awaited::yes, [&](std::span<const LogRecord> records) {
        EXPECT_EQ(records.front().position, seen + 1);
        EXPECT_GE(log_->last_position().value(), records.back().position);  // it is committed
        seen = records.back().position;
        for (const auto& one : records) kinds += one.kind;
      });
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < 25; ++n) {
        const auto before = kinds.load();
        ASSERT_TRUE(ok(append({record(1), record(2)})));
        EXPECT_GE(kinds.load(), before + 3);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, 8 * 25 * 2);
}

TEST_P(EventLogContract, ConcurrentWritersWithFailuresLeaveNoGapAndNoStranger) {
  constexpr int kThreads = 12;
  constexpr int kEach = 40;
  std::vector<LogRecord> seen;
  const auto subscription = collect(seen);
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

TEST_P(EventLogContract, EveryConsumerGetsAllBehindItsPosition) {
  std::vector<LogRecord> first, second;
  const auto one = collect(first);
  ASSERT_TRUE(ok(append({record(1), record(2)})));
  const auto two = collect(second, 1);
  ASSERT_TRUE(ok(append({record(3)})));
  EXPECT_EQ(first.size(), 3U);
  expect_gapless(first, 1);
  EXPECT_EQ(second.size(), 2U);
  expect_gapless(second, 2);
}

TEST_P(EventLogContract, AConsumerThatHasEndedTakesNothingAndHoldsNobody) {
  std::vector<LogRecord> seen;
  collect(seen).reset();
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(ok(append({record(1)})));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(kTakenWaitMs));
  EXPECT_TRUE(seen.empty());
}

TEST_P(EventLogContract, ATokenFindsItsRecord) {
  std::vector<OutboxToken> tokens;
  for (std::uint16_t kind = 1; kind <= 5; ++kind) {
    auto token = append({record(kind)});
    ASSERT_TRUE(ok(token));
    tokens.push_back(*token);
  }
  wait_until([&] { return log_->last_position().value() == 5; });
  for (std::uint16_t kind = 1; kind <= 5; ++kind) {
    const auto found = log_->find(tokens[kind - 1U]);
    ASSERT_TRUE(ok(found));
    ASSERT_TRUE(found->has_value());
    EXPECT_EQ((*found)->kind, kind);
    EXPECT_EQ((*found)->position, kind);
  }
  EXPECT_EQ(log_->first_token(0).value(), tokens[0]);
  EXPECT_EQ(log_->first_token(2).value(), tokens[2]);
  EXPECT_EQ(log_->first_token(5).value(), 0);
  ASSERT_TRUE(
      ok(database_->write<OutboxToken>([&](Session& session) { return log_->drop(session, 2); })));
  EXPECT_FALSE(log_->find(tokens[1]).value().has_value());
  EXPECT_TRUE(log_->find(tokens[2]).value().has_value());
  EXPECT_FALSE(log_->find(tokens[4] + 1000).value().has_value());
}

TEST_P(EventLogContract, OneThatStandsStillHoldsAWriteForAWhileOnly) {
  std::mutex stands;
  stands.lock();
  const auto take = [&](std::span<const LogRecord>) { const std::lock_guard held(stands); };
  auto still = log_->subscribe("still", 0, Awaited::yes, take);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(ok(append({record(1)})));
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, std::chrono::milliseconds(kTakenWaitMs));
  EXPECT_LT(took, std::chrono::milliseconds(kTakenWaitMs * 5));
  EXPECT_FALSE(log_->keeps_up());
  stands.unlock();
  wait_until([&] { return log_->keeps_up(); });
}

TEST_P(EventLogContract, SeveralAppendsOfOneWriteWaitOnce) {
  std::mutex stands;
  stands.lock();
  const auto take = [&](std::span<const LogRecord>) { const std::lock_guard held(stands); };
  auto still = log_->subscribe("still", 0, Awaited::yes, take);
  bool followed = false;
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(ok(database_->write([&](Session& session) -> Result<void> {
    for (std::uint16_t kind = 1; kind <= 4; ++kind) {
      const LogRecord one[] = {record(kind)};
      FILOSCOPE_DO(log_->append(session, one));
    }
    session.on_commit([&] {
      followed = std::chrono::steady_clock::now() - start < std::chrono::milliseconds(kTakenWaitMs);
    });
    return {};
  })));
  EXPECT_LT(std::chrono::steady_clock::now() - start,
            std::chrono::milliseconds(kTakenWaitMs * 3 / 2));
  EXPECT_TRUE(followed) << "memory changes before the wait";
  const auto again = std::chrono::steady_clock::now();
  ASSERT_TRUE(ok(append({record(5)})));
  EXPECT_LT(std::chrono::steady_clock::now() - again, std::chrono::milliseconds(kTakenWaitMs / 2))
      << "while it does not keep up";
  stands.unlock();
}

TEST_P(EventLogContract, NobodyWaitsForOneThatIsNotAwaited) {
  std::mutex stands;
  stands.lock();
  const auto take = [&](std::span<const LogRecord>) { const std::lock_guard held(stands); };
  auto slow = log_->subscribe("slow", 0, Awaited::no, take);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ok(append({record(1)})));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(kTakenWaitMs));
  stands.unlock();
}

TEST_P(EventLogContract, OneFarBehindGetsWhatMemoryDoesNotHold) {
  std::mutex stands;
  stands.lock();
  std::vector<LogRecord> seen;
  auto slow = log_->subscribe("slow", 0, Awaited::no, [&](std::span<const LogRecord> records) {
    const std::lock_guard held(stands);
    seen.insert(seen.end(), records.begin(), records.end());
  });
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(ok(append(std::vector<LogRecord>(3'000, record(1)))));
  stands.unlock();
  std::vector<LogRecord> awaited;
  const auto all_taken = collect(awaited);
  ASSERT_TRUE(ok(append({record(2)})));
  wait_until([&] {
    const std::lock_guard held(stands);
    return seen.size() >= 30'001;
  });
  slow.reset();
  EXPECT_EQ(seen.size(), 30'001U);
  expect_gapless(seen, 1);
}

TEST_P(EventLogContract, ABatchWhoseTakeThrowsComesAgain) {
  int tries = 0;
  std::vector<LogRecord> seen;
  const auto subscription =
      log_->subscribe("thrower", 0, Awaited::yes, [&](std::span<const LogRecord> records) {
        if (++tries == 1) throw std::bad_alloc();
        seen.insert(seen.end(), records.begin(), records.end());
      });
  ASSERT_TRUE(ok(append({record(1), record(2)})));
  EXPECT_EQ(tries, 2);
  ASSERT_EQ(seen.size(), 2U);
}

TEST_P(EventLogContract, WhatIsCalledOnCommitComesOfTheRunThatWasCommitted) {
  std::vector<int> called;
  int runs = 0;
  const auto made = database_->write<int>([&](Session& session) -> Result<int> {
    ++runs;
    session.on_commit([&called, run = runs] { called.push_back(run); });
    session.on_commit([&called] { called.push_back(-1); });
    return runs;
  });
  ASSERT_TRUE(ok(made));
  EXPECT_THAT(called, ::testing::ElementsAre(*made, -1));
  const auto undone = database_->write([&](Session& session) -> Result<void> {
    session.on_commit([&called] { called.push_back(-2); });
    return Error(kGivenUp);
  });
  EXPECT_FALSE(undone);
  EXPECT_EQ(called.size(), 2U);
}

TEST_P(EventLogContract, BlankingTakesOnePersonsContentsOnly) {
  auto spared = record(5, 1, 7);
  spared.kind = 9;
  ASSERT_TRUE(
      ok(append({record(1, 1, 7), record(2, 1, 8), record(3, 1, 0), record(4, 1, 7), spared})));
  const auto blank = [&](PersonKey person, LogPosition up_to, std::int64_t count_max) {
    return database_
        ->write<EventStream::Blanked>(
            [&](Session& session) { return log_->blank(session, person, up_to, count_max, 9); })
        .value();
  };
  EXPECT_EQ(blank(PersonKey{7}, 4, 1).count, 1);
  EXPECT_EQ(blank(PersonKey{7}, 4, 9).count, 1);
  EXPECT_EQ(blank(PersonKey{7}, 5, 9).count, 0);
  const auto records = all();
  ASSERT_EQ(records.size(), 5U);
  expect_gapless(records, 1);
  EXPECT_TRUE(records[0].body.empty());
  EXPECT_EQ(records[0].kind, 1);
  EXPECT_FALSE(records[1].body.empty());
  EXPECT_FALSE(records[2].body.empty());
  EXPECT_TRUE(records[3].body.empty());
  EXPECT_FALSE(records[4].body.empty()) << "of the spared kind";
  EXPECT_EQ(blank(PersonKey{}, 4, 9).count, 0) << "nobody is not a person";
  EXPECT_FALSE(all()[2].body.empty());
}

TEST_P(EventLogContract, BlankingOfAKindTakesARange) {
  ASSERT_TRUE(ok(append(
      {record(1, 1, 7), record(1, 1, 0), record(9, 1, 7), record(1, 1, 8), record(1, 1, 8)})));
  const auto blank = [&](LogPosition after, LogPosition up_to) {
    return database_
        ->write<std::int64_t>(
            [&](Session& session) { return log_->blank_kind(session, 1, after, up_to); })
        .value();
  };
  EXPECT_EQ(blank(1, 4), 2);
  EXPECT_EQ(blank(1, 4), 0);
  std::vector<bool> left;
  for (const auto& each : all()) left.push_back(!each.body.empty());
  EXPECT_THAT(left, ::testing::ElementsAre(true, false, true, false, true));
}

TEST_P(EventLogContract, BlankingStopsAtAPositionAndTellsWhatIsLeft) {
  ASSERT_TRUE(ok(append({record(1, 1, 7), record(2, 1, 8), record(3, 1, 7)})));
  const auto left_behind = [&](LogPosition up_to) {
    return database_
        ->write<EventStream::Blanked>(
            [&](Session& session) { return log_->blank(session, PersonKey{7}, up_to, 9, 9); })
        .value()
        .left;
  };
  EXPECT_TRUE(left_behind(2));
  EXPECT_TRUE(all()[0].body.empty());
  EXPECT_FALSE(all()[2].body.empty());
  EXPECT_FALSE(left_behind(3));
  EXPECT_TRUE(all()[2].body.empty());
  EXPECT_FALSE(left_behind(2)) << "nothing of hers is in what lies behind";
}

TEST_P(EventLogContract, DroppingKeepsPositionsAndTimeGoingOn) {
  ASSERT_TRUE(ok(append({record(1, 900), record(2, 900), record(3, 900)})));
  const auto drop = [&](LogPosition up_to) {
    return database_->write<OutboxToken>(
        [&](Session& session) { return log_->drop(session, up_to); });
  };
  ASSERT_TRUE(ok(drop(2)));
  EXPECT_EQ(all().size(), 1U);
  EXPECT_EQ(all()[0].position, 3);
  ASSERT_TRUE(ok(drop(1'000'000)));
  EXPECT_TRUE(all().empty());
  EXPECT_EQ(log_->last_position().value(), 3);
  open();
  EXPECT_EQ(log_->last_position().value(), 3);
  ASSERT_TRUE(ok(append({record(4, 100)})));
  EXPECT_EQ(all()[0].position, 4);
  EXPECT_EQ(all()[0].at_ms, 900);
}

/// Cursors of consumers by name.
class CursorContract : public EventLogContract {
 protected:
  void SetUp() override {
    EventLogContract::SetUp();
    const Migration tables[] = {{1, "CREATE TABLE done (kind BIGINT PRIMARY KEY)"}};
    ASSERT_TRUE(ok(database_->migrate("done", tables)));
    for (std::uint16_t kind = 1; kind <= 6; ++kind) ASSERT_TRUE(ok(append({record(kind)})));
    wait_until([&] { return log_->last_position().value() == 6; });
  }
  Result<void> set(std::string_view consumer, LogPosition position) {
    return database_->write(
        [&](Session& session) { return log_->set_cursor(session, consumer, position); });
  }
  Result<void> move(std::string_view consumer, LogPosition from, LogPosition to) {
    return database_->write(
        [&](Session& session) { return log_->move_cursor(session, consumer, from, to); });
  }
  void drop(LogPosition up_to) {
    ASSERT_TRUE(ok(database_->write<OutboxToken>(
        [&](Session& session) { return log_->drop(session, up_to); })));
  }
  std::vector<LogPosition> next(std::string_view consumer, std::size_t count_max = 100) {
    const auto read = log_->read_next(consumer, count_max);
    EXPECT_TRUE(ok(read));
    std::vector<LogPosition> positions;
    if (!read) return positions;
    expect_gapless(read->records, read->after + 1);
    for (const auto& one : read->records) positions.push_back(one.position);
    return positions;
  }
  std::string refusal(std::string_view consumer) {
    const auto read = log_->read_next(consumer, 100);
    return read ? "" : std::string(read.error().reason);
  }
};

TEST_P(CursorContract, EachNameHasAPlaceOfItsOwnThatOutlivesTheProgram) {
  ASSERT_TRUE(ok(set("mail", 0)));
  ASSERT_TRUE(ok(set("search", 4)));
  EXPECT_THAT(next("mail", 2), ::testing::ElementsAre(1, 2));
  EXPECT_THAT(next("mail", 2), ::testing::ElementsAre(1, 2)) << "until it is moved";
  ASSERT_TRUE(ok(move("mail", 0, 2)));
  open();
  EXPECT_THAT(next("mail", 3), ::testing::ElementsAre(3, 4, 5));
  EXPECT_THAT(next("search"), ::testing::ElementsAre(5, 6));
  ASSERT_TRUE(ok(move("search", 4, 6)));
  EXPECT_TRUE(next("search").empty());
  ASSERT_TRUE(ok(append({record(7)})));
  wait_until([&] { return next("search") == std::vector<LogPosition>{7}; });
}

TEST_P(CursorContract, ACursorMovesWithWhatWasDoneOrNotAtAll) {
  ASSERT_TRUE(ok(set("doer", 0)));
  const auto handle = [&](bool fails) {
    const auto batch = log_->read_next("doer", 2);
    EXPECT_TRUE(ok(batch));
    return database_->write([&](Session& session) -> Result<void> {
      for (const auto& one : batch->records)
        FILOSCOPE_DO(session.execute("INSERT INTO done (kind) VALUES (?)", {one.kind}));
      FILOSCOPE_DO(
          log_->move_cursor(session, "doer", batch->after, batch->records.back().position));
      if (fails) return Error(kGivenUp);
      return {};
    });
  };
  EXPECT_FALSE(handle(true));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(ok(handle(false)));
    open();
  }
  EXPECT_TRUE(next("doer").empty());
  std::int64_t count = 0;
  ASSERT_TRUE(ok(database_->read([&](Session& session) {
    return session.query("SELECT count(*) FROM done", {},
                         [&](const Row& row) { count = row.integer(0); });
  })));
  EXPECT_EQ(count, 6);
}

TEST_P(CursorContract, OfManyThatMoveOneCursorExactlyOneDoes) {
  ASSERT_TRUE(ok(set("one", 0)));
  std::atomic<int> moved = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      const auto done = move("one", 0, 3);
      if (!done) EXPECT_EQ(done.error().reason, "cursor_moved") << done.error().message;
      ++(done ? moved : refused);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(moved, 1);
  EXPECT_EQ(refused, 5);
  EXPECT_THAT(next("one"), ::testing::ElementsAre(4, 5, 6));
}

TEST_P(CursorContract, ACursorThatWasOutrunIsToldSoUntilItBeginsAnew) {
  ASSERT_TRUE(ok(set("slow", 2)));
  ASSERT_TRUE(ok(set("quick", 4)));
  drop(2);
  EXPECT_THAT(next("slow"), ::testing::ElementsAre(3, 4, 5, 6)) << "nothing that it lacks is gone";
  drop(4);
  EXPECT_EQ(refusal("slow"), "cursor_outrun");
  EXPECT_EQ(log_->read_next("slow", 1).error().code, Code::conflict);
  EXPECT_THAT(next("quick"), ::testing::ElementsAre(5, 6));
  ASSERT_TRUE(ok(set("slow", 5)));
  EXPECT_THAT(next("slow"), ::testing::ElementsAre(6));
  drop(6);
  EXPECT_EQ(refusal("slow"), "cursor_outrun") << "also where nothing is left";
  ASSERT_TRUE(ok(set("slow", 6)));
  EXPECT_TRUE(next("slow").empty());
}

TEST_P(CursorContract, AConsumerWithoutACursorIsToldSo) {
  EXPECT_EQ(refusal("nobody"), "no_such_cursor");
  EXPECT_EQ(move("nobody", 0, 1).error().code, Code::not_found);
  ASSERT_TRUE(ok(set("somebody", 0)));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(ok(
        database_->write([&](Session& session) { return log_->end_cursor(session, "somebody"); })));
    EXPECT_EQ(refusal("somebody"), "no_such_cursor");
  }
}

INSTANTIATE_TEST_SUITE_P(Adapters, CursorContract, ::testing::ValuesIn(records_adapters()),
                         kAdapterName);

INSTANTIATE_TEST_SUITE_P(Adapters, EventLogContract, ::testing::ValuesIn(records_adapters()),
                         kAdapterName);

}  // namespace
}  // namespace filoscope::contract
