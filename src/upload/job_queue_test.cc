#include "upload/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "base/random.h"

namespace filoscope::upload {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kClipMs = 20'000;  ///< what a usual clip takes
constexpr std::int64_t kQueueMax = 500;

class JobQueueTest : public ::testing::Test {
 protected:
  VideoId add(std::uint64_t owner, std::int64_t cost_ms = kClipMs, std::int64_t network = 0) {
    Job job;
    job.video = VideoId{++videos_count};
    job.owner = AccountId{owner};
    job.network = network;
    job.cost_ms = cost_ms;
    job.created_ms = now_ms;
    queue.add(job);
    return job.video;
  }
  /// The machine works on the next one, exactly as long as it was thought to take.
  std::optional<Job> work() {
    const auto next = queue.take(now_ms);
    if (!next) return std::nullopt;
    now_ms += next->cost_ms;
    queue.settle(*next, next->cost_ms);
    queue.erase(next->video);
    return next;
  }
  std::vector<std::uint64_t> owners_of_next(int count) {
    std::vector<std::uint64_t> owners;
    for (int i = 0; i < count; ++i)
      if (const auto job = work()) owners.push_back(job->owner.value);
    return owners;
  }
  /// How many are worked on before it, and itself.
  int place_of(VideoId video) {
    for (int place = 1;; ++place) {
      const auto job = work();
      if (!job || job->video == video) return job ? place : 0;
    }
  }
  std::int64_t fill(std::uint64_t owner, std::int64_t network = 0) {
    std::int64_t count = 0;
    for (; queue.admits(AccountId{owner}, network, {}, kQueueMax); ++count)
      add(owner, kClipMs, network);
    return count;
  }

