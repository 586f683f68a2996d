#include "engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

std::set<std::uint64_t> ids(const Ranking& ranking) {
  std::set<std::uint64_t> all;
  for (const auto& item : ranking.items) all.insert(item.video.value);
  return all;
}

TEST(EngineAnswer, NothingPublishedGivesAnEmptyExhaustedAnswer) {
  TestWorld world;
  for (const auto mode : {Mode::for_you, Mode::following, Mode::not_profiled}) {
    const auto ranking = world.ask(1, 8, {}, mode);
    EXPECT_TRUE(ranking.items.empty());
    EXPECT_TRUE(ranking.exhausted);
  }
}

TEST(EngineAnswer, UnseenOnceThenRepeatsNeverOwn) {
  for (const int videos : {1, 3, 20}) {
    TestWorld world;
    world.adult(1);
    world.publish(999, 1, 0);  // her own
    for (int i = 1; i <= videos; ++i) world.publish(i, 100 + i % 3, i % 4);
    std::vector<std::uint64_t> shown;
    for (int step = 0; step < videos * 5; ++step) {
      const auto ranking = world.ask(1);
      ASSERT_FALSE(ranking.items.empty()) << videos << " " << step;
      EXPECT_EQ(ranking.exhausted, step >= videos);
      EXPECT_EQ(ids(ranking).size(), ranking.items.size());
      const auto& item = ranking.items[0];
      EXPECT_EQ(item.repeat, step >= videos);
      EXPECT_NE(item.video.value, 999U);
      world.swipe(1, item.video, 1000, world.last_request());
      shown.push_back(item.video.value);
    }
    for (std::size_t i = 0; i < shown.size(); ++i)
      for (std::size_t j = i + 1; j < shown.size() && j < i + videos / 2; ++j)
        EXPECT_NE(shown[i], shown[j]) << videos << " at " << i << " and " << j;
  }
}

TEST(EngineAnswer, HeldIsNeverGiven) {
  TestWorld world;
  for (int i = 1; i <= 3; ++i) world.publish(i, 100, 0);
  const auto ranking = world.ask(1, 8, {{1}, {2}});
  EXPECT_EQ(ids(ranking), (std::set<std::uint64_t>{3}));
  EXPECT_TRUE(world.ask(1, 8, {{1}, {2}, {3}}).items.empty());
}

TEST(EngineSnapshot, SaveLoadApplyTheRestIsApplyAll) {
  TestWorld world;
  for (int i = 1; i <= 40; ++i) world.publish(i, 100 + i % 5, i % 6);
  for (int step = 0; step < 60; ++step) {
    const std::uint64_t person = 1 + step % 3;
    const auto ranking = world.ask(person);
    world.swipe(person, ranking.items[0].video, 300 * (step % 7), world.last_request());
  }
  auto other = Engine::create({}).value();
  for (std::size_t i = 0; i < world.log.size(); ++i) {
    other->apply(world.log[i]).value();
    if (i % 17 == 0) {
      const auto hash = other->state_hash();
      other = Engine::load({}, other->save()).value();
      ASSERT_EQ(other->state_hash(), hash) << i;
    }
  }
  EXPECT_EQ(other->state_hash(), world.engine().state_hash());
}

TEST(EngineConcurrency, AnswersReadOnePositionWhileTheWriterWrites) {
  TestWorld world;
  for (int i = 1; i <= 100; ++i) world.publish(i, 200 + i % 9, i % 6);
  std::atomic<bool> stop{false};
  std::atomic<int> answers{0}, backwards{0}, wrong{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r)
    readers.emplace_back([&, r] {
      LogPosition last = 0;
      for (std::uint64_t i = 1; !stop; ++i) {
        RankRequest request;
        request.person = {1 + i % 3}, request.seed = i, request.request = {i * 2 + r};
        const auto ranking = world.engine().rank(request);
        if (!ranking.has_value() || ranking->items.empty()) ++wrong;
        if (!ranking.has_value()) continue;
        const auto decision = decode<Decision>(ranking->decision);
        if (!decision.has_value() || decision->read_position != ranking->position) ++wrong;
        if (ranking->position < last) ++backwards;
        last = ranking->position;
        ++answers;
      }
    });
  for (int i = 0; i < 300 || answers < 20; ++i)
    world.swipe(1 + i % 3, {1 + static_cast<std::uint64_t>(i) % 100}, 1200);
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(backwards, 0);
  EXPECT_EQ(wrong, 0);
}

TEST(EngineReaction, OppositeFirstSwipesGiveDifferentNextAnswers) {
  int liked_more = 0, differ = 0;
  for (int trial = 0; trial < 50; ++trial) {
    TestWorld world;
    for (int i = 1; i <= 120; ++i) world.publish(i + trial * 1000, 200 + i % 9, i % 12);
    const auto first = world.ask(1).items[0].video;
    const auto same = [&](std::uint64_t person) {
      const auto ranking = world.ask(person, 8);
      return std::count_if(ranking.items.begin(), ranking.items.end(), [&](const auto& item) {
        return (item.video.value - trial * 1000) % 12 == (first.value - trial * 1000) % 12;
      });
    };
    world.swipe(1, first, 2000);
    world.swipe(2, first, 100);
    const auto after_joy = same(1), after_skip = same(2);
    liked_more += after_joy > after_skip ? 1 : 0;
    differ += ids(world.ask(1)) != ids(world.ask(2)) ? 1 : 0;
  }
  EXPECT_GE(liked_more, 48);
  EXPECT_EQ(differ, 50);
}

}  // namespace
}  // namespace filoscope::engine
