#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "catalog/test_world.h"
#include "catalog/video_row.h"

namespace filoscope::catalog {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kPublished = static_cast<std::uint16_t>(engine::RecordKind::video_published);
constexpr auto kRemoved = static_cast<std::uint16_t>(engine::RecordKind::video_removed);

class CatalogTest : public ::testing::Test, public World {
 protected:
  CatalogTest() { take_kinds(); }
  bool resolves(const std::string& url) const { return catalog->resolve_media(url).has_value(); }
  std::vector<std::string> by_tag(const accounts::Viewer& who, const std::string& tag) {
    std::vector<std::string> captions;
    for (const auto& video : must(catalog->by_hashtag(who, tag, "", 20)).items)
      captions.push_back(video.caption);
    return captions;
  }
  std::int64_t tag_count(const std::string& tag) {
    for (const auto& found : must(catalog->hashtags(tag, 10)))
      if (found.tag == tag) return found.videos_count;
    return 0;
  }
  void damage(VideoId id) {
    must(database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("UPDATE catalog_entries SET facts = ? WHERE id = ?",
                                   {Bytes{99}, id.db()}));
      return {};
    }));
  }
  void expect_sound() { EXPECT_THAT(must(catalog->verify()), IsEmpty()); }

  accounts::Account mara = person("mara"), jo = person("jo", "de");
  accounts::Viewer nobody;
};

TEST_F(CatalogTest, PublishedVideoComesBackWholeAlsoAfterARestart) {
  const auto made = publish(mara, "Clay bowls #Ceramics with @jo and @no.such.person");
  for (int round = 0; round < 2; ++round) {
    const auto video = must(catalog->get_visible(nobody, made.id));
    EXPECT_EQ(video.state, State::published);
    EXPECT_THAT(video.hashtags, ElementsAre("ceramics"));
    EXPECT_THAT(video.mentions, ElementsAre(jo.id));
    EXPECT_EQ(video.language, "en");
    EXPECT_EQ(video.duration_ms, 5000);
    EXPECT_EQ(video.gain_db, 0);
    EXPECT_EQ(video.sound_owner, mara.id);
    EXPECT_TRUE(video.sound);
    ASSERT_THAT(video.renditions, SizeIs(2));
    EXPECT_EQ(video.renditions[0].segments_head[1].last, 299);
    EXPECT_TRUE(resolves(catalog->media_url(video, "720.mp4", video.owner)));
    EXPECT_TRUE(resolves(catalog->media_url(made, "cover1.jpg", made.owner)));
    expect_sound();
    reopen();
  }
}

TEST_F(CatalogTest, CaptionsThatDoNotFitAreRefusedWithTheLimit) {
  const auto too_long = catalog->create({mara.id, std::string(2201, 'x')});
  ASSERT_EQ(code_of(too_long), Code::invalid_argument);
  EXPECT_THAT(too_long.error().message, HasSubstr("2200"));
  EXPECT_EQ(too_long.error().reason, "text_too_long");
  EXPECT_EQ(catalog->create({mara.id, "\xFF"}).error().message,
            "caption: this is not text in UTF-8");
  EXPECT_EQ(catalog->create({AccountId{4711}, "x"}).error().reason, "no_such_account");
  std::string umlauts;
  for (int i = 0; i < 2200; ++i) umlauts += "ü";
  EXPECT_TRUE(catalog->create({mara.id, umlauts}).has_value());
  EXPECT_EQ(parse_visibility("friends").error().message,
            "visibility: it must be \"everyone\", \"followers\" or \"only_me\"");
}

