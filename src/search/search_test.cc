#include "search/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "social/test_world.h"

namespace filoscope::search {
namespace {

using catalog::Visibility;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class SearchTest : public ::testing::Test, public social::World {
 protected:
  SearchTest() { start(); }
  ~SearchTest() override { search.reset(), reading.reset(), subtitles.reset(); }
  void start() {
    subtitles = must(subtitles::Subtitles::open({*database, *catalog, clock}));
    reading = must(reading::Reading::open({*database, *catalog, config}));
    search = must(Search::open({*database, *log, *accounts, *catalog, *social, *subtitles, *reading,
                                clock, config, crypto::Key{3}}));
  }
  catalog::Video video(const std::string& caption, Visibility visibility = Visibility::everyone,
                       bool draft = false) {
    const auto made = must(catalog->create({mara.id, caption, visibility, {}, draft, false}));
    clock.advance_ms(1);
    return must(catalog->publish(made.id, catalog::Processed{}));
  }
  std::vector<std::string> find(const std::string& query,
                                const accounts::Viewer& viewer = accounts::Viewer()) {
    std::vector<std::string> captions;
    for (const auto& found :
         must(search->entries(viewer, {.text = query, .exact = true})).page.items)
      captions.push_back(found.caption);
    return captions;
  }

  accounts::Account mara = person("mara"), jo = person("jo");
  std::unique_ptr<subtitles::Subtitles> subtitles;
  std::unique_ptr<reading::Reading> reading;
  std::unique_ptr<Search> search;
};

TEST_F(SearchTest, ChineseJapaneseAndKoreanAreFoundInsideASentence) {
  video("我昨天在北京吃了烤鸭");
  video("日本料理を作る");
  video("새로운영상입니다");
  EXPECT_THAT(find("北京"), ElementsAre("我昨天在北京吃了烤鸭"));
  EXPECT_THAT(find("料理"), ElementsAre("日本料理を作る"));
  EXPECT_THAT(find("영상"), ElementsAre("새로운영상입니다"));
  EXPECT_THAT(find("京"), ElementsAre("我昨天在北京吃了烤鸭"));
  EXPECT_THAT(find("鸭"), ElementsAre("我昨天在北京吃了烤鸭"));
  EXPECT_THAT(find("を"), ElementsAre("日本料理を作る"));
  EXPECT_THAT(find("北京烤鸭 昨天"), IsEmpty());
  EXPECT_THAT(find("昨天 烤鸭"), ElementsAre("我昨天在北京吃了烤鸭"));
}

TEST_F(SearchTest, CaseAccentsAndWidthMakeNoDifference) {
  video("Crème Brûlée at the Café");
  for (const char* query : {"creme brulee", "CRÈME", "cafe", "ＣＡＦＥ", "brûl"})
    EXPECT_THAT(find(query), SizeIs(1)) << query;
}

TEST_F(SearchTest, AllWordsMustMatchTheLastByItsBeginning) {
  video("red clay bowl");
  video("red bicycle");
  EXPECT_THAT(find("red"), SizeIs(2));
  EXPECT_THAT(find("red bo"), ElementsAre("red clay bowl"));
  EXPECT_THAT(find("r"), SizeIs(2));
  EXPECT_THAT(find("re clay"), IsEmpty());
  EXPECT_THAT(find("clay red"), ElementsAre("red clay bowl"));
  EXPECT_THAT(find("red car"), IsEmpty());
  for (const char* query : {"", " ", "!?", "\xFF\xFE", "%", "' OR 1=1 --", "\U0010FFFF"})
    EXPECT_THAT(find(query), IsEmpty()) << query;
}

TEST_F(SearchTest, HashtagsAndWholeWordsComeFirstThenNewer) {
  video("clay one");
  video("claymation");
  video("made of #clay");
  video("clay two");
  EXPECT_THAT(find("clay"), ElementsAre("made of #clay", "clay two", "clay one", "claymation"));
  EXPECT_THAT(find("#clay"), SizeIs(4));
}

TEST_F(SearchTest, OnlyWhatMayBeSeen) {
  video("pot everyone");
  video("pot followers", Visibility::followers);
  video("pot mine", Visibility::only_me);
  video("pot draft", Visibility::everyone, true);
  EXPECT_THAT(find("pot"), ElementsAre("pot everyone"));
  EXPECT_THAT(find("pot", viewer(mara)), ElementsAre("pot mine", "pot followers", "pot everyone"));
  must(accounts->set_follow(viewer(jo), mara.id, true));
  EXPECT_THAT(find("pot", viewer(jo)), ElementsAre("pot followers", "pot everyone"));
  must(accounts->set_block(viewer(mara), jo.id, true));
  EXPECT_THAT(find("pot", viewer(jo)), IsEmpty());
}

TEST_F(SearchTest, EditsAndRemovalsShowAtOnce) {
  const auto made = video("old words");
  must(catalog->change(mara.id, made.id, {.caption = "new words"}));
  EXPECT_THAT(find("old"), IsEmpty());
  EXPECT_THAT(find("new"), SizeIs(1));
  must(catalog->remove(mara.id, made.id));
  EXPECT_THAT(find("words"), IsEmpty());
  std::int64_t rows = -1;
  must(database->read([&](Session& session) {
    return session.query(
        "SELECT (SELECT count(*) FROM search_postings) + (SELECT count(*) FROM search_words)", {},
        [&](const Row& row) { rows = row.integer(0); });
  }));
  EXPECT_EQ(rows, 0);
}

TEST_F(SearchTest, EveryScriptIsFoundAsItsSearchersType) {
  const std::pair<const char*, const char*> cases[] = {{"مُدَرِّسَةٌ جديدة", "مدرسه"},
                                                       {"في مدرسة", "مـــدرسة"},
                                                       {"أحمد إيمان", "احمد ايمان"},
                                                       {"کتاب‌خانه", "كتابخانه"},
                                                       {"שָׁלוֹם עולם", "שלום"},
                                                       {"ёлка горит", "елка"},
                                                       {"елка", "ёлка"},
                                                       {"ｆｕｌｌ　ｗｉｄｔｈ", "full width"},
                                                       {"don’t stop", "dont"},
                                                       {"dont stop", "don't"},
                                                       {"don't stop", "don’t"},
                                                       {"my e-mail", "email"},
                                                       {"my e-mail", "e mail"},
                                                       {"my email", "e-mail"},
                                                       {"my e mail", "e-mail"},
                                                       {"my email", "e mail"},
                                                       {"party 🎉", "🎉"},
                                                       {"party 👍🏽", "👍"},
                                                       {"party 👍", "👍🏿"},
                                                       {"love ❤️", "❤"},
                                                       {"love ❤", "❤️"},
                                                       {"go 🇩🇪", "🇩🇪"},
                                                       {"col·lecció", "colleccio"},
                                                       {"क़लम", "कलम"},
                                                       {"٣ أشياء", "3"},
                                                       {"Đà Nẵng", "da nang"},
                                                       {"l’été", "été"},
                                                       {"l’été", "lete"},
                                                       {"צה״ל", "צה\"ל"},
                                                       {"ΟΔΟΣ", "οδός"}};
  for (const auto& [caption, query] : cases) {
    const auto made = video(caption);
    EXPECT_THAT(find(query), SizeIs(1)) << caption << " by " << query;
    must(catalog->remove(mara.id, made.id));
  }
  video("plain words");
  for (const char* query : {"🎉", "🇦🇹", "мой"}) EXPECT_THAT(find(query), IsEmpty()) << query;
}

TEST_F(SearchTest, HashtagsAreFoundInAnyForm) {
  video("#مُدَرِّسَة #col·lecció #Ёлка #snow_day");
  for (const char* query : {"مدرسه", "colleccio", "елк", "SNOWDAY", "snow_d"})
    EXPECT_THAT(must(search->hashtags(query, 5)), SizeIs(1)) << query;
  for (const char* query : {"مدرسه", "colleccio", "елка", "snowday", "day"})
    EXPECT_THAT(find(query), SizeIs(1)) << query;
}

TEST_F(SearchTest, ARestoredVideoIsFoundAgain) {
  const auto made = video("old words #tag");
  must(catalog->remove(mara.id, made.id));
  EXPECT_THAT(find("words"), IsEmpty());
  must(catalog->restore(mara.id, made.id));
  EXPECT_THAT(find("words"), SizeIs(1));
  EXPECT_THAT(must(search->hashtags("tag", 5)), SizeIs(1));
}

TEST_F(SearchTest, PostingsOfOlderRulesAreRenewed) {
  const auto made = video("don’t 🎉");
  must(database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM search_postings"));
    FILOSCOPE_DO(session.execute("DELETE FROM search_words"));
    FILOSCOPE_DO(session.execute(
        "INSERT INTO search_words (word, videos_count, public_count) VALUES ('don', 1, 1)"));
    FILOSCOPE_DO(session.execute(
        "INSERT INTO search_postings (word, video, weight, standing) VALUES ('don', ?, 2, 0)",
        {made.id.db()}));
    return {};
  }));
  EXPECT_THAT(find("🎉"), IsEmpty());
  as_of_older_rules();
  must(catalog->reread(std::atomic<bool>{false}));
  EXPECT_THAT(find("🎉"), SizeIs(1));
  EXPECT_THAT(find("dont"), SizeIs(1));
}

