#include "upload/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace filoscope::upload {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kMinuteMs = 60'000;

class JobQueueTest : public ::testing::Test {
 protected:
  void add(std::uint64_t video, std::uint64_t owner, std::int64_t size_bytes,
           std::int64_t created_ms = 0) {
    Job job;
    job.video = VideoId{video};
    job.owner = AccountId{owner};
    job.size_bytes = size_bytes;
    job.created_ms = created_ms;
    queue.add(job);
  }
  std::vector<std::uint64_t> take_all(std::int64_t now_ms) {
    std::vector<std::uint64_t> order;
    while (const auto* job = queue.take(now_ms)) order.push_back(job->video.value);
    return order;
  }
  JobQueue queue;
};

TEST_F(JobQueueTest, ShortOnesFirst) {
  add(1, 1, 300 << 20), add(2, 1, 5 << 20), add(3, 1, 50 << 20);
  EXPECT_THAT(take_all(0), ElementsAre(2, 3, 1));
}

TEST_F(JobQueueTest, OneOfAnotherPersonDoesNotWaitBehindAHundred) {
  for (std::uint64_t i = 1; i <= 100; ++i) add(i, 1, 5 << 20);
  add(200, 2, 20 << 20);
  const auto order = take_all(0);
  EXPECT_LT(std::find(order.begin(), order.end(), 200U) - order.begin(), 3);
  EXPECT_EQ(order.size(), 101U);
}

TEST_F(JobQueueTest, TwoPeopleWithManyTakeTurns) {
  for (std::uint64_t i = 1; i <= 4; ++i) add(i, 1, 5 << 20), add(10 + i, 2, 5 << 20);
  std::vector<std::uint64_t> owners;
  while (const auto* job = queue.take(0)) owners.push_back(job->owner.value);
  for (std::size_t i = 0; i + 1 < owners.size(); i += 2) EXPECT_NE(owners[i], owners[i + 1]);
}

TEST_F(JobQueueTest, ADelayEndsAlsoWhenTheClockIsSetBack) {
  add(1, 1, 5 << 20);
  queue.find(VideoId{1})->not_before_ms = 100 * kMinuteMs;
  EXPECT_EQ(queue.take(100 * kMinuteMs - 5'000), nullptr);
  EXPECT_THAT(take_all(10 * kMinuteMs), ElementsAre(1));
}

TEST_F(JobQueueTest, ALongOneIsNotStarvedByShortOnes) {
  add(1, 1, 2LL << 30, 0);
  for (std::uint64_t i = 2; i < 20; ++i) add(i, i, 1 << 20, 9 * kMinuteMs);
  EXPECT_EQ(queue.take(9 * kMinuteMs)->video, VideoId{2});
  EXPECT_EQ(queue.take(11 * kMinuteMs)->video, VideoId{1});
}

TEST_F(JobQueueTest, PostponedAndCancelledOnesWait) {
  add(1, 1, 100), add(2, 1, 200);
  queue.find(VideoId{1})->not_before_ms = 500;
  queue.find(VideoId{2})->cancel->store(true);
  EXPECT_EQ(queue.take(499), nullptr);
  EXPECT_EQ(queue.waiting_count(), 2U);
  EXPECT_EQ(queue.take(500)->video, VideoId{1});
  EXPECT_EQ(queue.running_count(), 1U);
  queue.erase(VideoId{1});
  queue.erase(VideoId{2});
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace filoscope::upload