TEST_F(CatalogTest, OnlyTheAuthorChangesOrRemoves) {
  const auto open = publish(mara, "one");
  const auto closed = publish(mara, "two", Visibility::only_me);
  EXPECT_EQ(catalog->remove(jo.id, open.id).error().reason, "video_delete_denied");
  EXPECT_EQ(catalog->remove(jo.id, closed.id).error().reason, "no_such_video");
  const auto denied = catalog->change(jo.id, open.id, {.caption = "x"});
  ASSERT_EQ(code_of(denied), Code::denied);
  EXPECT_EQ(denied.error().reason, "video_change_denied");
  const auto no_cover = catalog->change(mara.id, open.id, {.cover_index = 2});
  ASSERT_EQ(code_of(no_cover), Code::invalid_argument);
  EXPECT_EQ(no_cover.error().message, "cover_index: this video has 2 covers, numbered from 0");
  EXPECT_EQ(must(catalog->change(mara.id, open.id, {.cover_index = 1})).cover_index, 1);
  EXPECT_EQ(must(catalog->get(open.id)).caption, "one");
}

TEST_F(CatalogTest, OwnVideosPageToTheEnd) {
  std::vector<VideoId> made;
  for (int i = 0; i < 205; ++i) {
    NewVideo form;
    form.owner = mara.id;
    made.insert(made.begin(), must(catalog->create(form)).id);
    clock.advance_ms(1);
  }
  std::vector<VideoId> found;
  std::string cursor;
  do {
    const auto page = must(catalog->own(mara.id, cursor, 1'000));
    EXPECT_LE(page.items.size(), 200U);
    for (const auto& video : page.items) found.push_back(video.id);
    cursor = page.next_cursor;
  } while (!cursor.empty());
  EXPECT_EQ(found, made);
  EXPECT_EQ(must(catalog->own(mara.id, "", 205)).items.size(), 200U);
  EXPECT_EQ(catalog->own(mara.id, "nonsense!", 10).error().reason, "not_a_cursor");
}

TEST_F(CatalogTest, WhoMaySeeWhat) {
  const auto open = publish(mara, "o #x");
  const auto followers = publish(mara, "f #x", Visibility::followers);
  const auto own = publish(mara, "m #x", Visibility::only_me);
  const auto draft = publish(mara, "d #x", Visibility::everyone, true);
  const auto author = viewer(mara), other = viewer(jo);
  EXPECT_THAT(by_tag(nobody, "X"), ElementsAre("o"
                                               " #x"));
  EXPECT_THAT(by_tag(author, "#x"), ElementsAre("m #x", "f #x", "o #x"));
  EXPECT_FALSE(catalog->get_visible(other, followers.id).has_value());
  must(accounts->set_follow(other, mara.id, true));
  EXPECT_THAT(by_tag(other, "x"), ElementsAre("f #x", "o #x"));
  EXPECT_FALSE(catalog->get_visible(other, own.id).has_value());
  EXPECT_FALSE(catalog->get_visible(other, draft.id).has_value());
  EXPECT_TRUE(catalog->get_visible(author, draft.id).has_value());
  EXPECT_EQ(tag_count("x"), 1);
  EXPECT_THAT(must(catalog->videos_counts({{mara.id, jo.id}})), ElementsAre(1, 0));
  EXPECT_THAT(must(catalog->own(mara.id, "", 200)).items, SizeIs(4));
  must(accounts->set_block(viewer(mara), jo.id, true));
  EXPECT_THAT(by_tag(other, "x"), IsEmpty());
  EXPECT_EQ(code_of(catalog->get_visible(other, open.id)), Code::not_found);
  EXPECT_THAT(must(catalog->by_owner(other, mara.id, "", 10)).items, IsEmpty());
  expect_sound();
}

TEST_F(CatalogTest, TheEngineHearsOfWhatOthersMaySeeOnly) {
  publish(mara, "draft", Visibility::everyone, true);
  publish(mara, "own", Visibility::only_me);
  const auto failed = must(catalog->create({mara.id, "bad"}));
  must(catalog->set_state(failed.id, State::failed, 0, "it is not a video"));
  EXPECT_THAT(take_kinds(), IsEmpty());
  const auto video = publish(mara, "Clay #pots", Visibility::followers);
  EXPECT_THAT(take_kinds(), ElementsAre(kPublished));
  auto body = must(engine::decode<engine::VideoPublished>(last));
  EXPECT_TRUE(body.followers_only);
  EXPECT_EQ(body.author, mara.person);
  EXPECT_THAT(body.hashtags, ElementsAre(engine::text_key("pots")));
  EXPECT_THAT(body.words, ElementsAre(engine::text_key("clay"), engine::text_key("pots")));
  EXPECT_EQ(body.language, engine::text_key("en"));
  must(catalog->change(mara.id, video.id, {.visibility = Visibility::everyone}));
  EXPECT_THAT(take_kinds(), ElementsAre(kPublished));
  must(catalog->change(mara.id, video.id, {.visibility = Visibility::only_me}));
  EXPECT_THAT(take_kinds(), ElementsAre(kRemoved));
  must(catalog->remove(mara.id, video.id));
  EXPECT_THAT(take_kinds(), IsEmpty());
}

TEST_F(CatalogTest, ADraftIsShownOncePublished) {
  const auto draft = publish(mara, "soon #x", Visibility::everyone, true);
  const auto address = catalog->media_url(draft, "720.mp4", draft.owner);
  EXPECT_THAT(address, HasSubstr("/media/r/"));
  EXPECT_TRUE(resolves(address));
  const auto video = must(catalog->change(mara.id, draft.id, {.publish_draft = true}));
  EXPECT_FALSE(video.draft);
  EXPECT_GT(video.published_ms, 0);
  EXPECT_THAT(take_kinds(), ElementsAre(kPublished));
  EXPECT_TRUE(resolves(address)) << "a page that plays it goes on";
  EXPECT_THAT(catalog->media_url(video, "720.mp4", video.owner), HasSubstr("/media/p/"));
  EXPECT_TRUE(resolves(catalog->media_url(video, "720.mp4", video.owner)));
  EXPECT_EQ(tag_count("x"), 1);
}

TEST_F(CatalogTest, AddressesOfFollowersOnlyFilesEndWithTheFollow) {
  const auto stranger = person("stranger");
  const auto video = publish(mara, "hello", Visibility::followers);
  must(accounts->set_follow(viewer(jo), mara.id, true));
  const auto address = catalog->media_url(video, "720.mp4", jo.id);
  EXPECT_TRUE(resolves(address));
  EXPECT_FALSE(resolves(catalog->media_url(video, "720.mp4", stranger.id)));
  must(accounts->set_follow(viewer(jo), mara.id, false));
  EXPECT_FALSE(resolves(address));
  must(accounts->set_follow(viewer(jo), mara.id, true));
  reopen();
  EXPECT_TRUE(resolves(address));
  must(accounts->set_block(viewer(mara), jo.id, true));
  EXPECT_FALSE(resolves(address));
  EXPECT_TRUE(resolves(catalog->media_url(video, "720.mp4", mara.id)));
}

TEST_F(CatalogTest, NewVisibilityMovesTheFilesAndOldAddressesDieAtOnce) {
  const auto before = publish(mara, "hello #x");
  const auto address = catalog->media_url(before, "720.mp4", before.owner);
  const auto after =
      must(catalog->change(mara.id, before.id, {.visibility = Visibility::followers}));
  EXPECT_NE(after.media_key, before.media_key);
  EXPECT_FALSE(resolves(address));
  const auto file = must(catalog->resolve_media(catalog->media_url(after, "720.mp4", after.owner)));
  EXPECT_TRUE(file.restricted);
  const auto content = must(blobs->open(file.blob_key));
  EXPECT_EQ(content->size_bytes(), 18);
  EXPECT_EQ(code_of(blobs->open(catalog->blob_key(before, "720.mp4"))), Code::not_found);
  EXPECT_EQ(tag_count("x"), 0);
  EXPECT_THAT(blob_keys(), SizeIs(7));
  expect_sound();
  reopen();
  EXPECT_FALSE(resolves(address));
  EXPECT_TRUE(resolves(catalog->media_url(after, "720.mp4", after.owner)));
}

TEST_F(CatalogTest, RemovedForGoodIsGoneFromEverySurfaceAndFromDisk) {
  const auto video = publish(mara, "gone #soon");
  const auto kept = publish(mara, "stays #soon");
  const auto address = catalog->media_url(video, "master.m3u8", video.owner);
  take_kinds();
  must(catalog->remove(mara.id, video.id));
  must(catalog->remove_for_good(mara.id, video.id));
  EXPECT_THAT(take_kinds(), ElementsAre(kRemoved));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(code_of(catalog->get(video.id)), Code::not_found);
    const std::vector<VideoId> both{video.id, kept.id};
    EXPECT_THAT(must(catalog->get_many(both)), SizeIs(1));
    EXPECT_FALSE(resolves(address));
    EXPECT_THAT(by_tag(viewer(mara), "soon"), ElementsAre("stays #soon"));
    EXPECT_THAT(must(catalog->by_owner(viewer(mara), mara.id, "", 10)).items, SizeIs(1));
    EXPECT_THAT(must(catalog->own(mara.id, "", 200)).items, SizeIs(1));
    EXPECT_EQ(tag_count("soon"), 1);
    EXPECT_THAT(blob_keys(), SizeIs(7));
    EXPECT_EQ(code_of(catalog->remove(mara.id, video.id)), Code::not_found);
    EXPECT_EQ(code_of(catalog->restore(mara.id, video.id)), Code::not_found);
    expect_sound();
    reopen();
  }
}

TEST_F(CatalogTest, RemovedCanBeBroughtBackAsItWas) {
  auto video = publish(mara, "gone #soon");
  const auto address = catalog->media_url(video, "master.m3u8", video.owner);
  take_kinds();
  must(catalog->remove(mara.id, video.id));
  EXPECT_THAT(take_kinds(), ElementsAre(kRemoved));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(code_of(catalog->get(video.id)), Code::not_found);
    EXPECT_EQ(code_of(catalog->change(mara.id, video.id, {.caption = "x"})), Code::not_found);
    EXPECT_EQ(code_of(catalog->remove(mara.id, video.id)), Code::not_found);
    EXPECT_FALSE(resolves(address));
    EXPECT_THAT(by_tag(viewer(mara), "soon"), IsEmpty());
    EXPECT_THAT(must(catalog->by_owner(viewer(mara), mara.id, "", 10)).items, IsEmpty());
    EXPECT_THAT(must(catalog->own(mara.id, "", 10)).items, IsEmpty());
    EXPECT_THAT(must(catalog->removed(mara.id)), SizeIs(1));
    EXPECT_THAT(must(catalog->removed(jo.id)), IsEmpty());
    EXPECT_EQ(tag_count("soon"), 0);
    EXPECT_THAT(blob_keys(), SizeIs(7));
    expect_sound();
    reopen();
  }
  EXPECT_EQ(catalog->restore(jo.id, video.id).error().reason, "video_not_restorable");
  EXPECT_EQ(catalog->remove_for_good(jo.id, video.id).error().reason, "video_not_restorable");
  take_kinds();
  video = must(catalog->restore(mara.id, video.id));
  EXPECT_THAT(take_kinds(), ElementsAre(kPublished));
  for (int round = 0; round < 2; ++round) {
    const auto back = must(catalog->get(video.id));
    EXPECT_EQ(back.caption, "gone #soon");
    EXPECT_EQ(back.published_ms, video.published_ms);
    EXPECT_TRUE(back.sound);
    EXPECT_TRUE(resolves(address));
    EXPECT_THAT(by_tag(viewer(mara), "soon"), ElementsAre("gone #soon"));
    EXPECT_EQ(tag_count("soon"), 1);
    EXPECT_THAT(must(catalog->removed(mara.id)), IsEmpty());
    EXPECT_EQ(code_of(catalog->restore(mara.id, video.id)), Code::not_found);
    expect_sound();
    reopen();
  }
}

