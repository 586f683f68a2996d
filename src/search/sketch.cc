#include "search/sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace filoscope::search {
namespace {

constexpr std::uint8_t kRankMax = 57;  ///< of the 56 bits that choose no register

}  // namespace

void PeopleSketch::add(std::uint64_t hash) {
  auto& seen = registers_[hash % kRegisters];
  const int rank = std::min<int>(std::countr_zero(hash / kRegisters), kRankMax - 1) + 1;
  seen = std::max(seen, static_cast<std::uint8_t>(rank));
}

void PeopleSketch::merge(const PeopleSketch& other) {
  for (std::size_t i = 0; i < kRegisters; ++i)
    registers_[i] = std::max(registers_[i], other.registers_[i]);
}

std::int64_t PeopleSketch::count() const {
  constexpr double kCount = kRegisters, kAlpha = 0.7213 / (1 + 1.079 / kCount);
  double sum = 0;
  std::size_t empty = 0;
  for (const auto rank : registers_) {
    sum += std::ldexp(1.0, -rank);
    empty += rank == 0 ? 1 : 0;
  }
  const double raw = kAlpha * kCount * kCount / sum;
  const bool few = raw <= 2.5 * kCount && empty > 0;
  return std::llround(few ? kCount * std::log(kCount / static_cast<double>(empty)) : raw);
}

Bytes PeopleSketch::encode() const { return {registers_.begin(), registers_.end()}; }

Result<PeopleSketch> PeopleSketch::decode(std::span<const std::uint8_t> bytes) {
  const bool wrong =
      std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t rank) { return rank > kRankMax; });
  if (bytes.size() != kRegisters || wrong) return Error{Code::corrupt, "a sketch of people"};
  PeopleSketch sketch;
  std::copy(bytes.begin(), bytes.end(), sketch.registers_.begin());
  return sketch;
}

}  // namespace filoscope::search
