#include "eval/baselines.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "eval/dense_baselines.h"
#include "eval/test_files.h"

namespace filoscope::eval {
namespace {

using Items = std::vector<std::uint32_t>;
using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// A ranker that has learned all of it.
struct Learned {
  World world;
  std::unique_ptr<Ranker> ranker;

  Learned(std::unique_ptr<Ranker> made, const Pairs& pairs, std::size_t people, std::size_t items)
      : world(people, items), ranker(std::move(made)) {
    for (const auto& event : events_of(pairs)) {
      ranker->learn(world, event);
      world.add(event.person, event.item);
    }
    ranker->finish(world);
  }
  Items rank(std::uint32_t person, std::size_t k) { return ranker->rank(world, {person, 0, k}); }
};

TEST(Popularity, RanksByCountAndLeavesOutHerOwn) {
  const Pairs log{{0, 2}, {1, 2}, {2, 2}, {0, 1}, {1, 1}, {0, 0}};
  Learned all(make_popularity(), log, 4, 5);
  EXPECT_EQ(all.rank(3, 10), (Items{2, 1, 0})) << "3 and 4 are not known";
  EXPECT_EQ(all.rank(3, 2), (Items{2, 1}));
  EXPECT_EQ(all.rank(1, 10), (Items{0}));
  EXPECT_EQ(all.rank(0, 10), (Items{}));
}

TEST(DecayedPopularity, HalvesAfterItsHalfLife) {
  // Three of item 0, then two half-lives of item 2, then one of item 1: 3/4 against 1.
  Pairs log{{0, 0}, {1, 0}, {2, 0}};
  for (std::uint32_t i = 0; i < 2 * static_cast<std::uint32_t>(kHalfLifeEvents); ++i)
    log.push_back({3 + i, 2});
  log.push_back({1, 1});
  const auto people = log.size() + 4;
  const auto last = static_cast<std::uint32_t>(people - 1);
  Learned decayed(make_decayed_popularity(), log, people, 3);
  EXPECT_EQ(decayed.rank(last, 3), (Items{2, 1, 0}));
  Learned plain(make_popularity(), log, people, 3);
  EXPECT_EQ(plain.rank(last, 3), (Items{2, 0, 1}));
}

TEST(ItemKnn, PrefersWhatOthersHadTogether) {
  Pairs log;
  for (std::uint32_t person = 0; person < 6; ++person) log.push_back({person, 0});
  for (std::uint32_t person = 0; person < 3; ++person) log.push_back({person, 1});
  for (std::uint32_t person = 10; person < 30; ++person) log.push_back({person, 2});
  log.push_back({40, 0});
  Learned knn(make_item_knn(), log, 50, 3);
  EXPECT_EQ(knn.rank(40, 1), (Items{1})) << "2 is more popular, and nobody had it with 0";
}

TEST(RecentItemKnn, LooksAtTheLastItemsAndLearnsAtOnce) {
  Pairs log;
  for (std::uint32_t person = 0; person < 8; ++person)
    log.push_back({person, 0}), log.push_back({person, 1});
  for (std::uint32_t person = 10; person < 14; ++person)
    log.push_back({person, 2}), log.push_back({person, 3});
  log.push_back({20, 0});
  Learned knn(make_recent_item_knn(), log, 30, 20);
  EXPECT_EQ(knn.rank(20, 1), (Items{1}));
  for (std::uint32_t item = 2; item < 3 + kLastItems; ++item) {
    if (item == 3) continue;
    const auto event = events_of({{20, item}}).front();
    knn.ranker->learn(knn.world, event), knn.world.add(20, item);
  }
  EXPECT_EQ(knn.rank(20, 1), (Items{3})) << "2 is among her last ones, 0 no longer";
}

TEST(RecentItemKnn, PrefersTheTrendingOfTwoEquallyNear) {
  Pairs log;
  for (std::uint32_t person = 0; person < 4; ++person)
    for (const std::uint32_t item : {0U, 1U, 2U}) log.push_back({person, item});
  for (std::uint32_t person = 10; person < 13; ++person) log.push_back({person, 2});
  log.push_back({20, 0});
  Learned plain(make_recent_item_knn(), log, 30, 3);
  EXPECT_EQ(plain.rank(20, 1), (Items{1})) << "the cosine prefers the rarer one";
  Learned trending(make_recent_item_knn_by_popularity(), log, 30, 3);
  EXPECT_EQ(trending.rank(20, 1), (Items{2}));
}

/// P of the definition, by Gauss-Jordan in double.
std::vector<std::vector<double>> inverse_of_gram(const Pairs& log, std::size_t people,
                                                 std::size_t items) {
  std::vector<std::vector<double>> x(people, std::vector<double>(items));
  for (const auto& [person, item] : log) x[person][item] = 1;
  std::vector<std::vector<double>> rows(items, std::vector<double>(2 * items));
  for (std::size_t i = 0; i < items; ++i) {
    for (std::size_t j = 0; j < items; ++j)
      for (std::size_t p = 0; p < people; ++p) rows[i][j] += x[p][i] * x[p][j];
    rows[i][i] += static_cast<double>(kEaseRidge), rows[i][items + i] = 1;
  }
  for (std::size_t i = 0; i < items; ++i) {
    const double pivot = rows[i][i];
    for (double& value : rows[i]) value /= pivot;
    for (std::size_t r = 0; r < items; ++r) {
      const double factor = r == i ? 0 : rows[r][i];
      for (std::size_t c = 0; c < 2 * items; ++c) rows[r][c] -= factor * rows[i][c];
    }
  }
  for (auto& row : rows) row.erase(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(items));
  return rows;
}

void expect_ease_is_its_definition(std::size_t people, std::size_t items) {
  Random random(people);
  Pairs log;
  for (std::uint32_t person = 0; person < people; ++person)
    for (std::uint32_t item = 0; item < items; ++item)
      if (random.unit() < 0.1 + 0.3 * static_cast<double>(item % 5) / 5)
        log.push_back({person, item});
  for (std::uint32_t item = 0; item < items; ++item) log.push_back({0, item});
  const auto p = inverse_of_gram(log, people, items);
  Learned ease(make_ease(), log, people, items);
  const std::uint32_t person = 1;
  const auto ranked = ease.rank(person, items);
  ASSERT_GT(ranked.size(), 5U);
  const auto score = [&](std::uint32_t item) {
    double sum = 0;
    for (const auto own : ease.world.had(person)) sum -= p[own][item] / p[item][item];
    return sum;
  };
  for (std::size_t i = 1; i < ranked.size(); ++i)
    EXPECT_GE(score(ranked[i - 1]), score(ranked[i]) - 1e-5) << i;
}

TEST(Ease, IsItsDefinitionByItems) { expect_ease_is_its_definition(60, 30); }
TEST(Ease, IsItsDefinitionByPeople) { expect_ease_is_its_definition(25, 40); }

TEST(ImplicitAls, FindsTheTwoTastes) {
  Pairs log;
  Random random(1);
  for (std::uint32_t person = 0; person < 60; ++person)
    for (std::uint32_t item = 0; item < 40; ++item)
      if (person % 2 == item % 2 && random.unit() < 0.5) log.push_back({person, item});
  Learned als(make_implicit_als(), log, 60, 40);
  for (const std::uint32_t person : {0U, 1U, 2U, 3U})
    for (const auto item : als.rank(person, 5)) EXPECT_EQ(item % 2, person % 2) << person;
}

}  // namespace
}  // namespace filoscope::eval
