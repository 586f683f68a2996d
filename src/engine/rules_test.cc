/// What an answer may contain, in every mode.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/test_result.h"
#include "engine/test_world.h"
#include "engine/video_table.h"

namespace filoscope::engine {
namespace {

std::vector<std::uint64_t> order(const Ranking& ranking) {
  std::vector<std::uint64_t> all;
  for (const auto& item : ranking.items) all.push_back(item.video.value);
  return all;
}

bool gives(TestWorld& world, std::uint64_t person, std::uint64_t video, Mode mode) {
  const auto all = order(world.ask(person, 20, {}, mode));
  return std::find(all.begin(), all.end(), video) != all.end();
}

constexpr auto kForYou = Mode::for_you;
constexpr auto kFollowing = Mode::following;
constexpr auto kPlain = Mode::not_profiled;

class RulesTest : public testing::Test {
 protected:
  RulesTest() {
    for (std::uint64_t person : {1, 2, 101, 102}) world.adult(person);
    world.publish(10, 101, 0);
    world.publish(11, 102, 1);
    world.apply(encode(PersonKey{1}, Follow{{101}, true}));
  }
  void expect_all(std::uint64_t person, std::uint64_t video, bool given) {
    EXPECT_EQ(gives(world, person, video, kForYou), given);
    EXPECT_EQ(gives(world, person, video, kFollowing), given);
    EXPECT_EQ(gives(world, person, video, kPlain), given);
  }
  TestWorld world;
};

TEST_F(RulesTest, ABlockHoldsBothWaysAndIsUndone) {
  expect_all(1, 10, true);
  world.apply(encode(PersonKey{1}, Block{{101}, true}));
  expect_all(1, 10, false);
  world.apply(encode(PersonKey{1}, Block{{101}, false}));
  expect_all(1, 10, true);
  world.apply(encode(PersonKey{101}, Block{{1}, true}));
  expect_all(1, 10, false);
  EXPECT_TRUE(gives(world, 2, 10, kForYou));
}

TEST_F(RulesTest, MutesOfPersonWordAndHashtag) {
  const std::pair<MuteKind, std::uint64_t> mutes[] = {{MuteKind::person, 101},
                                                      {MuteKind::word, text_key("topic0word")},
                                                      {MuteKind::hashtag, text_key("topic0")}};
  for (const auto& [kind, key] : mutes) {
    world.apply(encode(PersonKey{1}, Mute{kind, key, true}));
    expect_all(1, 10, false);
    world.apply(encode(PersonKey{1}, Mute{kind, key, false}));
    expect_all(1, 10, true);
  }
}

TEST_F(RulesTest, AGuestsMuteIsAnActOfHers) {
  world.apply(encode(PersonKey{77}, Mute{MuteKind::hashtag, text_key("topic0"), true}));
  world.apply(encode(PersonKey{1}, Mute{MuteKind::word, 5, true}));
  expect_all(77, 10, false);
}

TEST_F(RulesTest, AMutedHashtagIsNotAMutedWord) {
  world.apply(encode(PersonKey{1}, Mute{MuteKind::word, text_key("topic0"), true}));
  expect_all(1, 10, true);
}

TEST_F(RulesTest, WhatIsSensitiveOnlyForAdultsWhoAsked) {
  auto body = world.video(12, 101, 0);
  body.age_min = 18;
  world.apply(encode(body));
  EXPECT_FALSE(gives(world, 1, 12, kForYou));
  EXPECT_FALSE(gives(world, 1, 12, kPlain));
  world.apply(encode(PersonKey{1}, Follow{{101}, true}));
  EXPECT_TRUE(gives(world, 1, 12, kFollowing));  // that is asking for it
  world.apply(encode(PersonKey{1}, PersonChanged{0, 30, true}));
  expect_all(1, 12, true);
  world.apply(encode(PersonKey{1}, PersonChanged{0, 17, true}));
  expect_all(1, 12, false);
  world.apply(encode(PersonKey{1}, PersonChanged{0, 0, true}));
  expect_all(1, 12, false);  // unknown to the log counts as a minor, whatever the request says
  RankRequest request;
  request.person = {77}, request.count = 20;  // age 0: a minor
  for (const auto& item : world.ask(request).items) EXPECT_NE(item.video.value, 12U);
}

TEST_F(RulesTest, AKindIsGivenOnlyToWhoCanShowIt) {
  auto body = world.video(77, 9, 1);
  body.kind = 2;
  world.apply(encode(body));
  RankRequest request;
  request.person = {1}, request.age = 30, request.count = 20, request.at_ms = world.now_ms;
  for (const auto mode : {Mode::for_you, Mode::following, Mode::not_profiled}) {
    if (mode == Mode::following) world.apply(encode(PersonKey{1}, Follow{{9}, true}));
    request.mode = mode;
    for (const KindSet kinds : {KindSet{0b001}, KindSet{0b010}, KindSet{0b100}, KindSet{0b101}}) {
      request.request.value += 1, request.kinds = kinds;
      const auto ranking = world.engine().rank(request).value();
      const auto is_it = [](const DecisionItem& item) { return item.video.value == 77; };
      const auto found = std::find_if(ranking.items.begin(), ranking.items.end(), is_it);
      ASSERT_EQ(found != ranking.items.end(), (kinds & 0b100) != 0)
          << to_string(mode) << " " << kinds;
      for (const auto& item : ranking.items) EXPECT_NE(kinds >> item.kind & 1, 0);
      if (mode == Mode::not_profiled) continue;
      const auto decision = decode<Decision>(ranking.decision).value();
      EXPECT_EQ(request_of({1}, decision).kinds, kinds);
    }
  }
}

TEST_F(RulesTest, FollowersOnlyThroughFollowingAlone) {
  auto body = world.video(12, 101, 0);
  body.followers_only = true;
  world.apply(encode(body));
  EXPECT_FALSE(gives(world, 1, 12, kForYou));
  EXPECT_FALSE(gives(world, 1, 12, kPlain));
  EXPECT_TRUE(gives(world, 1, 12, kFollowing));
  EXPECT_FALSE(gives(world, 2, 12, kFollowing));
  world.apply(encode(PersonKey{1}, Follow{{101}, false}));
  EXPECT_FALSE(gives(world, 1, 12, kFollowing));
}

TEST_F(RulesTest, RemovedIsGoneAndAnEditMovesVisibility) {
  world.apply(encode(VideoRemoved{{10}}));
  expect_all(1, 10, false);
  world.publish(10, 101, 0);
  expect_all(1, 10, true);
  auto body = world.video(10, 101, 3);
  body.followers_only = true;
  world.apply(encode(body));
  EXPECT_FALSE(gives(world, 2, 10, kForYou));
}

TEST_F(RulesTest, RemovedIsNotRepeatedEither) {
  world.swipe(1, {10}, 1000);
  world.swipe(1, {11}, 1000);
  world.apply(encode(VideoRemoved{{10}}));
  const auto ranking = world.ask(1);
  EXPECT_TRUE(ranking.exhausted);
  EXPECT_EQ(order(ranking), (std::vector<std::uint64_t>{11}));
}

TEST_F(RulesTest, OneOwnIsNeverGivenButWithoutProfiling) {
  world.publish(12, 1, 0);
  EXPECT_FALSE(gives(world, 1, 12, kForYou));
  EXPECT_FALSE(gives(world, 1, 12, kFollowing));
  EXPECT_TRUE(gives(world, 1, 12, kPlain));
}

class CopiesInTheFeed : public RulesTest {
 protected:
  void publish_copy(std::uint64_t id, std::uint64_t author, std::uint64_t of) {
    auto body = world.video(id, author, 5);
    body.copy_of = {of};
    world.apply(encode(body));
  }
  /// How many of these an answer has.
  std::size_t count_of(std::set<std::uint64_t> wanted, Mode mode) {
    const auto all = order(world.ask(1, 20, {}, mode));
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](auto id) { return wanted.contains(id); }));
  }
};

