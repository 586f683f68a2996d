#pragma once

/// The ranking model: one logistic head per outcome over dense features and factorised
/// interactions (Rendle, "Factorization machines", ICDM 2010) of the person's vector with the
/// embeddings of the video's fields. Trained one example at a time by Adagrad with a floor under
/// the rate. Starts from documented prior weights, so that a first swipe already moves the order.
/// Threads: readers in the shared phase, one writer in the exclusive one.

#include <array>
#include <cstdint>
#include <span>

#include "engine/embedding_table.h"
#include "engine/numbers.h"
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
  kPersonShare,   // her mean watched share minus everyone's
  kPersonEvents,  // how long she has been here, log
  kFollows,
  kShort,
  kMedium,
  kLong,                       // duration buckets ≤ 5 s, ≤ 15 s, ≤ 60 s (else none)
  kRoutesFirst,                // one bit per route that proposed it, of the first seven
  kUnused = kRoutesFirst + 7,  // of an earlier release
  kRepeated,
  // Of people with like tastes: each score as a part of what the best usually has, and its log.
  kTasteFirst,
  kNeighbours = kTasteFirst,
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
  kInputsUsed,
};
inline constexpr std::size_t kInputs = 64;
inline constexpr std::size_t kRouteInputs = 7;
static_assert(kInputsUsed <= kInputs);

/// Fields that meet the person's vector.
inline constexpr std::size_t kFields =
    7;                                    // video, author, sound, hashtags, words, language, bucket
inline constexpr std::size_t kWide = 72;  // dense inputs, then one product per field, padded
static_assert(kInputs + kFields <= kWide);

/// Logged per item: the dense inputs and the person's vector for this item; all bfloat16 values.
struct Features {
  std::array<float, kInputs> inputs{};
  Row person{};
};
inline constexpr std::size_t kFeaturesCount = kInputs + kDim;

/// A video's fields at one log position.
struct FieldRows {
  std::array<Row, kFields> rows{};
};

/// How many heads the archive holds: at most kHeadsCount. A head that it does not have stays as it
/// is made.
template <typename A>
std::size_t visit_heads_count(A& a) {
  constexpr std::size_t kHeadsAtFirst = 9;
  return a.version >= 2 ? a.count(kHeadsCount, kHeadsCount) : kHeadsAtFirst;
}

class Model {
 public:
  Model();
  /// The inputs that the heads see.
  static std::array<float, kWide> widen(const Features& features, const FieldRows& fields);
  HeadValues predict(const std::array<float, kWide>& wide) const;
  /// One step on head `head` with error `delta` (p - label, or a correction in [-1, 1]); adds the
  /// head's part of ∂loss/∂(field product) to `field_gradient`.
  void learn(Head head, const std::array<float, kWide>& wide, float delta,
             std::array<float, kFields>& field_gradient);
  /// Keeps the mean log loss of `head` over about 10,000 examples.
  void score(Head head, float probability, bool label);

  HeadValues loss() const { return loss_; }
  std::uint64_t examples = 0;

  template <typename A>
  void visit(A& a) {
    if (a.version < 3) return skip_older(a);
    const auto heads = visit_heads_count(a);
    const auto each = [&](auto& of_heads) {
      for (std::size_t i = 0; i < heads; ++i) a(of_heads[i]);
    };
    each(weights_), each(squares_), each(loss_), each(scored_);
    a(examples);
  }

 private:
  /// What earlier versions held was learned about other inputs.
  template <typename A>
  void skip_older(A& a) {
    const auto heads = visit_heads_count(a);
    std::array<float, 48> weights{};
    for (std::size_t i = 0; i < 2 * heads; ++i) a(weights);
    float loss = 0;
    for (std::size_t i = 0; i < heads; ++i) a(loss);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < heads + 1; ++i) a(count);
  }
  using Weights = std::array<std::array<float, kWide>, kHeadsCount>;
  Weights weights_{};
  Weights squares_{};
  HeadValues loss_{};
  std::array<std::uint64_t, kHeadsCount> scored_{};
};

}  // namespace filoscope::engine
