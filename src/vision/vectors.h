#pragma once

/// Arithmetic on plain vectors of floats. Sums run in double, in order.

#include <cmath>
#include <span>

namespace filoscope::vision {

inline double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

/// Length 1; zeros stay zeros.
inline void make_unit(std::span<float> values) {
  const double length = std::sqrt(dot(values, values));
  if (length <= 0) return;
  for (auto& value : values) value = static_cast<float>(value / length);
}

/// to += factor * from
inline void add(std::span<float> to, std::span<const float> from, float factor = 1) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * from[i];
}

}  // namespace filoscope::vision
