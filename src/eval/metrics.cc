#include "eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"

namespace filoscope::eval {
namespace {

double gain_at(std::size_t place) { return 1.0 / std::log2(static_cast<double>(place) + 2); }

/// Sums over the cases of one person.
struct PersonSums {
  double sum = 0, other = 0, count = 0;
};

/// By person, in the order of their first case.
std::vector<PersonSums> sums_by_person(std::span<const PersonValue> a,
                                       std::span<const PersonValue> b) {
  std::vector<std::uint32_t> place;
  std::vector<PersonSums> sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].person >= place.size()) place.resize(a[i].person + 1, 0);
    auto& at = place[a[i].person];
    if (at == 0) sums.emplace_back(), at = static_cast<std::uint32_t>(sums.size());
    auto& own = sums[at - 1];
    own.sum += a[i].value, own.other += b[i].value, own.count += 1;
  }
  return sums;
}

std::vector<std::size_t> ascending(std::span<const float> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  return order;
}

/// Of cases in the order of their scores, each with a weight; NaN without positives or negatives.
double weighted_auc(std::span<const std::size_t> order, std::span<const float> scores,
                    std::span<const std::uint8_t> labels, const auto& weight) {
  double below = 0, positives = 0, pairs = 0;  // negatives below; positives so far
  for (std::size_t i = 0; i < order.size();) {
    double tied_positives = 0, tied_negatives = 0;
    const float score = scores[order[i]];
    for (; i < order.size() && scores[order[i]] == score; ++i)
      (labels[order[i]] != 0 ? tied_positives : tied_negatives) += weight(order[i]);
    pairs += tied_positives * (below + tied_negatives / 2);
    below += tied_negatives, positives += tied_positives;
  }
  if (positives == 0 || below == 0) return std::numeric_limits<double>::quiet_NaN();
  return pairs / (positives * below);
}

}  // namespace

RankingMetrics measure(std::span<const std::uint32_t> ranked, std::span<const std::uint32_t> wanted,
                       std::size_t k) {
  double hits = 0, gain = 0, ideal = 0;
  for (std::size_t i = 0; i < std::min(k, ranked.size()); ++i)
    if (std::binary_search(wanted.begin(), wanted.end(), ranked[i])) ++hits, gain += gain_at(i);
  for (std::size_t i = 0; i < std::min(k, wanted.size()); ++i) ideal += gain_at(i);
  return {hits > 0 ? 1.0 : 0.0, hits / static_cast<double>(wanted.size()), gain / ideal};
}

double auc(std::span<const float> scores, std::span<const std::uint8_t> labels) {
  const auto order = ascending(scores);
  return weighted_auc(order, scores, labels, [](std::size_t) { return 1.0; });
}

std::vector<double> bootstrap_auc(std::span<const float> scores,
                                  std::span<const std::uint8_t> labels,
                                  std::span<const std::uint32_t> people, std::uint64_t seed) {
  const auto order = ascending(scores);
  std::vector<std::uint32_t> distinct(people.begin(), people.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<double> times(distinct.empty() ? 0 : distinct.back() + 1);
  Random random(seed);
  std::vector<double> rounds(kBootstrapRounds);
  for (double& round : rounds) {
    std::fill(times.begin(), times.end(), 0);
    for (std::size_t i = 0; i < distinct.size(); ++i)
      times[distinct[random.below(distinct.size())]] += 1;
    round = weighted_auc(order, scores, labels, [&](std::size_t i) { return times[people[i]]; });
    if (std::isnan(round)) round = 0.5;
  }
  return rounds;
}

double deviation_of(std::span<const double> values) {
  return mean_of(values).standard_error * std::sqrt(static_cast<double>(values.size()));
}

double log_loss(double probability, bool label) {
  constexpr double kLeast = 1e-7;
  const double p = std::clamp(probability, kLeast, 1 - kLeast);
  return -std::log(label ? p : 1 - p);
}

Estimate mean_of(std::span<const double> values) {
  if (values.empty()) return {};
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, n > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
}

Estimate mean_by_person(std::span<const PersonValue> values) {
  const auto people = sums_by_person(values, values);
  double sum = 0, count = 0;
  for (const auto& one : people) sum += one.sum, count += one.count;
  if (count == 0) return {};
  const double mean = sum / count;
  double squares = 0;
  for (const auto& one : people) {
    const double residual = one.sum - mean * one.count;
    squares += residual * residual;
  }
  const auto n = static_cast<double>(people.size());
  return {mean, n > 1 ? std::sqrt(squares * n / (n - 1)) / count : 0};
}

Difference paired_bootstrap(std::span<const PersonValue> a, std::span<const PersonValue> b,
                            std::uint64_t seed) {
  const auto people = sums_by_person(a, b);
  if (people.empty()) return {};
  const auto difference = [](const PersonSums& of) { return (of.sum - of.other) / of.count; };
  Random random(seed);
  std::vector<double> drawn(kBootstrapRounds);
  for (double& round : drawn) {
    PersonSums total;
    for (std::size_t i = 0; i < people.size(); ++i) {
      const auto& one = people[random.below(people.size())];
      total.sum += one.sum, total.other += one.other, total.count += one.count;
    }
    round = difference(total);
  }
  PersonSums all;
  for (const auto& one : people) all.sum += one.sum, all.other += one.other, all.count += one.count;
  return {difference(all), quantile(drawn, 0.025), quantile(drawn, 0.975)};
}

double quantile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace filoscope::eval
