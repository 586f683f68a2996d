#include "simulate/draws.h"

#include <cmath>
#include <numbers>

namespace filoscope::simulate {

double normal(Random& random) {
  const double u = 1 - random.unit();
  const double angle = 2 * std::numbers::pi * random.unit();
  return std::sqrt(-2 * std::log(u)) * std::cos(angle);
}

double exponential(Random& random, double mean) { return -mean * std::log(1 - random.unit()); }

double gamma(Random& random, double shape) {
  if (shape < 1) {
    const double above = gamma(random, shape + 1);
    return above * std::pow(1 - random.unit(), 1 / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = normal(random);
    const double v = std::pow(1 + c * x, 3);
    const double u = 1 - random.unit();
    if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double beta(Random& random, double mean, double observations) {
  const double a = gamma(random, observations * mean);
  const double b = gamma(random, observations * (1 - mean));
  return a + b > 0 ? a / (a + b) : mean;
}

std::uint64_t seed_of(std::uint64_t seed, std::uint64_t purpose, std::uint64_t number) {
  return mix64(mix64(mix64(seed) ^ purpose) ^ number);
}

}  // namespace filoscope::simulate
