/// Entries of whatever kind, what their owners say of them, and their time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/test_world.h"

namespace filoscope::catalog {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kTold = static_cast<std::uint16_t>(engine::RecordKind::video_published);
constexpr auto kTakenBack = static_cast<std::uint16_t>(engine::RecordKind::video_removed);

class EntryTest : public ::testing::Test, protected World {
 protected:
  const accounts::Account mara = person("mara"), jo = person("jo");
};

TEST_F(EntryTest, OfAnotherKindIsSeenByTheSameRuleAndIsNoVideo) {
  const auto clip = publish(mara, "a clip #clay");
  const auto shop = put_entry(mara, Kind::product, "a bowl #clay");
  const auto hidden = put_entry(mara, Kind::product, "not yet", Visibility::only_me);
  EXPECT_EQ(must(catalog->visible_entry(viewer(jo), shop.id)).kind, Kind::product);
  EXPECT_EQ(catalog->visible_entry(viewer(jo), hidden.id).error().reason, "no_such_entry");
  EXPECT_EQ(must(catalog->visible_entry(viewer(mara), hidden.id)).caption, "not yet");

  must(accounts->set_block(viewer(mara), jo.id, true));
  EXPECT_FALSE(catalog->visible_entry(viewer(jo), shop.id).has_value());
  must(accounts->set_block(viewer(mara), jo.id, false));

  EXPECT_EQ(catalog->get(shop.id).error().reason, "no_such_video");
  EXPECT_EQ(catalog->change(mara.id, shop.id, {.caption = "x"}).error().reason, "no_such_video");
  EXPECT_EQ(catalog->remove(mara.id, shop.id).error().reason, "no_such_video");
  const std::vector<EntryId> both{shop.id, clip.id};
  EXPECT_THAT(must(catalog->get_many(both)), SizeIs(1));
  EXPECT_THAT(must(catalog->entries(both)), SizeIs(2));
  EXPECT_THAT(must(catalog->videos_counts({{mara.id}})), ElementsAre(1));
  const auto page = must(catalog->by_owner(viewer(jo), mara.id, "", 10)).items;
  ASSERT_THAT(page, SizeIs(2));
  EXPECT_EQ(page[0].kind, Kind::product);
  EXPECT_EQ(page[1].kind, Kind::video);
  EXPECT_THAT(must(catalog->own(mara.id, "", 10)).items, SizeIs(1)) << "her videos";
}

TEST_F(EntryTest, OneOfAKindThatOnlyANewerReleaseKnowsHidesNothingElse) {
  const auto clip = publish(mara, "a clip"), newer = publish(mara, "newer");
  must(database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("UPDATE catalog_entries SET kind = 9 WHERE id = ?", {newer.id.db()}));
    return {};
  }));
  reopen();
  const std::vector<EntryId> both{newer.id, clip.id};
  const auto found = must(catalog->entries(both));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].id, clip.id);
  std::vector<EntryId> told;
  must(catalog->each([&](const Entry& entry) -> Result<void> {
    told.push_back(entry.id);
    return {};
  }));
  EXPECT_THAT(told, ElementsAre(clip.id));
}

TEST_F(EntryTest, NoticesAreKeptAndTheEngineHearsWhatIsSensitive) {
  const auto age_min = [&] {
    Lock lock(mutex);
    return int{must(engine::decode<engine::VideoPublished>(last)).age_min};
  };
  const auto made = must(catalog->create({mara.id, "a clip"}));
  auto facts = processed();
  facts.sensitive = facts.flashes = true;
  must(catalog->publish(made.id, facts));
  EXPECT_EQ(age_min(), 18);
  reopen();
  EXPECT_TRUE(must(catalog->get(made.id)).sensitive);
  EXPECT_TRUE(must(catalog->get(made.id)).flashes);
  must(catalog->set_sensitive(made.id, false));
  EXPECT_EQ(age_min(), 0);
  EXPECT_FALSE(must(catalog->get(made.id)).sensitive);
  EXPECT_TRUE(must(catalog->get(made.id)).flashes);
  must(catalog->change(mara.id, made.id, {.labels = Labels()}));
  EXPECT_TRUE(must(catalog->get(made.id)).flashes) << "not hers to take off";
}

TEST_F(EntryTest, AReleasedOneMayBeSensitive) {
  auto facts = processed();
  facts.held = facts.sensitive = true;
  for (const bool sensitive : {true, false}) {
    const auto made = must(catalog->create({mara.id, "a clip"}));
    must(catalog->publish(made.id, facts));
    EXPECT_EQ(must(catalog->release(made.id, sensitive)).sensitive, sensitive);
  }
}