TEST_F(SearchTest, PagesFollowEachOther) {
  std::vector<std::string> made;
  for (int i = 0; i < 7; ++i) made.insert(made.begin(), video("clay " + std::to_string(i)).caption);
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const auto page =
        must(search->entries({}, {.text = "clay", .cursor = cursor, .limit = 3})).page;
    for (const auto& found : page.items) seen.push_back(found.caption);
    cursor = page.next_cursor;
  } while (!cursor.empty());
  EXPECT_EQ(seen, made);
  for (const char* bad : {"x", "-", "12", "12-abc", "a-0000000000001"})
    EXPECT_EQ(search->entries({}, {.text = "clay", .cursor = bad}).error().reason, "not_a_cursor")
        << bad;
}

TEST_F(SearchTest, ACatalogueOlderThanTheIndexIsIndexed) {
  video("clay");
  search.reset();
  subtitles.reset();
  must(database->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM search_postings"));
    FILOSCOPE_DO(session.execute("DELETE FROM search_words"));
    FILOSCOPE_DO(session.execute("DELETE FROM search_indexed"));
    return {};
  }));
  reopen_all();
  start();
  EXPECT_THAT(find("clay"), SizeIs(1));
}

TEST_F(SearchTest, PeopleAndSuggestions) {
  video("#ceramics"), video("#ceramics #cats");
  EXPECT_THAT(must(search->people({}, "@MA", 5)), SizeIs(1));
  const auto tags = must(search->suggest({}, "#c", 5));
  ASSERT_THAT(tags, SizeIs(2));
  EXPECT_EQ(tags[0].text, "#ceramics");
  EXPECT_EQ(tags[0].detail, "2 videos");
  EXPECT_EQ(tags[1].detail, "1 video");
  const auto people = must(search->suggest({}, "@ma", 5));
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_EQ(people[0].kind, "person");
  EXPECT_EQ(people[0].text, "@mara");
  must(accounts->set_block(viewer(jo), mara.id, true));
  EXPECT_THAT(must(search->people(viewer(jo), "mara", 5)), IsEmpty());
  EXPECT_THAT(must(search->suggest(viewer(jo), "@mara", 5)), IsEmpty());
  EXPECT_THAT(must(search->suggest({}, "", 5)), IsEmpty());
  EXPECT_THAT(must(search->hashtags("CER", 5)), SizeIs(1));
}