TEST_F(CatalogTest, ARemovedDraftComesBackAsADraft) {
  const auto draft = publish(mara, "not yet", Visibility::followers, true);
  take_kinds();
  must(catalog->remove(mara.id, draft.id));
  const auto back = must(catalog->restore(mara.id, draft.id));
  EXPECT_TRUE(back.draft);
  EXPECT_EQ(back.visibility, Visibility::followers);
  EXPECT_THAT(take_kinds(), IsEmpty());
  EXPECT_TRUE(resolves(catalog->media_url(draft, "720.mp4", draft.owner)));
  expect_sound();
}

TEST_F(CatalogTest, WhatIsNotBroughtBackInTimeIsSwept) {
  const auto video = publish(mara, "gone #soon");
  must(catalog->remove(mara.id, video.id));
  const auto period_ms = config[kRestorableMinutes] * 60'000;
  clock.advance_ms(period_ms - 1);
  must(catalog->sweep_removed());
  EXPECT_THAT(blob_keys(), SizeIs(7));
  clock.advance_ms(1);
  EXPECT_EQ(code_of(catalog->restore(mara.id, video.id)), Code::not_found);
  EXPECT_THAT(must(catalog->removed(mara.id)), IsEmpty());
  must(blobs->remove(catalog->blob_key(video, "720.mp4")));  // a kill while it was swept
  expect_sound();
  reopen();
  must(catalog->sweep_removed());
  EXPECT_THAT(blob_keys(), IsEmpty());
  expect_sound();
}

