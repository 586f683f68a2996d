#include "simulate/simulation.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "simulate/measures.h"

namespace filoscope::simulate {
namespace {

using Json = nlohmann::ordered_json;

void ignore(const std::string&, double) {}

SimulationOptions small(std::vector<std::string> arms) {
  SimulationOptions options;
  options.people_count = 16, options.videos_count = 100, options.swipes = 20;
  options.arms = std::move(arms);
  return options;
}

/// Without the machine's time.
Json without_times(Json json) {
  json.erase("seconds");
  for (auto& [name, value] : json.items())
    if (value.is_object()) value = without_times(value);
  return json;
}

double value(const Json& json, const std::string& arm, const std::string& measure) {
  return json["arms"][arm][measure]["value"];
}

/// Large enough for the engine to learn something; once for all tests.
const Json& larger_run() {
  static const Json json = [] {
    auto options = small({"served", "not_profiled", "random", "perfect"});
    options.people_count = 30, options.videos_count = 400, options.swipes = 30;
    options.taste_flip = false;
    return simulate(options, ignore).value();
  }();
  return json;
}

/// Over the first three tenths of the swipes, in several crowds.
double early_share(const std::string& arm) {
  constexpr int kCrowds = 8;
  double sum = 0;
  for (int seed = 1; seed <= kCrowds; ++seed) {
    auto options = small({arm});
    options.people_count = 30, options.swipes = 40, options.videos_count = 200;
    options.seed = seed;
    const auto json = simulate(options, ignore).value();
    for (std::size_t tenth = 0; tenth < 3; ++tenth)
      sum += json["arms"][arm]["watched_share_by_tenth"][tenth].get<double>() / (3 * kCrowds);
  }
  return sum;
}

TEST(Simulation, TheSameSeedGivesTheSame) {
  const auto once = simulate(small({"served", "hourly"}), ignore).value();
  const auto again = simulate(small({"hourly", "served"}), ignore).value();
  EXPECT_EQ(without_times(once), without_times(again));
  EXPECT_FALSE(once["arms"]["served"]["state_hash"].get<std::string>().empty());
  auto other = small({"served", "hourly"});
  other.seed = 2;
  EXPECT_NE(without_times(simulate(other, ignore).value())["arms"], without_times(once)["arms"]);
}

TEST(Simulation, PerfectBeatsNotProfiled) {
  const auto& json = larger_run();
  EXPECT_GT(value(json, "perfect", "watched_share"),
            value(json, "not_profiled", "watched_share") + 0.2);
  EXPECT_DOUBLE_EQ(json["arms"]["perfect"]["share_of_gap"]["watched_share"]["value"], 1);
  EXPECT_DOUBLE_EQ(json["arms"]["not_profiled"]["share_of_gap"]["watched_share"]["value"], 0);
}

/// At first: what is popular comes first, so what is left in the end is worse than chance.
TEST(Simulation, NotProfiledBeatsRandom) {
  EXPECT_GT(early_share("not_profiled"), early_share("random") + 0.02);
}

TEST(Simulation, ServedBeatsRandom) {
  EXPECT_GT(value(larger_run(), "served", "watched_share"),
            value(larger_run(), "random", "watched_share") + 0.03);
}

TEST(Simulation, PerfectGivesTheBestThereIs) {
  EXPECT_NEAR(value(larger_run(), "perfect", "of_best"), 1, 0.01);
  EXPECT_LT(value(larger_run(), "random", "of_best"), 0.7);
}

TEST(Simulation, ArmsThatAreNotThereAreNotComparedWith) {
  const auto json = simulate(small({"random", "popularity"}), ignore).value();
  EXPECT_EQ(json["arms"].size(), 2U);
  EXPECT_FALSE(json["arms"]["random"].contains("share_of_gap"));
  EXPECT_FALSE(json["arms"]["random"].contains("ratio_to_not_profiled"));
}

TEST(Simulation, RefusesWhatIsOutOfRangeOrUnknown) {
  auto options = small({"random"});
  options.people_count = 0;
  EXPECT_EQ(simulate(options, ignore).error().reason, "simulation_number_out_of_range");
  const auto unknown = simulate(small({"best"}), ignore);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().reason, "simulation_arm_unknown");
  EXPECT_NE(unknown.error().message.find("not_profiled"), std::string::npos);
}

TEST(Simulation, ACommunityOfOneRunsItsDays) {
  auto options = small({"served", "perfect"});
  options.people_count = 1, options.videos_count = 60, options.days = 3;
  const auto json = simulate(options, ignore).value();
  EXPECT_GT(json["arms"]["served"]["simulated_hours"].get<double>(), 36);
  EXPECT_LE(json["arms"]["served"]["simulated_hours"].get<double>(), 72);
  EXPECT_FALSE(json.contains("taste_flip"));
}

class EveryArm : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Arms, EveryArm, testing::ValuesIn(kArmNames),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(EveryArm, GivesNothingTwiceWhileThereIsMore) {
  const auto crowd = make_crowd({6, 200, 1, true}, kRules);
  World world(crowd, kRules, 1, GetParam(), {80, 0, 0});
  world.run([](double) {});
  EXPECT_EQ(world.swipes().size(), 6U * 80);
  std::set<std::pair<std::uint32_t, std::uint32_t>> had;
  for (const Swipe& swipe : world.swipes())
    EXPECT_TRUE(had.insert({swipe.person, swipe.clip}).second) << swipe.number;
}

TEST(World, ShowsNoClipBeforeItIsPublished) {
  const auto crowd = make_crowd({20, 60, 1, true}, kRules);
  World world(crowd, kRules, 1, "random", {40, 0, 0});
  world.run([](double) {});
  for (const Swipe& swipe : world.swipes())
    EXPECT_GE(swipe.shown_ms, crowd.clips[swipe.clip].published_ms);
}

/// By person and number: the share of each swipe.
std::map<std::pair<std::uint32_t, std::uint32_t>, float> shares_of(const Crowd& crowd,
                                                                   const Course& course) {
  World world(crowd, kRules, 1, "random", course);
  world.run([](double) {});
  std::map<std::pair<std::uint32_t, std::uint32_t>, float> shares;
  for (const Swipe& swipe : world.swipes()) shares[{swipe.person, swipe.number}] = swipe.expected;
  return shares;
}

TEST(World, FlipsTheTasteOfEveryOtherPerson) {
  auto crowd = make_crowd({6, 100, 1, true}, kRules);
  for (Clip& clip : crowd.clips) clip.published_ms = kStartMs;
  const auto plain = shares_of(crowd, {10, 0, 0}), flipped = shares_of(crowd, {10, 0, 5});
  std::map<std::uint32_t, int> changed;
  for (const auto& [of, share] : plain) {
    if (flipped.at(of) == share) continue;
    EXPECT_EQ(of.first % 2, 1U);
    EXPECT_GT(of.second, 5U);
    ++changed[of.first];
  }
  EXPECT_EQ(changed.size(), 3U);
}

TEST(Measures, TasteFlipFindsTheLossAndWhenHalfIsBack) {
  Outcome outcome;
  outcome.course = {100, 0, 50};
  for (std::uint32_t person = 0; person < 4; ++person) {
    for (std::uint32_t number = 1; number <= 100; ++number) {
      Swipe swipe;
      swipe.person = person, swipe.number = number, swipe.share = 0.6F;
      if (person % 2 == 1 && number > 50) swipe.share = number <= 70 ? 0.2F : 0.5F;
      outcome.swipes.push_back(swipe);
    }
  }
  const auto effect = taste_flip_effect(outcome);
  EXPECT_NEAR(effect["loss"].get<double>(), 0.4, 1e-6);
  // Of the ten from swipe 68 on seven are at .5: .41, more than half of the loss is back.
  EXPECT_EQ(effect["swipes_to_half"], 17);
}

TEST(Measures, FirstAudienceCountsPeopleOfTheFirstDay) {
  auto crowd = make_crowd({6, 20, 1, true}, kRules);
  crowd.clips.resize(2);
  for (Clip& clip : crowd.clips) clip.published_ms = kStartMs;
  Outcome outcome;
  outcome.end_ms = kStartMs + kDayMs;
  const auto see = [&](std::uint32_t person, std::uint32_t clip, std::int64_t at_ms) {
    Swipe swipe;
    swipe.person = person, swipe.clip = clip, swipe.shown_ms = at_ms;
    outcome.swipes.push_back(swipe);
  };
  for (std::uint32_t person = 0; person < 6; ++person) see(person, 0, kStartMs + person);
  see(0, 1, kStartMs + 10);  // 1 of 6 people; 2 would do
  EXPECT_DOUBLE_EQ(first_audience(outcome, crowd)["share"], 0.5);
  see(1, 1, kStartMs + kDayMs);  // too late
  EXPECT_DOUBLE_EQ(first_audience(outcome, crowd)["share"], 0.5);
  outcome.swipes.pop_back();
  see(1, 1, kStartMs + kDayMs - 1);
  EXPECT_DOUBLE_EQ(first_audience(outcome, crowd)["share"], 1);
}

TEST(Measures, NotInterestedLooksAtTheAnswersAroundIt) {
  constexpr std::size_t kTopic = 3;
  Outcome outcome;
  for (std::uint32_t person = 0; person < 2; ++person) {
    for (std::uint32_t number = 1; number <= 12; ++number) {
      Swipe swipe;
      swipe.person = person, swipe.number = number, swipe.topic = kTopic;
      swipe.answer_count = 8;
      // Of the person who says it, the topic is in half of the answers until then.
      swipe.answer_topics[kTopic] = person == 0 && number <= 6 ? 4 : 2;
      swipe.tempted = number == 6, swipe.hidden = swipe.tempted && person == 0;
      outcome.swipes.push_back(swipe);
    }
  }
  const auto effect = not_interested_effect(outcome, Resamples(2, 1));
  EXPECT_EQ(effect["first"]["cases"], 1);
  EXPECT_DOUBLE_EQ(effect["said"]["before"]["value"], 0.5);
  EXPECT_DOUBLE_EQ(effect["said"]["after"]["value"], 0.25);
  EXPECT_DOUBLE_EQ(effect["said"]["change"]["value"], -0.25);
  EXPECT_DOUBLE_EQ(effect["unsaid"]["change"]["value"], 0);
}

TEST(Estimates, TheIntervalHoldsTheValueAndPairsPeople) {
  const Resamples resamples(50, 1);
  std::vector<Sums> a(50), b(50);
  Random random(3);
  for (std::size_t i = 0; i < 50; ++i) {
    a[i] = {random.unit(), 1};
    b[i] = {2 * a[i].sum, 1};
  }
  const auto json = to_json(estimate(resamples, a));
  EXPECT_LT(json["low"], json["value"]);
  EXPECT_GT(json["high"], json["value"]);
  const auto twice = to_json(quotient(estimate(resamples, b), estimate(resamples, a)));
  EXPECT_DOUBLE_EQ(twice["low"], 2);
  EXPECT_DOUBLE_EQ(twice["high"], 2);
  EXPECT_TRUE(to_json(estimate(resamples, std::vector<Sums>(50))).is_null());
}

}  // namespace
}  // namespace filoscope::simulate
