#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/random.h"
#include "catalog/sound_match.h"
#include "catalog/test_world.h"

namespace filoscope::catalog {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

using Print = std::vector<std::uint32_t>;

Print print_of(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  Print print(count);
  for (auto& value : print) value = static_cast<std::uint32_t>(random.next());
  return print;
}

/// As another encoding hears it: each bit wrong with the given probability.
Print blurred(Print print, double share, std::uint64_t seed = 99) {
  Random random(seed);
  for (auto& value : print)
    for (int bit = 0; bit < 32; ++bit)
      if (random.unit() < share) value ^= 1U << bit;
  return print;
}

Print part(const Print& print, std::size_t from, std::size_t count) {
  const auto begin = print.begin() + static_cast<std::ptrdiff_t>(from);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

TEST(SoundMatch, FindsTheSameSoundAndPartsOfItInSpiteOfWrongBits) {
  const auto song = print_of(1, 200);
  EXPECT_TRUE(is_part_of(song, song));
  EXPECT_TRUE(is_part_of(blurred(song, 0.08), song));
  EXPECT_TRUE(is_part_of(blurred(part(song, 120, 40), 0.05), song));
}

TEST(SoundMatch, KeepsOtherSoundsApart) {
  const auto song = print_of(1, 200);
  EXPECT_FALSE(is_part_of(print_of(2, 200), song));
  EXPECT_FALSE(is_part_of(blurred(song, 0.3), song));
  auto mixed = part(song, 0, 60);  // not three quarters of what is heard
  const auto own = print_of(3, 60);
  mixed.insert(mixed.end(), own.begin(), own.end());
  EXPECT_FALSE(is_part_of(mixed, song));
  EXPECT_FALSE(is_part_of({}, song));
  EXPECT_FALSE(is_part_of(song, {}));
}

TEST(SoundMatch, LooksNothingUpThatIsTooPlainOrTooShort) {
  EXPECT_THAT(lookup_values(Print(500, 627964279)), IsEmpty());
  EXPECT_THAT(lookup_values(print_of(1, 7)), IsEmpty());
  EXPECT_THAT(lookup_values(print_of(1, 8)), SizeIs(8));
}

TEST(SoundMatch, ChoosesTheSameValuesOfALongSoundAndOfItsParts) {
  const auto song = print_of(1, 4000);
  const auto of_song = lookup_values(song);
  EXPECT_THAT(of_song, SizeIs(kLookupValuesMax));
  const auto of_part = lookup_values(part(song, 1000, 1000));
  std::size_t shared = 0;
  for (const auto value : of_part) shared += std::count(of_song.begin(), of_song.end(), value);
  EXPECT_GT(shared, 150U);
}

class SoundsTest : public ::testing::Test, public World {
 protected:
  Video upload(const accounts::Account& author, const Print& print,
               Visibility visibility = Visibility::everyone, bool draft = false) {
    auto facts = processed();
    facts.sound_print = print;
    return publish(author, "with a sound", visibility, draft, facts);
  }
  std::string title(const Video& video) { return must(catalog->get(video.id)).sound_title; }
  std::int64_t count(const std::string& table) {
    std::int64_t rows = 0;
    must(database->read([&](Session& session) {
      return session.query("SELECT COUNT(*) FROM " + table, {},
                           [&](const Row& row) { rows = row.integer(0); });
    }));
    return rows;
  }
  void expect_sound() { EXPECT_THAT(must(catalog->verify()), IsEmpty()); }

  accounts::Account mara = person("mara"), jo = person("jo"), li = person("li");
  const Print song = print_of(7, 80);
};

TEST_F(SoundsTest, AVideoWithAKnownSoundSharesItAlsoInTheEnginesRecord) {
  const auto first = upload(mara, song);
  const auto again = upload(jo, blurred(song, 0.05));
  const auto sound = must(engine::decode<engine::VideoPublished>(last)).sound;
  const auto other = upload(jo, print_of(8, 80));
  EXPECT_TRUE(first.sound);
  EXPECT_EQ(again.sound, first.sound);
  EXPECT_EQ(sound, first.sound);
  EXPECT_EQ(again.sound_title, "Original sound · @mara");
  EXPECT_NE(other.sound, first.sound);
  EXPECT_EQ(other.sound_title, "Original sound · @jo");
  reopen();
  EXPECT_EQ(upload(li, part(song, 10, 50)).sound, first.sound);
  expect_sound();
}

TEST_F(SoundsTest, TheSoundPassesOnWhenItsVideoGoesAndGoesWithTheLast) {
  const auto first = upload(mara, song), second = upload(jo, song);
  const auto third = upload(li, song);
  EXPECT_EQ(title(third), "Original sound · @mara");
  must(catalog->remove(mara.id, first.id));
  EXPECT_EQ(title(second), "Original sound · @jo");
  EXPECT_EQ(title(third), "Original sound · @jo");
  expect_sound();
  must(catalog->remove(jo.id, second.id));
  must(catalog->remove(li.id, third.id));
  EXPECT_EQ(count("catalog_sounds"), 1) << "they may come back";
  expect_sound();
  EXPECT_EQ(must(catalog->restore(li.id, third.id)).sound_title, "Original sound · @li");
  must(catalog->remove(li.id, third.id));
  must(catalog->remove_for_good(mara.id, first.id));
  must(catalog->remove_for_good(jo.id, second.id));
  expect_sound();
  must(catalog->remove_for_good(li.id, third.id));
  EXPECT_EQ(count("catalog_sounds"), 0);
  EXPECT_EQ(count("catalog_sound_values"), 0);
  expect_sound();
}

TEST_F(SoundsTest, ATitleDoesNotTellWhoHasAVideoThatNotEveryoneMaySee) {
  const auto hidden = upload(mara, song, Visibility::only_me);
  EXPECT_EQ(title(hidden), "Original sound · @mara");
  const auto also_hidden = upload(li, song, Visibility::followers);
  EXPECT_EQ(title(also_hidden), "Original sound");
  const auto open = upload(jo, song);
  EXPECT_EQ(open.sound, hidden.sound);
  EXPECT_EQ(open.sound_title, "Original sound · @jo");
  EXPECT_EQ(title(hidden), "Original sound · @jo");
  must(catalog->change(mara.id, hidden.id, {.visibility = Visibility::everyone}));
  EXPECT_EQ(title(open), "Original sound · @mara");
  must(catalog->change(mara.id, hidden.id, {.visibility = Visibility::only_me}));
  EXPECT_EQ(title(open), "Original sound · @jo");
  expect_sound();
}

TEST_F(SoundsTest, ADeletedAccountsNameLeavesTheSoundsThatOthersCarry) {
  upload(mara, song);
  const auto kept = upload(jo, song);
  EXPECT_EQ(title(kept), "Original sound · @mara");
  must(accounts->remove(mara.id, "a long password 1"));
  // What others carry is told anew behind the transaction, on a thread of its own.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (title(kept) != "Original sound · @jo" && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(title(kept), "Original sound · @jo");
  expect_sound();
}

}  // namespace
}  // namespace filoscope::catalog