TEST_F(CatalogTest, ADamagedRowKeepsNothingElseFromBeingSwept) {
  const auto damaged = publish(mara, "damaged"), other = publish(mara, "other");
  must(catalog->remove(mara.id, damaged.id));
  clock.advance_ms(1);
  must(catalog->remove(mara.id, other.id));
  damage(damaged.id);
  EXPECT_THAT(must(catalog->removed(mara.id)), SizeIs(1));
  clock.advance_ms(config[kRestorableMinutes] * 60'000);
  EXPECT_EQ(code_of(catalog->sweep_removed()), Code::corrupt);
  EXPECT_THAT(blob_keys(), SizeIs(7));  // of the damaged one
  EXPECT_EQ(code_of(catalog->remove_for_good(mara.id, other.id)), Code::not_found);
}

TEST_F(CatalogTest, WhatWasRemovedComesBackWhateverCaptionsMayHaveNow) {
  const auto video = publish(mara, "longer than is allowed now #tag");
  must(catalog->remove(mara.id, video.id));
  must(config.set("catalog.caption_characters_max", "10"));
  const auto back = must(catalog->restore(mara.id, video.id));
  EXPECT_EQ(back.caption, "longer than is allowed now #tag");
  EXPECT_THAT(back.hashtags, ElementsAre("tag"));
  EXPECT_EQ(tag_count("tag"), 1);
  expect_sound();
}

TEST_F(CatalogTest, FilesAreSweptEvenWhenTheirRowsCannotBeWritten) {
  const auto video = publish(mara, "gone");
  bool refuse = false;
  catalog->on_change([&](Session&, const Entry&) -> Result<void> {
    return refuse ? Result<void>(Error(Code::internal, "the disk is full")) : Result<void>();
  });
  must(catalog->remove(mara.id, video.id));
  clock.advance_ms(config[kRestorableMinutes] * 60'000);
  refuse = true;
  EXPECT_EQ(code_of(catalog->sweep_removed()), Code::internal);
  EXPECT_THAT(blob_keys(), IsEmpty());
  expect_sound();
  refuse = false;
  must(catalog->sweep_removed());
  EXPECT_EQ(code_of(catalog->remove_for_good(mara.id, video.id)), Code::not_found);
}

TEST_F(CatalogTest, AnAccountsDeletionTakesWhatCouldBeBroughtBack) {
  const auto video = publish(mara, "gone");
  must(catalog->remove(mara.id, video.id));
  must(accounts->remove(mara.id, "a long password 1"));
  must(catalog->remove_all_of(mara.id));
  EXPECT_EQ(code_of(catalog->restore(mara.id, video.id)), Code::not_found);
  reopen();  // sweeps what the hook left to the queue
  EXPECT_THAT(blob_keys(), IsEmpty());
  expect_sound();
}

TEST_F(CatalogTest, CaptionsAreCleaned) {
  const auto video = publish(mara, "a\u202Eb" + std::string(2000, '\n') + "c #x\x01y");
  EXPECT_EQ(video.caption, "ab\n\nc #xy");
  const auto changed = must(catalog->change(mara.id, video.id, {.caption = "\u2066 #z \u200B"}));
  EXPECT_EQ(changed.caption, "#z");
  EXPECT_EQ(tag_count("z"), 1);
}

TEST_F(CatalogTest, WhereNothingIsOlderNothingIsReadAgain) {
  publish(mara, "#tag");
  reopen();
  int told_count = 0;
  catalog->on_change([&](Session&, const Entry&) -> Result<void> {
    ++told_count;
    return {};
  });
  must(catalog->reread(std::atomic<bool>{false}));
  EXPECT_EQ(told_count, 0);
}

TEST_F(CatalogTest, WhatWasReadByOlderRulesIsReadAgain) {
  const auto older = publish(mara, "#col·lecció"), newer = publish(mara, "plain");
  const auto untouched = publish(mara, "same #tag");
  const auto cut = [&](VideoId id, const std::string& caption) {
    auto video = must(catalog->get(id));
    video.hashtags = {"col"};
    must(database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute("UPDATE catalog_entries SET caption = ?, facts = ? WHERE id = ?",
                                   {caption, encode_facts(video), id.db()}));
      FILOSCOPE_DO(
          session.execute("DELETE FROM catalog_video_hashtags WHERE video = ?", {id.db()}));
      FILOSCOPE_DO(session.execute(
          "INSERT INTO catalog_video_hashtags (tag, video, counted) VALUES ('col', ?, 1)",
          {id.db()}));
      return {};
    }));
  };
  cut(older.id, "#col·lecció");
  cut(newer.id, "plain\u202E #col·lecció");
  must(database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM catalog_hashtags WHERE tag <> 'tag'"));
    FILOSCOPE_DO(session.execute(
        "INSERT INTO catalog_hashtags (tag, term, videos_count) VALUES ('col', 'col', 2)"));
    return {};
  }));
  as_of_older_rules();
  reopen();
  std::atomic<bool> stop{false};
  std::vector<VideoId> told;
  catalog->on_change([&](Session&, const Entry& video) -> Result<void> {
    told.push_back(video.id);
    stop = true;  // as a server that is stopped after each
    return {};
  });
  take_kinds();
  for (int call = 0; call < 4; ++call) {
    stop = false;
    must(catalog->reread(stop));
  }
  EXPECT_THAT(told, ElementsAre(untouched.id, newer.id, older.id));
  EXPECT_THAT(take_kinds(), ElementsAre(kPublished, kPublished));
  EXPECT_EQ(must(catalog->get(newer.id)).caption, "plain #col·lecció");
  EXPECT_EQ(tag_count("col·leccio"), 2);
  EXPECT_EQ(tag_count("col"), 0);
  EXPECT_THAT(by_tag(nobody, "col·lecció"), SizeIs(2));
  stop = false;
  must(catalog->reread(stop));
  EXPECT_THAT(told, SizeIs(3)) << "once is enough";
  expect_sound();
}