TEST_F(EntryTest, LabelsAreKeptAndUnknownOnesRefused) {
  const auto clip = publish(mara, "a clip");
  EXPECT_THAT(clip.labels.names(), IsEmpty());
  VideoChange change;
  change.labels = must(Labels::parse("paid_partnership,ai_generated"));
  must(catalog->change(mara.id, clip.id, change));
  reopen();
  EXPECT_THAT(must(catalog->entry(clip.id)).labels.names(),
              ElementsAre("ai_generated", "paid_partnership"));
  change.labels = Labels();
  EXPECT_THAT(must(catalog->change(mara.id, clip.id, change)).labels.names(), IsEmpty());
  for (const char* wrong :
       {"funny", "ai_generated,,paid_partnership", ",", "ai_generated,", "AI_GENERATED"})
    EXPECT_EQ(Labels::parse(wrong).error().reason, "no_such_label") << wrong;
  const std::vector<std::string> joined{"ai_generated,paid_partnership"};
  EXPECT_EQ(Labels::of(joined).error().reason, "no_such_label");
}

/// What other readers find between the commit and the end of the call.
class CommitTest : public EntryTest {
 protected:
  /// The row as it is stored, past the memory of hot ones.
  Video row_of(EntryId id) {
    std::optional<Video> row;
    must(database->read([&](Session& session) -> Result<void> {
      const std::string sql =
          "SELECT " + std::string(kVideoColumns) + " FROM catalog_entries WHERE id = ?";
      return session.query(sql, {id.db()}, [&](const Row& each) { row = must(read_video(each)); });
    }));
    return row.value();
  }
  bool served(const Video& video, AccountId reader = {}) {
    return catalog->resolve_media(catalog->media_url(video, "720.mp4", reader)).has_value();
  }
};

TEST_F(CommitTest, AddressesHoldAsSoonAsTheNewRowCanBeRead) {
  std::vector<bool> found;
  catalog->on_change([&](Session& session, const Entry& entry) -> Result<void> {
    session.on_commit([&, id = entry.id] { found.push_back(served(row_of(id), mara.id)); });
    return {};
  });
  const auto clip = publish(mara, "a draft", Visibility::everyone, true);
  must(catalog->change(mara.id, clip.id, {.publish_draft = true}));
  must(catalog->change(mara.id, clip.id, {.visibility = Visibility::followers}));
  must(catalog->change(mara.id, clip.id, {.visibility = Visibility::everyone}));
  EXPECT_THAT(found, ElementsAre(true, true, true, true));
}

TEST_F(CommitTest, WhatIsNotStoredChangesNoAddress) {
  bool refuse = false;
  std::vector<std::string> keys;
  catalog->on_change([&](Session& session, const Entry& entry) -> Result<void> {
    if (!refuse) return {};
    FILOSCOPE_DO(session.query("SELECT media_key FROM catalog_entries WHERE id = ?",
                               {entry.id.db()},
                               [&](const Row& row) { keys.push_back(row.text(0)); }));
    return Error(Code::internal, "no");
  });
  const auto draft = publish(mara, "a draft", Visibility::everyone, true);
  const auto open = publish(mara, "for everyone");
  refuse = true;
  EXPECT_FALSE(catalog->change(mara.id, draft.id, {.publish_draft = true}).has_value());
  Video as_if = draft;
  as_if.draft = false;
  EXPECT_FALSE(served(as_if)) << "no public address of a draft";
  EXPECT_TRUE(served(draft, mara.id));
  EXPECT_FALSE(catalog->change(mara.id, open.id, {.visibility = Visibility::only_me}).has_value());
  EXPECT_TRUE(served(open)) << "as it was";
  ASSERT_THAT(keys, SizeIs(2));
  as_if = open;
  as_if.media_key = keys[1];
  ASSERT_NE(as_if.media_key, open.media_key);
  EXPECT_FALSE(served(as_if));
}

class EndTest : public EntryTest {
 protected:
  Video ends_in(std::int64_t ms) {
    const auto clip = publish(mara, "for a day #clay");
    VideoChange change;
    change.available_until_ms = clock.now_ms() + ms;
    return must(catalog->change(mara.id, clip.id, change));
  }
  bool seen_by(const accounts::Account& who, const Video& clip) {
    return catalog->get_visible(viewer(who), clip.id).has_value();
  }
  bool served(const Video& clip, AccountId reader = {}) {
    return catalog->resolve_media(catalog->media_url(clip, "720.mp4", reader)).has_value();
  }
};

