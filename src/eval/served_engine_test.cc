#include "eval/served_engine.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "base/test_result.h"
#include "eval/test_files.h"

namespace filoscope::eval {
namespace {

constexpr std::size_t kPeople = 30, kItems = 40;

std::vector<Interaction> crowd() {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  Random random(1);
  for (int i = 0; i < 300; ++i)
    pairs.push_back({static_cast<std::uint32_t>(random.below(kPeople)),
                     static_cast<std::uint32_t>(random.below(kItems - 5))});
  return events_of(pairs);
}

std::unique_ptr<ServedEngine> learned(const EngineSetup& setup, World& world) {
  auto engine = must(ServedEngine::create(setup, kPeople, kItems));
  for (const auto& event : crowd())
    engine->learn(world, event), world.add(event.person, event.item);
  return engine;
}

TEST(ServedEngine, RanksKnownItemsThatThePersonHasNotHad) {
  World world(kPeople, kItems);
  const auto engine = learned({}, world);
  for (std::uint32_t person = 0; person < kPeople; ++person) {
    const auto ranked = engine->rank(world, {person, 0, kItems});
    EXPECT_EQ(std::set(ranked.begin(), ranked.end()).size(), ranked.size());
    EXPECT_EQ(ranked.size(), kItems - 5 - world.had(person).size())
        << "a small catalogue is ranked as a whole";
    for (const auto item : ranked) {
      EXPECT_TRUE(world.knows(item));
      EXPECT_FALSE(world.has_had(person, item));
    }
    EXPECT_EQ(engine->rank(world, {person, 0, 3}).size(), 3U);
  }
  EXPECT_EQ(engine->learned_count(), 300U);
}

TEST(ServedEngine, IsTheSameForTheSameLog) {
  World first(kPeople, kItems), second(kPeople, kItems);
  const auto hash = learned({}, first)->state_hash();
  const auto same = learned({}, second);
  EXPECT_EQ(same->state_hash(), hash);
  same->learn(second, crowd().front());
  EXPECT_NE(same->state_hash(), hash);
}

TEST(ServedEngine, WithLearningOffPredictsTheSameWhateverWasLiked) {
  EngineSetup off;
  off.learns = false;
  const auto engine = must(ServedEngine::create(off, 400, 2));
  Interaction event;
  const float before = engine->predict_like(event);
  for (event.person = 0; event.person < 399; ++event.person) {
    engine->predict_like(event);
    engine->learn_label(event, false);
  }
  EXPECT_NEAR(engine->predict_like(event), before, 0.1F);
}

TEST(ServedEngine, LearnsWhatIsLiked) {
  const auto engine = must(ServedEngine::create({}, 400, 2));
  Interaction event;
  for (event.person = 0; event.person < 399; ++event.person) {
    for (event.item = 0; event.item < 2; ++event.item) {
      const float before = engine->predict_like(event);
      ASSERT_GT(before, 0);
      ASSERT_LT(before, 1);
      engine->learn_label(event, event.item == 0);
    }
  }
  event.item = 0;
  const float liked = engine->predict_like(event);
  event.item = 1;
  EXPECT_GT(liked, engine->predict_like(event) + 0.2F);
}

TEST(ItemHashtags, AreTheColumnsThatBelongToTheItem) {
  const TestFiles files;
  Ids ids;
  const auto log = must(read_log(files.write("log.tsv",
                                             "# columns: user item timestamp value kind:cat "
                                             "place:cat n:num\n"
                                             "a\tx\t0\t1\tdance\tleft\t1\n"
                                             "b\tx\t0\t1\tdance\tright\t1\n"
                                             "b\ty\t0\t1\t\tright\t1\n"),
                                 ids));
  const auto hashtags = item_hashtags(log);
  ASSERT_EQ(hashtags.size(), 2U);
  EXPECT_EQ(hashtags[0], (std::vector<std::uint64_t>{engine::text_key("kind=dance")}));
  EXPECT_TRUE(hashtags[1].empty());
}

}  // namespace
}  // namespace filoscope::eval
