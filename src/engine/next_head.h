#pragma once

/// Which of the candidates she takes to next: a listwise softmax over them, linear in the inputs,
/// with weights shared by all people and some of their own for each length of history. Starts from
/// prior weights. Its logit is an input of the outcome heads.
/// Source: Cao et al., "Learning to rank: from pairwise approach to listwise approach", ICML 2007.
/// Threads: readers in the shared phase, one writer in the exclusive one.

#include <array>
#include <cstdint>
#include <span>

#include "engine/collaborative.h"
#include "engine/model.h"

namespace filoscope::engine {

class NextHead {
 public:
  NextHead();
  /// Fills the inputs that tell of taste and popularity. They stay 0 where nothing is known.
  void fill(Features& features, const TasteScores& scores, const Popularity& popularity) const;
  float logit(const Features& features, std::size_t history_count) const;
  /// One step: of `candidates` she took to each with its share of `labels`, which sum to 1.
  void learn(std::span<const Features* const> candidates, std::span<const float> labels,
             std::size_t history_count, float weight);
  /// Keeps the means of what the best candidates of requests score.
  void scale_by(const TasteScores& best, float weight);
  bool fits() const;  ///< after loading: all numbers are finite

  template <typename A>
  void visit(A& a) {
    a(shared_), a(shared_squares_), a(by_history_), a(by_history_squares_);
    for (std::size_t i = 0; i < (a.version < 2 ? kScalesAtFirst : scales_.size()); ++i)
      a(scales_[i]);
  }

 private:
  using Weights = std::array<float, kInputs>;
  static constexpr std::size_t kHistories = 8;
  static constexpr std::size_t kScalesAtFirst = 5;
  static std::size_t bucket(std::size_t history_count);

  Weights shared_{}, shared_squares_{};
  std::array<Weights, kHistories> by_history_{}, by_history_squares_{};
  std::array<float, kTasteRoutes.size() - 1> scales_{};  ///< 0: none yet
};

}  // namespace filoscope::engine
