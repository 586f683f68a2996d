/// What people have in common: each part against a plain calculation of the same.

#include "engine/collaborative.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"
#include "engine/next_head.h"
#include "engine/state.h"
#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

ItemRows rows_up_to(std::uint32_t end) {
  ItemRows rows;
  for (std::uint32_t number = 0; number < end; ++number) rows.take(number);
  return rows;
}

TEST(NeighbourList, AddsUpToWhatWasPutIn) {
  const ItemRows rows = rows_up_to(200);
  NeighbourList list;
  std::map<RowKey, double> exact;
  Random random(1);
  for (int i = 0; i < 4000; ++i) {
    const auto key = static_cast<RowKey>(1 + random.below(60));
    const auto c = static_cast<float>(random.unit());
    const auto dither = static_cast<std::uint32_t>(random.next());
    list.add(rows, key, c, 0, dither, 128);
    exact[key] += static_cast<double>(c);
  }
  std::size_t found = 0;
  for (const Neighbour& entry : list.entries()) {
    if (entry.key == 0) continue;
    ++found;
    EXPECT_NEAR(entry.c * list.unit(), exact[entry.key], 0.02 * exact[entry.key]) << entry.key;
  }
  EXPECT_EQ(found, exact.size());
}

TEST(NeighbourList, TheHeaviestStayWhenItIsFull) {
  const ItemRows rows = rows_up_to(2000);
  NeighbourList list;
  Random random(2);
  for (int round = 0; round < 300; ++round) {
    for (RowKey heavy = 1; heavy <= 10; ++heavy)
      list.add(rows, heavy, 1, 1, static_cast<std::uint32_t>(random.next()), 64);
    list.add(rows, static_cast<RowKey>(100 + random.below(1800)), 0.1F, 0, 0, 64);
  }
  EXPECT_LE(list.size(), 64U);
  for (RowKey heavy = 1; heavy <= 10; ++heavy)
    EXPECT_TRUE(std::any_of(list.entries().begin(), list.entries().end(), [&](const Neighbour& n) {
      return n.key == heavy;
    })) << heavy;
}

TEST(NeighbourList, SumsThatGrowTooLargeAreHalvedTogether) {
  const ItemRows rows = rows_up_to(10);
  NeighbourList list;
  for (int i = 0; i < 4000; ++i) list.add(rows, 1, 1, 0, static_cast<std::uint32_t>(i) * 12345U, 8);
  for (int i = 0; i < 1000; ++i) list.add(rows, 2, 1, 0, static_cast<std::uint32_t>(i) * 54321U, 8);
  for (const Neighbour& entry : list.entries()) {
    if (entry.key == 0) continue;
    EXPECT_NEAR(entry.c * list.unit(), entry.key == 1 ? 4000 : 1000, 40);
  }
}

TEST(ItemRows, ARowThatIsAnothersNowIsNotTakenForTheOld) {
  ItemRows rows;
  const auto row = rows.take(7).value();
  const RowKey old = rows.key(row);
  EXPECT_TRUE(rows.holds(old));
  rows.release(row);
  EXPECT_FALSE(rows.holds(old));
  EXPECT_EQ(rows.take(9).value(), row);
  EXPECT_FALSE(rows.holds(old));
  EXPECT_TRUE(rows.holds(rows.key(row)));
  EXPECT_EQ(rows.find(7), std::nullopt);
  EXPECT_EQ(rows[row].had, 0);
}

TEST(TopList, KeepsTheBestInOrder) {
  TopList list;
  Random random(3);
  std::map<std::uint32_t, double> scores;
  for (int i = 0; i < 20'000; ++i) {
    const auto row = static_cast<std::uint32_t>(random.below(2000));
    list.set(row, scores[row] += random.unit());
  }
  std::vector<double> all;
  for (const auto& [row, score] : scores) all.push_back(score);
  std::sort(all.rbegin(), all.rend());
  ASSERT_EQ(list.entries().size(), TopList::kMax);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_DOUBLE_EQ(list.entries()[i].score, all[i]) << i;
}

