#pragma once

/// Factors of people and entries whose products are inputs of the outcome heads, which weigh each
/// dimension themselves. A person is a row of her own plus what her last reactions say: the sum of
/// value · (implied row of the entry) / √count. Two dimensions are biases, one of the entry and one
/// of the person. Source: Koren, "Factorization meets the neighborhood", KDD 2008 (SVD++), by
/// row-wise Adagrad. Threads: as the engine's phases.

#include <cstdint>
#include <span>

#include "engine/containers.h"
#include "engine/embedding_table.h"

namespace filoscope::engine {

/// A learned row with the sum of its squared gradients.
struct FactorRow {
  Row values{};
  float squares = 0;
};

/// What a person did with one entry.
struct Reaction {
  std::uint32_t number = 0;
  float value = 0;  ///< -2 (hidden) .. 2 (loved)
};

class OutcomeFactors {
 public:
  /// Makes rows up to `numbers_end`.
  void grow_to(std::uint32_t numbers_end);
  const Row& entry(std::uint32_t number) const { return entries_[number].own.values; }
  Row person(const FactorRow& own, std::span<const Reaction> history) const;
  /// One step. `person`: as it was when the entry was shown; `gradient`: of the loss by each
  /// product.
  void learn(FactorRow& own, std::span<const Reaction> history, std::uint32_t number,
             const Row& person, const Row& gradient);
  /// The part of such a step that moves her own row.
  void learn_person(FactorRow& own, std::uint32_t number, const Row& gradient) const;
  /// After loading: a row for each number, all of them finite.
  bool fits(std::uint32_t numbers_end) const;
  std::size_t bytes() const { return entries_.bytes(); }

  template <typename A>
  void visit(A& a) {
    const auto n = a.count(entries_.size(), std::size_t{1} << 32);
    for (std::size_t i = 0; i < n && a.ok(); ++i) {
      if constexpr (A::kLoading) entries_.push_back({});
      Entry& entry = entries_.template visited<A>(i);
      for (FactorRow* row : {&entry.own, &entry.implied}) a(row->values), a(row->squares);
    }
  }

 private:
  struct Entry {
    FactorRow own, implied;
  };
  PagedVector<Entry, 3> entries_;
};

Row products(const Row& person, const Row& entry);

}  // namespace filoscope::engine
