#pragma once

/// Ratios of sums over people, with intervals by the bootstrap over people (Efron & Tibshirani,
/// 1993; percentiles): what one person does depends on what she did before, what different people
/// do hardly does. Every estimate of a run draws the same people in the same round, so that arms
/// are compared pairwise. Threads: any.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

namespace filoscope::simulate {

/// Of one person.
struct Sums {
  double sum = 0, count = 0;
};

class Resamples {
 public:
  static constexpr std::size_t kRounds = 1000;
  Resamples(std::size_t people_count, std::uint64_t seed);
  std::size_t people_count() const { return people_count_; }
  /// People of one round, with repeats.
  std::span<const std::uint32_t> round(std::size_t number) const;

 private:
  std::size_t people_count_;
  std::vector<std::uint32_t> drawn_;
};

/// NaN where there is nothing to count.
struct Estimate {
  double value = 0;
  std::vector<double> rounds;
};
/// Σ sum / Σ count. REQUIRES: people.size() == resamples.people_count().
Estimate estimate(const Resamples& resamples, std::span<const Sums> people);
Estimate quotient(const Estimate& a, const Estimate& b);
/// (a − floor) / (top − floor).
Estimate share_between(const Estimate& a, const Estimate& floor, const Estimate& top);

/// {"value", "low", "high"}: 95 %; null where there is no value.
nlohmann::ordered_json to_json(const Estimate& estimate);

}  // namespace filoscope::simulate