class SoundSearchTest : public SearchTest {
 protected:
  catalog::Video play(const accounts::Account& author, const std::string& caption,
                      SoundId sound = {}, Visibility visibility = Visibility::everyone) {
    auto facts = processed();
    facts.sound = sound;
    facts.sound_print.clear();
    return publish(author, caption, visibility, false, facts);
  }
  std::vector<SoundId> sounds(const std::string& query,
                              const accounts::Viewer& who = accounts::Viewer()) {
    std::vector<SoundId> found;
    for (const auto& one : must(search->sounds(who, query, 20))) found.push_back(one.sound.id);
    return found;
  }
};

TEST_F(SoundSearchTest, SoundsAreFoundByTitleOwnerAndWhatIsSaidOfTheirVideos) {
  const auto rain = play(mara, "one"), drum = play(jo, "two #drumming");
  must(catalog->name_sound(mara.id, rain.sound, "Rain on the Roof"));
  for (const char* query : {"rain", "ROOF rain", "roo", "mara", "@mara"})
    EXPECT_THAT(sounds(query), ElementsAre(rain.sound)) << query;
  for (const char* query : {"#drumming", "drum", "jo"})
    EXPECT_THAT(sounds(query), ElementsAre(drum.sound)) << query;
  for (const char* query : {"", "rain drum", "oof", "mara rain nothing"})
    EXPECT_THAT(sounds(query), IsEmpty()) << query;
}

TEST_F(SoundSearchTest, TheBetterMatchAndTheMoreVideosComeFirst) {
  const auto titled = play(mara, "one"), loved = play(mara, "two"), said = play(mara, "rain here");
  must(catalog->name_sound(mara.id, titled.sound, "Rain"));
  must(catalog->name_sound(mara.id, loved.sound, "Rain again"));
  play(jo, "three", loved.sound);
  EXPECT_THAT(sounds("rain"), ElementsAre(loved.sound, titled.sound, said.sound));
}

TEST_F(SoundSearchTest, WhatIsFoundFollowsTitlesAndVideos) {
  const auto rain = play(mara, "one");
  must(catalog->name_sound(mara.id, rain.sound, "Rain"));
  must(catalog->name_sound(mara.id, rain.sound, "Snow"));
  EXPECT_THAT(sounds("rain"), IsEmpty());
  EXPECT_THAT(sounds("snow"), ElementsAre(rain.sound));
  must(catalog->change(mara.id, rain.id, {.visibility = Visibility::followers}));
  EXPECT_THAT(sounds("snow"), IsEmpty());
  EXPECT_THAT(sounds("mara"), IsEmpty());
  must(catalog->change(mara.id, rain.id, {.visibility = Visibility::everyone}));
  EXPECT_THAT(sounds("snow"), ElementsAre(rain.sound));
  must(accounts->set_block(viewer(jo), mara.id, true));
  EXPECT_THAT(sounds("snow", viewer(jo)), IsEmpty());
  must(catalog->remove(mara.id, rain.id));
  EXPECT_THAT(sounds("snow"), IsEmpty());
}

TEST_F(SoundSearchTest, TitlesThatOlderRulesReadAreReadAgain) {
  const auto rain = play(mara, "one");
  must(catalog->name_sound(mara.id, rain.sound, "Rain"));
  must(database->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM search_sounds"));
    return {};
  }));
  as_of_older_rules();
  EXPECT_THAT(sounds("rain"), IsEmpty());
  must(catalog->reread(std::atomic<bool>(false)));
  EXPECT_THAT(sounds("rain"), ElementsAre(rain.sound));
}

}  // namespace
}  // namespace filoscope::search
