#include "feed/person_rates.h"

#include <gtest/gtest.h>

#include "base/test_result.h"
#include "feed/feed.h"
#include "feed/reasons.h"

namespace filoscope::feed {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

TEST(PersonRatesTest, WhoAsksTooOftenIsRefusedAndOthersAreNot) {
  PersonRates rates(100, reason("too_many_events"));
  for (int i = 0; i < 100; ++i) must(rates.take(PersonKey{1}, 1, 0));
  const auto refused = rates.take(PersonKey{1}, 1, 0);
  EXPECT_EQ(code_of(refused), Code::exhausted);
  EXPECT_EQ(refused.error().reason, "too_many_events");
  EXPECT_EQ(refused.error().message,
            "you have sent more events in an hour than the 100 that are allowed; try again in a "
            "minute");
  EXPECT_EQ(refused.error().retry_after_s, 60);
  must(rates.take(PersonKey{2}, 100, 0));
  must(rates.take(PersonKey{1}, 1, 37 * kSecondUs));
  EXPECT_EQ(code_of(rates.take(PersonKey{1}, 1, 37 * kSecondUs)), Code::exhausted);
  must(rates.take(PersonKey{}, 1'000, 0));  // of whom nothing is stored
}

TEST(PersonRatesTest, ASwipeEverySecondAllDayPasses) {
  PersonRates answers(kAnswersPerHourMax.default_value, reason("too_many_feed_answers"));
  PersonRates events(kEventsPerHourMax.default_value, reason("too_many_events"));
  for (std::int64_t second = 0; second < 24 * 3'600; ++second) {
    must(answers.take(PersonKey{1}, 1, second * kSecondUs));
    must(events.take(PersonKey{1}, 6, second * kSecondUs));
  }
}

TEST(PersonRatesTest, WhatOnePersonCanStoreInADayIsBounded) {
  PersonRates rates(kAnswersPerHourMax.default_value, reason("too_many_feed_answers"));
  std::int64_t stored = 0;
  for (std::int64_t at_us = 0; at_us < 24 * 3'600 * kSecondUs; at_us += 200'000)
    stored += rates.take(PersonKey{1}, 1, at_us).has_value() ? 1 : 0;
  EXPECT_LE(stored, 25 * kAnswersPerHourMax.default_value);
}

}  // namespace
}  // namespace filoscope::feed
