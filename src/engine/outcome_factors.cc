#include "engine/outcome_factors.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "engine/numbers.h"

namespace filoscope::engine {
namespace {

constexpr std::size_t kEntryBias = kDim - 2, kPersonBias = kDim - 1;
constexpr float kFactorRate = 0.4F, kFactorSquares = 1;
constexpr float kFactorRateFloor = 0.01F;  ///< keeps adapting however much it has learned
constexpr float kFactorMost = 8;           ///< of one value
constexpr float kFactorsWidth = 0.17F;     ///< of the uniform draw a row starts from
constexpr float kReactionScale = 0.5F;

void step(FactorRow& row, const Row& gradient) {
  row.squares += dot(gradient.data(), gradient.data(), kDim) / static_cast<float>(kDim);
  const float rate =
      std::max(kFactorRate / std::sqrt(kFactorSquares + row.squares), kFactorRateFloor);
  add_scaled(row.values.data(), gradient.data(), -rate, kDim);
  for (float& x : row.values) x = clamp(x, -kFactorMost, kFactorMost);
}

Row first_row(std::uint32_t number) {
  Random random(mix64(0xFAC7ULL ^ std::uint64_t{number} << 16));
  Row row{};
  for (std::size_t k = 0; k < kEntryBias; ++k)
    row[k] = static_cast<float>(random.unit() - 0.5) * kFactorsWidth;
  row[kPersonBias] = 1;
  return row;
}

float share_of_each(std::size_t count) {
  return kReactionScale / std::sqrt(static_cast<float>(std::max<std::size_t>(1, count)));
}

}  // namespace

Row products(const Row& person, const Row& entry) {
  Row products;
  for (std::size_t k = 0; k < kDim; ++k) products[k] = person[k] * entry[k];
  return products;
}

void OutcomeFactors::grow_to(std::uint32_t numbers_end) {
  while (entries_.size() < numbers_end) {
    Entry entry;
    entry.own.values = first_row(static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back(entry);
  }
}

Row OutcomeFactors::person(const FactorRow& own, std::span<const Reaction> history) const {
  Row person = own.values;
  const float share = share_of_each(history.size());
  for (const auto& [number, value] : history)
    add_scaled(person.data(), entries_[number].implied.values.data(), share * value, kDim);
  person[kEntryBias] = 1;
  return person;
}

void OutcomeFactors::learn(FactorRow& own, std::span<const Reaction> history, std::uint32_t number,
                           const Row& person, const Row& gradient) {
  Row of_entry = products(gradient, person), of_person = products(gradient, entry(number));
  of_entry[kPersonBias] = 0, of_person[kEntryBias] = 0;
  step(entries_[number].own, of_entry);
  step(own, of_person);
  of_person[kPersonBias] = 0;
  const float share = share_of_each(history.size());
  for (const auto& [other, value] : history) {
    Row implied{};
    add_scaled(implied.data(), of_person.data(), share * value, kDim);
    step(entries_[other].implied, implied);
  }
}

void OutcomeFactors::learn_person(FactorRow& own, std::uint32_t number, const Row& gradient) const {
  Row of_person = products(gradient, entry(number));
  of_person[kEntryBias] = 0;
  step(own, of_person);
}

bool OutcomeFactors::fits(std::uint32_t numbers_end) const {
  if (entries_.size() != numbers_end) return false;
  const auto finite = [](const FactorRow& row) {
    return is_finite(row.squares) && row.squares >= 0 &&
           std::all_of(row.values.begin(), row.values.end(), is_finite);
  };
  for (std::uint32_t number = 0; number < numbers_end; ++number)
    if (!finite(entries_[number].own) || !finite(entries_[number].implied)) return false;
  return true;
}

}  // namespace filoscope::engine
