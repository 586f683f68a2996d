/// What she asked for comes, what she asked to be spared does not.

#include "engine/wishes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

class WishTest : public testing::Test {
 protected:
  /// Of author 100 + n % 6 and topic n % 6, half of them long.
  WishTest() {
    for (std::uint64_t n = 1; n <= 120; ++n) {
      auto body = world.video(n, 100 + n % 6, static_cast<int>(n % 6));
      body.duration_ms = n % 2 == 0 ? 60'000 : 4'000;
      world.apply(encode(body));
    }
    world.adult(1);
  }
  void wish(WishKind kind, std::uint64_t key, int steps) {
    world.apply(
        encode(PersonKey{1}, Wish{kind, key, static_cast<std::uint8_t>(steps + kWishMost)}));
  }
  /// Of the clips of six answers, those that `is_it`.
  double share(const std::function<bool(std::uint64_t)>& is_it) {
    int all = 0, those = 0;
    for (int i = 0; i < 6; ++i)
      for (const auto& item : world.ask(1).items) ++all, those += is_it(item.video.value) ? 1 : 0;
    return static_cast<double>(those) / all;
  }
  double of_topic(std::uint64_t topic) {
    return share([=](std::uint64_t n) { return n % 6 == topic; });
  }
  TestWorld world;
};

TEST_F(WishTest, MoreOfAHashtagBringsItAndLessTakesItAway) {
  const auto tag = text_key("topic3");
  EXPECT_LT(of_topic(3), 0.25);
  wish(WishKind::hashtag, tag, 2);
  EXPECT_GT(of_topic(3), 0.3);
  wish(WishKind::hashtag, tag, -2);
  EXPECT_LT(of_topic(3), 0.05);
  wish(WishKind::hashtag, tag, 0);
  EXPECT_GT(of_topic(3), 0.08);
}

TEST_F(WishTest, LessOfAPerson) {
  EXPECT_GT(of_topic(2), 0.08);
  wish(WishKind::author, 102, -2);
  EXPECT_LT(of_topic(2), 0.05);
}

TEST_F(WishTest, PeopleWhomSheDoesNotKnow) {
  for (std::uint64_t n = 1; n <= 40; ++n)
    if (n % 6 < 3) world.swipe(1, {n}, 2'000);
  const auto unknown = [](std::uint64_t n) { return n % 6 >= 3; };
  const double before = share(unknown);
  wish(WishKind::new_people, 0, 2);
  EXPECT_GT(share(unknown), before + 0.2);
}

TEST_F(WishTest, LongerAndShorter) {
  const auto is_long = [](std::uint64_t n) { return n % 2 == 0; };
  wish(WishKind::length, 0, 2);
  EXPECT_GT(share(is_long), 0.9);
  wish(WishKind::length, 0, -2);
  EXPECT_LT(share(is_long), 0.1);
}

TEST_F(WishTest, TheValueOfAClipStaysWhatWasPredicted) {
  const auto before = world.engine().offer({{1}, {1}}, {3}).items.at(0).value;
  wish(WishKind::hashtag, text_key("topic3"), 2);
  for (const auto& item : world.ask(1).items) {
    float value = 0;
    const auto weights = world.engine().stats().weights;
    for (std::size_t h = 0; h < kHeadsCount; ++h) value += weights[h] * item.probabilities[h];
    EXPECT_NEAR(item.value, value, 1e-4);
  }
  EXPECT_EQ(world.engine().offer({{1}, {1}}, {3}).items.at(0).value, before);
}

TEST_F(WishTest, TheOldestMakeRoomAndAnErasedAuthorStandsInNone) {
  for (std::uint64_t i = 0; i < 100; ++i) wish(WishKind::hashtag, 5'000 + i, 1);
  const auto full = world.engine().save().size();
  wish(WishKind::hashtag, 9'000, 1);
  EXPECT_EQ(world.engine().save().size(), full);
  const auto without = world.engine().save().size();
  wish(WishKind::author, 102, 1);
  world.apply(encode(PersonKey{102}, ErasePerson{}));
  for (int i = 0; i < 200; ++i) world.apply(encode(PersonKey{}, ErasePerson{}));
  EXPECT_LT(world.engine().save().size(), without) << "its wish is gone, and one is less";
}

TEST_F(WishTest, SurviveASnapshot) {
  wish(WishKind::hashtag, text_key("topic3"), 2);
  const auto again = Engine::load({}, world.engine().save());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ((*again)->state_hash(), world.engine().state_hash());
  RankRequest request;
  request.request = {99}, request.person = {1}, request.at_ms = world.now_ms, request.seed = 4;
  const auto videos = [&](const Engine& engine) {
    const auto answer = engine.rank(request).value();
    std::vector<VideoId> ids;
    for (const auto& item : answer.items) ids.push_back(item.video);
    return ids;
  };
  const auto before = videos(world.engine());
  const auto after = videos(**again);
  EXPECT_GE(std::count_if(after.begin(), after.end(), [](VideoId id) { return id.value % 6 == 3; }),
            3);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace filoscope::engine
