/// Counts of outcomes, and the factors of people and entries.

#include <gtest/gtest.h>

#include <cstdio>

#include "engine/model.h"

namespace filoscope::engine {
namespace {

constexpr auto kLikeAt = static_cast<std::size_t>(Head::like);
constexpr std::uint16_t kLike = head_bit(Head::like);

TEST(OutcomeCounts, AreDrawnToWhatIsUsualUntilMuchIsSeen) {
  HeadValues usual{};
  usual[kLikeAt] = 0.1F;
  OutcomeCounts counts;
  EXPECT_FLOAT_EQ(counts.rates(usual, 5)[kLikeAt], 0.1F);
  counts.add(1, 1, 0, kLike);
  EXPECT_FLOAT_EQ(counts.rates(usual, 5)[kLikeAt], 2.5F / 16) << "as if 1.5 had come of 15";
  for (int i = 0; i < 999; ++i) counts.add(1, 1, 0, i % 2 == 0 ? kLike : std::uint16_t{0});
  EXPECT_NEAR(counts.rates(usual, 5)[kLikeAt], 0.5F, 0.01F);
  OutcomeCounts one;
  one.add(1, 1, 0, head_bit(Head::not_interested));
  const auto hidden = static_cast<std::size_t>(Head::not_interested);
  EXPECT_LT(one.rates(kUsualRates, 5)[hidden], 2 * kUsualRates[hidden]) << "one hides it";
}

TEST(OutcomeCounts, WhatIsUndoneIsTakenBack) {
  OutcomeCounts counts;
  counts.add(0.5F, 0.5F, 0, kLike);
  counts.add(0, 0.5F, kLike, 0);
  EXPECT_EQ(counts.yes[kLikeAt], 0);
  counts.add(0, 0.5F, kLike, 0);
  EXPECT_EQ(counts.yes[kLikeAt], 0) << "never below nothing";
  EXPECT_EQ(counts.n, 0.5);
  for (int i = 0; i < 100'000; ++i) counts.add(1, 1, 0, kLike);
  for (int i = 0; i < 1000; ++i) counts.add(0, 1, kLike, 0);
  EXPECT_EQ(counts.yes[kLikeAt], 99'000) << "however long ago it was given";
}

TEST(OutcomeCounts, TheAuthorsOthersAreThoseWithoutTheVideo) {
  OutcomeCounts author, video;
  author.add(3, 3, 0, kLike), video.add(2, 2, 0, kLike);
  EXPECT_EQ(author.without(video).n, 1);
  EXPECT_EQ(author.without(video).yes[kLikeAt], 1);
  EXPECT_EQ(video.without(author).n, 0);
}

TEST(OutcomeCounts, FollowWhatChanges) {
  OutcomeCounts counts;
  for (int i = 0; i < 20'000; ++i) counts.add(1, 1, 0, kLike), counts.forget_above(4096);
  for (int i = 0; i < 8'000; ++i) counts.add(1, 1, 0, 0), counts.forget_above(4096);
  EXPECT_LT(counts.rates(kUsualRates, 5)[kLikeAt], 0.25F);
}

/// Half of the people like the even entries, the others the odd ones: no count tells that.
class TwoCamps {
 public:
  TwoCamps() { factors_.grow_to(kEntries); }
  /// Mean log loss over the last quarter; at chance .693.
  float run(bool factors_learn) {
    constexpr int kSteps = 16'000;
    float late = 0;
    for (int i = 0; i < kSteps; ++i) {
      const auto person = static_cast<std::uint32_t>(random_.below(kPeople));
      const auto entry = static_cast<std::uint32_t>(random_.below(kEntries));
      const bool label = person % 2 == entry % 2;
      const float p = step(person, entry, label, factors_learn);
      if (i >= kSteps / 4 * 3) late += minus_log(label ? p : 1 - p) / (kSteps / 4);
    }
    return late;
  }
  /// What the model says of `entry` for somebody with this history alone.
  float judged(std::span<const Reaction> history, std::uint32_t entry) const {
    return model_.predict(widen(factors_.person({}, history), entry))[kLikeAt];
  }

 private:
  static constexpr std::uint32_t kPeople = 40, kEntries = 30;
  Wide widen(const Row& person, std::uint32_t entry) const {
    PersonFeatures of_person;
    of_person.factors = person;
    FieldRows fields;
    fields.factors = factors_.entry(entry);
    return Model::widen({}, of_person, fields);
  }
  float step(std::uint32_t person, std::uint32_t entry, bool label, bool factors_learn) {
    const auto history = std::span<const Reaction>(histories_[person]);
    const Row row = factors_.person(people_[person], history);
    const Wide wide = widen(row, entry);
    const float p = model_.predict(wide)[kLikeAt];
    std::array<float, kProducts> gradients{};
    const float delta = p - (label ? 1.0F : 0.0F);
    model_.heads.add_gradient(Head::like, delta, gradients);
    model_.heads.learn(Head::like, wide, delta);
    Row of_products{};
    std::copy(gradients.begin() + kFields, gradients.end(), of_products.begin());
    if (factors_learn) factors_.learn(people_[person], history, entry, row, of_products);
    histories_[person].push_back({entry, label ? 1.0F : -1.0F});
    if (histories_[person].size() > 20) histories_[person].erase(histories_[person].begin());
    return p;
  }

  Random random_{7};
  Model model_;
  OutcomeFactors factors_;
  std::array<FactorRow, kPeople> people_{};
  std::array<std::vector<Reaction>, kPeople> histories_;
};

TEST(OutcomeFactors, FindWhoLikesWhat) {
  TwoCamps with, without;
  const float learned = with.run(true), constant = without.run(false);
  std::printf("log loss %.3f, without factors %.3f\n", learned, constant);
  EXPECT_LT(learned, 0.1F);
  EXPECT_GT(constant, 0.6F);
}

TEST(OutcomeFactors, ANewPersonIsKnownByHerFirstReactions) {
  TwoCamps camps;
  camps.run(true);
  const std::array<Reaction, 2> liked_even{{{0, 1.0F}, {1, -1.0F}}};
  const std::array<Reaction, 2> liked_odd{{{0, -1.0F}, {1, 1.0F}}};
  EXPECT_GT(camps.judged(liked_even, 4), camps.judged(liked_odd, 4) + 0.2F);
  EXPECT_LT(camps.judged(liked_even, 5), camps.judged(liked_odd, 5) - 0.2F);
}

}  // namespace
}  // namespace filoscope::engine
