#include "eval/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace filoscope::eval {
namespace {

using Items = std::vector<std::uint32_t>;

TEST(RankingMetrics, AreThoseOfTheDefinition) {
  // Hits in the 1st and 3rd place of 3 wanted ones.
  const auto found = measure(Items{7, 1, 9, 2}, Items{5, 7, 9}, 4);
  EXPECT_EQ(found.hit_rate, 1);
  EXPECT_DOUBLE_EQ(found.recall, 2.0 / 3);
  const double second = 1 / std::log2(3.0), third = 0.5;
  EXPECT_DOUBLE_EQ(found.ndcg, (1 + third) / (1 + second + third));
  const auto none = measure(Items{1, 2}, Items{5}, 4);
  EXPECT_EQ(none.hit_rate + none.recall + none.ndcg, 0);
}

TEST(RankingMetrics, CutTheBestListAtK) {
  const auto best = measure(Items{1, 2, 9}, Items{1, 2, 3, 4}, 2);
  EXPECT_DOUBLE_EQ(best.ndcg, 1);
  EXPECT_DOUBLE_EQ(best.recall, 0.5);
  EXPECT_EQ(measure(Items{8, 9, 1}, Items{1}, 2).hit_rate, 0) << "the third of two";
}

TEST(Auc, CountsTiesHalf) {
  using Labels = std::vector<std::uint8_t>;
  using Scores = std::vector<float>;
  EXPECT_EQ(auc(Scores{1, 2, 3, 4}, Labels{0, 0, 1, 1}), 1);
  EXPECT_EQ(auc(Scores{4, 3, 2, 1}, Labels{0, 0, 1, 1}), 0);
  EXPECT_EQ(auc(Scores{5, 5, 5, 5}, Labels{0, 1, 0, 1}), 0.5);
  // Pairs: 2 over 1 and over the tied 2 (half), 3 over both: 3.5 of 4.
  EXPECT_EQ(auc(Scores{1, 2, 2, 3}, Labels{0, 0, 1, 1}), 3.5 / 4);
  EXPECT_TRUE(std::isnan(auc(Scores{1, 2}, Labels{1, 1})));
}

TEST(LogLoss, IsFiniteAtCertainty) {
  EXPECT_DOUBLE_EQ(log_loss(0.25, true), std::log(4.0));
  EXPECT_DOUBLE_EQ(log_loss(0.25, false), -std::log(0.75));
  EXPECT_NEAR(log_loss(0, true), -std::log(1e-7), 1e-9);
}

TEST(StandardError, IsThatOfTheMean) {
  // Variance of 1, 2, 3, 4 is 5/3.
  const auto estimate = mean_of(std::vector<double>{1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(estimate.mean, 2.5);
  EXPECT_DOUBLE_EQ(estimate.standard_error, std::sqrt(5.0 / 3 / 4));
}

TEST(StandardError, TakesThePersonForTheUnit) {
  std::vector<PersonValue> alone, together;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const double value = i % 2 == 0 ? 1 : 0;
    alone.push_back({i, value});
    for (int n = 0; n < 10; ++n) together.push_back({i, value});
  }
  const auto of_people = mean_by_person(alone), of_events = mean_by_person(together);
  EXPECT_DOUBLE_EQ(of_people.mean, 0.5);
  EXPECT_NEAR(of_people.standard_error, std::sqrt(0.25 / 99), 1e-12);
  EXPECT_NEAR(of_events.standard_error, of_people.standard_error, 1e-12)
      << "ten equal events of a person say no more than one";
}

TEST(PairedBootstrap, SeesADifferenceThatEachAloneWouldHide) {
  std::vector<PersonValue> a, b;
  Random random(5);
  for (std::uint32_t person = 0; person < 200; ++person) {
    const double level = random.unit();
    a.push_back({person, level + 0.02 + 0.01 * random.unit()}), b.push_back({person, level});
  }
  const auto difference = paired_bootstrap(a, b, 1);
  EXPECT_NEAR(difference.mean, 0.025, 0.001);
  EXPECT_GT(difference.low, 0.02);
  EXPECT_LT(difference.high, 0.03);
  EXPECT_EQ(paired_bootstrap(a, b, 1).low, difference.low);
  EXPECT_NE(paired_bootstrap(a, b, 2).low, difference.low);
}

TEST(BootstrapOfTheAuc, SpreadsAsTheKnownError) {
  // Of 400 people with one event each and no signal: sd = sqrt((n + 1) / (12 * p * n)), p = n =
  // 200.
  std::vector<float> scores;
  std::vector<std::uint8_t> labels;
  std::vector<std::uint32_t> people;
  Random random(3);
  for (std::uint32_t person = 0; person < 400; ++person) {
    scores.push_back(static_cast<float>(random.unit()));
    labels.push_back(person % 2), people.push_back(person);
  }
  const auto rounds = bootstrap_auc(scores, labels, people, 1);
  EXPECT_NEAR(deviation_of(rounds), std::sqrt(401.0 / (12 * 200 * 200)), 0.004);
  EXPECT_EQ(bootstrap_auc(scores, labels, people, 1), rounds);
}

TEST(Quantile, LiesBetweenTwoValues) {
  std::vector<double> values{4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(values, 1), 4);
}

}  // namespace
}  // namespace filoscope::eval