TEST_F(CopiesInTheFeed, AnAnswerHasOneOfThem) {
  publish_copy(12, 102, 10), publish_copy(13, 101, 10);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(count_of({10, 12, 13}, kForYou), 1U);
    EXPECT_EQ(count_of({10, 12, 13}, kPlain), 1U);
  }
  EXPECT_EQ(order(world.ask(1, 20, {}, kFollowing)), (std::vector<std::uint64_t>{10}))
      << "the first of those by people she follows";
  EXPECT_EQ(world.ask(2, 20).items.size(), 2U);
}

TEST_F(CopiesInTheFeed, WhoHasSeenOneIsGivenNoOther) {
  world.swipe(1, {10}, 1000);
  publish_copy(12, 102, 10);
  EXPECT_FALSE(gives(world, 1, 12, kForYou));
  EXPECT_EQ(count_of({10, 12}, kForYou), 0U);
  EXPECT_TRUE(gives(world, 2, 10, kForYou) || gives(world, 2, 12, kForYou));
  world.apply(encode(VideoRemoved{{10}}));
  EXPECT_FALSE(gives(world, 1, 12, kForYou)) << "what she saw is gone, its copy is the same";
  EXPECT_TRUE(gives(world, 2, 12, kForYou));
}

TEST_F(CopiesInTheFeed, WhoHasSeenACopyIsNotGivenTheFirst) {
  publish_copy(12, 102, 10);
  world.swipe(1, {12}, 1000);
  EXPECT_FALSE(gives(world, 1, 10, kForYou));
}

