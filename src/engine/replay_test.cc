/// State as a pure function of the log: replays, snapshots at any point, damage, erasure.

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "base/random.h"
#include "engine/test_world.h"

namespace filoscope::engine {
namespace {

/// A seeded log with every kind of record, in an order no sane product would make. Each draw has a
/// statement of its own: compilers differ in the order of arguments.
void take_back(TestWorld& world, Random& random, std::uint64_t person) {
  const WithdrawalId id{1 + random.below(4)};
  if (random.below(3) == 0) return world.apply(encode(PersonKey{person}, UndoWithdraw{id}));
  const auto kind = static_cast<WithdrawKind>(random.below(7));
  const std::array<std::uint64_t, 7> keys{
      1 + random.below(80),
      text_key("topic1"),
      text_key("nice"),
      1001,
      1 + random.below(8),
      static_cast<std::uint64_t>(world.now_ms) - random.below(40'000'000),
      0};
  world.apply(encode(PersonKey{person}, Withdraw{id, kind, keys[static_cast<std::size_t>(kind)]}));
}

void random_log(TestWorld& world, std::uint64_t seed, int records) {
  Random random(seed);
  const auto person = [&] { return 1 + random.below(12); };
  const auto video = [&] { return VideoId{1 + random.below(80)}; };
  for (int i = 0; i < records; ++i) {
    world.now_ms += static_cast<std::int64_t>(random.below(40) == 0 ? random.below(90'000'000)
                                                                    : random.below(5000));
    switch (random.below(14)) {
      case 0: {
        const auto topic = static_cast<int>(random.below(6));
        const auto author = 1 + random.below(8);
        auto body = world.video(video().value, author, topic);
        body.followers_only = random.below(6) == 0;
        body.age_min = random.below(6) == 0 ? 18 : 0;
        body.language = random.below(3);
        if (random.below(4) == 0) body.hashtags.clear(), body.sound = {};
        world.apply(encode(body));
        break;
      }
      case 1:
        if (random.below(3) == 0) world.apply(encode(VideoRemoved{video()}));
        break;
      case 2: {
        const PersonChanged body{random.below(3), static_cast<std::uint8_t>(random.below(99))};
        world.apply(encode(PersonKey{person()}, body));
        break;
      }
      case 3: {
        const Follow body{{person()}, random.below(3) != 0};
        world.apply(encode(PersonKey{person()}, body));
        break;
      }
      case 4:
        if (random.below(4) == 0) {
          const Block body{{person()}, random.below(2) != 0};
          world.apply(encode(PersonKey{person()}, body));
        }
        break;
      case 5:
        if (random.below(4) == 0) {
          const Mute body{static_cast<MuteKind>(random.below(3)), text_key("topic1"),
                          random.below(2) != 0};
          world.apply(encode(PersonKey{person()}, body));
        }
        break;
      case 6:
        if (random.below(20) == 0)
          world.apply(encode(PersonKey{person()}, ErasePerson{}));
        else if (random.below(20) == 0)
          world.apply(encode(WeightsChanged{{-2, 0, 1, 0, 1, 2, 3, 4, -10}}));
        else if (random.below(2) == 0)
          take_back(world, random, person());
        break;
      default: {
        const auto who = person();
        const auto mode = random.below(4) == 0 ? Mode::following : Mode::for_you;
        const auto held = video();
        const auto ranking = world.ask(who, 1 + random.below(8), {held}, mode);
        for (const auto& item : ranking.items) {
          if (random.below(3) == 0) break;
          const auto request = random.below(5) == 0 ? 0 : world.last_request();
          world.swipe(who, item.video, static_cast<std::uint32_t>(random.below(2500)), request);
          const auto watch_ms = static_cast<std::uint32_t>(random.below(2500));
          world.event(who, item.video, static_cast<EventType>(random.below(16)), request, watch_ms);
        }
      }
    }
  }
}

TEST(ReplayProperty, ASnapshotAtAnyPointAndTheRestGiveTheSameBits) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    TestWorld world;
    random_log(world, seed, 220);
    Random random(seed * 31);
    auto replay = Engine::create({}).value();
    for (const auto& record : world.log) {
      replay->apply(record).value();
      if (random.below(12) != 0) continue;
      const auto snapshot = replay->save();
      auto loaded = Engine::load({}, snapshot).value();
      ASSERT_EQ(loaded->state_hash(), replay->state_hash()) << seed << " " << record.position;
      ASSERT_EQ(loaded->save(), snapshot);
      if (random.below(2) == 0) replay = std::move(loaded);
    }
    EXPECT_EQ(replay->state_hash(), world.engine().state_hash()) << seed;
    EXPECT_EQ(replay->save(), world.engine().save());
  }
}

