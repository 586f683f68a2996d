#pragma once

/// Matrix factorisation of who took to what, kept current by alternating least squares: each event
/// solves its person and its entry anew, given all others, by a few conjugate gradient steps.
/// Sources: Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM
/// 2008; Takács, Pilászy, Tikk, "Applications of the conjugate gradient method for implicit
/// feedback collaborative filtering", RecSys 2011. Threads: as the engine's phases.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/containers.h"
#include "engine/numbers.h"

namespace filoscope::engine {

inline constexpr std::size_t kTasteDim = 32;
using Taste = std::array<float, kTasteDim>;

/// Rows, with the sum of x·xᵀ over them. The sum is made anew all the time by a walk over the rows,
/// a few a change, so that rounding never adds up.
class GramTable {
 public:
  static constexpr std::size_t kRowsMax = 1U << 30;
  const Taste& operator[](std::uint32_t row) const { return rows_[row]; }
  std::uint32_t rows_end() const { return static_cast<std::uint32_t>(rows_.size()); }
  std::uint32_t count() const { return count_; }  ///< that are not zero
  void set(std::uint32_t row, const Taste& value);
  void ensure(std::uint32_t row) {
    while (rows_.size() <= row) rows_.push_back({});
  }
  /// y += scale · Gram · x.
  void add_product(Taste& y, const Taste& x, float scale) const;
  bool fits() const;  ///< after loading: all numbers are finite
  std::size_t bytes() const { return rows_.bytes(); }

  template <typename A>
  void visit(A& a) {
    const auto n = a.count(rows_.size(), kRowsMax);
    for (std::size_t i = 0; i < n && a.ok(); ++i) {
      if constexpr (A::kLoading) rows_.push_back({});
      a(rows_.template visited<A>(i));
    }
    a(gram_), a(next_gram_), a(hand_), a(count_);
  }

 private:
  using Gram = std::array<float, kTasteDim * kTasteDim>;
  void walk();
  PagedVector<Taste, 4> rows_;
  Gram gram_{}, next_gram_{};
  std::uint32_t hand_ = 0;  ///< rows below are in next_gram_
  std::uint32_t count_ = 0;
};

/// What one side knows of the other: rows of it, all with one weight.
struct Evidence {
  std::span<const Taste> rows;  ///< ≤ 128
  float weight = 1;             ///< of each
  float count = 0;              ///< how many there are in truth, for the regularisation
};

/// The row that fits the evidence best, from `start`: minimises Σ weight (1 − x·row)² + xᵀGx of
/// the unobserved + a ridge.
Taste solve(const GramTable& others, const Evidence& evidence, const Taste& start);

}  // namespace filoscope::engine