TEST_F(CatalogTest, ADamagedRowKeepsNothingElseFromBeingReadAgain) {
  const auto older = publish(mara, "older"), damaged = publish(mara, "damaged");
  damage(damaged.id);
  as_of_older_rules();
  reopen();
  std::vector<VideoId> told;
  catalog->on_change([&](Session&, const Entry& video) -> Result<void> {
    told.push_back(video.id);
    return {};
  });
  must(catalog->reread(std::atomic<bool>{false}));
  EXPECT_THAT(told, ElementsAre(older.id));
}

TEST_F(CatalogTest, StatesOfProcessingAreSeenByTheAuthor) {
  const auto video = must(catalog->create({mara.id, "soon"}));
  must(catalog->set_state(video.id, State::checked, 0, ""));
  must(catalog->set_state(video.id, State::processing, 1, ""));
  must(catalog->set_state(video.id, State::processing, 42, ""));
  EXPECT_EQ(must(catalog->get(video.id)).progress_percent, 42);
  EXPECT_EQ(code_of(catalog->get_visible(viewer(jo), video.id)), Code::not_found);
  put_blob(catalog->blob_key(video, "720.mp4"), "half a file");
  must(catalog->set_state(video.id, State::failed, 0, "the file ends in the middle"));
  const auto failed = must(catalog->get_visible(viewer(mara), video.id));
  EXPECT_EQ(failed.state, State::failed);
  EXPECT_EQ(failed.error, "the file ends in the middle");
  EXPECT_THAT(blob_keys(), IsEmpty());
  const auto published = publish(mara, "done");
  const auto again = catalog->set_state(published.id, State::processing, 1, "");
  ASSERT_EQ(code_of(again), Code::conflict);
  EXPECT_EQ(again.error().reason, "video_already_published");
  EXPECT_EQ(must(catalog->publish(published.id, processed())).media_key, published.media_key);
}