TEST_F(CopiesInTheFeed, OneThatIsHeldOnTheDeviceKeepsTheOthersAway) {
  publish_copy(12, 101, 10);
  for (const auto mode : {kForYou, kFollowing, kPlain})
    for (const std::uint64_t held : {10, 12}) {
      const auto all = order(world.ask(1, 20, {{held}}, mode));
      EXPECT_EQ(std::ranges::count(all, 10) + std::ranges::count(all, 12), 0) << held;
    }
}

TEST_F(CopiesInTheFeed, ACopyTakesNoAudienceFromWhatItShows) {
  publish_copy(12, 102, 10);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(gives(world, 1, 12, kForYou));
  world.apply(encode(PersonKey{2}, Block{{101}, true}));
  EXPECT_TRUE(gives(world, 2, 12, kForYou)) << "what may not be shown to her stands before none";
}

TEST_F(CopiesInTheFeed, WhatIsOnlyKnownByItsCopyIsNoEntry) {
  publish_copy(12, 102, 77);
  world.event(1, {77}, EventType::watch, 0, 1000);
  EXPECT_FALSE(gives(world, 1, 77, kForYou));
  EXPECT_TRUE(gives(world, 1, 12, kForYou));
  EXPECT_TRUE(gives(world, 2, 12, kForYou));
  EXPECT_EQ(count_of({12}, kForYou), 1U) << "holding what nobody knows tells nothing";
  const auto all = order(world.ask(1, 20, {{77}}));
  EXPECT_EQ(std::ranges::count(all, 12), 1);
}

TEST_F(CopiesInTheFeed, SomeCopiesAreEnough) {
  for (std::uint64_t id = 1000; id < 1000 + 2 * VideoTable::kCopiesMax; ++id)
    publish_copy(id, 102, 10);
  EXPECT_TRUE(gives(world, 1, 10, kForYou));
  EXPECT_FALSE(gives(world, 1, 1000, kForYou));
  const auto more = order(world.ask(1, 20));
  EXPECT_TRUE(std::ranges::any_of(more, [](auto id) { return id > 1000; }))
      << "the others are clips of their own";
}

