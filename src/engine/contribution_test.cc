/// What one person moves for everybody: once per act, by her weight, and back when it is undone.

#include "engine/contribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "engine/archive.h"
#include "engine/state.h"

namespace filoscope::engine {
namespace {

constexpr std::int64_t kStartMs = 1'700'000'000'000, kHourMs = 3'600'000;

class ContributionTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kOthers = 100;  ///< after it: clips to settle in with

  ContributionTest() {
    for (std::uint64_t id = 1; id <= 20; ++id) publish(id);
    for (std::uint64_t id = 1; id <= 130; ++id) publish(kOthers + id);
  }
  void apply(LogRecord record) {
    record.position = state.position + 1, record.at_ms = now_ms;
    ASSERT_TRUE(apply_record(state, options, record));
  }
  void publish(std::uint64_t id) {
    VideoPublished body;
    body.video = {id}, body.author = {1000 + id}, body.created_ms = now_ms;
    body.duration_ms = 10'000, body.hashtags = {text_key("tag" + std::to_string(id % 5))};
    apply(encode(body));
    now_ms += 60'000;
  }
  void event(std::uint64_t person, std::uint64_t video, EventType type, std::uint32_t watch_ms = 0,
             RequestId request = {}) {
    Event body;
    body.video = {video}, body.type = type, body.watch_ms = watch_ms, body.request = request;
    apply(encode(PersonKey{person}, body));
  }
  /// Somebody who has had `count` other clips on screen.
  void settle_in(std::uint64_t person, std::uint32_t count) {
    for (std::uint32_t i = 1; i <= count; ++i) event(person, kOthers + i, EventType::impression);
  }
  /// An answer with this one clip, handed out to her.
  RequestId hand_out(std::uint64_t person, std::uint64_t video) {
    DecisionFeatures body;
    body.request = {++requests_count};
    body.items = {{{video}, std::vector<float>(kFeaturesCount)}};
    body.person.resize(kPersonFeaturesCount);
    apply(encode(PersonKey{person}, body));
    return body.request;
  }
  /// So much comes on her screen that her encounters are forgotten.
  void see_others(std::uint64_t person) { settle_in(person, 70); }
  float weight(std::uint64_t person) const {
    return state.people.weight(*state.people.find({person}));
  }
  double hot(std::uint64_t id) const { return state.videos.scan(number(id)).hot; }
  const Counters& counters(std::uint64_t id) const { return state.videos[number(id)].counters; }
  std::uint32_t number(std::uint64_t id) const { return *state.videos.find({id}); }
  std::size_t place(std::uint64_t id) const {
    const auto& list = state.videos.trending();
    return std::find(list.begin(), list.end(), number(id)) - list.begin();
  }
  std::uint64_t model_hash() {
    HashingSink sink;
    Walker walker(sink);
    state.model.visit(walker);
    state.embeddings.visit(walker);
    return sink.value();
  }

