#pragma once

/// Random numbers of the usual distributions. The same bits for the same seed on one machine;
/// another C library may round its logarithms otherwise. Threads: any, each with its own Random.

#include "base/random.h"

namespace filoscope::simulate {

double normal(Random& random);
double exponential(Random& random, double mean);
/// Marsaglia & Tsang, "A simple method for generating gamma variables", TOMS 26 (2000).
double gamma(Random& random, double shape);
/// A share with this mean, as if known from so many observations. REQUIRES: 0 < mean < 1.
double beta(Random& random, double mean, double observations);

/// A seed for each pair of numbers: draws of one purpose never disturb those of another.
std::uint64_t seed_of(std::uint64_t seed, std::uint64_t purpose, std::uint64_t number = 0);

}  // namespace filoscope::simulate
