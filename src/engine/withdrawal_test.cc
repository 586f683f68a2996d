#include "engine/withdrawal.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

constexpr std::uint64_t kVideos = 120, kOthers = 40, kHer = 50, kTopics = 6;

/// A crowd that swipes, and one person whose acts the test chooses.
class WithdrawalWorld : public TestWorld {
 public:
  WithdrawalWorld() {
    for (std::uint64_t id = 1; id <= kVideos; ++id)
      publish(id, 1000 + id % 10, static_cast<int>(id % kTopics));
    for (std::uint64_t person = 1; person <= kOthers; ++person) {
      adult(person);
      for (std::uint64_t i = 0; i < 30; ++i) {
        const std::uint64_t video = 1 + (person * 31 + i * 7) % kVideos;
        watch(person, video, video % kTopics == person % kTopics);
      }
    }
    adult(kHer);
  }
  /// She is offered this one, and watches it to the end with a like, or a part, or skips it.
  void watch(std::uint64_t person, std::uint64_t video, bool loves) {
    RankRequest request;
    request.request = {++offered_}, request.person = {person}, request.at_ms = now_ms;
    request.age = 30;
    const auto offer = engine().offer(request, {video});
    apply(offer.decision), apply(offer.features);
    swipe(person, {video}, loves ? 2000 : 300, offered_);
    if (loves) event(person, {video}, EventType::like, offered_);
  }
  void withdraw(std::uint64_t id, WithdrawKind kind, std::uint64_t key) {
    apply(encode(PersonKey{kHer}, Withdraw{{id}, kind, key}));
  }
  void undo(std::uint64_t id) { apply(encode(PersonKey{kHer}, UndoWithdraw{{id}})); }
  RankRequest hers() const {
    RankRequest request;
    request.request = {99}, request.person = {kHer}, request.at_ms = now_ms, request.age = 30;
    return request;
  }
  std::vector<EntryId> order() { return engine().order(hers(), 40).value(); }
  HeadValues odds_of(std::uint64_t video) {
    return engine().offer(hers(), {video}).items[0].probabilities;
  }

 private:
  std::uint64_t offered_ = 1'000'000;
};

/// What is the same day after day: topics 0 and 1 are good, all else is not.
void live(WithdrawalWorld& world, std::uint64_t from) {
  for (std::uint64_t i = 0; i < 24; ++i) {
    const std::uint64_t video = from + i;
    if (video % kTopics != 3) world.watch(kHer, video, video % kTopics < 2);
  }
}
/// An evening with topic 3.
void evening(WithdrawalWorld& world) {
  for (std::uint64_t video = 3; video <= 60; video += kTopics) world.watch(kHer, video, true);
}

/// How many of the first `count` places hold the same entries.
std::size_t shared_top(const std::vector<EntryId>& a, const std::vector<EntryId>& b,
                       std::size_t count) {
  std::size_t shared = 0;
  for (std::size_t i = 0; i < count; ++i)
    shared += std::find(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(count), a[i]) !=
              b.begin() + static_cast<std::ptrdiff_t>(count);
  return shared;
}

void expect_equal_for_her(WithdrawalWorld& a, WithdrawalWorld& b) {
  const auto x = a.engine().summary({kHer}), y = b.engine().summary({kHer});
  EXPECT_EQ(x.seen_count, y.seen_count);
  EXPECT_EQ(x.had_count, y.had_count);
  ASSERT_EQ(x.recent.size(), y.recent.size());
  for (std::size_t i = 0; i < x.recent.size(); ++i) {
    EXPECT_EQ(x.recent[i].video, y.recent[i].video);
    EXPECT_NEAR(x.recent[i].value, y.recent[i].value, 0.05);
  }
  ASSERT_EQ(x.interests.size(), y.interests.size());
  for (const auto& interest : x.interests) {
    const auto at = std::find_if(y.interests.begin(), y.interests.end(),
                                 [&](const auto& other) { return other.key == interest.key; });
    ASSERT_NE(at, y.interests.end());
    EXPECT_NEAR(interest.value, at->value, 0.05);
    EXPECT_NEAR(interest.count, at->count, 0.01);
  }
}

/// The mean difference of the probabilities of some videos.
double odds_apart(WithdrawalWorld& a, WithdrawalWorld& b) {
  double apart = 0;
  int count = 0;
  for (std::uint64_t video = 61; video <= kVideos; video += 4) {
    const auto x = a.odds_of(video), y = b.odds_of(video);
    for (std::size_t h = 0; h < kHeadsCount; ++h, ++count)
      apart += static_cast<double>(std::abs(x[h] - y[h]));
  }
  return apart / count;
}

