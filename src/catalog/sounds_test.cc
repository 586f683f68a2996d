#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/random.h"
#include "catalog/schema.h"
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
  /// The handle of whose sound a video plays; "" when nobody is named.
  std::string owner(const Video& video) {
    const auto id = must(catalog->get(video.id)).sound_owner;
    const auto account = accounts->get(id);
    return account ? account->handle : id ? "one who has gone" : "";
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
  EXPECT_EQ(again.sound_owner, mara.id);
  EXPECT_NE(other.sound, first.sound);
  EXPECT_EQ(other.sound_owner, jo.id);
  reopen();
  EXPECT_EQ(upload(li, part(song, 10, 50)).sound, first.sound);
  expect_sound();
}

TEST_F(SoundsTest, TheSoundPassesOnWhenItsVideoGoesAndGoesWithTheLast) {
  const auto first = upload(mara, song), second = upload(jo, song);
  const auto third = upload(li, song);
  EXPECT_EQ(owner(third), "mara");
  must(catalog->remove(mara.id, first.id));
  EXPECT_EQ(owner(second), "jo");
  EXPECT_EQ(owner(third), "jo");
  expect_sound();
  must(catalog->remove(jo.id, second.id));
  must(catalog->remove(li.id, third.id));
  EXPECT_EQ(count("catalog_sounds"), 1) << "they may come back";
  expect_sound();
  EXPECT_EQ(must(catalog->restore(li.id, third.id)).sound_owner, li.id);
  must(catalog->remove(li.id, third.id));
  must(catalog->remove_for_good(mara.id, first.id));
  must(catalog->remove_for_good(jo.id, second.id));
  expect_sound();
  must(catalog->remove_for_good(li.id, third.id));
  EXPECT_EQ(count("catalog_sounds"), 0);
  EXPECT_EQ(count("catalog_sound_values"), 0);
  expect_sound();
}

TEST_F(SoundsTest, NothingTellsWhoHasAVideoThatNotEveryoneMaySee) {
  const auto hidden = upload(mara, song, Visibility::only_me);
  EXPECT_EQ(owner(hidden), "mara");
  const auto also_hidden = upload(li, song, Visibility::followers);
  EXPECT_EQ(owner(also_hidden), "");
  const auto open = upload(jo, song);
  EXPECT_EQ(open.sound, hidden.sound);
  EXPECT_EQ(open.sound_owner, jo.id);
  EXPECT_EQ(owner(hidden), "jo");
  must(catalog->change(mara.id, hidden.id, {.visibility = Visibility::everyone}));
  EXPECT_EQ(owner(open), "mara");
  must(catalog->change(mara.id, hidden.id, {.visibility = Visibility::only_me}));
  EXPECT_EQ(owner(open), "jo");
  expect_sound();
}

TEST_F(SoundsTest, ADeletedAccountsNameLeavesTheSoundsThatOthersCarry) {
  upload(mara, song);
  const auto kept = upload(jo, song);
  EXPECT_EQ(owner(kept), "mara");
  must(accounts->remove(mara.id, "a long password 1"));
  // What others carry is told anew behind the transaction, on a thread of its own.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (owner(kept) != "jo" && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(owner(kept), "jo");
  expect_sound();
}

TEST_F(SoundsTest, ASoundTellsWhoseItIsAndHowManyVideosForEveryonePlayIt) {
  const auto first = upload(mara, song);
  upload(jo, song);
  upload(li, song, Visibility::followers);
  auto told = must(catalog->sound(viewer(li), first.sound));
  EXPECT_EQ(told.owner, mara.id);
  EXPECT_EQ(told.videos_count, 2);
  EXPECT_EQ(told.title, "");
  must(catalog->change(mara.id, first.id, {.visibility = Visibility::only_me}));
  told = must(catalog->sound({}, first.sound));
  EXPECT_EQ(told.owner, jo.id);
  EXPECT_EQ(told.videos_count, 1);
  expect_sound();
}

TEST_F(SoundsTest, ASoundIsThereForWhomAVideoWithItIsThere) {
  const auto friends = upload(mara, song, Visibility::followers);
  EXPECT_EQ(catalog->sound({}, friends.sound).error().reason, "no_such_sound");
  EXPECT_EQ(must(catalog->sound(viewer(mara), friends.sound)).videos_count, 0);
  EXPECT_EQ(catalog->sound_source(viewer(mara), friends.sound).error().reason, "no_such_sound")
      << "not even she may use what not everyone may hear";
  const auto open = upload(jo, song);
  EXPECT_EQ(must(catalog->sound_source(viewer(li), open.sound)).id, open.id);
  must(accounts->set_block(viewer(li), jo.id, true));
  EXPECT_EQ(catalog->sound(viewer(li), open.sound).error().reason, "no_such_sound");
  EXPECT_EQ(catalog->sound_source(viewer(li), open.sound).error().reason, "no_such_sound");
  EXPECT_EQ(catalog->sound({}, SoundId{12345}).error().reason, "no_such_sound");
  EXPECT_EQ(catalog->sound({}, SoundId{}).error().reason, "no_such_sound");
}

