/// What an answer says about its own chances, and what can be made of that.

#include "engine/rerank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <map>

#include "engine/embedding_table.h"

namespace filoscope::engine {
namespace {

std::vector<Scored> candidates(std::size_t count) {
  Random random(3);
  std::vector<Scored> all;
  for (std::uint32_t i = 0; i < count; ++i)
    all.push_back(
        {i, static_cast<float>(random.unit()), 100 + i % 7, 0, i % 5 == 0, i % 3, prior_row(i)});
  return all;
}

TEST(Rerank, PropensitiesOfASlotSumToOneOverWhatMayCome) {
  const auto all = candidates(20);
  RerankOptions options;
  options.count = 3, options.exploration_share = 0.3, options.fresh_share = 0.3;
  // By the slots above: of each candidate in the next one.
  std::map<std::vector<std::size_t>, std::map<std::size_t, double>> said;
  for (std::uint64_t seed = 1; seed <= 40'000; ++seed) {
    Random random(seed);
    std::vector<std::size_t> above;
    for (const Slot& slot : rerank(all, {}, options, random)) {
      auto [at, fresh] = said[above].try_emplace(slot.index, slot.propensity);
      EXPECT_TRUE(fresh || at->second == slot.propensity);
      above.push_back(slot.index);
    }
  }
  double first = 0;
  for (const auto& [index, propensity] : said[{}]) first += propensity;
  EXPECT_EQ(said[{}].size(), all.size());
  EXPECT_NEAR(first, 1, 1e-9);
  RerankOptions without_chance;
  without_chance.count = 1, without_chance.exploration_share = without_chance.fresh_share = 0;
  Random unused(1);
  const auto greedy = rerank(all, {}, without_chance, unused);
  EXPECT_EQ(greedy.at(0).propensity, 1);
  double second = 0;
  for (const auto& [index, propensity] : said[{greedy[0].index}]) second += propensity;
  EXPECT_EQ(said[{greedy[0].index}].size(), all.size() - 1);
  EXPECT_NEAR(second, 1, 1e-9);
}

/// Logs of the policy above with noisy rewards; what would uniform draws earn?
class Logs {
 public:
  struct Estimate {
    double mean = 0, error = 0;
    bool covers(double truth) const { return std::abs(mean - truth) <= 1.96 * error; }
  };
  Logs() : all_(candidates(12)) {
    options_.count = 1, options_.exploration_share = 0.3, options_.fresh_share = 0.2;
  }
  static double reward_rate(std::size_t index) {
    return 0.2 + 0.05 * static_cast<double>(index % 12);
  }
  double truth() const {
    double sum = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) sum += reward_rate(i);
    return sum / static_cast<double>(all_.size());
  }
  Estimate estimate(std::uint64_t log, const std::function<double(double)>& weight_of) const {
    constexpr int kAnswers = 1500;
    double sum = 0, squares = 0;
    Random random(mix64(log));
    for (int i = 0; i < kAnswers; ++i) {
      const Slot slot = rerank(all_, {}, options_, random).at(0);
      const double reward = random.unit() < reward_rate(slot.index) ? 1 : 0;
      const double weighted = reward * weight_of(slot.propensity);
      sum += weighted, squares += weighted * weighted;
    }
    const double mean = sum / kAnswers;
    return {mean, std::sqrt((squares / kAnswers - mean * mean) / kAnswers)};
  }
  /// In how many of 200 logs the interval covers the truth.
  int covered(const std::function<double(double)>& weight_of) const {
    int count = 0;
    for (std::uint64_t log = 1; log <= 200; ++log)
      count += estimate(log, weight_of).covers(truth()) ? 1 : 0;
    return count;
  }

 private:
  std::vector<Scored> all_;
  RerankOptions options_;
};

TEST(Rerank, ItsLogsTellWhatAnotherPolicyWouldEarn) {
  const Logs logs;
  const int weighted = logs.covered([](double propensity) { return 1.0 / 12 / propensity; });
  const int plain = logs.covered([](double) { return 1; });
  std::printf("of 200 intervals cover the truth: weighted %d, unweighted %d\n", weighted, plain);
  EXPECT_GE(weighted, 184);
  EXPECT_LE(weighted, 196);
  EXPECT_LT(plain, 100);
}

/// Clips of twelve topics, ten each, of which the first is liked.
std::vector<Scored> topics(float liked, std::uint64_t seed) {
  Random random(seed);
  std::vector<Scored> all;
  for (std::uint32_t i = 0; i < 120; ++i) {
    Scored one;
    one.video = i, one.author = 100 + i;
    one.value = (i % 12 == 0 ? liked : 0.5F) + 0.2F * static_cast<float>(random.unit());
    add_scaled(one.content.data(), prior_row(i % 12).data(), 0.85F, kDim);
    add_scaled(one.content.data(), prior_row(1000 + i).data(), 0.5F, kDim);
    const float length = std::sqrt(dot(one.content.data(), one.content.data(), kDim));
    for (float& x : one.content) x /= length;
    all.push_back(one);
  }
  return all;
}

RerankOptions greedily(std::size_t count) {
  RerankOptions options;
  options.count = count, options.fresh_share = options.exploration_share = 0;
  return options;
}

/// Which of the slots are of the liked topic.
std::vector<std::size_t> places_of_liked(std::span<const Slot> slots) {
  std::vector<std::size_t> places;
  for (std::size_t at = 0; at < slots.size(); ++at)
    if (slots[at].index % 12 == 0) places.push_back(at);
  return places;
}

TEST(Rerank, ALikedTopicComesOftenButNotBySchedule) {
  std::map<std::size_t, int> gaps;
  int all = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    const auto places = places_of_liked(rerank(topics(0.62F, seed), {}, greedily(20), random));
    EXPECT_GE(places.size(), 3U);
    EXPECT_LE(places.size(), 8U);
    for (std::size_t i = 1; i < places.size(); ++i) ++gaps[places[i] - places[i - 1]], ++all;
  }
  EXPECT_GE(all, 20 * 3);
  for (const auto& [gap, count] : gaps) {
    std::printf("gap %zu: %d\n", gap, count);
    EXPECT_LT(count, all * 0.6) << "every " << gap << ". clip";
  }
}

