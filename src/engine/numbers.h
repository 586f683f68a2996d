#pragma once

/// The one definition of the numbers in learned state, equal bits on every machine: IEEE add,
/// multiply, divide and square root only (no FMA: the build sets -ffp-contract=off), own
/// polynomials in place of libm, and sums over 8 virtual lanes joined by a fixed tree, which a
/// compiler may vectorise without reordering. Named by `kNumbersVersion` in snapshots.

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace filoscope::engine {

inline constexpr std::uint32_t kNumbersVersion = 1;

/// 2^x for x in [-1000, 1000] (clamped), relative error < 1e-10.
inline double exp2_fixed(double x) {
  x = x < -1000 ? -1000 : (x > 1000 ? 1000 : x);
  const auto whole = static_cast<std::int64_t>(x < 0 ? x - 0.5 : x + 0.5);
  const double t = (x - static_cast<double>(whole)) * 0.69314718055994530942;  // |t| <= 0.347
  double sum = 1.0 / 362880;
  for (const double c :
       {1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    sum = sum * t + c;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(whole + 1023) << 52);
}

/// log2 of a positive, normal x; 0 and below give -1000. Error < 1e-10.
inline double log2_fixed(double x) {
  if (!(x > 1e-300)) return -1000;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<std::int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xFFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL);
  if (m > 1.41421356237309504880) m *= 0.5, ++exponent;
  const double s = (m - 1) / (m + 1);
  const double s2 = s * s;
  double sum = 1.0 / 13;
  for (const double c : {1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1.0}) sum = sum * s2 + c;
  return static_cast<double>(exponent) + 2 * s * sum * 1.44269504088896340736;
}

/// log2(2^a + 2^b).
inline double log2_add(double a, double b) {
  const double high = a > b ? a : b;
  const double low = a > b ? b : a;
  return high + log2_fixed(1 + exp2_fixed(low - high));
}

/// log2(2^a - 2^b), -1000 where nothing is left.
inline double log2_subtract(double a, double b) {
  return b < a ? a + log2_fixed(1 - exp2_fixed(b - a)) : -1000;
}

/// e^x for x clamped to [-80, 80], relative error < 3e-7; branch-free, so that loops vectorise.
inline float exp_fixed(float x) {
  x = x < -80.0F ? -80.0F : x;
  x = x > 80.0F ? 80.0F : x;
  const float y = x * 1.44269504F;
  const auto whole = static_cast<std::int32_t>(y + 256.5F) - 256;  // rounds to nearest
  const float t = (y - static_cast<float>(whole)) * 0.69314718F;
  float sum = 1.0F / 720.0F;
  sum = sum * t + 1.0F / 120.0F;
  sum = sum * t + 1.0F / 24.0F;
  sum = sum * t + 1.0F / 6.0F;
  sum = sum * t + 0.5F;
  sum = sum * t + 1.0F;
  sum = sum * t + 1.0F;
  return sum * std::bit_cast<float>((whole + 127) << 23);
}

/// ln x of a positive, normal x, relative error < 3e-7; branch-free as exp_fixed.
inline float log_fixed(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  const std::int32_t whole = (bits - 0x3F3504F3) >> 23;  // x = m · 2^whole, m in [√½, √2)
  const float m = std::bit_cast<float>(bits - whole * (1 << 23));
  const float s = (m - 1.0F) / (m + 1.0F);
  const float s2 = s * s;
  float sum = 1.0F / 9.0F;
  sum = sum * s2 + 1.0F / 7.0F;
  sum = sum * s2 + 1.0F / 5.0F;
  sum = sum * s2 + 1.0F / 3.0F;
  sum = sum * s2 + 1.0F;
  return static_cast<float>(whole) * 0.69314718F + 2.0F * s * sum;
}

/// x^power for a positive, normal x.
inline float pow_fixed(float x, float power) { return exp_fixed(power * log_fixed(x)); }

inline bool is_finite(float x) { return x - x == 0; }

inline float sigmoid(float x) { return 1.0F / (1.0F + exp_fixed(-x)); }

/// -ln(p) for p in (0, 1], for losses.
inline float minus_log(float p) {
  return static_cast<float>(-0.69314718055994530942 *
                            log2_fixed(p < 1e-7F ? 1e-7 : static_cast<double>(p)));
}

inline constexpr std::size_t kLanes = 8;

inline float join_lanes(const std::array<float, kLanes>& s) {
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/// Inner product. REQUIRES: n a multiple of 8.
[[gnu::always_inline]] inline float dot(const float* a, const float* b, std::size_t n) {
  std::array<float, kLanes> sums{};
  for (std::size_t i = 0; i < n; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  return join_lanes(sums);
}

/// y += scale * x.
inline void add_scaled(float* y, const float* x, float scale, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += scale * x[i];
}

/// The nearest bfloat16, ties to even; what decision records store.
inline float round_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7FFFU + ((bits >> 16) & 1U)) & 0xFFFF0000U);
}

inline float clamp(float x, float low, float high) { return x < low ? low : (x > high ? high : x); }

/// What is left of 1 after `elapsed_ms`.
inline float decay(std::int64_t elapsed_ms, std::int64_t half_life_ms) {
  if (elapsed_ms <= 0) return 1.0F;
  return static_cast<float>(
      exp2_fixed(-static_cast<double>(elapsed_ms) / static_cast<double>(half_life_ms)));
}

}  // namespace filoscope::engine
