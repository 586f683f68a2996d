#include "base/bounded_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/trouble.h"

namespace filoscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

constexpr std::int64_t kStartMs = 1'900'000'000'000;  // in 2030

class BoundedClockTest : public ::testing::Test {
 protected:
  ManualClock machine{kStartMs};
  BoundedClock clock{machine, 7 * kDayMs};
  const std::int64_t start_ms = machine.now_ms();
};

TEST_F(BoundedClockTest, FollowsTheMachineInSmallStepsAndBack) {
  EXPECT_EQ(clock.now_ms(), start_ms);
  for (const auto step_ms :
       {std::int64_t{1}, 7 * kDayMs, -300 * kDayMs, 7 * kDayMs, 293 * kDayMs}) {
    machine.jump_to_ms(machine.now_ms() + step_ms);
    EXPECT_EQ(clock.now_ms(), machine.now_ms()) << step_ms;
  }
  machine.advance_ms(400 * kDayMs);
  EXPECT_EQ(clock.now_ms(), machine.now_ms()) << "so much time has passed";
  EXPECT_THAT(trouble::sentences(), IsEmpty());
}

TEST_F(BoundedClockTest, ALargeStepIsNotBelievedAndIsATroubleUntilItIsUndone) {
  machine.jump_to_ms(start_ms + 400 * kDayMs);
  EXPECT_EQ(clock.now_ms(), start_ms);
  EXPECT_THAT(trouble::sentences(), ElementsAre(HasSubstr("400 days ahead")));
  machine.advance_ms(90'000);
  EXPECT_EQ(clock.now_ms(), start_ms + 90'000) << "time goes on";
  machine.jump_to_ms(start_ms + 95'000);
  EXPECT_EQ(clock.now_ms(), start_ms + 95'000);
  EXPECT_THAT(trouble::sentences(), IsEmpty());
}

TEST_F(BoundedClockTest, AtTheStartItMayBeAheadByAPause) {
  clock.go_on_from(start_ms - 100 * kDayMs, 180 * kDayMs);
  EXPECT_EQ(clock.now_ms(), start_ms);
  machine.jump_to_ms(start_ms + 100 * kDayMs);
  EXPECT_EQ(clock.now_ms(), start_ms) << "only at the start";
}

TEST_F(BoundedClockTest, TheWayBackFromAStepBehindIsNoStepAhead) {
  clock.go_on_from(start_ms, 180 * kDayMs);
  machine.jump_to_ms(0);  // a machine without a battery, until the network tells it
  EXPECT_EQ(clock.now_ms(), 0);
  machine.advance_ms(60'000);
  EXPECT_EQ(clock.now_ms(), 60'000);
  machine.jump_to_ms(start_ms + 100 * kDayMs);
  EXPECT_EQ(clock.now_ms(), machine.now_ms());
  machine.jump_to_ms(start_ms + 120 * kDayMs);
  EXPECT_EQ(clock.now_ms(), start_ms + 100 * kDayMs) << "it ran meanwhile";
  EXPECT_THAT(trouble::sentences(), ElementsAre(HasSubstr("20 days ahead")));
}

TEST_F(BoundedClockTest, AClockThatWasNeverSetSaysNothingAboutTheNextStep) {
  ManualClock unset{5'000};
  BoundedClock first(unset, 7 * kDayMs);
  EXPECT_EQ(first.now_ms(), 5'000);
  unset.jump_to_ms(kStartMs);
  EXPECT_EQ(first.now_ms(), kStartMs);
  unset.jump_to_ms(kStartMs + 8 * kDayMs);
  EXPECT_EQ(first.now_ms(), kStartMs);
  unset.jump_to_ms(2'000);
  BoundedClock logged(unset, 7 * kDayMs);
  logged.go_on_from(5'000, 180 * kDayMs);  // of the first hours
  unset.jump_to_ms(kStartMs);
  EXPECT_EQ(logged.now_ms(), kStartMs);
}

TEST_F(BoundedClockTest, AtTheStartMoreThanAPauseIsNotBelieved) {
  clock.go_on_from(start_ms - 200 * kDayMs, 180 * kDayMs);
  EXPECT_EQ(clock.now_ms(), start_ms - 200 * kDayMs);
  EXPECT_THAT(trouble::sentences(), ElementsAre(HasSubstr("200 days ahead")));
  machine.jump_to_ms(start_ms - 30 * kDayMs);
  EXPECT_EQ(clock.now_ms(), start_ms - 30 * kDayMs);
  EXPECT_THAT(trouble::sentences(), IsEmpty());
}

TEST_F(BoundedClockTest, ItsTroubleEndsWithIt) {
  {
    BoundedClock other(machine, 1);
    machine.jump_to_ms(start_ms + 2 * kDayMs);
    EXPECT_EQ(other.now_ms(), start_ms);
  }
  EXPECT_THAT(trouble::sentences(), IsEmpty());
}

}  // namespace
}  // namespace filoscope
