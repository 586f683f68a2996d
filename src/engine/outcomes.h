#pragma once

/// How often each outcome of a view came, counted for an entry, an author, a person or everyone,
/// and what that says as a log-odds. Threads: as the engine's phases.

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/numbers.h"
#include "engine/records.h"

namespace filoscope::engine {

inline constexpr std::uint16_t head_bit(Head head) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(head));
}
inline constexpr std::uint16_t kWatchHeads = head_bit(Head::skip) | head_bit(Head::watch_25) |
                                             head_bit(Head::watch_50) | head_bit(Head::watch_75) |
                                             head_bit(Head::complete);

/// Sums of weights; what is given is taken back exactly.
struct OutcomeCounts {
  double n = 0;
  std::array<double, kHeadsCount> yes{};

  /// `more` views, and the outcomes of `now` instead of those of `before`.
  void add(double more, double weight, std::uint16_t before, std::uint16_t now);
  /// Rates, drawn to `usual` as if that had been seen `strength` times, of rare outcomes so often
  /// that it came `kYesUsual` times: one act of one person says little about them.
  HeadValues rates(const HeadValues& usual, double strength) const;
  OutcomeCounts without(const OutcomeCounts& part) const;
  bool fits() const;  ///< after loading: finite, none below 0
  /// Halves all when there are more than `most`: they follow slow change.
  void forget_above(double most);
};

template <typename A>
void visit(A& a, OutcomeCounts& counts) {
  a(counts.n), a(counts.yes);
}

/// Rates before anything was seen, as commonly seen on short-video feeds (KuaiRand: long views a
/// third, likes 1–2 %).
inline constexpr double kUsualStrength = 20, kYesUsual = 1.5;
inline constexpr HeadValues kUsualRates{
    // skip, watch_25, watch_50, watch_75, complete, like, share, follow, not_interested
    0.35F, 0.6F, 0.45F, 0.33F, 0.27F, 0.04F, 0.007F, 0.007F, 0.007F};

/// ln(p / (1 - p)) of each, p within 1e-4 of 0 and 1.
HeadValues log_odds(const HeadValues& rates);

}  // namespace filoscope::engine
