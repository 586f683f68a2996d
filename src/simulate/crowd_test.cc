#include "simulate/crowd.h"

#include <gtest/gtest.h>

#include <cmath>

#include "simulate/draws.h"

namespace filoscope::simulate {
namespace {

Person new_person(const Crowd& crowd, std::size_t number) {
  Person person;
  person.taste = crowd.tastes[number];
  person.had.assign(crowd.clips.size(), 0);
  return person;
}

/// Of all people, of the clips that `is_it`.
template <typename IsIt>
double mean_share(const Crowd& crowd, const IsIt& is_it) {
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < crowd.tastes.size(); ++i) {
    const auto person = new_person(crowd, i);
    for (std::uint32_t clip = 0; clip < crowd.clips.size(); ++clip) {
      if (!is_it(person, crowd.clips[clip])) continue;
      sum += expected_share(crowd, person, clip, nullptr, kRules), ++count;
    }
  }
  return sum / count;
}

TEST(Draws, BetaHasItsMeanAndStaysAShare) {
  Random random(1);
  double sum = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double share = beta(random, 0.3, 10);
    ASSERT_GE(share, 0);
    ASSERT_LE(share, 1);
    sum += share;
  }
  EXPECT_NEAR(sum / 20'000, 0.3, 0.005);
}

TEST(Crowd, TheWatchedShareFallsWithDuration) {
  const auto crowd = make_crowd({100, 600, 1, true}, kRules);
  const auto shorter =
      mean_share(crowd, [](const Person&, const Clip& clip) { return clip.duration_ms < 8'000; });
  const auto longer =
      mean_share(crowd, [](const Person&, const Clip& clip) { return clip.duration_ms > 30'000; });
  EXPECT_GT(shorter, longer + 0.1);
  EXPECT_GT(share_of(0, 2'000, kRules), share_of(0, 15'000, kRules));
  EXPECT_GT(share_of(0, 15'000, kRules), share_of(0, 120'000, kRules));
}

TEST(Crowd, PeopleWatchMoreOfWhatTheyLike) {
  const auto crowd = make_crowd({100, 600, 1, true}, kRules);
  const auto share = [&](Feeling feeling) {
    return mean_share(crowd, [&](const Person& person, const Clip& clip) {
      return person.taste.of_topic[clip.topic] == feeling;
    });
  };
  EXPECT_GT(share(Feeling::liked), share(Feeling::neutral) + 0.3);
  EXPECT_GT(share(Feeling::neutral), share(Feeling::disliked) + 0.1);
}

TEST(Crowd, WithoutContentClipsCarryNoKeys) {
  const auto with = make_crowd({10, 300, 1, true}, kRules);
  const auto without = make_crowd({10, 300, 1, false}, kRules);
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(with.clips[i].words.size(), kRules.noise_words + 1);
    EXPECT_GE(with.clips[i].hashtags.size(), kRules.noise_hashtags);
    EXPECT_NE(with.clips[i].sound, 0U);
    EXPECT_TRUE(without.clips[i].words.empty());
    EXPECT_TRUE(without.clips[i].hashtags.empty());
    EXPECT_EQ(without.clips[i].sound, 0U);
  }
}

TEST(Crowd, IsTheSameWithAndWithoutContent) {
  const auto with = make_crowd({10, 300, 1, true}, kRules);
  const auto without = make_crowd({10, 300, 1, false}, kRules);
  const auto everything = [](const Person&, const Clip&) { return true; };
  EXPECT_EQ(mean_share(with, everything), mean_share(without, everything));
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(with.clips[i].topic, without.clips[i].topic);
    EXPECT_EQ(with.clips[i].author, without.clips[i].author);
    EXPECT_EQ(with.clips[i].published_ms, without.clips[i].published_ms);
  }
}

TEST(Crowd, ATopicBoresWhenItComesAgainAndAgain) {
  const auto crowd = make_crowd({1, 30, 1, true}, kRules);
  auto person = new_person(crowd, 0);
  const auto topic = crowd.clips[0].topic;
  const double rested = expected_share(crowd, person, 0, nullptr, kRules);
  person.topics = {topic, topic, topic};
  EXPECT_LT(expected_share(crowd, person, 0, nullptr, kRules), rested - 0.01);
  person.topics = {topic, topic};
  EXPECT_DOUBLE_EQ(boredom_of(person, topic, &crowd.clips[0], kRules), 2 * kRules.boredom);
}

TEST(Crowd, AFlipTurnsTasteAround) {
  auto taste = make_crowd({1, 30, 1, true}, kRules).tastes[0];
  const auto before = taste;
  flip(taste);
  for (std::size_t t = 0; t < kTopics; ++t) {
    if (before.of_topic[t] == Feeling::neutral)
      EXPECT_EQ(taste.of_topic[t], Feeling::neutral);
    else
      EXPECT_NE(taste.of_topic[t], before.of_topic[t]);
  }
}

TEST(Crowd, ADriftSwapsOneLikedTopic) {
  auto taste = make_crowd({1, 30, 1, true}, kRules).tastes[0];
  const auto before = taste;
  Random random(1);
  drift(taste, random);
  std::size_t changed = 0;
  for (std::size_t t = 0; t < kTopics; ++t)
    changed += taste.of_topic[t] != before.of_topic[t] ? 1U : 0U;
  EXPECT_EQ(changed, 2U);
}

}  // namespace
}  // namespace filoscope::simulate
