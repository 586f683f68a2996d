#include "engine/feed_rules.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

TEST(FeedRules, AreThoseOfOptionsAndState) {
  EngineOptions options;
  options.exploration_share = 0.07, options.candidates_max = 99;
  TestWorld world(options);
  auto rules = world.engine().rules();
  EXPECT_EQ(rules.exploration_share, 0.07);
  EXPECT_EQ(rules.candidates_max, 99U);
  EXPECT_EQ(rules.weights, options.weights);
  EXPECT_EQ(rules.fresh_impressions, 2U) << "to nobody";
  world.publish(1, 100, 0);
  for (std::uint64_t p = 1; p <= 30; ++p) world.swipe(p, {1}, 2000);
  world.apply(encode(WeightsChanged{{-3, 0, 0, 0, 0, 9, 0, 0, 0}}));
  rules = world.engine().rules();
  EXPECT_EQ(rules.weights[0], -3);
  EXPECT_EQ(rules.weights[5], 9);
  EXPECT_EQ(rules.fresh_impressions, 15U) << "half of who was there";
}

TEST(FeedRules, NameEveryRouteOnceWithWhatItIsFor) {
  TestWorld world;
  std::set<Route> routes;
  for (const auto& rule : world.engine().rules().routes) {
    EXPECT_TRUE(routes.insert(rule.route).second) << to_string(rule.route);
    EXPECT_FALSE(purpose_of(rule.route).empty()) << to_string(rule.route);
    EXPECT_EQ(rule.candidates_share > 0, rule.route != Route::repeat) << to_string(rule.route);
  }
  EXPECT_EQ(routes.size(), kRoutesCount);
}

TEST(FirstAudience, TellsWhoHadItWhoWaitsAndWhoseTimeIsOver) {
  TestWorld world;
  for (int i = 1; i <= 3; ++i) world.publish(i, 100, 0);
  for (std::uint64_t p = 1; p <= 6; ++p) world.swipe(p, {1}, 2000);
  auto audience = world.engine().stats().first_audience;
  EXPECT_EQ(audience.impressions, 3U);
  EXPECT_EQ(audience.promised_count, 3U);
  EXPECT_EQ(audience.got_count, 1U);
  EXPECT_EQ(audience.waiting_count, 2U);
  world.now_ms += 8LL * 24 * 3600 * 1000;
  world.adult(1);
  audience = world.engine().stats().first_audience;
  EXPECT_EQ(audience.got_count, 1U);
  EXPECT_EQ(audience.waiting_count, 0U);
}

TEST(Memory, IsTheSumOfItsParts) {
  TestWorld world;
  for (int i = 1; i <= 50; ++i) world.publish(i, 100, 0);
  world.swipe(1, world.ask(1).items[0].video, 2000, world.last_request());
  const auto stats = world.engine().stats();
  std::size_t sum = 0;
  for (const auto bytes : stats.memory_parts_bytes) {
    EXPECT_GT(bytes, 0U);
    sum += bytes;
  }
  EXPECT_EQ(sum, stats.memory_bytes);
}

}  // namespace
}  // namespace filoscope::engine
