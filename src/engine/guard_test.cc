/// A burst that teaches nonsense is undone and learning pauses; a true change of taste is learned.

#include "engine/guard.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

constexpr auto kComplete = static_cast<std::size_t>(Head::complete);

/// One head that learns one signal, with a guard beside it or without.
class Learner {
 public:
  explicit Learner(bool guarded, std::uint32_t people = 50) : guarded_(guarded), people_(people) {}
  /// Mean loss over `count` examples, each scored before it is learned; of label = signal, or with
  /// `turned` its opposite.
  double go_on(int count, bool turned, float weight = 1) {
    double loss = 0;
    for (int i = 0; i < count; ++i) loss += step(turned, weight) / count;
    return loss;
  }
  GuardStats stats() const { return guard_.stats(); }

 private:
  double step(bool turned, float weight) {
    Features features;
    features.inputs[kBias] = 1;
    features.inputs[kTagMean] = static_cast<float>(random_.unit() * 2 - 1);
    const bool label = random_.unit() < ((features.inputs[kTagMean] > 0) != turned ? 0.9 : 0.1);
    const auto wide = Model::widen(features, {}, {});
    const auto p = heads_.predict(wide);
    const auto bit = head_bit(Head::complete);
    const auto labels = static_cast<std::uint16_t>(label ? bit : 0);
    const float loss = loss_of(p, bit, labels);
    if (guarded_) guard_.judge({wide, bit, labels, loss, weight, ++person_ % people_});
    if (!guard_.pauses())
      heads_.learn(Head::complete, wide, weight * (p[kComplete] - (label ? 1.0F : 0.0F)));
    if (guarded_) guard_.settle(heads_, next_, {++position_, 0});
    return loss;
  }
  bool guarded_;
  std::uint32_t people_;
  Random random_{7};
  Heads heads_;
  NextHead next_;
  Guard guard_;
  LogPosition position_ = 0;
  std::uint32_t person_ = 0;
};

TEST(Guard, UndoesWhatABurstTaughtAndPauses) {
  Learner guarded(true), alone(false);
  for (Learner* one : {&guarded, &alone}) {
    one->go_on(6'000, false);
    one->go_on(15'000, true, 0.3F);  // of people who may move little
  }
  EXPECT_EQ(guarded.stats().rollbacks_count, 1U) << "where it began";
  const double early[] = {guarded.go_on(600, false), alone.go_on(600, false)};
  EXPECT_GE(guarded.stats().rollbacks_count, 2U) << "what it taught for so long";
  EXPECT_GT(guarded.stats().at_position, 21'000U);
  EXPECT_GT(guarded.stats().paused_examples, 0U);
  const double late[] = {guarded.go_on(300, false), alone.go_on(300, false)};
  std::printf("loss behind a burst: %.3f, then %.3f; without a guard %.3f, then %.3f\n", early[0],
              late[0], early[1], late[1]);
  EXPECT_LT(late[0], late[1] - 0.2);
  guarded.go_on(1'000, false);
  EXPECT_EQ(guarded.stats().paused_examples, 0U);
}

TEST(Guard, AFewPeopleAreNoCrowd) {
  Learner guarded(true, 4);
  guarded.go_on(40'000, false);
  guarded.go_on(3'000, true);
  EXPECT_EQ(guarded.stats().rollbacks_count, 0U) << "of so few it leaps for nobody else";
}

TEST(Guard, LetsATrueChangeOfTasteBeLearned) {
  Learner guarded(true);
  guarded.go_on(40'000, false);
  EXPECT_EQ(guarded.stats().rollbacks_count, 0U);
  guarded.go_on(20'000, true);
  EXPECT_EQ(guarded.stats().rollbacks_count, 1U) << "it pauses, then believes";
  EXPECT_LT(guarded.go_on(2'000, true), 0.5);
}

TEST(Guard, JudgesNothingByThoseWhoMayNotMoveIt) {
  Learner guarded(true);
  guarded.go_on(6'000, false);
  guarded.go_on(3'000, true, 0);
  EXPECT_EQ(guarded.stats().rollbacks_count, 0U);
}

/// People of six tastes, then a crowd of new accounts that does the opposite of what is expected.
class GuardInTheFeed : public testing::Test {
 protected:
  GuardInTheFeed() {
    for (std::uint64_t id = 1; id <= 600; ++id)
      world.publish(id, 10'000 + id % 40, static_cast<int>(id % 6));
  }
  void people_watch(std::uint64_t first, std::uint64_t count, int answers) {
    for (int i = 0; i < answers; ++i)
      for (std::uint64_t person = first; person < first + count; ++person)
        for (const auto& item : world.ask(person).items)
          world.swipe(
              person, item.video,
              random.unit() < (item.video.value % 6 == person % 6 ? 0.8 : 0.15) ? 2000 : 100,
              world.last_request());
  }
  void attack(std::uint64_t first, std::uint64_t count, int answers) {
    for (int i = 0; i < answers; ++i)
      for (std::uint64_t person = first; person < first + count; ++person)
        for (const auto& item : world.ask(person).items)
          world.swipe(person, item.video, item.probabilities[kComplete] < 0.4F ? 2000 : 100,
                      world.last_request());
  }
  TestWorld world;
  Random random{11};
};

TEST_F(GuardInTheFeed, APoisonedBurstIsUndone) {
  people_watch(1, 30, 14);
  EXPECT_EQ(world.engine().stats().guard.rollbacks_count, 0U);
  const auto before = world.engine().position();
  attack(1'000, 40, 5);
  const auto guard = world.engine().stats().guard;
  EXPECT_EQ(guard.rollbacks_count, 1U);
  EXPECT_LE(guard.to_position, before);
  EXPECT_GT(guard.at_position, before);
}

}  // namespace
}  // namespace filoscope::engine