TEST_F(SoundsTest, VideosOfASoundComeNewestFirstInPagesOfThoseThatMayBeSeen) {
  const auto first = upload(mara, song);
  upload(jo, print_of(8, 80));
  upload(jo, song, Visibility::only_me);
  const auto third = upload(li, song);
  auto page = must(catalog->by_sound({}, first.sound, "", 1));
  ASSERT_THAT(page.items, SizeIs(1));
  EXPECT_EQ(page.items[0].id, third.id);
  page = must(catalog->by_sound({}, first.sound, page.next_cursor, 1));
  ASSERT_THAT(page.items, SizeIs(1));
  EXPECT_EQ(page.items[0].id, first.id);
  EXPECT_EQ(page.next_cursor, "");
}

TEST_F(SoundsTest, AVideoMadeToPlayASoundHasItWhateverItsPrintSays) {
  const auto first = upload(mara, song);
  auto facts = processed();
  facts.sound_print = print_of(11, 80);
  facts.sound = first.sound;
  EXPECT_EQ(publish(jo, "to her song", Visibility::everyone, false, facts).sound, first.sound);
  facts.sound = SoundId{77};  // one that went meanwhile
  const auto own = publish(li, "to a lost song", Visibility::everyone, false, facts).sound;
  EXPECT_TRUE(own);
  EXPECT_NE(own, SoundId{77});
  EXPECT_NE(own, first.sound);
  expect_sound();
}

TEST_F(SoundsTest, OnlyItsOwnerNamesASoundAndTheNameStaysWithHer) {
  const auto first = upload(mara, song), second = upload(jo, song);
  EXPECT_EQ(must(catalog->name_sound(mara.id, first.sound, "  Rain \n on   the roof ")).title,
            "Rain on the roof");
  EXPECT_EQ(title(second), "Rain on the roof");
  EXPECT_EQ(catalog->name_sound(jo.id, first.sound, "mine").error().reason, "sound_name_denied");
  const std::string long_title(101, 'x');
  EXPECT_EQ(catalog->name_sound(mara.id, first.sound, long_title).error().code,
            Code::invalid_argument);
  must(catalog->change(mara.id, first.id, {.visibility = Visibility::only_me}));
  EXPECT_EQ(title(second), "") << "jo's sound now, which jo has not named";
  EXPECT_EQ(must(catalog->name_sound(jo.id, first.sound, "Rain, jo's way")).title,
            "Rain, jo's way");
  must(catalog->change(mara.id, first.id, {.visibility = Visibility::everyone}));
  EXPECT_EQ(title(second), "") << "hers again";
  reopen();
  must(catalog->name_sound(mara.id, first.sound, "Rain"));
  must(catalog->name_sound(mara.id, first.sound, ""));
  EXPECT_EQ(title(second), "");
}

TEST_F(SoundsTest, HooksHearOfEveryChangeOfASound) {
  std::vector<std::string> heard;
  catalog->on_sound([&](Session&, const Sound& sound) -> Result<void> {
    heard.push_back(sound.title + ":" + std::to_string(sound.videos_count));
    return {};
  });
  const auto first = upload(mara, song);
  must(catalog->name_sound(mara.id, first.sound, "Rain"));
  upload(jo, song);
  must(catalog->remove(mara.id, first.id));
  EXPECT_THAT(heard, ::testing::ElementsAre(":1", "Rain:1", "Rain:2", ":1"));
}

TEST_F(SoundsTest, RowsWhoseTitleHeldTheOwnersNameBecomeAnOwner) {
  const auto steps = migrations();
  const auto old = must(open_sqlite(SqliteOptions::from(config, folder / "old.sqlite")));
  must(old->migrate("catalog", steps.first(6)));
  must(old->write([&](Session& session) -> Result<void> {
    for (const std::int64_t video : {1, 2, 3})
      FILOSCOPE_DO(session.execute(
          "INSERT INTO catalog_entries (id, owner, state, draft, visibility, sample, caption, "
          "language, created_ms, published_ms, error, media_key, sound, facts) VALUES (?, ?, 3, 0, "
          "?, 0, '', '', 0, 0, '', '', ?, ?)",
          {video, 40 + video, std::int64_t{video == 3}, video == 3 ? 101 : 100, Bytes{}}));
    FILOSCOPE_DO(
        session.execute("INSERT INTO catalog_sounds (id, video, title, print, created_ms) "
                        "VALUES (100, 1, 'Original sound · @mara', ?, 0)",
                        {Bytes{}}));
    FILOSCOPE_DO(
        session.execute("INSERT INTO catalog_sounds (id, video, title, print, created_ms) "
                        "VALUES (101, 3, 'Original sound', ?, 0)",
                        {Bytes{}}));
    return {};
  }));
  must(old->migrate("catalog", steps));
  std::vector<std::vector<std::int64_t>> rows;
  must(old->read([&](Session& session) {
    return session.query(
        "SELECT id, owner, videos_count FROM catalog_sounds WHERE title = '' ORDER BY id", {},
        [&](const Row& row) {
          rows.push_back({row.integer(0), row.integer(1), row.integer(2)});
        });
  }));
  EXPECT_EQ(rows, (std::vector<std::vector<std::int64_t>>{{100, 41, 2}, {101, 0, 0}}));
}

}  // namespace
}  // namespace filoscope::catalog
