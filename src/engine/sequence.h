#pragma once

/// What comes next after a history: a bag of its entries weighted by rank, against output rows, by
/// sampled softmax. Source: the shape of Mikolov et al., "Distributed representations of words and
/// phrases", NIPS 2013, with learned rank weights; negatives from the stream, without correction
/// (popularity is left to the ranker). Threads: as the engine's phases.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "engine/als.h"

namespace filoscope::engine {

class SequenceModel {
 public:
  static constexpr std::size_t kNegatives = 48;
  static constexpr std::size_t kBins = 7;  ///< of ranks 0..127 by ⌊log2(rank + 1)⌋

  SequenceModel();
  /// Random rows for a new entry.
  void begin(std::uint32_t row, std::uint64_t seed);
  /// The vector of a history, newest first, ≤ 128 rows.
  Taste summarise(std::span<const std::uint32_t> history) const;
  const Taste& output(std::uint32_t row) const { return out_[row].values; }
  std::uint32_t rows_end() const { return static_cast<std::uint32_t>(out_.size()); }
  /// One step: after `history` came `target` and not `negatives`.
  void learn(std::span<const std::uint32_t> history, std::uint32_t target,
             std::span<const std::uint32_t> negatives);
  bool fits() const;  ///< after loading: all numbers are finite
  std::size_t bytes() const { return in_.bytes() + out_.bytes(); }

  template <typename A>
  void visit(A& a) {
    const auto n = a.count(out_.size(), 1U << 24);
    for (std::size_t i = 0; i < n && a.ok(); ++i) {
      if constexpr (A::kLoading) in_.push_back({}), out_.push_back({});
      for (auto* rows : {&in_, &out_}) {
        Learned& one = rows->template visited<A>(i);
        a(one.values), a(one.squares);
      }
    }
    a(kernel_), a(kernel_squares_);
  }

 private:
  struct Learned {
    Taste values{};
    float squares = 0;
  };
  static void step(Learned& row, const Taste& gradient);
  void learn_inputs(std::span<const std::uint32_t> history, const Taste& gradient,
                    const Taste& summary);

  PagedVector<Learned, 4> in_, out_;
  std::array<float, kBins> kernel_{};
  std::array<float, kBins> kernel_squares_{};
};

}  // namespace filoscope::engine
