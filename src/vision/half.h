#pragma once

/// IEEE 754 binary16, for numbers that ship with the program.

#include <bit>
#include <cmath>
#include <cstdint>

namespace filoscope::vision {

/// To the nearest; beyond 65504 that, and below 6e-5 zero.
inline std::uint16_t half_of(float value) {
  const auto sign = static_cast<std::uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const float size = std::min(std::abs(value), 65504.F);
  if (size < 0x1p-14F) return sign;
  const auto bits = std::bit_cast<std::uint32_t>(size) + 0x1000;  // half of the last place kept
  return static_cast<std::uint16_t>(sign | ((bits >> 13) - (112U << 10)));
}

inline float float_of_half(std::uint16_t half) {
  const std::uint32_t size = half & 0x7FFF;
  const float value = size == 0 ? 0 : std::bit_cast<float>((size << 13) + (112U << 23));
  return (half & 0x8000) != 0 ? -value : value;
}

}  // namespace filoscope::vision
