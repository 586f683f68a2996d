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
    all.push_back({i, static_cast<float>(random.unit()), 100 + i % 7, 0, i % 5 == 0, prior_row(i)});
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

}  // namespace
}  // namespace filoscope::engine