Taste random_taste(Random& random) {
  Taste taste;
  for (float& x : taste) x = static_cast<float>(random.unit() - 0.5);
  return taste;
}

TEST(GramTable, IsTheSumOverItsRowsHoweverOftenTheyChange) {
  GramTable table;
  Random random(4);
  for (int i = 0; i < 30'000; ++i)
    table.set(static_cast<std::uint32_t>(random.below(150)), random_taste(random));
  const Taste x = random_taste(random);
  Taste sum{}, exact{};
  table.add_product(sum, x, 1);
  for (std::uint32_t row = 0; row < table.rows_end(); ++row)
    add_scaled(exact.data(), table[row].data(), dot(table[row].data(), x.data(), kTasteDim),
               kTasteDim);
  for (std::size_t i = 0; i < kTasteDim; ++i) EXPECT_NEAR(sum[i], exact[i], 1e-3) << i;
}

TEST(Solve, EachCallComesNearerToTheMinimum) {
  GramTable others;
  Random random(5);
  for (std::uint32_t row = 0; row < 200; ++row) others.set(row, random_taste(random));
  std::vector<Taste> rows;
  for (std::uint32_t row = 0; row < 20; ++row) rows.push_back(others[row]);
  const Evidence evidence{rows, 1, 20};
  Taste x{};
  for (int i = 0; i < 20; ++i) x = solve(others, evidence, x);
  const Taste again = solve(others, evidence, x);
  for (std::size_t i = 0; i < kTasteDim; ++i) EXPECT_NEAR(x[i], again[i], 1e-3) << i;
  double own = 0, foreign = 0;
  for (std::uint32_t row = 0; row < 200; ++row)
    (row < 20 ? own : foreign) +=
        static_cast<double>(dot(x.data(), others[row].data(), kTasteDim)) / (row < 20 ? 20 : 180);
  EXPECT_GT(own, foreign + 0.3);
}

TEST(SequenceModel, LearnsWhatFollowsWhat) {
  SequenceModel model;
  for (std::uint32_t row = 0; row < 40; ++row) model.begin(row, row);
  Random random(6);
  const auto hit_rate = [&] {
    int hits = 0;
    for (std::uint32_t from = 0; from < 40; ++from) {
      const std::array<std::uint32_t, 1> history{from};
      const Taste summary = model.summarise(history);
      std::uint32_t best = 0;
      float most = -1e9F;
      for (std::uint32_t row = 0; row < 40; ++row) {
        const float score = dot(summary.data(), model.output(row).data(), kTasteDim);
        if (score > most) most = score, best = row;
      }
      hits += best == (from + 1) % 40 ? 1 : 0;
    }
    return hits;
  };
  const int before = hit_rate();
  for (int i = 0; i < 6000; ++i) {
    const auto from = static_cast<std::uint32_t>(random.below(40));
    const std::array<std::uint32_t, 1> history{from};
    std::array<std::uint32_t, 10> negatives{};
    for (auto& row : negatives) row = static_cast<std::uint32_t>(random.below(40));
    model.learn(history, (from + 1) % 40, negatives);
  }
  EXPECT_LT(before, 6);
  EXPECT_GT(hit_rate(), 36);
}

TEST(NextHead, LearnsWhichInputTells) {
  NextHead head;
  Random random(7);
  std::vector<Features> features(20);
  std::vector<const Features*> list;
  for (const Features& one : features) list.push_back(&one);
  for (int i = 0; i < 2000; ++i) {
    std::vector<float> labels(20, 0);
    std::size_t best = 0;
    for (std::size_t j = 0; j < features.size(); ++j) {
      features[j].inputs[kAls] = static_cast<float>(random.unit());
      features[j].inputs[kHad] = static_cast<float>(random.unit());
      if (features[j].inputs[kAls] > features[best].inputs[kAls]) best = j;
    }
    labels[best] = 1;
    head.learn(list, labels, 5, 1);
  }
  Features by_als, by_had;
  by_als.inputs[kAls] = 1, by_had.inputs[kHad] = 1;
  EXPECT_GT(head.logit(by_als, 5), 2);
  EXPECT_NEAR(head.logit(by_had, 5), 0, 0.5);
}

TEST(Collaborative, WhatIsUnlearnedLeavesNothingInNeighboursAndCounts) {
  PeopleTable people;
  Collaborative shared;
  const auto learn = [&](std::uint64_t person, std::uint32_t number) {
    shared.learn(people, people.slot_of(people.get({person})), number, 1);
  };
  for (std::uint64_t person = 1; person <= 20; ++person)
    for (std::uint32_t i = 0; i < 5; ++i)
      learn(person, static_cast<std::uint32_t>(person + i * 3) % 16);
  const PersonState& asking = people.get({1});
  const auto scores = [&] {
    const TasteQuery query(shared, people, asking);
    std::vector<float> all;
    for (std::uint32_t number = 0; number < 16; ++number) {
      const auto found = query.scores(number);
      all.insert(all.end(), {found.neighbours, found.recent, found.order});
      all.push_back(shared.popularity(number).had);
    }
    return all;
  };
  const auto before = scores();
  for (std::uint32_t number : {1, 4, 9}) learn(99, number);
  EXPECT_NE(scores(), before);
  const auto slot = people.slot_of(people.get({99}));
  for (std::uint32_t number : {4, 9, 1}) shared.unlearn(people, slot, number);
  EXPECT_EQ(scores(), before);
  EXPECT_TRUE(people.at_slot(slot).history.empty());
}

TEST(TasteQuery, TheBestAreThoseOfAFullSort) {
  PeopleTable people;
  Collaborative shared;
  Random random(3);
  for (int i = 0; i < 1500; ++i) {
    const auto slot = people.slot_of(people.get({1 + random.below(60)}));
    shared.learn(people, slot, static_cast<std::uint32_t>(random.below(300)), 1);
  }
  TasteQuery query(shared, people, people.get({5}));
  for (const auto& [route, score] : kTasteRoutes) {
    if (route == Route::friends) continue;
    std::vector<std::pair<float, std::uint32_t>> all;  // worst first, equal ones by their rows
    for (std::uint32_t row = 0; row < shared.items().rows_end(); ++row)
      if (const float found = query.scores(shared.items().number(row)).*score; found != 0)
        all.emplace_back(-found, row);
    std::sort(all.begin(), all.end());
    for (const std::size_t count : {1U, 7U, 40U, 1000U}) {
      std::vector<std::uint32_t> expected;
      for (std::size_t i = 0; i < std::min(count, all.size()); ++i)
        expected.push_back(shared.items().number(all[i].second));
      EXPECT_EQ(query.best(score, count), expected) << to_string(route) << " " << count;
    }
  }
}

/// 1 and her friends, who follow each other, took to entry 20 each; 30 and 40 are others'.
class Friends : public ::testing::Test {
 protected:
  void befriend(std::uint64_t friends) {
    for (std::uint64_t other = 2; other < 2 + friends; ++other) {
      sorted_set(people.get({1}).follows, other, true);
      sorted_set(people.get({other}).follows, 1, true);
      take_to(other, 20);
    }
  }
  void take_to(std::uint64_t person, std::uint32_t number) {
    shared.learn(people, people.slot_of(people.get({person})), number, 1);
  }
  float score(std::uint32_t number) {
    return TasteQuery(shared, people, people.get({1})).scores(number).friends;
  }
  PeopleTable people;
  Collaborative shared;
};

TEST_F(Friends, TellThoughSheHasTakenToNothingYet) {
  befriend(3);
  EXPECT_GT(score(20), 0);
  TasteQuery query(shared, people, people.get({1}));
  EXPECT_EQ(query.best(&TasteScores::friends, 5), std::vector<std::uint32_t>{20});
}

TEST_F(Friends, NobodyLearnsWhatTwoOfThemWatch) {
  befriend(2);
  EXPECT_GT(score(20), 0) << "of what others found it moves the order";
  TasteQuery query(shared, people, people.get({1}));
  EXPECT_TRUE(query.best(&TasteScores::friends, 5).empty()) << "but it proposes nothing";
}

TEST_F(Friends, AreThoseWhoFollowEachOther) {
  befriend(4);
  for (std::uint64_t other = 30; other < 35; ++other) {
    sorted_set(people.get({1}).follows, other, true), take_to(other, 30);
    sorted_set(people.get({other + 10}).follows, 1, true), take_to(other + 10, 40);
  }
  EXPECT_EQ(friends_of(people, people.get({1})).size(), 4U);
  EXPECT_EQ(score(30), 0);
  EXPECT_EQ(score(40), 0);
  for (std::uint64_t other : {2, 3, 4, 5}) people.get({other}).follows = {};
  EXPECT_EQ(score(20), 0);
}

TEST_F(Friends, AreNotThoseSheMuted) {
  befriend(1);
  sorted_set(people.get({1}).muted_people, 2, true);
  EXPECT_EQ(score(20), 0);
}

/// Imported: of full weight.
void take_to(TestWorld& world, std::uint64_t person, std::uint64_t video,
             EventType type = EventType::like) {
  Event body;
  body.video = {video}, body.type = type, body.surface = Surface::imported;
  world.apply(encode(PersonKey{person}, body));
}

std::vector<std::uint64_t> order_of(TestWorld& world, std::uint64_t person, std::size_t count) {
  RankRequest request;
  request.person = {person}, request.age = 30, request.at_ms = world.now_ms;
  std::vector<std::uint64_t> ids;
  const auto best = world.engine().order(request, count).value();
  for (const auto id : best) ids.push_back(id.value);
  return ids;
}

/// Two groups of people who take to clips of one half each; nothing is said about any clip.
class TwoHalves : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kClips = 80, kPeople = 60;
  explicit TwoHalves(bool learns = true) : world_(options(learns)) {
    for (std::uint64_t id = 1; id <= kClips; ++id) {
      VideoPublished body;
      body.video = {id}, body.duration_ms = 30'000, body.created_ms = world_.now_ms;
      world_.apply(encode(body));
    }
    Random random(8);
    for (int round = 0; round < 12; ++round)
      for (std::uint64_t person = 1; person <= kPeople; ++person) {
        world_.adult(person);
        take_to(world_, person, 1 + 2 * random.below(kClips / 2) + person % 2);
        world_.now_ms += 1000;
      }
  }
  static EngineOptions options(bool learns) {
    EngineOptions options;
    options.learns = learns;
    return options;
  }
  /// Of the first ten for a person who took to two clips of her half.
  int of_her_half(std::uint64_t person) {
    world_.adult(person);
    for (std::uint64_t video : {3, 5}) take_to(world_, person, video + person % 2);
    const auto best = order_of(world_, person, 10);
    return static_cast<int>(std::count_if(
        best.begin(), best.end(), [&](std::uint64_t id) { return (id + 1) % 2 == person % 2; }));
  }
  TestWorld world_;
};

