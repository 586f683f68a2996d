/// Finding what is spelt otherwise, what much is made of, and what search opens on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "search/search.h"
#include "search/spelling.h"
#include "social/test_world.h"

namespace filoscope::search {
namespace {

using catalog::Visibility;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr std::int64_t kHour = 3'600'000;

class FindingTest : public ::testing::Test, public social::World {
 protected:
  FindingTest() : social::World({{"search.rising_people_min", "3"}}) {
    subtitles = must(subtitles::Subtitles::open({*database, *catalog, clock}));
    reading = must(reading::Reading::open({*database, *catalog, config}));
    search = must(Search::open({*database, *log, *accounts, *catalog, *social, *subtitles, *reading,
                                clock, config, crypto::Key{3}}));
  }
  ~FindingTest() override { search.reset(), reading.reset(), subtitles.reset(); }
  catalog::Video video(const std::string& caption, Visibility visibility = Visibility::everyone) {
    const auto made = must(catalog->create({mara.id, caption, visibility, {}, false, false}));
    clock.advance_ms(1);
    return must(catalog->publish(made.id, catalog::Processed{}));
  }
  Found find(const std::string& text, Taste taste = {}) {
    return must(search->entries({}, {.text = text, .taste = std::move(taste)}));
  }
  static std::vector<std::string> captions(const std::vector<catalog::Entry>& entries) {
    std::vector<std::string> list;
    for (const auto& entry : entries) list.push_back(entry.caption);
    return list;
  }
  std::vector<std::string> suggested(const std::string& text) {
    std::vector<std::string> list;
    for (const auto& one : must(search->suggest({}, text, 8))) list.push_back(one.text);
    return list;
  }
  /// So many people who have been there for long enough. A sketch may take two for one, so that
  /// five make three for certain.
  std::vector<accounts::Viewer> crowd(int count) {
    std::vector<accounts::Viewer> people;
    for (int i = 0; i < count; ++i) people.push_back(member("crowd" + std::to_string(i)));
    clock.advance_ms(25 * kHour);
    return people;
  }
  std::vector<std::string> rising(TopicKind kind) {
    clock.advance_ms(20'001);  // what was told is kept for so long
    must(search->catch_up());
    std::vector<std::string> names;
    for (const auto& one : must(search->topics().rising(kind, 10))) names.push_back(one.name);
    return names;
  }

  accounts::Account mara = person("mara");
  std::unique_ptr<subtitles::Subtitles> subtitles;
  std::unique_ptr<reading::Reading> reading;
  std::unique_ptr<Search> search;
};

TEST(Spelling, DistancesCountSwapsAsOne) {
  const auto distance = [](std::u32string_view a, std::u32string_view b) {
    return spelling_distance(a, b, 3);
  };
  EXPECT_EQ(distance(U"physics", U"physics"), 0);
  EXPECT_EQ(distance(U"pysics", U"physics"), 1);
  EXPECT_EQ(distance(U"phsyics", U"physics"), 1);
  EXPECT_EQ(distance(U"phisicss", U"physics"), 2);
  EXPECT_EQ(distance(U"chemistry", U"physics"), 4);
  EXPECT_EQ(edits_allowed(3), 0);
  EXPECT_EQ(edits_allowed(7), 1);
  EXPECT_EQ(edits_allowed(8), 2);
}

TEST(Spelling, WordsWithinTheAllowedEditsShareAPiece) {
  const auto share = [](std::string_view a, std::string_view b) {
    const auto one = spelling_pieces(a), other = spelling_pieces(b);
    std::vector<std::int64_t> both;
    std::set_intersection(one.begin(), one.end(), other.begin(), other.end(),
                          std::back_inserter(both));
    return !both.empty();
  };
  for (const auto& [a, b] :
       std::vector<std::pair<std::string, std::string>>{{"pysics", "physics"},
                                                        {"recieve", "receive"},
                                                        {"chocolat", "chocolate"},
                                                        {"acommodation", "accommodation"},
                                                        {"pianno", "piano"},
                                                        {"фызика", "физика"}})
    EXPECT_TRUE(share(a, b)) << a;
  EXPECT_FALSE(share("guitar", "physics"));
  for (const char* word : {"abc", "北京烤鸭", "1234567", "🎉🎉🎉🎉"})
    EXPECT_THAT(spelling_pieces(word), IsEmpty()) << word;
}

TEST_F(FindingTest, AWordThatNothingHasIsCorrected) {
  video("the double pendulum #physics");
  for (const char* typo : {"pysics", "phisics", "phyiscs", "physicss", "fhysics"}) {
    const auto found = find(typo);
    EXPECT_EQ(found.corrected, "physics") << typo;
    EXPECT_THAT(found.page.items, SizeIs(1)) << typo;
  }
  EXPECT_EQ(find("duble pendlum").corrected, "double pendulum");
  EXPECT_EQ(find("#Pysics").corrected, "#physics");
  video("天気予報 weather, don't worry");
  EXPECT_EQ(find("天気予報 wether").corrected, "天気予報 weather");
  EXPECT_EQ(find("don't wory").corrected, "don't worry");
  EXPECT_EQ(find("physics").corrected, "");
  EXPECT_EQ(find("phys").corrected, "");
  EXPECT_THAT(find("chemistry").page.items, IsEmpty());
  EXPECT_THAT(must(search->entries({}, {.text = "pysics", .exact = true})).page.items, IsEmpty());
}

TEST_F(FindingTest, PagesOfACorrectedQueryGoOn) {
  for (int i = 0; i < 5; ++i) video("physics " + std::to_string(i));
  std::set<EntryId> seen;
  std::string cursor;
  do {
    const auto found = must(search->entries({}, {.text = "pysics", .cursor = cursor, .limit = 2}));
    EXPECT_EQ(found.corrected, "physics");
    for (const auto& entry : found.page.items) EXPECT_TRUE(seen.insert(entry.id).second);
    cursor = found.page.next_cursor;
  } while (!cursor.empty());
  EXPECT_THAT(seen, SizeIs(5));
}

TEST_F(FindingTest, WordsThatNotEverybodyMaySeeAreToldToNobody) {
  const auto secret = video("our wedding #wedding", Visibility::followers);
  EXPECT_EQ(find("weddin").corrected, "");
  EXPECT_EQ(find("weddimg").corrected, "");
  EXPECT_THAT(suggested("weddimg"), IsEmpty());
  must(catalog->change(mara.id, secret.id, {.visibility = Visibility::everyone}));
  EXPECT_EQ(find("weddimg").corrected, "wedding");
  EXPECT_THAT(suggested("weddimg"), ElementsAre("#wedding"));
  must(catalog->remove(mara.id, secret.id));
  EXPECT_EQ(find("weddimg").corrected, "");
  video("my ceramics", Visibility::only_me);
  video("a ceramic bowl");
  EXPECT_EQ(find("ceramiks").corrected, "ceramic");
}

TEST_F(FindingTest, WithoutAVideoThatHasAllWordsThoseWithAllButOneAreFound) {
  video("red clay bowl");
  video("blue clay");
  const auto found = find("green clay bowl");
  EXPECT_TRUE(found.partly);
  EXPECT_THAT(captions(found.page.items), ElementsAre("red clay bowl"));
  EXPECT_FALSE(find("clay bowl").partly);
  EXPECT_THAT(find("green").page.items, IsEmpty());
}

constexpr const char* kLecture =
    "WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning\n\n"
    "00:42.000 --> 00:45.000\nlook at the double pendulum\n\n"
    "01:00.000 --> 01:02.000\nanother pendulum\n";

TEST_F(FindingTest, WhatIsSaidIsFoundAtItsSecond) {
  const auto lecture = publish(mara, "lecture one", Visibility::everyone, false, [] {
    auto facts = processed();
    facts.duration_ms = 90'000;
    return facts;
  }());
  must(subtitles->set(mara.id, lecture.id, "en", "", kLecture));
  auto found = find("double pendul");
  ASSERT_THAT(found.page.items, SizeIs(1));
  ASSERT_TRUE(found.said.contains(lecture.id));
  EXPECT_EQ(found.said[lecture.id].at_ms, 42'000);
  EXPECT_EQ(found.said[lecture.id].text, "look at the double pendulum");
  EXPECT_THAT(find("lecture").said, IsEmpty());
  EXPECT_THAT(find("lecture pendulum").said, SizeIs(1));
  EXPECT_EQ(find("pendulm").corrected, "pendulum");
  must(catalog->change(mara.id, lecture.id, {.caption = "a pendulum"}));
  EXPECT_THAT(find("pendulum").said, IsEmpty());
  EXPECT_THAT(find("morning").page.items, SizeIs(1));
  must(subtitles->remove(mara.id, lecture.id, "en"));
  EXPECT_THAT(find("morning").page.items, IsEmpty());
  EXPECT_THAT(find("pendulum").page.items, SizeIs(1));
}

TEST_F(FindingTest, WhatCanBeReadInAClipIsFoundAtItsSecond) {
  const auto made = must(catalog->create({mara.id, "lunch"}));
  must(catalog->publish_with(made.id, processed(), [&](Session& session) {
    return reading->keep(session, made.id, {{500, 1'500, "HELLO"}, {3'000, 4'000, "BOTTLE TEA"}});
  }));
  const auto found = find("bottle tea");
  ASSERT_THAT(found.page.items, SizeIs(1));
  ASSERT_TRUE(found.said.contains(made.id));
  EXPECT_EQ(found.said.at(made.id).at_ms, 3'000);
  EXPECT_TRUE(found.said.at(made.id).shown);
  // What is said changes: what can be read stays.
  must(subtitles->set(mara.id, made.id, "en", "", kLecture));
  must(subtitles->remove(mara.id, made.id, "en"));
  EXPECT_THAT(find("bottle tea").page.items, SizeIs(1));
  must(catalog->change(mara.id, made.id, {.caption = "dinner"}));
  EXPECT_THAT(find("bottle").page.items, SizeIs(1));
  EXPECT_THAT(find("lunch").page.items, IsEmpty());
}

TEST_F(FindingTest, WhatIsSaidInWhatNotEverybodyMaySeeIsToldToNobody) {
  const auto own = publish(mara, "own", Visibility::only_me);
  must(subtitles->set(mara.id, own.id, "en", "", "1\n00:00:01,000 --> 00:00:02,000\nsecretword\n"));
  EXPECT_THAT(find("secretword").page.items, IsEmpty());
  EXPECT_EQ(find("secretwrd").corrected, "");
}

TEST_F(FindingTest, WhatMuchIsMadeOfComesFirst) {
  const auto old = video("clay one");
  video("clay two");
  EXPECT_THAT(captions(find("clay").page.items), ElementsAre("clay two", "clay one"));
  for (const auto& one : crowd(3)) must(social->set_like(one, old.id, true, {}));
  must(search->catch_up());
  EXPECT_THAT(captions(find("clay").page.items), ElementsAre("clay one", "clay two"));
  must(catalog->change(mara.id, old.id, {.caption = "clay one again"}));
  EXPECT_THAT(captions(find("clay").page.items), ElementsAre("clay one again", "clay two"));
}

TEST_F(FindingTest, WhatSheLikesComesEarlier) {
  video("clay #pottery");
  video("clay #sculpture");
  const auto taste = [](const catalog::Entry& entry) {
    return entry.hashtags.front() == "pottery" ? 1.0 : 0.0;
  };
  EXPECT_THAT(captions(find("clay").page.items), ElementsAre("clay #sculpture", "clay #pottery"));
  EXPECT_THAT(captions(find("clay", taste).page.items),
              ElementsAre("clay #pottery", "clay #sculpture"));
}

TEST(Rise, BeginsWithTheHourThatIsMoreThanUsual) {
  const std::vector<double> usual(6, 2);
  const auto rise = rise_of(std::vector<double>{2, 3, 1, 9, 8, 9}, usual);
  EXPECT_EQ(rise.since, 3U);
  EXPECT_GT(rise.excess, 3);
  EXPECT_EQ(rise_of(std::vector<double>{2, 3, 4, 2, 3, 4}, usual).excess, 0);
  // It rose and is over.
  EXPECT_EQ(rise_of(std::vector<double>{9, 0, 0, 0, 0, 0}, usual).excess, 0);
}

TEST_F(FindingTest, AHashtagThatManyTakeToRises) {
  const auto one = video("#clay"), other = video("#wood");
  const auto people = crowd(5);
  must(social->set_like(people[0], other.id, true, {}));
  for (const auto& who : people) must(social->set_like(who, one.id, true, {}));
  EXPECT_THAT(rising(TopicKind::hashtag), ElementsAre("clay"));
  const auto told = must(search->topics().rising(TopicKind::hashtag, 1)).front();
  EXPECT_EQ(told.since_ms, clock.now_ms() / kHour * kHour);
  EXPECT_NEAR(static_cast<double>(told.people), 5, 1);
  clock.advance_ms(30 * kHour);
  EXPECT_THAT(rising(TopicKind::hashtag), IsEmpty());
}

TEST_F(FindingTest, WhatIsSoEveryDayDoesNotRise) {
  const auto people = crowd(5);
  for (int day = 0; day < 8; ++day) {
    const auto daily = video("#morning"), today = video("#news" + std::to_string(day));
    for (const auto& who : people) must(social->set_like(who, daily.id, true, {}));
    if (day == 7)
      for (const auto& who : people) must(social->set_like(who, today.id, true, {}));
    must(search->catch_up());
    if (day < 7) clock.advance_ms(24 * kHour);
  }
  EXPECT_THAT(rising(TopicKind::hashtag), ElementsAre("news7"));
}

TEST_F(FindingTest, FewNewOrOwnAccountsMakeNothingRise) {
  const auto clay = video("#clay");
  const auto people = crowd(5);
  must(social->set_like(people[0], clay.id, true, {}));
  must(social->set_like(viewer(mara), clay.id, true, {}));
  for (int i = 0; i < 5; ++i)
    must(social->set_like(member("newcomer" + std::to_string(i)), clay.id, true, {}));
  for (int i = 0; i < 20; ++i) {
    must(social->set_like(people[1], clay.id, false, {}));
    must(social->set_like(people[1], clay.id, true, {}));
  }
  EXPECT_THAT(rising(TopicKind::hashtag), IsEmpty());
  clock.advance_ms(kHour);
  for (int i = 0; i < 2; ++i) {  // the same two in another hour
    must(social->set_like(people[static_cast<std::size_t>(i)], clay.id, false, {}));
    must(social->set_like(people[static_cast<std::size_t>(i)], clay.id, true, {}));
  }
  EXPECT_THAT(rising(TopicKind::hashtag), IsEmpty());
  for (std::size_t i = 2; i < 5; ++i) must(social->set_like(people[i], clay.id, true, {}));
  EXPECT_THAT(rising(TopicKind::hashtag), ElementsAre("clay"));
}

TEST_F(FindingTest, WhatManyLookForRisesAndIsSuggested) {
  video("clay bowl");
  const auto people = crowd(5);
  for (const auto& who : people) search->looked_for(who, " Clay  BOWL ");
  for (int i = 0; i < 9; ++i) search->looked_for(people[0], "my neighbour");
  for (const auto& who : people) search->looked_for(who, "#clay");
  for (const auto& who : people) search->looked_for(who, "what nobody says");
  EXPECT_THAT(rising(TopicKind::search), UnorderedElementsAre("clay bowl", "what nobody says"));
  ASSERT_THAT(must(search->start({})).searches, SizeIs(1));
  EXPECT_THAT(suggested("cla"), ElementsAre("clay bowl"));
  EXPECT_THAT(suggested("my n"), IsEmpty());
  EXPECT_THAT(suggested("what"), IsEmpty());
  must(search->topics().hide({TopicKind::search, "clay bowl"}, true));
  EXPECT_THAT(must(search->start({})).searches, IsEmpty());
  EXPECT_THAT(suggested("cla"), IsEmpty());
  must(search->topics().hide({TopicKind::search, "clay bowl"}, false));
  EXPECT_THAT(must(search->start({})).searches, SizeIs(1));
}

TEST_F(FindingTest, WhoIsNotProfiledOrAGuestCountsForNothing) {
  auto people = crowd(4);
  people[0].feed_mode = "not_profiled";
  people[1].learns = false;
  people.push_back(guest());
  people[2].feed_mode = "not_profiled";
  for (const auto& who : people) search->looked_for(who, "clay");
  EXPECT_THAT(rising(TopicKind::search), IsEmpty());
  const auto clay = video("#clay");
  for (int i = 0; i < 4; ++i) {
    const auto& who = people[static_cast<std::size_t>(i)];
    must(accounts->change_profile(who.account, {.feed_mode = "not_profiled"}));
    must(social->set_like(who, clay.id, true, {}));
  }
  EXPECT_THAT(rising(TopicKind::hashtag), IsEmpty());
}

TEST_F(FindingTest, WhatWasTakenDownIsKeptOverARestart) {
  const auto clay = video("#clay");
  const auto people = crowd(5);
  for (const auto& who : people) must(social->set_like(who, clay.id, true, {}));
  must(search->catch_up());
  search.reset();
  subtitles.reset();
  reopen_all();
  subtitles = must(subtitles::Subtitles::open({*database, *catalog, clock}));
  reading = must(reading::Reading::open({*database, *catalog, config}));
  search = must(Search::open({*database, *log, *accounts, *catalog, *social, *subtitles, *reading,
                              clock, config, crypto::Key{3}}));
  EXPECT_THAT(rising(TopicKind::hashtag), ElementsAre("clay"));
}

TEST_F(FindingTest, TheStartHasRowsHashtagsAndPeople) {
  EXPECT_THAT(must(search->start({})).rows, IsEmpty());
  for (int i = 0; i < 3; ++i) video("#clay " + std::to_string(i));
  video("hidden #secret", Visibility::only_me);
  clock.advance_ms(5'001);  // what is the same for everybody is kept for so long
  const auto start = must(search->start({}));
  ASSERT_THAT(start.rows, SizeIs(2));
  EXPECT_EQ(start.rows[0].tag, "clay");
  EXPECT_THAT(captions(start.rows[1].entries), ElementsAre("#clay 2", "#clay 1", "#clay 0"));
  ASSERT_THAT(start.hashtags, SizeIs(1));
  EXPECT_EQ(start.hashtags[0].since_ms, 0);
  ASSERT_THAT(start.people, SizeIs(1));
  EXPECT_EQ(start.people[0].handle, "mara");
  EXPECT_THAT(must(search->start(viewer(mara))).people, IsEmpty());
}

TEST_F(FindingTest, WhatIsMutedOrHiddenIsNotOnTheStart) {
  for (int i = 0; i < 3; ++i) video("#clay " + std::to_string(i));
  const auto jo = person("jo");
  EXPECT_THAT(must(search->start(viewer(jo))).rows, SizeIs(2));
  must(accounts->set_mute(viewer(jo), accounts::MuteKind::hashtag, "clay", true));
  EXPECT_THAT(must(search->start(viewer(jo))).rows, IsEmpty());
  must(search->topics().hide(Topic::parse("#Clay"), true));
  const auto start = must(search->start({}));
  EXPECT_THAT(start.hashtags, IsEmpty());
  EXPECT_THAT(start.rows, SizeIs(1));
  EXPECT_THAT(suggested("#cla"), IsEmpty());
}

TEST_F(FindingTest, WhatIsSensitiveIsOnTheStartOfThoseWhoAsked) {
  auto facts = processed();
  facts.sensitive = true;
  for (int i = 0; i < 3; ++i) publish(mara, "#evening", Visibility::everyone, false, facts);
  const auto jo = person("jo");
  EXPECT_THAT(must(search->start({})).rows, IsEmpty());
  EXPECT_THAT(must(search->start(viewer(jo))).rows, IsEmpty());
  auto asked = viewer(jo);
  asked.sensitive = true;
  EXPECT_THAT(must(search->start(asked)).rows, SizeIs(1));
  EXPECT_THAT(find("#evening").page.items, SizeIs(3)) << "by words it is found, with its mark";
}

TEST_F(FindingTest, CursorsTellNothingOfWhatNotEverybodyMaySee) {
  const auto cursor = [&] {
    return must(search->entries({}, {.text = "clay", .limit = 1})).page.next_cursor;
  };
  video("clay one");
  video("clay two");
  const auto before = cursor();
  for (int i = 0; i < 5; ++i) video("clay of mine", Visibility::only_me);
  EXPECT_EQ(cursor(), before);
}

TEST_F(FindingTest, WordsFollowEveryChangeOfAVideo) {
  const auto rows = [&](const char* sql) {
    std::int64_t count = -1;
    must(database->read([&](Session& session) {
      return session.query(sql, {}, [&](const Row& row) { count = row.integer(0); });
    }));
    return count;
  };
  const char* kWrong =
      "SELECT COUNT(*) FROM search_words w WHERE videos_count <> (SELECT COUNT(*) FROM "
      "search_postings p WHERE p.word = w.word) OR public_count <> (SELECT COUNT(*) FROM "
      "search_postings p JOIN search_videos v ON v.video = p.video WHERE p.word = w.word AND "
      "v.public = 1)";
  const auto one = publish(mara, "clay bowl #clay"), other = publish(mara, "wooden bowl");
  must(subtitles->set(mara.id, one.id, "en", "", kLecture));
  for (const auto& change : {catalog::VideoChange{.caption = "clay morning"},
                             catalog::VideoChange{.visibility = Visibility::followers},
                             catalog::VideoChange{.caption = "#morning"},
                             catalog::VideoChange{.visibility = Visibility::everyone},
                             catalog::VideoChange{.caption = "bowl"}}) {
    must(catalog->change(mara.id, one.id, change));
    EXPECT_EQ(rows(kWrong), 0);
  }
  EXPECT_THAT(find("morning").said, SizeIs(1));
  must(catalog->remove(mara.id, one.id));
  EXPECT_EQ(rows(kWrong), 0);
  must(catalog->restore(mara.id, one.id));
  EXPECT_EQ(rows(kWrong), 0);
  EXPECT_THAT(find("morning").said, SizeIs(1));
  must(catalog->remove(mara.id, one.id));
  must(catalog->remove(mara.id, other.id));
  EXPECT_EQ(rows("SELECT (SELECT COUNT(*) FROM search_postings) + (SELECT COUNT(*) FROM "
                 "search_words) + (SELECT COUNT(*) FROM search_spellings) + (SELECT COUNT(*) FROM "
                 "search_videos)"),
            0);
}

TEST_F(FindingTest, PeopleToFollowAreThoseOfHerPeopleThenTheMostFollowed) {
  const auto jo = person("jo"), ann = person("ann"), bo = person("bo"), me = person("maya");
  for (const auto& author : {jo, ann, bo}) publish(author, "clip of " + author.handle);
  must(accounts->set_follow(viewer(person("xenia")), ann.id, true));
  must(accounts->set_follow(viewer(me), mara.id, true));
  must(accounts->set_follow(viewer(mara), bo.id, true));
  const auto handles = [&] {
    std::vector<std::string> list;
    for (const auto& one : must(search->people_to_follow(viewer(me), 10)))
      list.push_back(one.handle);
    return list;
  };
  EXPECT_THAT(handles(), ElementsAre("bo", "ann", "jo"));
  must(accounts->set_block(viewer(ann), me.id, true));
  must(accounts->set_follow(viewer(me), bo.id, true));
  EXPECT_THAT(handles(), ElementsAre("jo"));
}

TEST(Sketch, CountsPeopleOnceAndMerges) {
  PeopleSketch one, other;
  std::uint64_t seed = 7;
  for (int i = 0; i < 50; ++i) {
    const auto hash = splitmix64(seed);
    one.add(hash), one.add(hash);
    if (i % 2 == 0) other.add(hash);
  }
  EXPECT_NEAR(static_cast<double>(one.count()), 50, 4);
  const auto before = one.count();
  one.merge(other);
  EXPECT_EQ(one.count(), before);
  for (int i = 0; i < 100'000; ++i) one.add(splitmix64(seed));
  EXPECT_NEAR(static_cast<double>(one.count()), 100'050, 20'000);
  EXPECT_EQ(must(PeopleSketch::decode(one.encode())).count(), one.count());
  auto wrong = one.encode();
  wrong[3] = 200;
  EXPECT_FALSE(PeopleSketch::decode(wrong));
  EXPECT_FALSE(PeopleSketch::decode(Bytes(7)));
}

}  // namespace
}  // namespace filoscope::search
