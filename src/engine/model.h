#pragma once

/// The ranking model: one logistic head per outcome over dense features, factorised interactions
/// (Rendle, "Factorization machines", ICDM 2010) of the person's vector with the embeddings of the
/// video's fields, the products of factors (outcome_factors.h), and of each head its own: how the
/// outcome came for this entry and this person so far. Trained one example at a time by Adagrad
/// with a floor under the rate. Starts from documented prior weights, so that a first swipe already
/// moves the order. Threads: readers in the shared phase, one writer in the exclusive one.

#include <array>
#include <cstdint>
#include <span>

#include "engine/calibration.h"
#include "engine/numbers.h"
#include "engine/outcome_factors.h"
#include "engine/outcomes.h"
#include "engine/records.h"

namespace filoscope::engine {

/// Dense inputs, by place. "Affinity" is a person's smoothed value of a content, about -1..1.
enum Input : std::size_t {
  kBias,
  kTagMean,
  kTagMax,
  kTagMin,  // leans over the hashtags; max ≥ 0, min ≤ 0
  kWordMean,
  kWordMax,
  kWordMin,  // over caption words
  kSoundLean,
  kAuthorLean,
  kEvidence,       // how much she has shown about this content, 0..1
  kNovelty,        // share of hashtags and words she has never met
  kAttention,      // value of like videos in her history, by target attention
  kAttentionBest,  // nearest video of her history: similarity × value
  kAttentionMass,  // share of attention that found something alike
  kWatchRate,
  kLikeRate,
  kSkipRate,  // of the video, smoothed, minus the mean
  kExposure,  // how often it was shown, log
  kAuthorWatchRate,
  kAuthorLikeRate,
  kAge,    // of the video, log
  kFresh,  // still owed impressions
  kHot,    // trend strength
  kLanguageSame,
  kLanguageOther,
  kPersonShare,  // her mean watched share minus everyone's
  kPersonShown,  // how much she has been shown, log
  kFollows,
  kShort,
  kMedium,
  kLong,                       // duration buckets ≤ 5 s, ≤ 15 s, ≤ 60 s (else none)
  kRoutesFirst,                // one bit per route that proposed it, of the first seven
  kUnused = kRoutesFirst + 7,  // of an earlier release
  kRepeated,
  // Of people with like tastes: each score as a part of what the best usually has, and its log.
  kNeighbours,
  kNeighboursLog,
  kRecent,
  kRecentLog,
  kOrder,
  kOrderLog,
  kAls,
  kAlsLog,
  kFoldIn,
  kFoldInLog,
  kSequence,
  kHad,                    // how many took to it, log
  kHadLately,              // the same with half-lives of 300, 3,000 and 30,000 events
  kIdle = kHadLately + 3,  // events since the last one took to it, log
  kHadOnce,
  kNext,      // the next head's logit, bent towards ±8, as the heads below see it
  kNextRest,  // what rounding takes from it
  kFriends,
  kFriendsLog,  // as those of taste above
  kInputsUsed,
};
inline constexpr std::size_t kInputs = 64;
inline constexpr std::size_t kRouteInputs = 7;
static_assert(kInputsUsed <= kInputs);

/// Fields that meet the person's vector.
inline constexpr std::size_t kFields =
    7;  // video, author, sound, hashtags, words, language, bucket
inline constexpr std::size_t kProducts = kFields + kDim;  // of fields, then of factors
inline constexpr std::size_t kWide = 88;                  // dense inputs, then products, padded
static_assert(kInputs + kProducts <= kWide);

/// Logged per item: the dense inputs, the person's vector for this item, and the log-odds of each
/// outcome by how often it came for the item; all bfloat16 values.
struct Features {
  std::array<float, kInputs> inputs{};
  Row person{};
  HeadValues entry_odds{};
};
inline constexpr std::size_t kFeaturesCount = kInputs + kDim + kHeadsCount;
/// The feature's values one after the other, as they are logged.
void each_feature(auto& features, auto action) {
  for (auto& x : features.inputs) action(x);
  for (auto& x : features.person) action(x);
  for (auto& x : features.entry_odds) action(x);
}

/// Logged per answer, of the person; all bfloat16 values.
struct PersonFeatures {
  HeadValues odds{};  ///< log-odds of each outcome with her, less everyone's
  /// Means of label - probability, over about 5 and 20 examples: what the heads miss lately.
  HeadValues missed_now{}, missed_lately{};
  Row factors{};
};
inline constexpr std::size_t kPersonFeaturesCount = 3 * kHeadsCount + kDim;
void each_feature_of_person(auto& features, auto action) {
  for (auto* values : {&features.odds, &features.missed_now, &features.missed_lately})
    for (auto& x : *values) action(x);
  for (auto& x : features.factors) action(x);
}

/// A video's fields at one log position, and its factors.
struct FieldRows {
  std::array<Row, kFields> rows{};
  Row factors{};
};

/// What the heads see: all of them `shared`, each its `own`.
struct Wide {
  static constexpr std::size_t kOwn = 8;  // 4 used
  std::array<float, kWide> shared{};
  std::array<std::array<float, kOwn>, kHeadsCount> own{};
};

/// How many heads the archive holds: at most kHeadsCount. A head that it does not have stays as it
/// is made.
template <typename A>
std::size_t visit_heads_count(A& a) {
  constexpr std::size_t kHeadsAtFirst = 9;
  return a.version >= 2 ? a.count(kHeadsCount, kHeadsCount) : kHeadsAtFirst;
}

/// What the outcome heads have learned: the part of the model that moves by steps.
class Heads {
 public:
  Heads();
  HeadValues predict(const Wide& wide) const;
  /// One step on head `head` with error `delta` (p - label, or a correction in [-1, 1]).
  void learn(Head head, const Wide& wide, float delta);
  /// Adds the head's part of ∂loss/∂product to `gradient`.
  void add_gradient(Head head, float delta, std::array<float, kProducts>& gradient) const;
  bool fits() const;  ///< after loading: all numbers are finite

