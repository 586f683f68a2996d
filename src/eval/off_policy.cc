#include "eval/off_policy.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "eval/metrics.h"

namespace filoscope::eval {
namespace {

/// What one choice adds to the numerators and the denominator of the estimates.
struct Terms {
  double ips = 0, weight = 0, dr = 0, reward = 0;

  Terms& operator+=(const Terms& other) {
    ips += other.ips, weight += other.weight, dr += other.dr, reward += other.reward;
    return *this;
  }
};

/// Mean rewards by context and action, drawn to the mean of all by kPrior choices.
class RewardModel {
 public:
  RewardModel(std::size_t contexts_count, std::size_t actions_count)
      : actions_count_(actions_count), sums_(contexts_count * actions_count), counts_(sums_) {}
  void learn(const LoggedChoice& one) {
    const auto at = one.context * actions_count_ + one.action;
    sums_[at] += one.reward, counts_[at] += 1;
    sum_ += one.reward, count_ += 1;
  }
  double mean(std::uint32_t context, std::uint32_t action) const {
    const auto at = context * actions_count_ + action;
    const double all = count_ > 0 ? sum_ / count_ : 0;
    return (sums_[at] + kPrior * all) / (counts_[at] + kPrior);
  }
  /// Of the policy in each context.
  std::vector<double> values(const PolicyTable& policy) const {
    std::vector<double> values(policy.contexts_count, 0);
    for (std::uint32_t context = 0; context < values.size(); ++context)
      for (std::uint32_t action = 0; action < actions_count_; ++action)
        values[context] += policy.at(context, action) * mean(context, action);
    return values;
  }

 private:
  static constexpr double kPrior = 50;
  std::size_t actions_count_;
  std::vector<double> sums_, counts_;
  double sum_ = 0, count_ = 0;
};

constexpr std::size_t kHalves = 2;

std::vector<Terms> terms_of(std::span<const LoggedChoice> log, const PolicyTable& policy) {
  std::array<RewardModel, kHalves> models{RewardModel(policy.contexts_count, policy.actions_count),
                                          RewardModel(policy.contexts_count, policy.actions_count)};
  for (std::size_t i = 0; i < log.size(); ++i) models[i % kHalves].learn(log[i]);
  const std::array values{models[0].values(policy), models[1].values(policy)};
  std::vector<Terms> terms;
  terms.reserve(log.size());
  for (std::size_t i = 0; i < log.size(); ++i) {
    const auto& one = log[i];
    const auto other = (i + 1) % kHalves;
    const double weight = policy.at(one.context, one.action) / one.propensity;
    const double residual = one.reward - models[other].mean(one.context, one.action);
    terms.push_back(
        {weight * one.reward, weight, values[other][one.context] + weight * residual, one.reward});
  }
  return terms;
}

struct Values {
  double ips = 0, snips = 0, dr = 0, logged = 0;
};
Values values_of(const Terms& sums, std::size_t count) {
  const auto n = static_cast<double>(count);
  return {sums.ips / n, sums.weight > 0 ? sums.ips / sums.weight : 0, sums.dr / n, sums.reward / n};
}

PolicyValue interval(const std::vector<Values>& rounds, double value, double Values::*of) {
  std::vector<double> drawn;
  for (const auto& round : rounds) drawn.push_back(round.*of);
  const double error = deviation_of(drawn);
  return {value, error, quantile(drawn, 0.025), quantile(drawn, 0.975)};
}

std::vector<Values> bootstrap(std::span<const Terms> terms, std::uint64_t seed) {
  Random random(seed);
  std::vector<Values> rounds;
  for (std::size_t round = 0; round < kBootstrapRounds; ++round) {
    Terms sums;
    for (std::size_t i = 0; i < terms.size(); ++i) sums += terms[random.below(terms.size())];
    rounds.push_back(values_of(sums, terms.size()));
  }
  return rounds;
}

/// Of the contexts as the log has them.
double unsupported_share(std::span<const LoggedChoice> log, const PolicyTable& policy) {
  std::vector<bool> made(policy.probabilities.size(), false);
  for (const auto& one : log) made[one.context * policy.actions_count + one.action] = true;
  std::vector<double> missing(policy.contexts_count, 0);
  for (std::size_t i = 0; i < made.size(); ++i)
    if (!made[i]) missing[i / policy.actions_count] += policy.probabilities[i];
  double sum = 0;
  for (const auto& one : log) sum += missing[one.context];
  return sum / static_cast<double>(log.size());
}

}  // namespace

PolicyTable shares_of(std::span<const LoggedChoice> log, std::size_t contexts_count,
                      std::size_t actions_count) {
  PolicyTable table{contexts_count, actions_count, {}};
  table.probabilities.resize(contexts_count * actions_count, 0);
  std::vector<double> counts(contexts_count, 0);
  for (const auto& one : log) {
    table.probabilities[one.context * actions_count + one.action] += 1;
    counts[one.context] += 1;
  }
  for (std::size_t i = 0; i < table.probabilities.size(); ++i)
    if (const double count = counts[i / actions_count]; count > 0) table.probabilities[i] /= count;
  return table;
}

OffPolicyValues off_policy_values(std::span<const LoggedChoice> log, const PolicyTable& policy,
                                  std::uint64_t seed) {
  const auto terms = terms_of(log, policy);
  Terms sums;
  OffPolicyValues values;
  double squares = 0;
  for (const auto& one : terms) {
    sums += one;
    squares += one.weight * one.weight;
    values.weight_max = std::max(values.weight_max, one.weight);
  }
  const auto found = values_of(sums, terms.size());
  const auto rounds = bootstrap(terms, seed);
  values.ips = interval(rounds, found.ips, &Values::ips);
  values.snips = interval(rounds, found.snips, &Values::snips);
  values.dr = interval(rounds, found.dr, &Values::dr);
  values.logged = interval(rounds, found.logged, &Values::logged);
  values.effective_choices = squares > 0 ? sums.weight * sums.weight / squares : 0;
  values.unsupported_share = unsupported_share(log, policy);
  return values;
}

PolicyValue on_policy_value(std::span<const LoggedChoice> log, std::uint64_t seed) {
  std::vector<Terms> terms;
  Terms sums;
  for (const auto& one : log) sums += terms.emplace_back(Terms{0, 0, 0, one.reward});
  return interval(bootstrap(terms, seed), values_of(sums, log.size()).logged, &Values::logged);
}

}  // namespace filoscope::eval
