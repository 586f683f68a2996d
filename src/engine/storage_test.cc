#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/archive.h"
#include "engine/embedding_table.h"
#include "engine/numbers.h"
#include "engine/person_state.h"

namespace filoscope::engine {
namespace {

TEST(SegmentedMapOracle, EqualsAStandardMapUnderRandomUse) {
  SegmentedMap map;
  std::map<std::uint64_t, std::uint32_t> oracle;
  Random random(3);
  for (int step = 0; step < 200'000; ++step) {
    const auto key = 1 + random.below(30'000);
    if (random.below(3) == 0) {
      EXPECT_EQ(map.erase(key), oracle.erase(key) == 1);
    } else {
      const auto value = static_cast<std::uint32_t>(random.next());
      ASSERT_TRUE(map.put(key, value));
      oracle[key] = value;
    }
  }
  EXPECT_EQ(map.size(), oracle.size());
  for (std::uint64_t key = 1; key <= 30'001; ++key) {
    const auto at = oracle.find(key);
    const auto found = map.find(key);
    ASSERT_EQ(found.has_value(), at != oracle.end()) << key;
    if (found) {
      ASSERT_EQ(*found, at->second);
    }
  }
}

/// Counts its copies.
struct Counted {
  int value = 0;
  inline static int copies = 0;
  Counted() = default;
  explicit Counted(int v) : value(v) {}
  Counted(const Counted& other) : value(other.value) { ++copies; }
  Counted(Counted&&) = default;
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
};

TEST(PagedVectorFrozen, ACopyStaysAsItWasAndOnlyPagesThatChangeAreCopied) {
  PagedVector<Counted, 4> live;
  for (int i = 0; i < 1000; ++i) live.push_back(Counted(i));
  Counted::copies = 0;
  {
    const PagedVector<Counted, 4> frozen(live);
    EXPECT_EQ(Counted::copies, 0);
    live[7].value = -7, live[8].value = -8, live[999].value = -999;
    live.push_back(Counted(1000));
    EXPECT_EQ(Counted::copies, 2 * 16) << "the first page, and the last";
    EXPECT_EQ(frozen.size(), 1000U);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(frozen[static_cast<std::size_t>(i)].value, i);
  }
  live[500].value = -500;
  EXPECT_EQ(Counted::copies, 2 * 16) << "nobody holds it any more";
  EXPECT_EQ(std::as_const(live)[7].value, -7);
  EXPECT_EQ(live.size(), 1001U);
}

TEST(PagedVectorFrozen, OutlivesWhatItWasMadeOf) {
  auto live = std::make_unique<PagedVector<std::string, 2>>();
  for (int i = 0; i < 50; ++i) live->push_back(std::to_string(i));
  const PagedVector<std::string, 2> first(*live);
  (*live)[3] = "changed";
  const PagedVector<std::string, 2> second(*live);
  live.reset();
  EXPECT_EQ(first[3], "3");
  EXPECT_EQ(second[3], "changed");
  EXPECT_EQ(second[49], "49");
}

TEST(EmbeddingAdmission, RareKeysKeepTheirPriorRow) {
  EmbeddingTable table;
  Row gradient{};
  gradient[0] = 1;
  const Row prior = prior_row(5);
  table.learn(5, prior, gradient, 1000);
  table.learn(5, prior, gradient, 1000);
  EXPECT_EQ(table.find(5), nullptr);
  table.learn(5, prior, gradient, 1000);
  const Row* row = table.find(5);
  ASSERT_NE(row, nullptr);
  EXPECT_LT((*row)[0], prior[0]);  // stepped from the prior, not from zero
  EXPECT_EQ((*row)[1], prior[1]);
  EXPECT_NEAR(dot(prior.data(), prior.data(), kDim), 1, 1e-6);
}

TEST(EmbeddingExpiry, AnUnusedRowIsForgottenAndReusedFresh) {
  EmbeddingTable table;
  Row gradient{};
  gradient[0] = 1;
  for (int i = 0; i < 50; ++i) table.learn(5, prior_row(5), gradient, 1000);
  const auto later = 1000 + EmbeddingTable::kExpiryMs + 10'000;
  for (int i = 0; i < 4; ++i) table.sweep(later);
  EXPECT_EQ(table.find(5), nullptr);
  for (int i = 0; i < 3; ++i) table.learn(6, prior_row(6), gradient, later);
  // A fresh optimiser takes a large first step; one that kept 50 gradients would take a small one.
  ASSERT_NE(table.find(6), nullptr);
  EXPECT_GT(prior_row(6)[0] - (*table.find(6))[0], 0.03F);
}

TEST(EmbeddingStability, RowsStayInsideTheirBall) {
  EmbeddingTable table;
  Row gradient{};
  gradient.fill(-1);
  for (int i = 0; i < 5000; ++i) table.learn(9, prior_row(9), gradient, 1000);
  const Row& row = *table.find(9);
  EXPECT_LE(dot(row.data(), row.data(), kDim), 4.001F);
}

TEST(PersonSeen, TheOldestMoveToTheFilterAndStaySeen) {
  PersonState person;
  const std::uint32_t count = PersonState::kSeenMax + 5000;
  for (std::uint32_t video = 0; video < count; ++video) person.mark_seen(video);
  EXPECT_EQ(person.seen_total, count);
  EXPECT_LE(person.seen.size(), PersonState::kSeenMax);
  std::size_t wrong = 0;
  for (std::uint32_t video = 0; video < count; ++video) {
    ASSERT_TRUE(person.has_seen(video)) << video;
    wrong += person.has_seen(count + 1 + video) ? 1 : 0;
  }
  EXPECT_LT(wrong, count / 50);  // false alarms of the filter
  EXPECT_EQ(person.seen.find(count - 1)->last, count);
  EXPECT_LT(person.bytes(), 450'000U);
}

TEST(PersonInterests, AreBoundedAndKeepTheStrong) {
  PersonState person;
  Video loved;
  loved.author_key = feature_key(FeatureKind::author, 1);
  loved.keys = {feature_key(FeatureKind::hashtag, 7)};
  for (int i = 0; i < 5; ++i) {
    Encounter& encounter = person.encounter(1, i * 100'000'000LL);
    person.set_value(encounter, 2, true, loved, i * 1000);
  }
  for (std::uint32_t i = 0; i < 3000; ++i) {
    Video dull;
    dull.author_key = feature_key(FeatureKind::author, 100 + i);
    dull.keys = {feature_key(FeatureKind::word, i)};
    Encounter encounter;
    person.set_value(encounter, 0.01F, true, dull, 10'000);
  }
  EXPECT_LE(person.interests.size(), PersonState::kInterestsMax);
  EXPECT_GT(person.affinity(short_key(loved.keys[0])).mean, 1.0F);
}

TEST(PeopleExpiry, GuestsGoByLogTimeAndKnownPeopleStay) {
  PeopleTable people;
  people.touch(people.get({1}), 1000);
  people.become_known(people.get({2}));
  people.touch(people.get({2}), 1000);
  people.touch(people.get({3}), 90'000'000);
  EXPECT_EQ(people.size(), 3U);
  people.expire(87'000'000, 86'400'000, 100);
  EXPECT_EQ(people.find({1}), nullptr);
  EXPECT_NE(people.find({2}), nullptr);
  EXPECT_NE(people.find({3}), nullptr);
}

TEST(PeopleExpiry, ABlockOutlivesTheGuestsActivity) {
  PeopleTable people;
  PersonState& guest = people.get({1});
  people.touch(guest, 1000);
  sorted_set(guest.blocked_by, 9, true);
  people.show(guest, 3);
  people.expire(200'000'000, 86'400'000, 100);
  ASSERT_NE(people.find({1}), nullptr);
  EXPECT_TRUE(people.find({1})->blocked(9));
  EXPECT_FALSE(people.find({1})->has_seen(3));
}

TEST(PeopleExpiry, AGuestsMutesGoWithHer) {
  PeopleTable people;
  for (std::uint64_t p = 1; p <= 2; ++p) {
    PersonState& guest = people.get({p});
    people.touch(guest, 1000);
    guest.muted_keys = {5}, guest.muted_people = {6}, guest.follows = {7};
  }
  people.get({2}).blocks = {9};
  people.expire(200'000'000, 86'400'000, 100);
  EXPECT_EQ(people.find({1}), nullptr);
  const PersonState* blocking = people.find({2});
  ASSERT_NE(blocking, nullptr);
  EXPECT_TRUE(blocking->muted_keys.empty() && blocking->muted_people.empty() &&
              blocking->follows.empty());
}

TEST(PeopleErased, LeaveOthersRelationsInBoundedSteps) {
  PeopleTable people;
  constexpr std::uint64_t kPeople = 1000, kHer = 5000, kOther = 6000;
  for (std::uint64_t p = 1; p <= kPeople; ++p) {
    PersonState& person = people.get({p});
    person.follows = {kHer, kOther};
    person.blocks = person.blocked_by = person.muted_people = {kHer};
  }
  people.get({kHer});
  const auto count_holders = [&] {
    std::size_t count = 0;
    for (std::uint64_t p = 1; p <= kPeople; ++p) {
      const PersonState& person = *people.find({p});
      count += person.follows.size() == 2 || person.blocked(kHer) || !person.muted_people.empty();
      EXPECT_TRUE(person.follows_author(kOther));
    }
    return count;
  };
  people.erase({kHer});
  EXPECT_EQ(people.find({kHer}), nullptr);
  EXPECT_EQ(count_holders(), kPeople) << "not all at once";
  for (auto left = kPeople; left > 0;) {
    people.sweep_erased();
    EXPECT_LE(left, 64 * people.erasing_steps() + 64);
    left -= std::min<std::uint64_t>(left, 64);
    ASSERT_EQ(count_holders(), left);
  }
  EXPECT_EQ(people.erasing_steps(), 0U);
}

TEST(PeopleErased, TheyAreOutAfterAsManyStepsAsItSays) {
  PeopleTable people;
  for (std::uint64_t p = 1; p <= 1000; ++p) people.get({p}).follows = {5000, 6000};
  people.erase({5000});
  people.sweep_erased();
  people.erase({6000});  // waits for a round of her own
  for (auto steps = people.erasing_steps(); steps > 0; --steps) people.sweep_erased();
  for (std::uint64_t p = 1; p <= 1000; ++p) ASSERT_TRUE(people.find({p})->follows.empty()) << p;
  EXPECT_EQ(people.erasing_steps(), 0U);
}

TEST(SeenTable, OfActsWithoutShowingsComesBackFromASnapshot) {
  PersonState person;
  for (std::uint32_t video = 0; video < PersonState::kSeenMax + 1; ++video) person.remember(video);
  EXPECT_LE(person.seen.size(), 2U) << "what was never shown goes first";
  ActivityLink link;
  Bytes bytes;
  struct {
    Bytes& bytes;
    void put(const void* data, std::size_t size) {
      const auto* from = static_cast<const std::uint8_t*>(data);
      bytes.insert(bytes.end(), from, from + size);
    }
  } sink{bytes};
  Walker out(sink);
  visit(out, person, link);
  PersonState again;
  Loader in(bytes, kNewestVersion);
  visit(in, again, link);
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(again.seen.size(), person.seen.size());
}

TEST(PeopleErased, WhoIsOnlyNamedIsNotBack) {
  PeopleTable people;
  people.get({1}).follows = {2};
  people.erase({2});
  people.get_named({2});
  people.sweep_erased();
  EXPECT_FALSE(people.find({1})->follows_author(2));
}

TEST(PeopleErased, WhoComesBackIsNotTakenOut) {
  PeopleTable people;
  people.get({1}), people.get({2});
  people.erase({2});
  people.get({2});
  people.get({1}).follows = {2};
  people.sweep_erased();
  EXPECT_TRUE(people.find({1})->follows_author(2));
}

TEST(PeopleAudience, CountsPeopleOfTheLastDayOnce) {
  PeopleTable people;
  constexpr std::int64_t kHour = 3'600'000;
  const std::int64_t start = 1000 * kHour;
  for (std::uint64_t p = 1; p <= 10; ++p) people.touch(people.get({p}), start);
  for (std::uint64_t p = 1; p <= 4; ++p) people.touch(people.get({p}), start + 5 * kHour);
  EXPECT_EQ(people.audience(), 10U);
  people.touch(people.get({20}), start + 25 * kHour);
  EXPECT_EQ(people.audience(), 5U);
  people.erase({1});
  EXPECT_EQ(people.audience(), 4U);
  people.touch(people.get({20}), start + 200 * kHour);
  EXPECT_EQ(people.audience(), 1U);
}

TEST(PeopleLimit, BeyondItTheLeastRecentlyActiveIsForgotten) {
  PeopleTable people;
  for (std::uint64_t p = 1; p <= 20; ++p) {
    people.touch(people.get({p}), 1000 + static_cast<std::int64_t>(p));
    people.expire(1000, 86'400'000, 10);
  }
  EXPECT_EQ(people.size(), 10U);
  EXPECT_EQ(people.find({1}), nullptr);
  EXPECT_NE(people.find({20}), nullptr);
}

TEST(PeopleLimit, KnownPeopleLoseActivityOnceNotEveryTurn) {
  PeopleTable people;
  for (std::uint64_t p = 1; p <= 12; ++p) {
    PersonState& person = people.get({p});
    people.become_known(person);
    person.language = p;
    people.show(person, 1);
    people.touch(person, 1000 + static_cast<std::int64_t>(p));
  }
  for (int turn = 0; turn < 50; ++turn) people.expire(2000, 86'400'000, 10);
  EXPECT_EQ(people.size(), 12U);
  for (std::uint64_t p = 1; p <= 12; ++p) {
    EXPECT_EQ(people.find({p})->has_seen(1), p > 2) << p;
    EXPECT_EQ(people.find({p})->language, p);
  }
  people.touch(*people.find({1}), 3000);
  people.expire(3000, 86'400'000, 10);
  EXPECT_FALSE(people.find({3})->has_seen(1));
}

}  // namespace
}  // namespace filoscope::engine
