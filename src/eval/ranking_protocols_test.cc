#include "eval/ranking_protocols.h"

#include <gtest/gtest.h>

#include "eval/baselines.h"
#include "eval/test_files.h"

namespace filoscope::eval {
namespace {

using Items = std::vector<std::uint32_t>;
using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// Ranks what was learned last, and keeps what it was asked.
class LastLearned final : public Ranker {
 public:
  void learn(const World&, const Interaction& event) override { last_ = event.item, ++learned; }
  void finish(const World&) override { finished_after = learned; }
  std::vector<std::uint32_t> rank(const World& world, const RankQuery& query) override {
    asked.push_back({learned, query.person});
    EXPECT_FALSE(world.had(query.person).empty() && finished_after > 0);
    return {last_};
  }
  std::size_t learned = 0, finished_after = 0;
  std::vector<std::pair<std::size_t, std::uint32_t>> asked;

 private:
  std::uint32_t last_ = 0;
};

TEST(Prequential, NeverSeesTheFuture) {
  // Each event has another item than the one before: whoever has learned an event before it ranks
  // would hit each time.
  Pairs pairs;
  for (std::uint32_t i = 0; i < 100; ++i) pairs.push_back({i, i % 2});
  LastLearned ranker;
  const auto cases = run_prequential(ranker, events_of(pairs), World(100, 2), 1, {});
  ASSERT_EQ(cases.size(), 20U);
  for (const auto& one : cases) EXPECT_EQ(one.metrics.hit_rate, 0);
  for (std::size_t i = 0; i < ranker.asked.size(); ++i)
    EXPECT_EQ(ranker.asked[i], std::pair(80 + i, static_cast<std::uint32_t>(80 + i)))
        << "all before it, and nothing else";
  EXPECT_EQ(ranker.learned, 100U);
}

/// Ranks every item there will ever be.
class Everything final : public Ranker {
 public:
  void learn(const World&, const Interaction&) override {}
  std::vector<std::uint32_t> rank(const World& world, const RankQuery&) override {
    std::vector<std::uint32_t> items;
    for (std::uint32_t item = 0; item < world.items_count(); ++item) items.push_back(item);
    return items;
  }
};

TEST(Prequential, AnUnseenItemIsAMiss) {
  Pairs pairs;
  for (std::uint32_t i = 0; i < 8; ++i) pairs.push_back({i, 0});
  pairs.push_back({8, 1});  // nobody had 1
  pairs.push_back({9, 0});
  Everything ranker;
  const auto cases = run_prequential(ranker, events_of(pairs), World(10, 2), 20, {});
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].metrics.hit_rate, 0);
  EXPECT_EQ(cases[1].metrics.hit_rate, 1);
}

TEST(Prequential, HerOwnAreExcludedAndARepeatIsNoCase) {
  Pairs pairs;
  for (std::uint32_t i = 0; i < 7; ++i) pairs.push_back({i, 0});
  pairs.push_back({8, 1});
  pairs.push_back({0, 0});  // again
  pairs.push_back({0, 1});  // first place of one: 0 is more popular, and hers
  const auto ranker = make_popularity();
  const auto cases = run_prequential(*ranker, events_of(pairs), World(10, 2), 1, {});
  ASSERT_EQ(cases.size(), 1U);
  EXPECT_EQ(cases[0].metrics.hit_rate, 1);
}

TEST(ByTime, KeepsTheFilesOrderOfEqualTimes) {
  auto events = events_of({{0, 0}, {0, 1}, {0, 2}, {0, 3}});
  events[0].at_s = 9, events[1].at_s = 5, events[2].at_s = 5, events[3].at_s = 0;
  Items order;
  for (const auto& event : by_time(events)) order.push_back(event.item);
  EXPECT_EQ(order, (Items{3, 1, 2, 0}));
}

TEST(Split, TestsPeopleInBothPartsOnKnownItemsThatAreNotTheirs) {
  const auto train = events_of({{0, 0}, {0, 1}, {1, 2}, {2, 0}});
  const auto test = events_of({{0, 2}, {0, 0}, {0, 2}, {1, 3}, {3, 0}, {2, 1}, {2, 2}});
  const auto people = test_people(train, test, 4, 4);
  ASSERT_EQ(people.size(), 2U) << "1 has only an unknown item, 3 is new";
  EXPECT_EQ(people[0].person, 0U);
  EXPECT_EQ(people[0].wanted, (Items{2}));
  EXPECT_EQ(people[1].wanted, (Items{1, 2}));
}

TEST(Split, LearnsAllBeforeItRanks) {
  const auto train = events_of({{0, 0}, {1, 1}, {1, 0}});
  const std::vector<TestPerson> people{{0, {1}}, {1, {2}}};
  LastLearned ranker;
  const auto cases = run_split(ranker, train, people, World(2, 3), 5, {});
  EXPECT_EQ(ranker.finished_after, 3U);
  EXPECT_EQ(ranker.asked, (std::vector<std::pair<std::size_t, std::uint32_t>>{{3, 0}, {3, 1}}));
  EXPECT_EQ(cases.size(), 2U);
}

}  // namespace
}  // namespace filoscope::eval
