#include "eval/off_policy.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace filoscope::eval {
namespace {

constexpr std::size_t kContexts = 2, kActions = 4;
constexpr double kRewards[kContexts][kActions] = {{0.1, 0.2, 0.4, 0.8}, {0.7, 0.3, 0.2, 0.1}};
constexpr double kLogging[kActions] = {0.4, 0.3, 0.2, 0.1};

std::vector<LoggedChoice> log_of(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<LoggedChoice> log;
  for (std::size_t i = 0; i < count; ++i) {
    LoggedChoice one;
    one.context = static_cast<std::uint32_t>(random.below(kContexts));
    for (double left = random.unit(); one.action + 1 < kActions; ++one.action)
      if ((left -= kLogging[one.action]) < 0) break;
    one.propensity = kLogging[one.action];
    one.reward = random.unit() < kRewards[one.context][one.action] ? 1 : 0;
    log.push_back(one);
  }
  return log;
}

/// Mostly the best action of each context.
PolicyTable good_policy() {
  return {kContexts, kActions, {0.0, 0.1, 0.2, 0.7, 0.8, 0.1, 0.1, 0.0}};
}
double true_value(const PolicyTable& policy) {
  double value = 0;
  for (std::uint32_t context = 0; context < kContexts; ++context)
    for (std::uint32_t action = 0; action < kActions; ++action)
      value += policy.at(context, action) * kRewards[context][action] / kContexts;
  return value;
}

TEST(OffPolicy, CoversTheTruthAsTheUnweightedMeanDoesNot) {
  const auto policy = good_policy();
  const double truth = true_value(policy);
  const auto covers = [&](const PolicyValue& value) {
    return value.low <= truth && truth <= value.high ? 1 : 0;
  };
  constexpr int kLogs = 40;
  int ips = 0, snips = 0, dr = 0, unweighted = 0;
  for (std::uint64_t seed = 1; seed <= kLogs; ++seed) {
    const auto values = off_policy_values(log_of(seed, 400), policy, seed);
    ips += covers(values.ips), snips += covers(values.snips), dr += covers(values.dr);
    unweighted += covers(values.logged);
  }
  // 95 % of 40 is 38; fewer than 34 would happen once in 300 times.
  EXPECT_GE(ips, 34);
  EXPECT_GE(snips, 34);
  EXPECT_GE(dr, 34);
  EXPECT_EQ(unweighted, 0);
}

TEST(OffPolicy, IsTheDefinition) {
  // Weights 2 and 0.5; rewards 1 and 3.
  const std::vector<LoggedChoice> log{{0, 0, 1, 0.25}, {1, 0, 3, 1}};
  const PolicyTable policy{1, 2, {0.5, 0.5}};
  const auto values = off_policy_values(log, policy, 1);
  EXPECT_DOUBLE_EQ(values.ips.value, (2 * 1 + 0.5 * 3) / 2);
  EXPECT_DOUBLE_EQ(values.snips.value, (2 * 1 + 0.5 * 3) / 2.5);
  EXPECT_DOUBLE_EQ(values.logged.value, 2);
  EXPECT_DOUBLE_EQ(values.weight_max, 2);
  EXPECT_DOUBLE_EQ(values.effective_choices, 2.5 * 2.5 / 4.25);
  EXPECT_DOUBLE_EQ(values.unsupported_share, 0);
}

TEST(OffPolicy, ARewardModelNarrowsTheInterval) {
  // The reward is the action's number: nothing is left to the weights once it is known.
  auto log = log_of(9, 2000);
  for (auto& one : log) one.reward = one.action;
  const auto values = off_policy_values(log, good_policy(), 1);
  EXPECT_LT(values.dr.standard_error, values.ips.standard_error / 2);
}

TEST(OffPolicy, SaysHowMuchOfThePolicyTheLogNeverDid) {
  const std::vector<LoggedChoice> log{{0, 0, 1, 1}, {0, 0, 0, 1}};
  const auto values = off_policy_values(log, {1, 2, {0.25, 0.75}}, 1);
  EXPECT_DOUBLE_EQ(values.unsupported_share, 0.75);
}

TEST(SharesOf, AreByContext) {
  const std::vector<LoggedChoice> log{{0, 0}, {1, 0}, {1, 0}, {1, 0}, {2, 2}};
  const auto table = shares_of(log, 3, 3);
  EXPECT_DOUBLE_EQ(table.at(0, 0), 0.25);
  EXPECT_DOUBLE_EQ(table.at(0, 1), 0.75);
  EXPECT_DOUBLE_EQ(table.at(1, 1), 0);
  EXPECT_DOUBLE_EQ(table.at(2, 2), 1);
}

}  // namespace
}  // namespace filoscope::eval
