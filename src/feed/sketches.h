#pragma once

/// Two small summaries of a great many values, in a fixed number of bytes. Threads: as their owner.

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <cstdint>

#include "base/random.h"

namespace filoscope::feed {

/// Where in the order of all values one lies, to a step of 2^¼ (19 %); 0 and more.
class Quantiles {
 public:
  void add(double value) {
    const double at = 4 * std::log2(std::max(value, 0.0) + 1);
    ++counts_[std::min(static_cast<std::size_t>(at), counts_.size() - 1)];
    ++count_;
  }
  void add(const Quantiles& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
  }
  /// The middle of the step that holds it; 0 when there is none.
  double at(double share) const {
    if (count_ == 0) return 0;
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(count_ - 1));
    std::size_t i = 0;
    for (; left >= counts_[i]; ++i) left -= counts_[i];
    return std::exp2((static_cast<double>(i) + 0.5) / 4) - 1;
  }

 private:
  std::array<std::uint32_t, 192> counts_{};  ///< up to 2^48
  std::uint64_t count_ = 0;
};

/// How many different keys there were: to 1 % up to a million (linear counting: Whang et al., ACM
/// TODS 15, 1990).
class Distinct {
 public:
  void add(std::uint64_t key) { bits_.set(mix64(key) % kBits); }
  void add(const Distinct& other) { bits_ |= other.bits_; }
  std::uint64_t estimate() const {
    const auto free = static_cast<double>(std::max<std::size_t>(kBits - bits_.count(), 1));
    const auto all = static_cast<double>(kBits);
    return static_cast<std::uint64_t>(std::llround(all * std::log(all / free)));
  }

 private:
  static constexpr std::size_t kBits = 1U << 18;
  std::bitset<kBits> bits_;
};

}  // namespace filoscope::feed