class TwoHalvesUnlearned : public TwoHalves {
 protected:
  TwoHalvesUnlearned() : TwoHalves(false) {}
};

TEST_F(TwoHalves, TwoLikesTellWhichIsHers) {
  EXPECT_GE(of_her_half(1000), 9);
  EXPECT_GE(of_her_half(1001), 9);
}

TEST_F(TwoHalvesUnlearned, WithoutLearningNobodyKnows) {
  EXPECT_LE(of_her_half(1000) + of_her_half(1001), 14);
}

TEST_F(TwoHalves, TheOrderIsThatOfTheAnswersValues) {
  const auto best = order_of(world_, 1, 1000);
  RankRequest request;
  request.request = {1}, request.person = {1}, request.count = 20, request.age = 30;
  request.at_ms = world_.now_ms;
  auto items = world_.engine().rank(request).value().items;
  ASSERT_EQ(items.size(), 20U);
  std::erase_if(items, [](const DecisionItem& item) { return item.route == Route::exploration; });
  std::stable_sort(items.begin(), items.end(),
                   [](const DecisionItem& a, const DecisionItem& b) { return a.value > b.value; });
  auto from = best.begin();
  for (const auto& item : items) {
    from = std::find(from, best.end(), item.video.value);
    ASSERT_NE(from, best.end()) << item.video.value;
  }
}

