#include "engine/outcomes.h"

namespace filoscope::engine {

void OutcomeCounts::add(double more, double weight, std::uint16_t before, std::uint16_t now) {
  n = std::max(0.0, n + more);
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    const int change = static_cast<int>(now >> h & 1U) - static_cast<int>(before >> h & 1U);
    yes[h] = std::max(0.0, yes[h] + weight * change);
  }
}

HeadValues OutcomeCounts::rates(const HeadValues& usual, double strength) const {
  HeadValues rates;
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    const double p = std::max(1e-4, static_cast<double>(usual[h]));
    const double s = std::max(strength, kYesUsual / p);
    rates[h] = static_cast<float>((yes[h] + s * p) / (std::max(n, yes[h]) + s));
  }
  return rates;
}

OutcomeCounts OutcomeCounts::without(const OutcomeCounts& part) const {
  OutcomeCounts rest;
  rest.n = std::max(0.0, n - part.n);
  for (std::size_t h = 0; h < kHeadsCount; ++h) rest.yes[h] = std::max(0.0, yes[h] - part.yes[h]);
  return rest;
}

bool OutcomeCounts::fits() const {
  const auto counts = [](double x) { return x >= 0 && x - x == 0; };
  return counts(n) && std::all_of(yes.begin(), yes.end(), counts);
}

void OutcomeCounts::forget_above(double most) {
  if (n <= most) return;
  n /= 2;
  for (double& x : yes) x /= 2;
}

HeadValues log_odds(const HeadValues& rates) {
  constexpr float kLeast = 1e-4F;
  HeadValues odds;
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    const float p = clamp(rates[h], kLeast, 1 - kLeast);
    odds[h] = log_fixed(p / (1 - p));
  }
  return odds;
}

}  // namespace filoscope::engine