TEST_F(CatalogTest, RemovedWhileProcessingIsNotPublished) {
  const auto video = must(catalog->create({mara.id, "soon"}));
  must(catalog->set_state(video.id, State::processing, 1, ""));
  put_blob(catalog->blob_key(video, "720.mp4"), "half a file");
  must(catalog->remove(mara.id, video.id));
  EXPECT_EQ(code_of(catalog->set_state(video.id, State::processing, 50, "")), Code::not_found);
  EXPECT_THAT(blob_keys(), IsEmpty());
  put_blob(catalog->blob_key(video, "720.mp4"), "processing writes on, and the server dies");
  reopen();
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_EQ(code_of(catalog->publish(video.id, processed())), Code::not_found);
  expect_sound();
}

TEST_F(CatalogTest, ProcessingThatEndsAfterTheRemovalLeavesNoFiles) {
  for (const bool well : {true, false}) {
    const auto video = must(catalog->create({mara.id, "soon"}));
    must(catalog->remove(mara.id, video.id));
    put_blob(catalog->blob_key(video, "720.mp4"), "whole");
    EXPECT_EQ(code_of(catalog->set_state(video.id, State::processing, 50, "")), Code::not_found);
    if (well) {
      EXPECT_EQ(code_of(catalog->publish(video.id, processed())), Code::not_found);
    } else {
      EXPECT_EQ(code_of(catalog->set_state(video.id, State::failed, 0, "x")), Code::not_found);
    }
    EXPECT_THAT(blob_keys(), IsEmpty());
    expect_sound();
  }
}