class Twins : public testing::TestWithParam<WithdrawKind> {};

TEST_P(Twins, WhatIsTakenBackHasNeverHappenedForHer) {
  WithdrawalWorld taken, never, kept;
  for (auto* world : {&taken, &never, &kept}) live(*world, 1);
  const auto evening_ms = taken.now_ms + 3'600'000;
  for (auto* world : {&taken, &never, &kept}) world->now_ms = evening_ms;
  evening(taken), evening(kept);
  for (auto* world : {&taken, &never, &kept})
    world->now_ms = evening_ms + 9 * 3'600'000, world->adult(kHer);
  if (GetParam() == WithdrawKind::since) {
    taken.withdraw(1, WithdrawKind::since, static_cast<std::uint64_t>(evening_ms));
  } else {
    for (auto* world : {&taken, &never, &kept}) live(*world, 61);
    if (GetParam() == WithdrawKind::hashtag) {
      taken.withdraw(1, WithdrawKind::hashtag, text_key("topic3"));
    } else {
      for (std::uint64_t video = 3; video <= 60; video += kTopics)
        taken.withdraw(video, WithdrawKind::video, video);
    }
  }
  expect_equal_for_her(taken, never);
  EXPECT_LT(odds_apart(taken, never), odds_apart(kept, never) / 3);
  EXPECT_GE(shared_top(taken.order(), never.order(), 20), 17U);
  EXPECT_LT(shared_top(kept.order(), never.order(), 20), 17U);
}
INSTANTIATE_TEST_SUITE_P(Withdrawals, Twins,
                         testing::Values(WithdrawKind::hashtag, WithdrawKind::video,
                                         WithdrawKind::since),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(Withdrawal, OfEverythingLeavesAStranger) {
  WithdrawalWorld world;
  const auto stranger = world.order();
  live(world, 1), evening(world);
  EXPECT_LT(shared_top(world.order(), stranger, 10), 10U);
  world.withdraw(1, WithdrawKind::everything, 0);
  const auto summary = world.engine().summary({kHer});
  EXPECT_EQ(summary.seen_count, 0U);
  EXPECT_TRUE(summary.recent.empty());
  EXPECT_TRUE(summary.interests.empty());
  EXPECT_GE(shared_top(world.order(), stranger, 10), 9U);
}

TEST(Withdrawal, UndoneItCountsAsBefore) {
  for (const auto kind : {WithdrawKind::everything, WithdrawKind::hashtag}) {
    WithdrawalWorld world, plain;
    for (auto* one : {&world, &plain}) live(*one, 1), evening(*one);
    world.withdraw(7, kind, kind == WithdrawKind::hashtag ? text_key("topic3") : 0);
    world.undo(7);
    expect_equal_for_her(world, plain);
    EXPECT_GE(shared_top(world.order(), plain.order(), 20), 17U);
    EXPECT_TRUE(world.engine().summary({kHer}).withdrawals.empty());
  }
}

TEST(Withdrawal, WhatOthersSeeOfItIsTakenBack) {
  WithdrawalWorld world, never;
  for (auto* one : {&world, &never}) live(*one, 1);
  evening(world);
  world.withdraw(1, WithdrawKind::hashtag, text_key("topic3"));
  // Odds for another person: by counters, outcomes and neighbours.
  for (std::uint64_t video = 3; video <= 60; video += kTopics) {
    RankRequest request = world.hers();
    request.person = {2};
    const auto a = world.engine().offer(request, {video}).items[0];
    const auto b = never.engine().offer(request, {video}).items[0];
    EXPECT_NEAR(a.probabilities[4], b.probabilities[4], 0.08);
    EXPECT_NEAR(a.features[kWatchRate], b.features[kWatchRate], 0.02);
    EXPECT_NEAR(a.features[kLikeRate], b.features[kLikeRate], 0.02);
    EXPECT_NEAR(a.features[kHad], b.features[kHad], 0.02);
  }
}

TEST(Withdrawal, ToAndFroMovesNothingForOthers) {
  WithdrawalWorld world;
  live(world, 1), evening(world);
  RankRequest request = world.hers();
  request.person = {2};
  const auto before = world.engine().offer(request, {9}).items[0].features;
  for (std::uint64_t id = 1; id <= 20; ++id)
    world.withdraw(id, WithdrawKind::hashtag, text_key("topic3")), world.undo(id);
  const auto after = world.engine().offer(request, {9}).items[0].features;
  for (const auto input : {kWatchRate, kLikeRate, kSkipRate, kHad, kHadLately, kHot})
    EXPECT_NEAR(before[input], after[input], 0.02) << input;
}

TEST(Withdrawal, MetAgainItIsNothingNewForOthers) {
  WithdrawalWorld world, once;
  for (auto* one : {&world, &once}) live(*one, 1), one->watch(kHer, 9, true);
  for (std::uint64_t id = 1; id <= 20; ++id) {
    world.withdraw(id, WithdrawKind::everything, 0);
    world.watch(kHer, 9, true);
  }
  RankRequest request = world.hers();
  request.person = {2};
  const auto a = world.engine().offer(request, {9}).items[0].features;
  const auto b = once.engine().offer(request, {9}).items[0].features;
  for (const auto input : {kExposure, kWatchRate, kLikeRate, kHad, kHadLately, kFresh})
    EXPECT_NEAR(a[input], b[input], 0.03) << input;
  EXPECT_LE(world.engine().stats().examples_count, once.engine().stats().examples_count);
  EXPECT_EQ(world.engine().summary({kHer}).had_count, 1U) << "for her it counts again";
}

TEST(Withdrawal, OfWhatWasHiddenTakesNoImpressionsBack) {
  WithdrawalWorld world, never;
  for (auto* one : {&world, &never}) live(*one, 1);
  world.event(kHer, {9}, EventType::not_interested);
  world.event(kHer, {9}, EventType::impression);
  world.withdraw(1, WithdrawKind::video, 9);
  RankRequest request = world.hers();
  request.person = {2};
  EXPECT_NEAR(world.engine().offer(request, {9}).items[0].features[kExposure],
              never.engine().offer(request, {9}).items[0].features[kExposure], 0.005);
}

TEST(Withdrawal, UndoneItLeavesWhatSheMetSinceAsItIs) {
  WithdrawalWorld world;
  live(world, 1);
  world.watch(kHer, 9, true);
  const auto had = world.engine().summary({kHer}).had_count;
  world.withdraw(1, WithdrawKind::video, 9);
  world.event(kHer, {9}, EventType::not_interested);
  world.undo(1);
  EXPECT_EQ(world.engine().summary({kHer}).had_count, had - 1);
  EXPECT_EQ(world.engine().summary({kHer}).recent[0].value, -2);
}

TEST(Withdrawal, ASessionUndoneHasWhatWasMetBeforeItToo) {
  WithdrawalWorld world;
  world.watch(kHer, 9, false);
  world.now_ms += 9 * 3'600'000;
  const auto session_ms = world.now_ms;
  world.watch(kHer, 9, true), world.watch(kHer, 15, true);
  const auto before = world.engine().summary({kHer});
  world.withdraw(1, WithdrawKind::since, static_cast<std::uint64_t>(session_ms));
  EXPECT_EQ(world.engine().summary({kHer}).recent.size(), 1U);
  world.undo(1);
  const auto after = world.engine().summary({kHer});
  ASSERT_EQ(after.recent.size(), before.recent.size());
  for (std::size_t i = 0; i < after.recent.size(); ++i)
    EXPECT_EQ(after.recent[i].video, before.recent[i].video);
}

TEST(Withdrawal, AnErasedAuthorStandsInNoneOfThem) {
  WithdrawalWorld world;
  const std::uint64_t author = 0x1234'5678'9ABCULL;
  world.publish(500, author, 1);
  world.watch(kHer, 500, true);
  world.withdraw(1, WithdrawKind::author, author);
  EXPECT_EQ(world.engine().summary({kHer}).withdrawals.at(0).key, author);
  world.apply(encode(PersonKey{author}, PersonChanged{0, 30}));
  world.apply(encode(PersonKey{author}, ErasePerson{}));
  while (world.engine().erasing_records() > 0) world.adult(1);
  EXPECT_EQ(world.engine().summary({kHer}).withdrawals.at(0).key, 0U);
}

TEST(Withdrawal, CanBeUndoneForAWeekAndIsGoneThen) {
  WithdrawalWorld world;
  live(world, 1);
  world.withdraw(1, WithdrawKind::everything, 0);
  const auto summary = world.engine().summary({kHer});
  ASSERT_EQ(summary.withdrawals.size(), 1U);
  EXPECT_EQ(summary.withdrawals[0].until_ms, world.now_ms + 7LL * 24 * 3'600'000);
  EXPECT_GT(summary.withdrawals[0].videos_count, 10U);
  world.now_ms += 7LL * 24 * 3'600'000 + 1000;
  world.adult(1);  // any record
  EXPECT_TRUE(world.engine().summary({kHer}).withdrawals.empty());
  world.undo(1);
  EXPECT_EQ(world.engine().summary({kHer}).seen_count, 0U);
}

TEST(Withdrawal, ALateEventOfItTeachesNothing) {
  WithdrawalWorld world;
  live(world, 1);
  const auto answer = world.ask(kHer, 1);
  const auto request = world.last_request();
  world.event(kHer, answer.items[0].video, EventType::impression, request);
  world.withdraw(1, WithdrawKind::video, answer.items[0].video.value);
  const auto examples = world.engine().stats().examples_count;
  world.event(kHer, answer.items[0].video, EventType::watch, request, 2000);
  EXPECT_EQ(world.engine().stats().examples_count, examples);
}

TEST(Withdrawal, WhatIsUnknownOrNobodysIsPassedOver) {
  WithdrawalWorld world;
  live(world, 1);
  const auto before = world.order();
  world.withdraw(1, WithdrawKind::video, 999'999);
  world.withdraw(2, WithdrawKind::hashtag, 12345);
  world.withdraw(3, WithdrawKind::since, ~0ULL);
  world.undo(4);
  world.apply(encode(PersonKey{77}, Withdraw{{1}, WithdrawKind::everything, 0}));
  world.apply(encode(PersonKey{}, Withdraw{{1}, WithdrawKind::everything, 0}));
  EXPECT_EQ(world.order(), before);
  EXPECT_FALSE(world.engine().knows({77}));
  EXPECT_TRUE(world.engine().summary({kHer}).withdrawals.empty());
}

TEST(Withdrawal, SurvivesASnapshot) {
  WithdrawalWorld world;
  live(world, 1), evening(world);
  world.withdraw(1, WithdrawKind::hashtag, text_key("topic3"));
  auto loaded = Engine::load({}, world.engine().save()).value();
  EXPECT_EQ(loaded->state_hash(), world.engine().state_hash());
  LogRecord undo = encode(PersonKey{kHer}, UndoWithdraw{{1}});
  undo.position = world.engine().position() + 1, undo.at_ms = world.now_ms;
  ASSERT_TRUE(loaded->apply(undo));
  world.apply(encode(PersonKey{kHer}, UndoWithdraw{{1}}));
  EXPECT_EQ(loaded->state_hash(), world.engine().state_hash());
}

TEST(Withdrawal, OneOfALongLifeIsExact) {
  WithdrawalWorld world;
  for (int day = 0; day < 4; ++day) {
    for (std::uint64_t video = 1; video <= kVideos; ++video)
      if (video % kTopics != 3) world.watch(kHer, video, video % kTopics < 2);
    world.now_ms += 86'400'000;
  }
  const auto before = world.engine().summary({kHer});
  world.watch(kHer, 9, true);
  world.withdraw(1, WithdrawKind::video, 9);
  const auto after = world.engine().summary({kHer});
  EXPECT_EQ(after.seen_count, before.seen_count);
  EXPECT_EQ(after.had_count, before.had_count);
  for (const auto& interest : before.interests) {
    const auto at = std::find_if(after.interests.begin(), after.interests.end(),
                                 [&](const auto& other) { return other.key == interest.key; });
    if (interest.count < 0.01F) continue;
    ASSERT_NE(at, after.interests.end());
    EXPECT_NEAR(interest.value, at->value, 0.02);
  }
}

TEST(Places, SayWhatAnEntryWouldBeWithoutAnother) {
  WithdrawalWorld world;
  live(world, 1), evening(world);
  const std::vector<VideoId> loved{{9}, {2}};
  const auto places = world.engine().places(world.hers(), {81}, loved);  // topic 3
  ASSERT_TRUE(places.place);
  ASSERT_EQ(places.without.size(), 2U);
  ASSERT_TRUE(places.without[0]);
  EXPECT_GT(*places.without[0], *places.place);
  EXPECT_FALSE(world.engine().places(world.hers(), {999'999}, loved).place);
}

}  // namespace
}  // namespace filoscope::engine