TEST_F(EndTest, NobodyButItsOwnerSeesItFromThenOn) {
  const auto clip = ends_in(1000);
  EXPECT_TRUE(seen_by(jo, clip));
  clock.advance_ms(999);
  EXPECT_TRUE(seen_by(jo, clip));
  clock.advance_ms(1);
  EXPECT_FALSE(seen_by(jo, clip)) << "also before the sweep";
  EXPECT_THAT(must(catalog->by_owner(viewer(jo), mara.id, "", 10)).items, IsEmpty());
  EXPECT_TRUE(seen_by(mara, clip));

  take_kinds();
  must(catalog->end_due());
  EXPECT_THAT(take_kinds(), Contains(kTakenBack)) << "the engine is told";
  const auto ended = must(catalog->get(clip.id));
  EXPECT_EQ(ended.state, State::ended);
  EXPECT_THAT(must(catalog->hashtags("clay", 10)), IsEmpty());
  EXPECT_FALSE(served(clip)) << "its public address";
  EXPECT_TRUE(served(ended, mara.id)) << "her own";
  EXPECT_THAT(must(catalog->verify()), IsEmpty());
  must(catalog->end_due());
  EXPECT_THAT(take_kinds(), IsEmpty()) << "once";
  reopen();
  EXPECT_FALSE(served(clip));
  EXPECT_TRUE(served(ended, mara.id));
}

TEST_F(EndTest, IsProlongedAndThenItsFilesAreServedAgain) {
  const auto clip = ends_in(1000);
  clock.advance_ms(1000);
  must(catalog->end_due());
  VideoChange change;
  change.available_until_ms = clock.now_ms() - 1;
  EXPECT_EQ(catalog->change(mara.id, clip.id, change).error().reason, "end_in_the_past");
  change.available_until_ms = 0;
  take_kinds();
  EXPECT_EQ(must(catalog->change(mara.id, clip.id, change)).state, State::published);
  EXPECT_THAT(take_kinds(), Contains(kTold));
  EXPECT_TRUE(seen_by(jo, clip));
  EXPECT_TRUE(served(clip));
  clock.advance_ms(1'000'000);
  must(catalog->end_due());
  EXPECT_TRUE(seen_by(jo, clip));
}

TEST_F(EndTest, OneThatEndedIsDeletedAndComesBack) {
  const auto clip = ends_in(1000);
  clock.advance_ms(1000);
  must(catalog->end_due());
  must(catalog->remove(mara.id, clip.id));
  EXPECT_FALSE(seen_by(mara, clip));
  take_kinds();
  EXPECT_EQ(must(catalog->restore(mara.id, clip.id)).state, State::ended);
  EXPECT_TRUE(seen_by(mara, clip));
  EXPECT_FALSE(seen_by(jo, clip)) << "its time is over all the same";
  EXPECT_THAT(take_kinds(), IsEmpty()) << "the engine need not know";
  EXPECT_THAT(must(catalog->hashtags("clay", 10)), IsEmpty());
  EXPECT_FALSE(served(clip));
}

TEST_F(EndTest, ADraftDoesNotEndAndIsShownForTheFirstTimeWhenItIs) {
  const auto draft = publish(mara, "a draft", Visibility::everyone, true);
  VideoChange end;
  end.available_until_ms = clock.now_ms() + 1000;
  must(catalog->change(mara.id, draft.id, end));
  clock.advance_ms(1000);
  must(catalog->end_due());
  EXPECT_EQ(must(catalog->get(draft.id)).state, State::published);
  const auto late = must(catalog->change(mara.id, draft.id, {.publish_draft = true}));
  EXPECT_EQ(late.state, State::ended) << "posted too late";
  EXPECT_EQ(late.published_ms, 0);
  clock.advance_ms(500);
  end.available_until_ms = 0;
  const auto shown = must(catalog->change(mara.id, draft.id, end));
  EXPECT_EQ(shown.state, State::published);
  EXPECT_EQ(shown.published_ms, clock.now_ms());
}

TEST_F(EndTest, ADamagedRowKeepsNoOtherFromEnding) {
  const auto damaged = ends_in(1000), good = ends_in(1001);
  must(database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE catalog_entries SET facts = ? WHERE id = ?",
                                 {Bytes{9, 9}, damaged.id.db()}));
    return {};
  }));
  reopen();
  clock.advance_ms(2000);
  EXPECT_EQ(catalog->end_due().error().code, Code::corrupt);
  EXPECT_EQ(must(catalog->get(good.id)).state, State::ended);
}

TEST_F(EndTest, WhatSheGivesBackAsItWasIsNoChange) {
  const auto clip = ends_in(1000);
  clock.advance_ms(1000);
  must(catalog->end_due());
  VideoChange same;
  same.available_until_ms = clip.available_until_ms;
  EXPECT_EQ(must(catalog->change(mara.id, clip.id, same)).state, State::ended);
}

}  // namespace
}  // namespace filoscope::catalog