TEST_F(CatalogTest, HashtagCountsAreExactUnderConcurrentWork) {
  constexpr int kThreads = 4, kEach = 10;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const auto video = must(catalog->create({mara.id, "#all #t" + std::to_string(t)}));
        must(catalog->publish(video.id, Processed{}));
        if (i % 2 == 0) must(catalog->remove(mara.id, video.id));
        if (i == 1) must(catalog->change(mara.id, video.id, {.caption = "#other"}));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(tag_count("all"), kThreads * 4);
  EXPECT_EQ(tag_count("other"), kThreads * 1);
  EXPECT_EQ(tag_count("t3"), 4);
  expect_sound();
}

TEST_F(CatalogTest, PagesFollowEachOtherWithoutGapsOrRepeats) {
  std::vector<VideoId> made;
  for (int i = 0; i < 7; ++i) {
    const auto visibility = i % 3 == 0 ? Visibility::only_me : Visibility::everyone;
    const auto video = publish(mara, "#x", visibility);
    if (visibility == Visibility::everyone) made.insert(made.begin(), video.id);
  }
  std::vector<VideoId> seen;
  std::string cursor;
  do {
    const auto page = must(catalog->by_owner(nobody, mara.id, cursor, 2));
    for (const auto& video : page.items) seen.push_back(video.id);
    cursor = page.next_cursor;
  } while (!cursor.empty());
  EXPECT_EQ(seen, made);
  EXPECT_EQ(catalog->by_owner(nobody, mara.id, "garbage", 2).error().reason, "not_a_cursor");
}