Bytes bytes_of(const FrozenState& frozen) {
  Bytes bytes;
  frozen
      .save([&](std::span<const std::uint8_t> part) -> Result<void> {
        bytes.insert(bytes.end(), part.begin(), part.end());
        return {};
      })
      .value();
  return bytes;
}

TEST(FrozenProperty, StaysAsItWasWhileLearningGoesOn) {
  TestWorld world;
  random_log(world, 21, 150);
  std::vector<std::unique_ptr<FrozenState>> frozen;
  std::vector<Bytes> saved;
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t seed = 31; seed < 35; ++seed) {
    saved.push_back(world.engine().save());
    hashes.push_back(world.engine().state_hash());
    frozen.push_back(world.engine().freeze());
    random_log(world, seed, 60);
  }
  for (std::size_t i = 0; i < frozen.size(); ++i) {
    EXPECT_EQ(frozen[i]->hash(), hashes[i]) << i;
    EXPECT_EQ(bytes_of(*frozen[i]), saved[i]) << i;
  }
  auto replay = Engine::create({}).value();
  for (const auto& record : world.log) replay->apply(record).value();
  EXPECT_EQ(replay->state_hash(), world.engine().state_hash());
}

TEST(FrozenProperty, IsReadByAnotherThreadWhileLearningGoesOn) {
  TestWorld world;
  random_log(world, 22, 150);
  for (std::uint64_t seed = 41; seed < 45; ++seed) {
    const auto saved = world.engine().save();
    auto frozen = world.engine().freeze();
    Bytes beside;
    std::thread reader([&] { beside = bytes_of(*frozen), frozen.reset(); });
    random_log(world, seed, 60);
    reader.join();
    EXPECT_EQ(beside, saved);
  }
}

TEST(FrozenState, AnErrorOfTheWriterEndsIt) {
  TestWorld world;
  random_log(world, 23, 20);
  const auto failed = world.engine().freeze()->save(
      [](std::span<const std::uint8_t>) { return Result<void>(Error(Code::corrupt, "full")); });
  EXPECT_EQ(failed.error().code, Code::corrupt);
}

TEST(ReplayProperty, EveryDecisionComesOutTheSameAgain) {
  TestWorld world;
  random_log(world, 11, 250);
  auto replay = Engine::create({}).value();
  std::size_t checked = 0;
  for (const auto& record : world.log) {
    if (record.kind == static_cast<std::uint16_t>(RecordKind::decision)) {
      const auto decision = decode<Decision>(record).value();
      ASSERT_EQ(decision.read_position, replay->position());
      const auto again = replay->rank(request_of(record.person, decision)).value();
      EXPECT_EQ(again.decision.body, record.body);
      ++checked;
    }
    replay->apply(record).value();
  }
  EXPECT_GT(checked, 50U);
}

TEST(ReplayBlanked, ErasedRecordsAreNoOpsAndTheNewBaseReplaysExactly) {
  TestWorld world;
  random_log(world, 3, 120);
  world.apply(encode(PersonKey{5}, ErasePerson{}));
  const auto base = world.engine().save();
  const auto base_position = world.engine().position();
  random_log(world, 4, 60);
  auto replay = Engine::load({}, base).value();
  for (auto record : world.log) {
    if (record.position <= base_position) continue;
    replay->apply(record).value();
  }
  EXPECT_EQ(replay->state_hash(), world.engine().state_hash());

  auto blank = world.log.front();
  blank.position = replay->position() + 1;
  blank.body.clear();
  EXPECT_TRUE(replay->apply(blank));
  EXPECT_EQ(replay->position(), blank.position);
}

