#include "subtitles/subtitles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "subtitles/reasons.h"
#include "subtitles/test_world.h"

namespace filoscope::subtitles {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kHello = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n";
constexpr std::string_view kGruss = "1\n00:00:01,000 --> 00:00:02,000\nGrüß dich\n";

class SubtitlesTest : public ::testing::Test, public World {
 protected:
  std::string refusal(AccountId owner, VideoId video, std::string_view language,
                      std::string_view file = kHello, std::string_view label = "") {
    const auto taken = subtitles->set(owner, video, language, label, file);
    return taken ? "" : std::string(taken.error().reason);
  }
  accounts::Account ada = person("ada"), bo = person("bo");
};

TEST_F(SubtitlesTest, AreKeptALanguageEachAndReplaced) {
  const auto clip = publish(ada, "one"), other = publish(ada, "two");
  const auto first = must(subtitles->set(ada.id, clip.id, "EN", "", kHello));
  EXPECT_EQ(first.track.language, "en");
  EXPECT_EQ(first.track.cues_count, 1);
  EXPECT_EQ(first.track.changed_ms, clock.now_ms());
  EXPECT_EQ(first.dropped_count, 0);
  must(subtitles->set(ada.id, clip.id, "zh-hant-tw", " Traditional ", kHello));
  clock.advance_ms(5);
  const auto again = must(subtitles->set(ada.id, clip.id, "en", "", kGruss));
  EXPECT_NE(again.track.revision, first.track.revision);
  const std::vector<VideoId> asked = {other.id, clip.id, clip.id};
  const auto tracks = must(subtitles->tracks(asked));
  ASSERT_THAT(tracks, SizeIs(3));
  EXPECT_THAT(tracks[0], IsEmpty());
  ASSERT_THAT(tracks[1], SizeIs(2));
  EXPECT_THAT(tracks[2], SizeIs(2));
  EXPECT_EQ(tracks[1][0].revision, again.track.revision);
  EXPECT_EQ(tracks[1][1].language, "zh-Hant-TW");
  EXPECT_EQ(tracks[1][1].label, "Traditional");
  EXPECT_EQ(tracks[1][1].revision, first.track.revision) << "the same file";
}

TEST_F(SubtitlesTest, MoreVideosAreAskedForAtOnceThanOneStatementTakes) {
  std::vector<VideoId> ids;
  for (int i = 0; i < 45; ++i) ids.push_back(publish(ada, "clip").id);
  for (const int i : {0, 21, 44})
    must(subtitles->set(ada.id, ids[static_cast<std::size_t>(i)], "en", "", kHello));
  const auto tracks = must(subtitles->tracks(ids));
  ASSERT_THAT(tracks, SizeIs(45));
  for (std::size_t i = 0; i < tracks.size(); ++i)
    EXPECT_EQ(tracks[i].size(), i == 0 || i == 21 || i == 44 ? 1U : 0U) << i;
}

TEST_F(SubtitlesTest, OnlyItsOwnerGivesThemAndWhoMaySeeTheClipReadsThem) {
  const auto open = publish(ada, "one");
  const auto closed = publish(ada, "two", catalog::Visibility::only_me);
  EXPECT_EQ(refusal(bo.id, open.id, "en"), "video_change_denied");
  EXPECT_EQ(refusal(bo.id, closed.id, "en"), "no_such_video");
  EXPECT_EQ(code_of(subtitles->remove(bo.id, open.id, "en")), Code::denied);
  for (const auto& clip : {open, closed}) must(subtitles->set(ada.id, clip.id, "de", "", kGruss));
  const auto file = must(subtitles->file({}, open.id, "DE"));
  EXPECT_EQ(file.webvtt, "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nGrüß dich\n");
  EXPECT_EQ(subtitles->file({}, open.id, "en").error().reason, "no_such_subtitles");
  EXPECT_EQ(subtitles->file({}, open.id, "?").error().reason, "no_such_subtitles");
  EXPECT_EQ(code_of(subtitles->file(viewer(bo), closed.id, "de")), Code::not_found);
  EXPECT_EQ(must(subtitles->file(viewer(ada), closed.id, "de")).revision, file.revision);
}

TEST_F(SubtitlesTest, AreRemoved) {
  const auto clip = publish(ada, "one");
  must(subtitles->set(ada.id, clip.id, "en", "", kHello));
  must(subtitles->remove(ada.id, clip.id, "EN"));
  EXPECT_THAT(languages(clip.id), IsEmpty());
  EXPECT_EQ(subtitles->remove(ada.id, clip.id, "en").error().reason, "no_such_subtitles");
}

TEST_F(SubtitlesTest, WhatIsNoneIsRefusedAndChangesNothing) {
  const auto clip = publish(ada, "one");
  must(subtitles->set(ada.id, clip.id, "en", "", kHello));
  const auto before = must(subtitles->file({}, clip.id, "en")).revision;
  EXPECT_EQ(refusal(ada.id, clip.id, ""), "subtitles_without_language");
  EXPECT_EQ(refusal(ada.id, clip.id, "e"), "not_a_language");
  EXPECT_EQ(refusal(ada.id, clip.id, "en", kHello, std::string(61, 'a')), "text_too_long");
  EXPECT_EQ(refusal(ada.id, clip.id, "en", "nothing"), "no_subtitles_in_file");
  EXPECT_EQ(must(subtitles->file({}, clip.id, "en")).revision, before);
  EXPECT_THAT(languages(clip.id), ElementsAre("en"));
}

TEST_F(SubtitlesTest, AVideoHasThemInTwentyLanguagesAtMost) {
  const auto clip = publish(ada, "one");
  for (char c = 'a'; c < 'a' + static_cast<char>(kLanguagesMax); ++c)
    must(subtitles->set(ada.id, clip.id, std::string("x") + c, "", kHello));
  EXPECT_EQ(refusal(ada.id, clip.id, "de"), "too_many_subtitles");
  EXPECT_EQ(refusal(ada.id, clip.id, "xa", kGruss), "") << "one that is there can be replaced";
  EXPECT_THAT(languages(clip.id), SizeIs(kLanguagesMax));
}

TEST_F(SubtitlesTest, WhatIsBehindTheEndIsLeftOutAndCounted) {
  const auto clip = publish(ada, "five seconds");
  const std::string late = "\n0:04.999 --> 0:09\nto the end\n\n0:05 --> 0:06\nlate\n";
  const auto taken = must(subtitles->set(ada.id, clip.id, "en", "", late));
  EXPECT_EQ(taken.dropped_count, 1);
  EXPECT_EQ(taken.track.cues_count, 1);
  EXPECT_EQ(refusal(ada.id, clip.id, "de", "0:05 --> 0:06\nlate\n"), "subtitles_behind_end");
}

/// They come with the upload, before anybody has looked how long the clip is.
TEST_F(SubtitlesTest, WhatIsBehindTheEndGoesWithThePublication) {
  catalog::NewVideo form;
  form.owner = ada.id;
  const auto id = must(catalog->create(form)).id;
  const std::string late = "\n0:01 --> 0:02\nearly\n\n0:05 --> 0:06\nlate\n";
  const auto given = must(subtitles->set(ada.id, id, "en", "mine", late));
  EXPECT_EQ(given.track.cues_count, 2);
  must(subtitles->set(ada.id, id, "de", "", "0:07 --> 0:08\nlater\n"));
  must(subtitles->set(ada.id, id, "fr", "", kHello));
  told.clear();
  must(catalog->publish(id, processed()));
  EXPECT_THAT(languages(id), ElementsAre("en", "fr"));
  const auto track = must(subtitles->tracks({&id, 1}))[0][0];
  EXPECT_EQ(track.cues_count, 1);
  EXPECT_EQ(track.label, "mine");
  EXPECT_NE(track.revision, given.track.revision);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].second[0].cues, ElementsAre(Cue{1000, 2000, "early"}));
}

