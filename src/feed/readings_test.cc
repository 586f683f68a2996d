#include "feed/readings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "feed/test_world.h"

namespace filoscope::feed {
namespace {

using ::testing::SizeIs;

TEST(Quantiles, LieWithinAStepOfTheTruth) {
  Quantiles values;
  EXPECT_EQ(values.at(0.5), 0);
  for (int i = 1; i <= 10'000; ++i) values.add(i);
  EXPECT_NEAR(values.at(0.5), 5'000, 5'000 * 0.19);
  EXPECT_NEAR(values.at(0.99), 9'900, 9'900 * 0.19);
  Quantiles more;
  for (int i = 0; i < 30'000; ++i) more.add(100);
  values.add(more);
  EXPECT_NEAR(values.at(0.5), 100, 19);
  values.add(-5), values.add(1e300);
}

TEST(Distinct, CountsToAPercent) {
  Distinct some, others;
  for (std::uint64_t i = 0; i < 10; ++i) some.add(i % 5);
  EXPECT_EQ(some.estimate(), 5U);
  for (std::uint64_t i = 0; i < 200'000; ++i) some.add(i), others.add(i + 100'000);
  EXPECT_NEAR(static_cast<double>(some.estimate()), 200'000, 2'000);
  some.add(others);
  EXPECT_NEAR(static_cast<double>(some.estimate()), 300'000, 3'000);
}

class ReadingsTest : public World {
 protected:
  accounts::Viewer mara = person("mara"), jo = person("jo"), kim = person("kim");
};

TEST_F(ReadingsTest, TellWhatWasHandedOutAndLearned) {
  for (int i = 0; i < 3; ++i) publish(mara, "clip " + std::to_string(i));
  clock.advance_ms(3'600'000);
  const auto answer = ask(jo);
  ask(kim);
  watch(jo, answer.items[0], 9'000);
  const auto view = feed->engine_view();
  EXPECT_EQ(view.lately.answers_count, 2U);
  EXPECT_EQ(view.lately.items_count, 6U);
  EXPECT_EQ(view.lately.distinct_count, 3U);
  EXPECT_EQ(view.lately.events_count, 2U);
  const auto& routes = view.lately.routes;
  EXPECT_EQ(std::accumulate(routes.begin(), routes.end(), std::uint64_t{0}), 6U);
  EXPECT_NEAR(static_cast<double>(view.lately.age_p50_ms), 3.6e6, 0.19 * 3.6e6);
  EXPECT_EQ(view.now.videos_count, 3U);
  EXPECT_EQ(view.now.examples_count, 1U);
  EXPECT_EQ(view.now.calibration[0].sum().count, 1);
}

TEST(Readings, EachHasTheCountsSinceTheLastAndADayIsKept) {
  ManualClock clock;
  Readings readings([] { return engine::EngineStats(); }, clock);
  const auto answer_of = [&](std::uint64_t id) {
    Item item;
    item.entry.id = {id}, item.entry.published_ms = clock.now_ms() - 60'000;
    engine::DecisionItem ranked;
    ranked.route = engine::Route::trending;
    readings.note_answer(std::span(&ranked, 1), std::span(&item, 1), 3'000);
  };
  answer_of(1), answer_of(2), readings.note_events(5);
  clock.advance_ms(60'000);
  readings.take();
  clock.advance_ms(60'000);
  answer_of(2);
  readings.take();
  auto all = readings.view().readings;
  ASSERT_THAT(all, SizeIs(3)) << "one at the start";
  EXPECT_EQ(all[1].answers_count, 2U);
  EXPECT_EQ(all[1].events_count, 5U);
  EXPECT_EQ(all[1].distinct_count, 2U);
  EXPECT_NEAR(all[1].wait_p99_ms, 3, 0.6);
  EXPECT_EQ(all[2].answers_count, 1U);
  EXPECT_EQ(all[2].events_count, 0U);
  EXPECT_EQ(all[2].routes[static_cast<std::size_t>(engine::Route::trending)], 1U);
  EXPECT_EQ(all[2].distinct_count, 2U) << "of the last hours";
  for (std::size_t i = 0; i < Readings::kReadingsMax; ++i) readings.take();
  EXPECT_THAT(readings.view().readings, SizeIs(Readings::kReadingsMax));
}

TEST(Readings, HoursThatAreOverCountNoMore) {
  ManualClock clock;
  Readings readings([] { return engine::EngineStats(); }, clock);
  for (int i = 0; i < 10; ++i) readings.note_events(1), clock.advance_ms(3'600'000);
  EXPECT_EQ(readings.view().lately.events_count, 5U);
  clock.advance_ms(24LL * 3'600'000);
  EXPECT_EQ(readings.view().lately.events_count, 0U);
}

TEST(Thinned, KeepsTheCountsAndTheLastOfEachGroup) {
  std::vector<Reading> readings;
  for (int i = 1; i <= 10; ++i) {
    readings.emplace_back();
    readings.back().at_ms = i, readings.back().answers_count = 1;
    readings.back().routes[2] = 2;
  }
  EXPECT_THAT(thinned(readings, 10), SizeIs(10));
  const auto few = thinned(readings, 4);
  ASSERT_THAT(few, SizeIs(4));
  EXPECT_EQ(few[0].at_ms, 3);
  EXPECT_EQ(few[0].minutes, 3U);
  EXPECT_EQ(few[0].answers_count, 3U);
  EXPECT_EQ(few[0].routes[2], 6U);
  EXPECT_EQ(few[3].minutes, 1U);
  EXPECT_THAT(thinned({}, 4), SizeIs(0));
}

}  // namespace
}  // namespace filoscope::feed