TEST_F(TwoHalves, ClipsThatGoAreNotNamedAgainAndTheirRowsBeginAnew) {
  for (std::uint64_t id = 1; id <= kClips / 2; ++id) world_.apply(encode(VideoRemoved{{id}}));
  for (std::uint64_t id = 1001; id <= 1040; ++id) {
    VideoPublished body;
    body.video = {id}, body.duration_ms = 30'000, body.created_ms = world_.now_ms;
    world_.apply(encode(body));
    take_to(world_, 1 + id % 60, id);
  }
  for (const auto id : order_of(world_, 9, 100)) EXPECT_GT(id, kClips / 2);
  auto replay = Engine::create({}).value();
  for (const auto& record : world_.log) replay->apply(record).value();
  EXPECT_EQ(replay->state_hash(), world_.engine().state_hash());
  EXPECT_EQ(Engine::load({}, world_.engine().save()).value()->state_hash(), replay->state_hash());
}

/// Of one state, with records that rise.
class StateOfRecords : public ::testing::Test {
 protected:
  StateOfRecords() {
    VideoPublished body;
    body.video = {7}, body.duration_ms = 30'000;
    apply(encode(body));
  }
  void apply(LogRecord record) {
    record.position = state.position + 1, record.at_ms = 1'700'000'000'000;
    apply_record(state, {}, record).value();
  }
  void act(std::uint64_t person, EventType type) {
    Event event;
    event.video = {7}, event.type = type, event.surface = Surface::imported;
    apply(encode(PersonKey{person}, event));
  }
  float had() const { return state.collaborative.popularity(0).had; }
  State state;
};