TEST_F(SubtitlesTest, OthersReadWhatIsSaidWithinTheTransactionThatChangesIt) {
  const auto clip = publish(ada, "one");
  must(subtitles->set(ada.id, clip.id, "en", "", kHello));
  must(subtitles->set(ada.id, clip.id, "de", "", kGruss));
  must(subtitles->remove(ada.id, clip.id, "en"));
  ASSERT_THAT(told, SizeIs(3));
  ASSERT_THAT(told[1].second, SizeIs(2));
  EXPECT_EQ(told[1].first, clip.id);
  EXPECT_EQ(told[1].second[0].language, "de");
  EXPECT_THAT(told[1].second[0].cues, ElementsAre(Cue{1000, 2000, "Grüß dich"}));
  EXPECT_THAT(told[2].second, SizeIs(1));
}

TEST_F(SubtitlesTest, TheSameFileAgainIsNoChange) {
  const auto clip = publish(ada, "a clip");
  const std::string file = "WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n";
  int told_count = 0;
  subtitles->on_change(
      [&](Session&, VideoId) -> Result<void> { return ++told_count, Result<void>(); });
  const auto first = must(subtitles->set(ada.id, clip.id, "en", "", file)).track;
  clock.advance_ms(5'000);
  const auto again = must(subtitles->set(ada.id, clip.id, "en", "", file)).track;
  EXPECT_EQ(told_count, 1);
  EXPECT_EQ(again.changed_ms, first.changed_ms);
  must(subtitles->set(ada.id, clip.id, "en", "Named", file));
  EXPECT_EQ(told_count, 2);
}

TEST_F(SubtitlesTest, WhatAHookRefusesIsNotStored) {
  const auto clip = publish(ada, "one");
  subtitles->on_change([](Session&, VideoId) -> Result<void> {
    return Error(reason("subtitles_without_language"));
  });
  EXPECT_EQ(refusal(ada.id, clip.id, "en"), "subtitles_without_language");
  EXPECT_THAT(languages(clip.id), IsEmpty());
}

TEST_F(SubtitlesTest, StayWhileTheClipCanBeRestoredAndGoWithItForGood) {
  const auto clip = publish(ada, "one");
  must(subtitles->set(ada.id, clip.id, "en", "", kHello));
  must(catalog->remove(ada.id, clip.id));
  EXPECT_EQ(code_of(subtitles->file(viewer(ada), clip.id, "en")), Code::not_found);
  EXPECT_EQ(refusal(ada.id, clip.id, "de"), "no_such_video");
  must(catalog->restore(ada.id, clip.id));
  EXPECT_EQ(must(subtitles->file({}, clip.id, "en")).revision.size(), 12U);
  must(catalog->remove(ada.id, clip.id));
  told.clear();
  must(catalog->remove_for_good(ada.id, clip.id));
  EXPECT_THAT(said(clip.id), IsEmpty());
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].second, IsEmpty());
}