  JobQueue queue;
  std::int64_t now_ms = 1'000'000'000;
  std::uint64_t videos_count = 0;
};

TEST_F(JobQueueTest, ShortOnesFirst) {
  const auto long_one = add(1, 600'000), shorter = add(1, 60'000), shortest = add(1, 5'000);
  EXPECT_EQ(work()->video, shortest);
  EXPECT_EQ(work()->video, shorter);
  EXPECT_EQ(work()->video, long_one);
}

TEST_F(JobQueueTest, ShortOnesFirstAlsoOfDifferentPeople) {
  add(1, 600'000);
  now_ms += kMinuteMs;
  const auto short_one = add(2, 5'000);
  EXPECT_EQ(work()->video, short_one);
}

TEST_F(JobQueueTest, TheCostIsThatOfThePicturesOnceMeasured) {
  Job small_file, large_file;
  small_file.video = VideoId{1}, small_file.owner = AccountId{1}, small_file.size_bytes = 1 << 20;
  large_file.video = VideoId{2}, large_file.owner = AccountId{2}, large_file.size_bytes = 50 << 20;
  queue.add(small_file), queue.add(large_file);
  ASSERT_NE(queue.unmeasured(), nullptr);
  for (const auto& [video, frames] : {std::pair(VideoId{1}, 36'000), std::pair(VideoId{2}, 300)}) {
    queue.find(video)->measured = true;
    queue.find(video)->cost_ms = cost_ms_of_pictures(3840 * 2160, frames);
  }
  EXPECT_EQ(queue.unmeasured(), nullptr);
  EXPECT_EQ(queue.take(0)->video, VideoId{2});
}

TEST_F(JobQueueTest, AnEarlyFloodDoesNotGoFirstHoweverLongItWaits) {
  for (std::uint64_t owner = 1; owner <= 6; ++owner)
    for (int i = 0; i < 50; ++i) add(owner);
  while (now_ms < 1'000'000'000 + 45 * kMinuteMs) work();
  for (std::uint64_t late = 100; late < 120; ++late) {
    EXPECT_LE(place_of(add(late)), 7);  // one of each of the six, and hers
    now_ms += kMinuteMs;
  }
}

TEST_F(JobQueueTest, SomebodyNewWaitsForOneOfEachOtherAtMost) {
  for (std::uint64_t owner = 1; owner <= 6; ++owner)
    for (int i = 0; i < 50; ++i) add(owner);
  EXPECT_LE(place_of(add(100)), 7);
}

TEST_F(JobQueueTest, TwoPeopleWithManyTakeTurns) {
  for (int i = 0; i < 10; ++i) add(1), add(2);
  const auto owners = owners_of_next(20);
  for (std::size_t i = 0; i + 1 < owners.size(); i += 2) EXPECT_NE(owners[i], owners[i + 1]);
}

TEST_F(JobQueueTest, WhatSomebodyHadIsRememberedAndFades) {
  for (int i = 0; i < 30; ++i) add(1);
  while (work()) {
  }
  EXPECT_TRUE(queue.empty());
  for (int i = 0; i < 5; ++i) add(1), add(2);
  EXPECT_THAT(owners_of_next(5), ElementsAre(2, 2, 2, 2, 2));
  owners_of_next(5);
  now_ms += 24 * 60 * kMinuteMs;
  for (int i = 0; i < 3; ++i) add(1), add(2);
  const auto next = owners_of_next(2);
  EXPECT_NE(next[0], next[1]);
}

TEST_F(JobQueueTest, ATryIsChargedByWhatItReallyTook) {
  add(1), add(1), add(2), add(2);
  const Job first = *queue.take(now_ms);
  queue.settle(first, 60 * kMinuteMs);  // not the 20 s that it seemed
  queue.erase(first.video);
  const auto other = first.owner == AccountId{1} ? 2U : 1U;
  EXPECT_THAT(owners_of_next(3), ElementsAre(other, other, first.owner.value));
}

TEST_F(JobQueueTest, ManyAccountsOfOneNetworkShareItsTurns) {
  for (std::uint64_t owner = 1; owner <= 60; ++owner)
    for (int i = 0; i < 3; ++i) add(owner, kClipMs, 7);
  for (int i = 0; i < 40; ++i) work();
  for (std::uint64_t other = 100; other < 105; ++other) EXPECT_LE(place_of(add(other)), 2);
  // Inside the network, who had nothing goes before those who had.
  for (int i = 0; i < 40; ++i) work();
  EXPECT_LE(place_of(add(200, kClipMs, 7)), 2);
}

/// After her cost and what she had already, nobody new passes her, and each other one does once.
TEST_F(JobQueueTest, NobodyWaitsLongerThanHerOwnCostAndOneOfEachOther) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    queue = JobQueue();
    const auto people = 2 + random.below(10);
    for (std::uint64_t owner = 1; owner <= people; ++owner)
      for (std::uint64_t i = random.below(40); i > 0; --i)
        add(owner, 1'000 + static_cast<std::int64_t>(random.below(60'000)));
    for (auto i = random.below(30); i > 0; --i) work();
    const auto cost_ms = 1'000 + static_cast<std::int64_t>(random.below(600'000));
    const auto mine = add(1'000, cost_ms);
    const auto begun_ms = now_ms;
    std::int64_t waited_ms = 0;
    for (std::uint64_t fresh = 2'000;; ++fresh) {
      const auto job = work();
      ASSERT_TRUE(job.has_value());
      if (job->video == mine) break;
      waited_ms = now_ms - begun_ms;
      add(fresh, 1'000);  // new people with short clips never stop
      if (random.below(2) == 0) add(1 + random.below(people), 5'000);
    }
    EXPECT_LE(waited_ms, cost_ms + static_cast<std::int64_t>(people + 1) * 61'000) << round;
  }
}

TEST_F(JobQueueTest, ALongOneIsNotStarvedByShortOnesOfNewPeople) {
  const auto long_one = add(1, 20 * kMinuteMs);
  int place = 0;
  for (std::uint64_t fresh = 10;; ++fresh) {
    add(fresh);
    ++place;
    if (work()->video == long_one) break;
    ASSERT_LT(place, 100);
  }
  EXPECT_GT(place, 50);
}

TEST_F(JobQueueTest, ADelayEndsAlsoWhenTheClockIsSetBack) {
  const auto video = add(1);
  queue.find(video)->not_before_ms = now_ms + 100 * kMinuteMs;
  EXPECT_FALSE(queue.take(now_ms + 100 * kMinuteMs - 5'000));
  EXPECT_EQ(queue.take(now_ms + 10 * kMinuteMs)->video, video);
}

TEST_F(JobQueueTest, AClockSetBackTakesNobodysTurn) {
  add(1), add(1), add(1);
  work();
  now_ms -= 24 * 60 * kMinuteMs;
  EXPECT_EQ(place_of(add(2)), 1);
  int rounds = 0;
  for (std::uint64_t fresh = 10;; ++fresh) {
    add(fresh);
    if (work()->owner == AccountId{1}) break;
    ASSERT_LT(++rounds, 10);
  }
}

TEST_F(JobQueueTest, PostponedAndCancelledOnesWait) {
  const auto first = add(1), second = add(1);
  queue.find(first)->not_before_ms = now_ms + 500;
  queue.find(second)->cancel->store(true);
  EXPECT_FALSE(queue.take(now_ms + 499));
  EXPECT_EQ(queue.waiting_count(), 2U);
  EXPECT_EQ(queue.take(now_ms + 500)->video, first);
  EXPECT_EQ(queue.running_count(), 1U);
  queue.erase(first);
  queue.erase(second);
  EXPECT_TRUE(queue.empty());
}

TEST_F(JobQueueTest, SixPeopleCannotTakeTheQueue) {
  EXPECT_EQ(fill(1), 100);  // a quarter of what she leaves free
  for (std::uint64_t owner = 2; owner <= 6; ++owner) EXPECT_LT(fill(owner), 100);
  EXPECT_LE(queue.waiting_count(), 450U);
  EXPECT_GE(fill(7), 10);
}

TEST_F(JobQueueTest, ThereIsAlwaysRoomForSomebodyWithNothingWaiting) {
  for (std::uint64_t owner = 1; owner <= 300; ++owner) fill(owner);
  EXPECT_GT(queue.waiting_count(), 450U);
  EXPECT_TRUE(queue.admits(AccountId{9'000}, 0, {}, kQueueMax));
  EXPECT_FALSE(queue.admits(AccountId{1}, 0, {}, kQueueMax));
  EXPECT_FALSE(queue.admits(AccountId{9'000}, 0, {.own = 1, .all = 1},
                            kQueueMax));  // one is on its way already
  for (std::uint64_t owner = 10'000; owner <= 12'000; ++owner) fill(owner);
  EXPECT_EQ(queue.waiting_count(), 2U * kQueueMax);
}

TEST_F(JobQueueTest, OneNetworkWithManyAccountsLeavesRoomForOthers) {
  for (std::uint64_t owner = 1; owner <= 2'000; ++owner) fill(owner, 7);
  EXPECT_LT(queue.waiting_count(), static_cast<std::size_t>(kQueueMax));
  EXPECT_GE(fill(5'000, 8), 10);
  EXPECT_GE(fill(5'001), 10);
}

}  // namespace
}  // namespace filoscope::upload