TEST(Erasure, NothingKeyedByThePersonIsLeft) {
  TestWorld world;
  for (int i = 1; i <= 20; ++i) world.publish(i, 100, i % 3);
  const std::uint64_t person = 0x1234'5678'9ABCULL;
  world.apply(encode(PersonKey{person}, Follow{{100}, true}));
  world.apply(encode(PersonKey{7}, Block{{person}, true}));
  world.apply(encode(PersonKey{7}, Wish{WishKind::author, person, 2 * kWishMost}));
  world.apply(encode(PersonKey{person}, Wish{WishKind::length, 0, 0}));
  for (int i = 0; i < 5; ++i)
    world.swipe(person, world.ask(person).items[0].video, 1500, world.last_request());
  EXPECT_EQ(world.engine().summary({person}).seen_count, 5U);
  const auto contains = [&](const Bytes& bytes) {
    const auto* raw = reinterpret_cast<const std::uint8_t*>(&person);
    return std::search(bytes.begin(), bytes.end(), raw, raw + 8) != bytes.end();
  };
  EXPECT_TRUE(contains(world.engine().save()));
  world.apply(encode(PersonKey{person}, ErasePerson{}));
  EXPECT_FALSE(contains(world.engine().save()));
  EXPECT_EQ(world.engine().summary({person}).seen_count, 0U);
  EXPECT_EQ(world.ask(person, 20).items.size(), 20U);  // nothing counts as seen
}

TEST(SnapshotCorruption, DamageAnywhereIsRefused) {
  TestWorld world;
  random_log(world, 2, 60);
  const auto good = world.engine().save();
  ASSERT_TRUE(Engine::load({}, good));
  Random random(8);
  for (int round = 0; round < 40; ++round) {
    auto bad = good;
    bad[random.below(bad.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
    EXPECT_EQ(Engine::load({}, bad).error().code, Code::corrupt);
    auto cut = good;
    cut.resize(random.below(cut.size()));
    EXPECT_FALSE(Engine::load({}, cut));
  }
}

TEST(SnapshotOptions, AnotherSeedOrLimitIsRefusedOtherWeightsAreNot) {
  TestWorld world;
  const auto snapshot = world.engine().save();
  EngineOptions other;
  other.seed = 2;
  EXPECT_EQ(Engine::load(other, snapshot).error().reason, "snapshot_of_other_options");
  other = {};
  other.videos_max = 77;
  EXPECT_EQ(Engine::load(other, snapshot).error().reason, "snapshot_of_other_options");
  other = {};
  other.weights[0] = 9;
  EXPECT_TRUE(Engine::load(other, snapshot));
}

TEST(ApplyCorruption, ABadRecordLeavesTheStateAlone) {
  TestWorld world;
  random_log(world, 5, 40);
  auto record = encode(PersonKey{1}, Event{});
  record.body.resize(record.body.size() - 1);
  record.position = world.engine().position() + 1, record.at_ms = world.now_ms;
  const auto before = world.engine().state_hash();
  EXPECT_EQ(world.engine().apply(record).error().code, Code::corrupt);
  EXPECT_EQ(world.engine().state_hash(), before);
  EXPECT_EQ(world.engine().position(), record.position - 1);
  record.kind = 9999, ++record.position;
  EXPECT_FALSE(world.engine().apply(record));
}

TEST(Weights, ChangeTheOrderAtOnce) {
  TestWorld world;
  world.publish(1, 100, 0), world.publish(2, 101, 1);
  for (std::uint64_t p = 50; p < 60; ++p) world.swipe(p, {1}, 2000), world.swipe(p, {2}, 50);
  RankRequest request;
  request.person = {1}, request.count = 2, request.seed = 3, request.at_ms = world.now_ms;
  EXPECT_EQ(world.engine().rank(request).value().items[0].video.value, 1U);
  world.apply(encode(WeightsChanged{{5, 0, 0, 0, 0, 0, 0, 0, 0}}));  // who pays for skips gets them
  EXPECT_EQ(world.engine().rank(request).value().items[0].video.value, 2U);
}

TEST(Limits, TheOldestVideoMakesRoom) {
  EngineOptions options;
  options.videos_max = 10;
  TestWorld world(options);
  for (int i = 1; i <= 25; ++i) world.publish(i, 100, 0);
  EXPECT_EQ(world.engine().stats().videos_count, 10U);
  for (const auto& item : world.ask(1, 20).items) EXPECT_GT(item.video.value, 15U);
}

TEST(EngineVersion, NamesTheRulesAndTheirConstants) {
  TestWorld world;
  random_log(world, 5, 4000);
  EXPECT_EQ(world.engine().state_hash(), 6193740647341850241U)
      << "the same records give another state than before: raise kEngineVersion, then renew this";
  EXPECT_EQ(kEngineVersion, 11);
}

}  // namespace
}  // namespace filoscope::engine