TEST_F(CopiesInTheFeed, WhatTheDeviceHasShownCountsWithoutProfiling) {
  publish_copy(12, 102, 10);
  world.apply(encode(VideoRemoved{{10}}));
  RankRequest request;
  request.request = {900}, request.person = {1}, request.mode = kPlain, request.count = 20;
  request.age = 30, request.at_ms = world.now_ms, request.shown = {{10}};
  EXPECT_EQ(order(must(world.engine().rank(request))), (std::vector<std::uint64_t>{11}));
}

TEST_F(CopiesInTheFeed, TheFirstMayBecomePublicAfterItsCopy) {
  publish_copy(12, 102, 20), publish_copy(13, 102, 20);
  EXPECT_EQ(count_of({12, 13, 20}, kForYou), 1U);
  world.publish(20, 101, 0);
  EXPECT_EQ(count_of({12, 13, 20}, kForYou), 1U);
  world.swipe(1, {20}, 1000);
  EXPECT_EQ(count_of({12, 13, 20}, kForYou), 0U);
}

TEST_F(CopiesInTheFeed, AnEditAndASnapshotKeepThem) {
  publish_copy(12, 102, 10), publish_copy(12, 102, 10);
  world.publish(10, 101, 3);
  auto again = must(Engine::load({}, world.engine().save()));
  EXPECT_EQ(again->state_hash(), world.engine().state_hash());
  RankRequest request;
  request.request = {901}, request.person = {2}, request.count = 20, request.age = 30;
  request.at_ms = world.now_ms;
  EXPECT_EQ(must(again->rank(request)).items.size(), 2U);
}

TEST_F(RulesTest, GivenButNeverOnScreenIsNotSeen) {
  for (int i = 0; i < 5; ++i) {
    const auto ranking = world.ask(1, 8);
    EXPECT_FALSE(ranking.exhausted);
    EXPECT_EQ(ranking.items.size(), 2U);
  }
  world.event(1, {10}, EventType::impression);
  EXPECT_EQ(order(world.ask(1, 8)), (std::vector<std::uint64_t>{11}));
}

TEST_F(RulesTest, AVideoHiddenFromElsewhereIsNeverGivenUntilUndone) {
  world.event(1, {10}, EventType::not_interested);
  EXPECT_FALSE(gives(world, 1, 10, kForYou));
  world.swipe(1, {11}, 1000);
  EXPECT_EQ(order(world.ask(1)), (std::vector<std::uint64_t>{11}));  // a repeat, not the hidden one
  world.event(1, {10}, EventType::undo_not_interested);
  const auto ranking = world.ask(1);
  EXPECT_FALSE(ranking.exhausted);
  EXPECT_EQ(order(ranking), (std::vector<std::uint64_t>{10}));
}

TEST_F(RulesTest, WrongRequestsAreRefused) {
  RankRequest request;
  request.person = {1};
  for (const std::size_t count : {0, 21}) {
    request.count = count;
    const auto refused = world.engine().rank(request);
    EXPECT_EQ(refused.error().code, Code::invalid_argument);
    EXPECT_EQ(refused.error().reason, "feed_count_out_of_range");
  }
  request.count = 8;
  request.mode = kFollowing;
  for (const auto* cursor : {"x", "n0000000000000000000000000000000000000000",
                             "f000000000000000000000000000000000000000!"}) {
    request.cursor = cursor;
    EXPECT_EQ(world.engine().rank(request).error().reason, "not_a_feed_cursor") << cursor;
  }
  request.cursor.clear();
  request.held.assign(65, {1});
  EXPECT_FALSE(world.engine().rank(request));
}