  /// Of the first `count` heads.
  template <typename A>
  void visit(A& a, std::size_t count) {
    const auto each = [&](auto& of_heads) {
      for (std::size_t i = 0; i < count; ++i) a(of_heads[i]);
    };
    each(weights_), each(squares_), each(own_weights_), each(own_squares_);
  }

 private:
  using Weights = std::array<std::array<float, kWide>, kHeadsCount>;
  using OwnWeights = std::array<std::array<float, Wide::kOwn>, kHeadsCount>;
  Weights weights_{};
  Weights squares_{};
  OwnWeights own_weights_{};
  OwnWeights own_squares_{};
};

class Model {
 public:
  static Wide widen(const Features& features, const PersonFeatures& person,
                    const FieldRows& fields);
  HeadValues predict(const Wide& wide) const { return heads.predict(wide); }
  /// Keeps the mean log loss of `head` over about 10,000 examples and over about 500, and how well
  /// its probabilities fit.
  void score(Head head, float probability, bool label);
  /// What was scored with the other label: an act came after the watch, or was undone. Of a longer
  /// watch only the calibration follows: what the shorter one taught would count against the loss.
  void correct_score(Head head, float probability, bool label);

  HeadValues loss() const { return loss_; }
  HeadValues loss_lately() const { return loss_lately_; }
  const std::array<Calibration, kHeadsCount>& calibration() const { return calibration_; }
  bool fits() const;  ///< after loading
  Heads heads;
  std::uint64_t examples = 0;

  template <typename A>
  void visit(A& a) {
    if (a.version < 4) return skip_older(a);
    const auto count = visit_heads_count(a);
    const auto each = [&](auto& of_heads) {
      for (std::size_t i = 0; i < count; ++i) a(of_heads[i]);
    };
    heads.visit(a, count);
    each(loss_), each(scored_);
    a(examples);
    if (a.version < 5) {
      loss_lately_ = loss_;
      return;
    }
    each(loss_lately_);
    for (std::size_t i = 0; i < count; ++i) calibration_[i].visit(a);
  }

 private:
  /// What earlier versions held was learned about other inputs.
  template <typename A>
  void skip_older(A& a) {
    const auto count = visit_heads_count(a);
    std::array<float, 48> at_first{};
    std::array<float, 72> later{};
    for (std::size_t i = 0; i < 2 * count; ++i) a.version < 3 ? a(at_first) : a(later);
    float loss = 0;
    for (std::size_t i = 0; i < count; ++i) a(loss);
    std::uint64_t scored = 0;
    for (std::size_t i = 0; i < count + 1; ++i) a(scored);
  }
  HeadValues loss_{};
  std::array<std::uint64_t, kHeadsCount> scored_{};
  HeadValues loss_lately_{};
  std::array<Calibration, kHeadsCount> calibration_{};
};

}  // namespace filoscope::engine