TEST_F(CatalogTest, ADeletedAccountTakesItsVideosAlong) {
  const auto video = publish(mara, "mine #x");
  const auto other = publish(jo, "hers #x");
  const auto address = catalog->media_url(video, "720.mp4", video.owner);
  must(accounts->remove(mara.id, "a long password 1"));
  EXPECT_FALSE(resolves(address));
  EXPECT_EQ(code_of(catalog->get(video.id)), Code::not_found);
  EXPECT_THAT(by_tag(nobody, "x"), ElementsAre("hers #x"));
  EXPECT_EQ(catalog->create({mara.id, "again"}).error().reason, "no_such_account");
  reopen();  // closing waits for the files to go
  EXPECT_THAT(blob_keys(), SizeIs(7));
  EXPECT_TRUE(resolves(catalog->media_url(other, "720.mp4", other.owner)));
  expect_sound();
}

TEST_F(CatalogTest, AnAccountThatCouldNotBeDeletedKeepsItsVideos) {
  const auto video = publish(mara, "mine #x");
  accounts->on_delete([](Session&, AccountId, PersonKey) -> Result<void> {
    return Error(Code::internal, "not now");
  });
  EXPECT_FALSE(accounts->remove(mara.id, "a long password 1").has_value());
  reopen();
  EXPECT_TRUE(catalog->get_visible(nobody, video.id).has_value());
  EXPECT_TRUE(resolves(catalog->media_url(video, "720.mp4", video.owner)));
  expect_sound();
}

TEST_F(CatalogTest, SamplesGoTogetherAndNothingElse) {
  const auto sample = must(catalog->create({mara.id, "s", Visibility::everyone, {}, false, true}));
  must(catalog->publish(sample.id, Processed{}));
  const auto own = publish(mara, "own");
  must(catalog->remove_samples());
  EXPECT_FALSE(catalog->get(sample.id).has_value());
  EXPECT_TRUE(catalog->get(own.id).has_value());
  must(catalog->remove_all_of(mara.id));
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_THAT(must(catalog->own(mara.id, "", 200)).items, IsEmpty());
}

TEST_F(CatalogTest, VerifySaysWhatIsMissingAndWhatIsOver) {
  const auto video = publish(mara, "x #tag");
  must(blobs->remove(catalog->blob_key(video, "360.mp4")));
  put_blob("video/00/0123/720.mp4", "stray");
  must(database->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE catalog_hashtags SET videos_count = 5"));
    return {};
  }));
  const auto findings = must(catalog->verify());
  ASSERT_THAT(findings, SizeIs(3));
  EXPECT_THAT(findings[0], HasSubstr("has lost its file 360.mp4"));
  EXPECT_THAT(findings[1], HasSubstr("video/00/0123/720.mp4 belongs to no video"));
  EXPECT_THAT(findings[2], HasSubstr("#tag counts 5 videos and has 1"));
}

TEST_F(CatalogTest, HooksSeeEveryChangeAndTheirErrorUndoesIt) {
  std::vector<State> told;
  bool refuse = false;
  catalog->on_change([&](Session&, const Entry& video) -> Result<void> {
    if (refuse) return Error(Code::internal, "no");
    told.push_back(video.state);
    return {};
  });
  const auto video = publish(mara, "a #x");
  must(catalog->change(mara.id, video.id, {.caption = "b #y"}));
  refuse = true;
  EXPECT_EQ(code_of(catalog->change(mara.id, video.id, {.caption = "c #z"})), Code::internal);
  EXPECT_EQ(code_of(catalog->remove(mara.id, video.id)), Code::internal);
  EXPECT_EQ(code_of(catalog->change(mara.id, video.id, {.visibility = Visibility::only_me})),
            Code::internal);
  EXPECT_EQ(must(catalog->get(video.id)).caption, "b #y");
  EXPECT_EQ(tag_count("z"), 0);
  EXPECT_TRUE(resolves(catalog->media_url(video, "720.mp4", video.owner)));
  EXPECT_THAT(blob_keys(), SizeIs(7));
  refuse = false;
  must(catalog->remove(mara.id, video.id));
  EXPECT_THAT(told, ElementsAre(State::published, State::published, State::removed));
  expect_sound();
}

}  // namespace
}  // namespace filoscope::catalog