TEST_F(StateOfRecords, AnUnlikeADislikeAndAnErasureTakeBack) {
  act(1, EventType::like), act(2, EventType::like), act(3, EventType::like);
  EXPECT_FLOAT_EQ(had(), 3);
  act(1, EventType::unlike);
  EXPECT_FLOAT_EQ(had(), 2);
  act(2, EventType::not_interested);
  EXPECT_FLOAT_EQ(had(), 1);
  apply(encode(PersonKey{3}, ErasePerson{}));
  EXPECT_FLOAT_EQ(had(), 0);
}

TEST_F(StateOfRecords, MeetingALikedClipAgainTakesNothingBack) {
  act(1, EventType::like);
  for (int i = 0; i < 3; ++i) act(1, EventType::impression), act(1, EventType::profile);
  EXPECT_FLOAT_EQ(had(), 1);
}

TEST_F(StateOfRecords, TheRowOfAClipThatGoesIsFree) {
  act(1, EventType::like);
  EXPECT_EQ(state.collaborative.items().size(), 1U);
  apply(encode(VideoRemoved{{7}}));
  EXPECT_EQ(state.collaborative.items().size(), 0U);
  act(2, EventType::like);  // late
  EXPECT_EQ(state.collaborative.items().size(), 0U);
}

}  // namespace
}  // namespace filoscope::engine