/// Does something whenever it is asked for the time: between the look at a clip and its row.
class BusyClock final : public Clock {
 public:
  explicit BusyClock(const Clock& clock) : clock_(clock) {}
  std::int64_t now_ms() const override {
    if (const auto call = std::exchange(meanwhile, {})) call();
    return clock_.now_ms();
  }
  std::int64_t mono_us() const override { return clock_.mono_us(); }
  mutable std::function<void()> meanwhile;

 private:
  const Clock& clock_;
};

TEST_F(SubtitlesTest, OfAClipThatGoesMeanwhileNothingStays) {
  const auto clip = publish(ada, "one"), kept = publish(ada, "two");
  must(subtitles->set(ada.id, kept.id, "en", "", kHello));
  const BusyClock busy(clock);
  const auto busily = must(Subtitles::open({*database, *catalog, busy}));
  busy.meanwhile = [&] {
    must(catalog->remove(ada.id, clip.id));
    must(catalog->remove_for_good(ada.id, clip.id));
  };
  must(busily->set(ada.id, clip.id, "en", "", kHello));
  EXPECT_THAT(said(clip.id), IsEmpty());
  busy.meanwhile = [&] { must(catalog->remove(ada.id, kept.id)); };
  must(busily->set(ada.id, kept.id, "en", "", kGruss));
  EXPECT_THAT(said(kept.id), SizeIs(1)) << "it can be restored";
}

TEST_F(SubtitlesTest, DamagedOnesAreSaidToBeAndKeepNoClipFromChanging) {
  const auto clip = publish(ada, "one");
  must(subtitles->set(ada.id, clip.id, "en", "", kHello));
  must(database->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE subtitles_tracks SET cues = ?, last_from_ms = 9000",
                                 {Bytes{9, 9}}));
    return {};
  }));
  EXPECT_EQ(code_of(subtitles->file({}, clip.id, "en")), Code::corrupt);
  EXPECT_THAT(said(clip.id)[0].cues, IsEmpty());
  must(catalog->change(ada.id, clip.id, {.caption = "still hers"}));
  EXPECT_EQ(code_of(subtitles->file({}, clip.id, "en")), Code::not_found);
}

TEST(Language, IsSpeltInOneWay) {
  EXPECT_EQ(must(clean_language("EN-us")), "en-US");
  EXPECT_EQ(must(clean_language("zh-hANT-tw")), "zh-Hant-TW");
  EXPECT_EQ(must(clean_language("SR-latn-RS-x-Old")), "sr-Latn-RS-x-old");
  EXPECT_EQ(must(clean_language("es-419")), "es-419");
  EXPECT_EQ(code_of(clean_language("en_US")), Code::invalid_argument);
}

}  // namespace
}  // namespace filoscope::subtitles