/// Contents that overlap in part, whose likeness is no exact covariance.
TEST(Rerank, WhatIsMoreLikeTheLastClipComesLater) {
  const Row x{1}, y{0, 1}, z{0, 0, 1};
  const auto clip = [](std::uint32_t number, std::initializer_list<const Row*> tags) {
    Scored one;
    one.video = number, one.author = 100 + number, one.value = 1;
    for (const Row* tag : tags) add_scaled(one.content.data(), tag->data(), 1, kDim);
    const float length = std::sqrt(dot(one.content.data(), one.content.data(), kDim));
    for (float& v : one.content) v /= length;
    return one;
  };
  const std::vector<Scored> before{clip(1, {&x}), clip(2, {&x, &y}), clip(3, {&y})};
  const std::vector<Scored> all{clip(4, {&y}), clip(5, {&y, &z})};
  Random random(1);
  auto options = greedily(1);
  options.deviation = 1;
  EXPECT_EQ(rerank(all, before, options, random).at(0).index, 1U);
}

TEST(Rerank, WhatIsAlikeHasAShareOfTheScreenAtMost) {
  Random random(1);
  const auto all = topics(9, 1);
  auto options = greedily(20);
  EXPECT_EQ(places_of_liked(rerank(all, {}, options, random)).size(), 8U);
  options.alike_share = kAlikeShareOfMinors;
  EXPECT_EQ(places_of_liked(rerank(all, {}, options, random)).size(), 5U);
  const std::vector<Scored> before(5, all[0]);
  const auto after = places_of_liked(rerank(all, before, options, random));
  ASSERT_FALSE(after.empty());
  EXPECT_GE(after[0], 15U) << "what was shown before counts too";
}

TEST(Rerank, WhereNothingElseIsLeftWhatIsAlikeIsGiven) {
  Random random(1);
  auto all = topics(1, 1);
  std::erase_if(all, [](const Scored& one) { return one.video % 12 != 0; });
  EXPECT_EQ(rerank(all, {}, greedily(10), random).size(), 10U);
}

TEST(Rerank, AFirstAudienceIsDrawnByHowLittleIsKnown) {
  std::vector<Scored> all;
  for (const std::uint32_t impressions : {0U, 0U, 40U, 3U}) {
    Scored one;
    one.fresh = true, one.impressions = impressions, one.author = all.size();
    one.value = 0.1F * static_cast<float>(all.size());
    one.content = prior_row(all.size());
    all.push_back(one);
  }
  auto options = greedily(1);
  options.fresh_share = 1;
  std::map<std::size_t, double> said;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Random random(seed);
    const Slot slot = rerank(all, {}, options, random)[0];
    said[slot.index] = slot.propensity;
  }
  // What drawing from the beliefs gives; half goes by turn, which is the first one's.
  constexpr int kDraws = 200'000;
  std::map<std::size_t, double> drawn{{0, 0.5}};
  Random random(3);
  const double sigma = 0.1118;  // of the values
  for (int i = 0; i < kDraws; ++i) {
    std::pair<double, std::size_t> best{-9, 0};
    for (std::size_t c = 0; c < all.size(); ++c) {
      const double u = 1e-9 + random.unit() * (1 - 2e-9);
      const double scale = 0.55 * sigma * std::sqrt(5.0 / (5.0 + all[c].impressions));
      best = std::max(best, {static_cast<double>(all[c].value) + scale * std::log(u / (1 - u)), c});
    }
    drawn[best.second] += 0.5 / kDraws;
  }
  ASSERT_EQ(said.size(), 4U);
  for (const auto& [index, chance] : said) EXPECT_NEAR(chance, drawn[index], 0.006) << index;
}

}  // namespace
}  // namespace filoscope::engine
