#include "eval/predictors.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "eval/ctr_evaluation.h"
#include "eval/metrics.h"

namespace filoscope::eval {
namespace {

std::unique_ptr<Predictor> make(std::string_view name) {
  for (const auto& method : predictor_methods())
    if (method.name == name) return method.make();
  ADD_FAILURE() << name;
  return nullptr;
}

Interaction event_of(std::uint32_t person, std::uint32_t item) {
  Interaction event;
  event.person = person, event.item = item;
  return event;
}

TEST(MeanPredictors, GiveTheSharesSoFar) {
  const auto global = make("global_mean"), item = make("item_mean"), both = make("user_item_mean");
  for (int i = 0; i < 1000; ++i) {
    const auto event = event_of(static_cast<std::uint32_t>(i % 7), i % 4 == 0 ? 1 : 0);
    for (auto* one : {global.get(), item.get(), both.get()})
      one->learn({event, {}}, event.item == 1);
  }
  const auto of_one = event_of(3, 1), of_none = event_of(3, 0), unknown = event_of(9, 9);
  EXPECT_NEAR(global->predict({of_one, {}}), 0.25, 0.01);
  EXPECT_GT(item->predict({of_one, {}}), 0.95);
  EXPECT_LT(item->predict({of_none, {}}), 0.05);
  EXPECT_NEAR(item->predict({unknown, {}}), 0.25, 0.01);
  EXPECT_NEAR(both->predict({unknown, {}}), 0.25, 0.01);
}

/// The AUC over the last fifth of events that are positive by `rule`.
double learned_auc(std::string_view name, auto rule) {
  const auto predictor = make(name);
  Random random(2);
  std::vector<float> scores;
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < 20'000; ++i) {
    const auto event = event_of(static_cast<std::uint32_t>(random.below(40)),
                                static_cast<std::uint32_t>(random.below(40)));
    const bool positive = rule(event);
    if (i >= 16'000)
      scores.push_back(predictor->predict({event, {}})), labels.push_back(positive ? 1 : 0);
    predictor->learn({event, {}}, positive);
  }
  return auc(scores, labels);
}

TEST(LogisticRegression, LearnsSumsAndNoPairs) {
  const auto sum = [](const Interaction& e) { return e.person + e.item > 40; };
  EXPECT_GT(learned_auc("logistic_regression", sum), 0.97);
  const auto pair = [](const Interaction& e) { return e.person % 2 == e.item % 2; };
  EXPECT_LT(learned_auc("logistic_regression", pair), 0.6);
}

TEST(FactorisationMachine, LearnsPairs) {
  const auto pair = [](const Interaction& e) { return e.person % 2 == e.item % 2; };
  EXPECT_GT(learned_auc("factorisation_machine", pair), 0.97);
}

TEST(LogisticRegression, TakesFurtherFeatures) {
  const auto predictor = make("logistic_regression");
  const std::uint64_t sunny[] = {77}, rainy[] = {78};
  const auto event = event_of(0, 0);
  for (int i = 0; i < 200; ++i) {
    predictor->learn({event, sunny}, true);
    predictor->learn({event, rainy}, false);
  }
  EXPECT_GT(predictor->predict({event, sunny}), 0.9);
  EXPECT_LT(predictor->predict({event, rainy}), 0.1);
}

TEST(PositiveRule, IsAComparisonOfTheValue) {
  EXPECT_TRUE(PositiveRule::parse("value>=4")->holds(4));
  EXPECT_FALSE(PositiveRule::parse("value>4")->holds(4));
  EXPECT_TRUE(PositiveRule::parse("value<=-1.5")->holds(-2));
  EXPECT_FALSE(PositiveRule::parse("value<1")->holds(1));
  EXPECT_TRUE(PositiveRule::parse("value==1")->holds(1));
  EXPECT_FALSE(PositiveRule::parse("")->holds(0));
  EXPECT_TRUE(PositiveRule::parse("")->holds(1));
  for (const auto* wrong : {"4", "value", "value>=", "value>=x", "value>=4x", "value=>4",
                            "rating>=4", "value>=nan", "value!=3"})
    EXPECT_FALSE(PositiveRule::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace filoscope::eval
