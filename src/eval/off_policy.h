#pragma once

/// What a policy would earn, from the log of another one (Horvitz & Thompson, JASA 47, 1952;
/// Swaminathan & Joachims, "The Self-Normalized Estimator", NIPS 2015; Dudík et al., "Doubly Robust
/// Policy Evaluation", ICML 2011). Threads: any.

#include <cstdint>
#include <span>
#include <vector>

namespace filoscope::eval {

/// One logged choice.
struct LoggedChoice {
  std::uint32_t action = 0;
  std::uint32_t context = 0;  ///< where it was made: a position
  double reward = 0;
  double propensity = 1;  ///< with which the logging policy made it, above 0
};

/// The probability of each action in each context, shape [contexts, actions], row-major; rows sum
/// to 1 or, for a context that was never seen, to 0.
struct PolicyTable {
  std::size_t contexts_count = 0, actions_count = 0;
  std::vector<double> probabilities;

  double at(std::uint32_t context, std::uint32_t action) const {
    return probabilities[context * actions_count + action];
  }
};
/// The shares of the actions in each context. REQUIRES: numbers below the counts.
PolicyTable shares_of(std::span<const LoggedChoice> log, std::size_t contexts_count,
                      std::size_t actions_count);

struct PolicyValue {
  double value = 0, standard_error = 0;
  double low = 0, high = 0;  ///< 95 %, percentiles of kBootstrapRounds draws of the log's choices
};
struct OffPolicyValues {
  PolicyValue ips, snips, dr;
  PolicyValue logged;            ///< of the logging policy: the unweighted mean
  double effective_choices = 0;  ///< Kish's sample size, (sum w)^2 / sum w^2
  double weight_max = 0;
  double unsupported_share = 0;  ///< of the policy's choices that the log never made there
};
/// The reward model of `dr` is the smoothed mean of an action in its context, of the other half of
/// the log for each half (cross-fitting: Chernozhukov et al., 2018). REQUIRES: not empty; numbers
/// within the table.
OffPolicyValues off_policy_values(std::span<const LoggedChoice> log, const PolicyTable& policy,
                                  std::uint64_t seed);

/// The mean reward of a policy's own log.
PolicyValue on_policy_value(std::span<const LoggedChoice> log, std::uint64_t seed);

}  // namespace filoscope::eval