  EngineOptions options;
  State state;
  std::int64_t now_ms = kStartMs;
  std::uint64_t requests_count = 0;
};

TEST_F(ContributionTest, OnePersonsImpressionsOfAClipCountOnce) {
  settle_in(1, 60);
  settle_in(2, 3);
  const float own = weight(2);
  std::vector<RequestId> requests;
  for (int i = 0; i < 30; ++i) requests.push_back(hand_out(2, 20));  // before she saw any
  for (int i = 0; i < 30; ++i) event(2, 20, EventType::impression);
  for (const auto request : requests) event(2, 20, EventType::impression, 0, request);
  EXPECT_EQ(counters(20).total_impressions, 1U);
  EXPECT_LT(counters(20).exposures, 1);
  EXPECT_EQ(state.videos.scan(number(20)).flags & kFreshDone, 0) << "it is still guaranteed";
  settle_in(3, 4);
  EXPECT_EQ(weight(2), weight(3));
  EXPECT_GT(weight(2), own);
}

TEST_F(ContributionTest, WhoGoesRoundInCirclesCountsOnce) {
  for (std::uint64_t person : {1, 2}) settle_in(person, 80);
  event(1, 7, EventType::watch, 10'000);
  event(1, 8, EventType::watch, 10'000);
  event(2, 9, EventType::watch, 300);
  const auto lessons = state.collaborative.clock();
  const Counters liked = counters(8), skipped = counters(9);
  for (int round = 0; round < 20; ++round) {
    for (std::uint64_t person : {1, 2}) see_others(person);
    event(1, 7, EventType::watch, 10'000);
    event(1, 8, EventType::watch, 10'000);
    event(2, 9, EventType::watch, 300);
  }
  EXPECT_EQ(counters(8).watches, liked.watches);
  EXPECT_EQ(counters(8).share_sum, liked.share_sum);
  EXPECT_EQ(counters(9).watches, skipped.watches);
  EXPECT_EQ(counters(9).skips, skipped.skips);
  EXPECT_GT(lessons, 0U);
  EXPECT_EQ(state.collaborative.clock(), lessons);
}

TEST_F(ContributionTest, WhoSkippedAndThenWatchesHasNotSkipped) {
  settle_in(1, 60);
  event(1, 9, EventType::watch, 300);
  EXPECT_GT(counters(9).skips, 0.5F);
  event(1, 9, EventType::watch, 10'000);
  event(1, 9, EventType::watch, 300);
  EXPECT_LT(counters(9).skips, 0.01F);
  EXPECT_NEAR(counters(9).share_sum, counters(9).watches, 0.1F);
}

TEST_F(ContributionTest, TenPairsOfLikeAndUnlikeLeaveTheVideoWhereItWas) {
  settle_in(1, 40);
  const double before = hot(3);
  const auto before_place = place(3);
  const float likes = counters(3).likes;
  for (int pair = 0; pair < 10; ++pair) {
    now_ms += 5 * kHourMs;
    event(1, 3, EventType::like);
    EXPECT_LE(hot(3), before + 3.2);
    event(1, 3, EventType::unlike);
  }
  EXPECT_NEAR(hot(3), before, 1e-6);
  EXPECT_EQ(place(3), before_place);
  EXPECT_NEAR(counters(3).likes, likes, 1e-4);
}

TEST_F(ContributionTest, EveryActThatCanBeUndoneIsTakenBack) {
  settle_in(1, 40);
  const std::pair<EventType, EventType> pairs[] = {
      {EventType::like, EventType::unlike},
      {EventType::save, EventType::unsave},
      {EventType::not_interested, EventType::undo_not_interested}};
  for (const auto& [on, off] : pairs) {
    const double heat = hot(4);
    event(1, 4, on);
    if (on == EventType::not_interested) {
      EXPECT_GT(counters(4).negatives, 0.5F);
    } else {
      EXPECT_GT(counters(4).likes, 0.5F);
      EXPECT_GT(hot(4), heat + 0.1);
    }
    now_ms += 30 * kHourMs;  // another encounter
    event(1, 4, off);
    EXPECT_NEAR(counters(4).likes, 0, 1e-3);
    EXPECT_NEAR(counters(4).negatives, 0, 1e-3);
    EXPECT_NEAR(hot(4), heat, 1e-6);
  }
}

TEST_F(ContributionTest, TheSameActAgainGivesNothing) {
  settle_in(1, 40);
  for (const auto type : {EventType::like, EventType::share, EventType::comment, EventType::save,
                          EventType::follow, EventType::report}) {
    event(1, 5, type);
    const double heat = hot(5);
    const Counters once = counters(5);
    for (int again = 0; again < 20; ++again) {
      now_ms += 7 * kHourMs;
      event(1, 5, type);
    }
    EXPECT_EQ(hot(5), heat);
    EXPECT_LE(counters(5).likes, once.likes);
    EXPECT_LE(counters(5).negatives, once.negatives);
  }
}

TEST_F(ContributionTest, WatchingAgainAndAgainHeatsOnce) {
  settle_in(1, 40);
  event(1, 6, EventType::watch, 10'000);
  const double heat = hot(6);
  for (int day = 0; day < 30; ++day) {
    now_ms += 24 * kHourMs;
    event(1, 6, EventType::watch, 10'000);
  }
  EXPECT_EQ(hot(6), heat);
  EXPECT_LE(counters(6).watches, 1);
  EXPECT_LE(counters(6).share_sum, 1);
}

TEST_F(ContributionTest, OutcomesCountOnceByHerWeightAndAreTakenBack) {
  settle_in(1, 40);
  settle_in(2, 20);
  const auto like = static_cast<std::size_t>(Head::like);
  const auto complete = static_cast<std::size_t>(Head::complete);
  const Video& video = state.videos[number(6)];
  const auto all = [&]() -> const OutcomeCounts& {
    return state.all_outcomes[video.duration_bucket()];
  };
  event(2, 6, EventType::watch, 5'000);
  const double weight = state.videos[number(6)].outcomes.n;
  EXPECT_GT(weight, 0.2);
  EXPECT_LT(weight, 0.95) << "she has seen less than the other";
  event(2, 6, EventType::watch, 10'000);
  for (int again = 0; again < 5; ++again) event(2, 6, EventType::like);
  for (const OutcomeCounts* counts :
       {&state.videos[number(6)].outcomes, &state.videos.author_of(video).outcomes, &all()}) {
    EXPECT_EQ(counts->n, weight);
    EXPECT_EQ(counts->yes[like], weight);
    EXPECT_EQ(counts->yes[complete], weight) << "a longer watch raises what is known";
  }
  event(1, 6, EventType::like);
  now_ms += 20 * kHourMs;  // another encounter
  event(2, 6, EventType::unlike);
  EXPECT_GT(state.videos[number(6)].outcomes.yes[like], 0) << "the other's stands";
  event(1, 6, EventType::unlike);
  EXPECT_NEAR(all().yes[like], 0, 1e-9);
  EXPECT_EQ(all().n, weight);
}

TEST_F(ContributionTest, AClipHandedOutAgainAndAgainTeachesOnce) {
  settle_in(1, 60);
  std::vector<RequestId> requests;
  for (int i = 0; i < 30; ++i) requests.push_back(hand_out(1, 20));
  event(1, 20, EventType::watch, 10'000, requests[0]);
  const auto lessons = state.model.examples;
  const auto model = model_hash();
  for (const auto request : requests) event(1, 20, EventType::watch, 10'000, request);
  EXPECT_EQ(state.model.examples, lessons);
  EXPECT_EQ(model_hash(), model);
}

TEST_F(ContributionTest, OutsideTheFeedAnOutcomeIsLearnedOnce) {
  settle_in(1, 40);
  event(1, 7, EventType::watch, 9'000);
  event(1, 7, EventType::like);
  event(1, 7, EventType::share);
  const auto learned = model_hash();
  const auto examples = state.model.examples;
  for (int again = 0; again < 5; ++again) {
    now_ms += 7 * kHourMs;
    event(1, 7, EventType::watch, 9'000);
    event(1, 7, EventType::like);
    event(1, 7, EventType::share);
  }
  EXPECT_EQ(state.model.examples, examples);
  EXPECT_EQ(model_hash(), learned);
}

TEST_F(ContributionTest, AfterManyChangesOfMindTheModelStandsStill) {
  settle_in(1, 40);
  for (int pair = 0; pair < 20; ++pair) {
    event(1, 7, EventType::like);
    event(1, 7, EventType::unlike);
  }
  const auto learned = model_hash();
  event(1, 7, EventType::like);
  event(1, 7, EventType::unlike);
  EXPECT_EQ(model_hash(), learned);
}

TEST_F(ContributionTest, AGuestWeighsLittleBesidePeopleWhoHaveBeenHere) {
  for (std::uint64_t person = 1; person <= 10; ++person) {
    settle_in(person, 60);
    event(person, 18, EventType::watch, 10'000);
  }
  const float watched = counters(18).share_sum / counters(18).watches;
  for (std::uint64_t guest = 100; guest < 150; ++guest) {
    event(guest, 18, EventType::impression);
    event(guest, 18, EventType::watch, 300);
  }
  const float skips = counters(18).skips / counters(18).watches;
  EXPECT_GT(watched, 0.95F);
  EXPECT_LT(skips, 0.5F);  // 50 of 60 people skipped it
  // And they heat no more than they cool.
  const double heat = hot(19);
  for (std::uint64_t guest = 200; guest < 203; ++guest) event(guest, 19, EventType::like);
  const double by_guests = hot(19) - heat;
  for (std::uint64_t person = 1; person <= 3; ++person) event(person, 18, EventType::like);
  for (std::uint64_t person = 1; person <= 3; ++person) event(person, 20, EventType::like);
  EXPECT_LT(by_guests * 3, hot(20) - heat);
}

TEST_F(ContributionTest, WhereEverybodyIsNewEverybodyCounts) {
  for (std::uint64_t guest = 100; guest < 120; ++guest) {
    event(guest, 18, EventType::impression);
    event(guest, 18, EventType::watch, 300);
  }
  EXPECT_GT(counters(18).watches, 15);
  EXPECT_GT(counters(18).skips, 15);
}

TEST_F(ContributionTest, WeightGrowsWithWhatSheWasShown) {
  settle_in(1, 127);
  float last = 0;
  for (const std::uint32_t shown : {1U, 3U, 10U, 30U, 60U}) {
    settle_in(2000 + shown, shown);
    const float own = weight(2000 + shown);
    EXPECT_GT(own, last);
    EXPECT_NEAR(own, static_cast<float>(shown) / static_cast<float>(shown + 10) / (64.0F / 74),
                1e-5F);
    last = own;
  }
}

TEST_F(ContributionTest, HidingWithoutSeeingStaysBounded) {
  const std::uint32_t many = PersonState::kSeenMax + 3000;
  PersonState person;
  for (std::uint32_t video = 0; video < many; ++video) {
    Contribution given;
    given.set(Act::hide, true);
    person.remember(video).given = given.bits();
  }
  EXPECT_LE(person.seen.size(), PersonState::kSeenMax);
  EXPECT_TRUE(person.has_seen(0));
  EXPECT_TRUE(person.has_seen(many - 1));
}

TEST(ContributionBits, KeepEveryFieldApart) {
  Contribution given;
  given.begin(1, kStartMs + 100 * kHourMs, kStartMs);
  EXPECT_FALSE(given.watched());
  given.watched(0.1F, true);
  EXPECT_TRUE(given.watched() && given.skipped());
  given.watched(6.0F / 13, false);
  given.watched(0.2F, false);
  given.watched(0.1F, true);
  EXPECT_TRUE(given.watched() && !given.skipped());
  EXPECT_FALSE(given.joined());
  given.join();
  EXPECT_TRUE(given.joined());
  given.teach(Lesson::not_interested);
  for (const Act act :
       {Act::like, Act::hide, Act::comment, Act::share, Act::save, Act::follow, Act::report}) {
    given.set(act, true);
    EXPECT_TRUE(given.stands(act));
  }
  EXPECT_NEAR(given.heat(), 9 + 6.0 / 13, 1e-6);
  given.set(Act::report, false);
  EXPECT_FALSE(given.stands(Act::report));
  EXPECT_TRUE(given.taught(Lesson::not_interested));
  EXPECT_FALSE(given.taught(Lesson::watch));
  EXPECT_EQ(given.weight(), 1);
  EXPECT_LE(std::abs(given.at_ms(kStartMs) - kStartMs - 100 * kHourMs), 4 * kHourMs);
  given.begin(0.1F, kStartMs + 900 * kHourMs, kStartMs);
  EXPECT_EQ(given.weight(), 1);  // what began stays
}

TEST(ContributionBits, ItsTimeIsKnownForYears) {
  for (const int days : {0, 1, 100, 341, 342, 700, 1300}) {
    Contribution given;
    given.begin(1, kStartMs + days * 24 * kHourMs, kStartMs);
    const auto off_ms = kStartMs + days * 24 * kHourMs - given.at_ms(kStartMs);
    EXPECT_GE(off_ms, 0) << days;
    EXPECT_LT(off_ms, (days <= 341 ? 4 : 12) * kHourMs) << days;
  }
  Contribution last;
  last.begin(1, kStartMs + 5000 * 24 * kHourMs, kStartMs);
  EXPECT_EQ((last.at_ms(kStartMs) - kStartMs) / (24 * kHourMs), 1364);
  EXPECT_FALSE(last.joined());
}

TEST(ContributionBits, OldSnapshotsKeepLikedAndHidden) {
  EXPECT_TRUE(Contribution(1).stands(Act::like));
  EXPECT_TRUE(Contribution(2).disliked());
}

}  // namespace
}  // namespace filoscope::engine
