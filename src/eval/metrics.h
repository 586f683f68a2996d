#pragma once

/// How good a ranking or a prediction was. Full ranking, binary gains: sampled negatives do not
/// keep the order of methods (Krichene & Rendle, "On Sampled Metrics for Item Recommendation", KDD
/// 2020). Threads: any.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace filoscope::eval {

/// Of one ranking. A list shorter than k is a list with misses at its end.
struct RankingMetrics {
  double hit_rate = 0;  ///< 1 where any of the wanted items is among the first k
  double recall = 0;    ///< of the wanted ones
  double ndcg = 0;  ///< gains 1 / log2(1 + place), by those of the best list of min(k, |wanted|)
};
/// REQUIRES: `wanted` is sorted, without repeats and not empty; `ranked` has no repeats; k > 0.
RankingMetrics measure(std::span<const std::uint32_t> ranked, std::span<const std::uint32_t> wanted,
                       std::size_t k);

/// The probability that a positive has a higher score than a negative, ties half (Fawcett, 2006);
/// NaN where there is none of either. O(n log n). REQUIRES: equal sizes.
double auc(std::span<const float> scores, std::span<const std::uint8_t> labels);
/// Of one prediction; the probability is kept within 1e-7 of 0 and 1.
double log_loss(double probability, bool label);

/// A mean with the standard error of it.
struct Estimate {
  double mean = 0, standard_error = 0;
};
Estimate mean_of(std::span<const double> values);

/// One measured case of a person: values of one person depend on each other, those of different
/// people do not.
struct PersonValue {
  std::uint32_t person = 0;
  double value = 0;
};
/// The mean over the cases, with the standard error of a mean of clusters, which people are
/// (Taylor-linearised ratio of sums; Cochran, "Sampling Techniques", 1977, section 6.3).
Estimate mean_by_person(std::span<const PersonValue> values);

/// A mean difference with its 95 % interval.
struct Difference {
  double mean = 0, low = 0, high = 0;
};
inline constexpr std::size_t kBootstrapRounds = 1000;
/// Of `a` over `b`, which measure the same cases in the same order, by the paired bootstrap over
/// people (Efron & Tibshirani, 1993; percentiles of kBootstrapRounds).
/// REQUIRES: equal sizes and people.
Difference paired_bootstrap(std::span<const PersonValue> a, std::span<const PersonValue> b,
                            std::uint64_t seed);

/// The AUC in kBootstrapRounds draws of as many people with replacement; equal seeds and people
/// draw the same ones, so that two methods are compared round by round. A draw without positives or
/// negatives gives 0.5. O(n log n + rounds * n). REQUIRES: equal sizes.
std::vector<double> bootstrap_auc(std::span<const float> scores,
                                  std::span<const std::uint8_t> labels,
                                  std::span<const std::uint32_t> people, std::uint64_t seed);
/// The standard deviation, which is a standard error where the values are rounds of a bootstrap.
double deviation_of(std::span<const double> values);

/// The value below which `share` of them lie, between two of them by their distance. Reorders.
/// REQUIRES: not empty, share 0..1.
double quantile(std::vector<double>& values, double share);

}  // namespace filoscope::eval
