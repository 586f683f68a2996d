#include "simulate/estimates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/random.h"

namespace filoscope::simulate {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

double ratio(double a, double b) { return b != 0 ? a / b : kNothing; }

template <typename Combine>
Estimate combined(std::size_t rounds, const Combine& combine) {
  Estimate result;
  for (std::size_t i = 0; i < rounds; ++i) result.rounds.push_back(combine(i));
  return result;
}

/// Between two of the sorted values by their distance.
double percentile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Resamples::Resamples(std::size_t people_count, std::uint64_t seed) : people_count_(people_count) {
  Random random(seed);
  drawn_.reserve(kRounds * people_count);
  for (std::size_t i = 0; i < kRounds * people_count; ++i)
    drawn_.push_back(static_cast<std::uint32_t>(random.below(people_count)));
}

std::span<const std::uint32_t> Resamples::round(std::size_t number) const {
  return std::span(drawn_).subspan(number * people_count_, people_count_);
}

Estimate estimate(const Resamples& resamples, std::span<const Sums> people) {
  const auto total_of = [&](std::span<const std::uint32_t> drawn) {
    Sums total;
    for (const auto person : drawn)
      total.sum += people[person].sum, total.count += people[person].count;
    return ratio(total.sum, total.count);
  };
  auto result =
      combined(Resamples::kRounds, [&](std::size_t i) { return total_of(resamples.round(i)); });
  Sums all;
  for (const Sums& one : people) all.sum += one.sum, all.count += one.count;
  result.value = ratio(all.sum, all.count);
  return result;
}

Estimate quotient(const Estimate& a, const Estimate& b) {
  auto result =
      combined(a.rounds.size(), [&](std::size_t i) { return ratio(a.rounds[i], b.rounds[i]); });
  result.value = ratio(a.value, b.value);
  return result;
}

Estimate share_between(const Estimate& a, const Estimate& floor, const Estimate& top) {
  auto result = combined(a.rounds.size(), [&](std::size_t i) {
    return ratio(a.rounds[i] - floor.rounds[i], top.rounds[i] - floor.rounds[i]);
  });
  result.value = ratio(a.value - floor.value, top.value - floor.value);
  return result;
}

nlohmann::ordered_json to_json(const Estimate& estimate) {
  if (!std::isfinite(estimate.value)) return nullptr;
  std::vector<double> sorted;
  for (const double round : estimate.rounds)
    if (std::isfinite(round)) sorted.push_back(round);
  std::sort(sorted.begin(), sorted.end());
  auto json = nlohmann::ordered_json::object();
  json["value"] = estimate.value;
  if (sorted.empty()) return json;
  json["low"] = percentile(sorted, 0.025), json["high"] = percentile(sorted, 0.975);
  return json;
}

}  // namespace filoscope::simulate
