#include "engine/outcomes.h"

namespace filoscope::engine {

void OutcomeCounts::add(float more, float weight, std::uint16_t before, std::uint16_t now) {
  n += more;
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    const int change = static_cast<int>(now >> h & 1U) - static_cast<int>(before >> h & 1U);
    yes[h] = std::max(0.0F, yes[h] + weight * static_cast<float>(change));
  }
  if (n <= kMost) return;
  n /= 2;
  for (float& x : yes) x /= 2;
}

HeadValues OutcomeCounts::rates(const HeadValues& usual, float strength) const {
  HeadValues rates;
  for (std::size_t h = 0; h < kHeadsCount; ++h)
    rates[h] = (yes[h] + strength * usual[h]) / (std::max(n, yes[h]) + strength);
  return rates;
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