TEST(FollowingFeed, NewestFirstPagesWithoutGapsOrRepeats) {
  TestWorld world;
  world.adult(1);
  for (std::uint64_t author = 100; author < 104; ++author)
    world.apply(encode(PersonKey{1}, Follow{{author}, true}));
  for (int i = 1; i <= 30; ++i) {
    world.publish(i, 100 + i % 6, i % 3);  // two of the six authors are not followed
    if (i % 4 == 0) world.now_ms += 1000;  // some share their time
  }
  RankRequest request;
  request.person = {1}, request.mode = kFollowing, request.count = 7;
  std::vector<std::uint64_t> all;
  for (int page = 0; page < 10; ++page) {
    request.request = {static_cast<std::uint64_t>(page + 1)};
    const auto ranking = world.ask(request);
    for (const auto id : order(ranking)) all.push_back(id);
    if (page == 1) world.publish(99, 100, 0);  // newer than the cursor: not on later pages
    if (ranking.items.empty()) {
      EXPECT_TRUE(ranking.exhausted);
      break;
    }
    request.cursor = ranking.cursor;
  }
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 30; i >= 1; --i)
    if (i % 6 < 4) expected.push_back(i);
  EXPECT_EQ(std::set<std::uint64_t>(all.begin(), all.end()),
            std::set<std::uint64_t>(expected.begin(), expected.end()));
  EXPECT_EQ(all.size(), expected.size());
  EXPECT_GT(all.front(), all.back());
}

TEST(PlainFeed, DependsOnNothingOfThePersonButWhatItMay) {
  TestWorld world;
  for (int i = 1; i <= 60; ++i) world.publish(i, 100 + i % 9, i % 6);
  world.adult(1), world.adult(2);
  for (int i = 0; i < 30; ++i) {  // one of them has a history, likes and follows
    const auto video = world.ask(1).items[0].video;
    world.swipe(1, video, 2000, world.last_request());
    world.event(1, video, EventType::like);
  }
  world.apply(encode(PersonKey{1}, Follow{{103}, true}));
  RankRequest request;
  request.mode = kPlain, request.count = 20;
  for (int page = 0; page < 5; ++page) {
    request.person = {1}, request.seed = 1;
    const auto mine = world.ask(request);
    request.person = {2}, request.seed = 2;
    const auto hers = world.ask(request);
    EXPECT_EQ(order(mine), order(hers));
    EXPECT_EQ(mine.cursor, hers.cursor);
    request.cursor = mine.cursor;
  }
}

TEST(PlainFeed, PagesThroughEverythingOnceThenBeginsAgain) {
  for (const bool device_keeps_list : {false, true}) {
    TestWorld world;
    for (int i = 1; i <= 50; ++i) world.publish(i, 100 + i % 9, i % 6), world.now_ms += 7'000'000;
    RankRequest request;
    request.mode = kPlain, request.count = 8;
    std::vector<std::uint64_t> all;
    while (all.size() < 50) {
      const auto ranking = world.ask(request);
      ASSERT_FALSE(ranking.items.empty());
      EXPECT_FALSE(ranking.exhausted);
      for (const auto& item : ranking.items) {
        EXPECT_FALSE(item.repeat);
        all.push_back(item.video.value);
        if (device_keeps_list) request.shown.push_back(item.video);
      }
      request.cursor = ranking.cursor;
    }
    EXPECT_EQ(std::set<std::uint64_t>(all.begin(), all.end()).size(), 50U);
    const auto again = world.ask(request);
    EXPECT_TRUE(again.exhausted);
    ASSERT_FALSE(again.items.empty());
    for (const auto& item : again.items) EXPECT_TRUE(item.repeat);
    EXPECT_EQ(again.items[0].video.value, all[0]);
  }
}

TEST(PlainFeed, TheAskedLanguageComesFirst) {
  TestWorld world;
  for (int i = 1; i <= 20; ++i) {
    auto body = world.video(i, 100, 0);
    body.language = text_key(i % 4 == 0 ? "sv" : "en");
    world.apply(encode(body));
  }
  RankRequest request;
  request.mode = kPlain, request.count = 5, request.language = text_key("sv");
  for (const auto id : order(world.ask(request))) EXPECT_EQ(id % 4, 0U);
}

}  // namespace
}  // namespace filoscope::engine
