#include "social/test_world.h"
#include "social/verify.h"

namespace filoscope::social {
namespace {

using engine::EventType;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TextTest : public testing::Test {
 protected:
  World world;
  accounts::Viewer mara = world.member("mara"), ben = world.member("ben"),
                   zoe = world.member("zoe");
  catalog::Video clay = world.publish(world.account_of(mara), "clay #pottery");
  std::vector<std::string> texts(const accounts::Viewer& viewer) {
    std::vector<std::string> found;
    for (const auto& comment : must(world.social->comments(viewer, clay.id, "", 50)).items) {
      found.push_back(comment.text);
    }
    return found;
  }
  Comment say(const accounts::Viewer& viewer, const std::string& text) {
    world.clock.advance_ms(1);
    return must(world.social->comment(viewer, clay.id, text, {}));
  }
};

TEST_F(TextTest, OddCommentsAreRefused) {
  for (const std::string& text :
       {std::string(), std::string(" \n "), std::string("\u202E\u200B"), std::string("a\xFF"),
        std::string(501, 'x'), std::string(1'000'000, 'x')}) {
    EXPECT_EQ(code_of(world.social->comment(ben, clay.id, text, {})), Code::invalid_argument);
  }
  EXPECT_EQ(world.counts(clay.id).comments, 0);
  EXPECT_EQ(code_of(world.social->comments(ben, clay.id, "x", 10)), Code::invalid_argument);
  EXPECT_EQ(code_of(world.social->comments(ben, clay.id, "", 0)), Code::invalid_argument);
}

TEST_F(TextTest, CommentsAreCountedLearnedOnceAndTold) {
  say(ben, "first!");
  say(ben, "and second");
  EXPECT_EQ(world.counts(clay.id).comments, 2);
  EXPECT_EQ(world.events(EventType::comment).size(), 1U);
  EXPECT_THAT(texts(zoe), ElementsAre("and second", "first!"));
  EXPECT_THAT(texts({}), SizeIs(2));
  EXPECT_THAT(world.notices(mara), ElementsAre("comment", "comment"));
  say(mara, "thank you");
  EXPECT_THAT(world.notices(mara), SizeIs(2));
}

TEST_F(TextTest, ThereIsAPace) {
  World slow(World::Settings{{"social.comments_per_minute_max", "2"}});
  const auto viewer = slow.member("mara");
  const auto video = slow.publish(slow.account_of(viewer), "x");
  EXPECT_TRUE(slow.social->comment(viewer, video.id, "1", {}).has_value());
  EXPECT_TRUE(slow.social->comment(viewer, video.id, "2", {}).has_value());
  const auto third = slow.social->comment(viewer, video.id, "3", {});
  ASSERT_EQ(code_of(third), Code::exhausted);
  EXPECT_EQ(third.error().reason, "too_many_comments");
  EXPECT_EQ(third.error().retry_after_s, 60);
  EXPECT_EQ(third.error().message,
            "you wrote 2 comments in a minute, which is the most; wait a little");
  slow.clock.advance_ms(60'000);
  EXPECT_TRUE(slow.social->comment(viewer, video.id, "3", {}).has_value());
}

TEST_F(TextTest, OnlyTheTwoAuthorsDelete) {
  const auto first = say(ben, "one"), second = say(ben, "two");
  EXPECT_EQ(world.social->remove_comment(zoe, first.id).error().reason, "comment_delete_denied");
  EXPECT_EQ(world.social->remove_comment({}, first.id).error().reason, "sign_in_first");
  EXPECT_EQ(world.social->remove_comment(ben, CommentId{4}).error().reason, "no_such_comment");
  must(world.social->remove_comment(ben, first.id));
  must(world.social->remove_comment(mara, second.id));
  EXPECT_EQ(world.social->remove_comment(mara, second.id).error().reason, "no_such_comment");
  EXPECT_EQ(world.counts(clay.id).comments, 0);
  EXPECT_THAT(world.notices(mara), IsEmpty());
}

TEST_F(TextTest, ABlockHidesBothWaysAndAMuteOneWay) {
  say(ben, "from ben");
  say(zoe, "from zoe");
  must(world.accounts->set_block(ben, zoe.account, true));
  EXPECT_THAT(texts(ben), ElementsAre("from ben"));
  EXPECT_THAT(texts(zoe), ElementsAre("from zoe"));
  EXPECT_THAT(texts(mara), SizeIs(2));
  must(world.accounts->set_mute(mara, accounts::MuteKind::person, "ben", true));
  EXPECT_THAT(texts(mara), ElementsAre("from zoe"));
  EXPECT_THAT(world.notices(mara), ElementsAre("comment"));
  EXPECT_EQ(must(world.social->unread_count(mara)), 1);
}

TEST_F(TextTest, ANoticeNamesItsCommentWhichIsFoundByWhomItIsListedTo) {
  const auto said = say(ben, "where was this?");
  const auto notice = must(world.social->notifications(mara, "", 1)).items.at(0);
  EXPECT_EQ(notice.comment, said.id);
  EXPECT_EQ(must(world.social->find_comment(mara, notice.comment)).text, "where was this?");
  EXPECT_EQ(must(world.social->find_comment({}, said.id)).text, "where was this?");
  must(world.accounts->set_block(zoe, ben.account, true));
  EXPECT_EQ(code_of(world.social->find_comment(zoe, said.id)), Code::not_found);
  EXPECT_EQ(code_of(world.social->find_comment(mara, CommentId{4})), Code::not_found);
  world.clock.advance_ms(1);
  must(world.social->set_like(ben, clay.id, true, {}));
  EXPECT_FALSE(must(world.social->notifications(mara, "", 1)).items.at(0).comment);
}

TEST_F(TextTest, PagesSkipHiddenOnesAndEnd) {
  for (int i = 0; i < 9; ++i) {
    say(i % 2 == 0 ? ben : zoe, std::to_string(i));
    if (i == 4) world.clock.advance_ms(61'000);
  }
  must(world.accounts->set_mute(mara, accounts::MuteKind::person, "ben", true));
  std::vector<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = must(world.social->comments(mara, clay.id, cursor, 3));
    for (const auto& comment : page.items) seen.push_back(comment.text);
    cursor = page.next_cursor;
    ASSERT_LT(++pages, 10);
  } while (!cursor.empty());
  EXPECT_THAT(seen, ElementsAre("7", "5", "3", "1"));
}

TEST_F(TextTest, MentionsReachWhoMaySeeTheVideo) {
  say(ben, "look @zoe and @ZOE, @mara, @nobody");
  EXPECT_THAT(world.notices(zoe), ElementsAre("mention"));
  EXPECT_THAT(world.notices(mara), ElementsAre("comment"));
  must(world.accounts->set_block(zoe, mara.account, true));
  say(ben, "again @zoe");
  EXPECT_THAT(world.notices(zoe), SizeIs(1));
}

TEST_F(TextTest, NoticesAreOncePerThingReadAndBounded) {
  World small(World::Settings{{"social.notifications_max", "10"}});
  const auto viewer = small.member("mara");
  Notification notice;
  notice.kind = "published";
  for (std::uint64_t i = 1; i <= 12; ++i) {
    notice.video = VideoId{i};
    must(small.social->notify(viewer.account, notice));
    must(small.social->notify(viewer.account, notice));
    small.clock.advance_ms(1);
  }
  EXPECT_EQ(must(small.social->unread_count(viewer)), 10);
  const auto page = must(small.social->notifications(viewer, "", 4));
  ASSERT_EQ(page.items.size(), 4U);
  EXPECT_EQ(page.items[0].video, VideoId{12});
  EXPECT_FALSE(page.items[0].read);
  EXPECT_EQ(must(small.social->notifications(viewer, page.next_cursor, 4)).items[0].video,
            VideoId{8});
  must(small.social->mark_notifications_read(viewer));
  EXPECT_EQ(must(small.social->unread_count(viewer)), 0);
  notice.kind = "advert";
  EXPECT_EQ(small.social->notify(viewer.account, notice).error().reason,
            "no_such_notification_kind");
  notice.kind = "failed";
  must(small.social->notify(AccountId{5}, notice));  // gone meanwhile
  EXPECT_EQ(small.rows("social_notifications"), 10);
}

TEST_F(TextTest, ARemovedVideoTakesEverythingAlong) {
  say(ben, "hello");
  must(world.social->set_like(ben, clay.id, true, {}));
  must(world.social->set_save(ben, clay.id, true, {}));
  must(world.social->share(ben, clay.id, {}));
  must(world.social->set_not_interested(zoe, clay.id, true, {}));
  must(world.catalog->remove(mara.account, clay.id));
  must(world.catalog->remove_for_good(mara.account, clay.id));
  for (const auto* table : {"social_likes", "social_saves", "social_comments", "social_shares",
                            "social_not_interested", "social_notifications"}) {
    EXPECT_EQ(world.rows(table), 0) << table;
  }
  EXPECT_EQ(code_of(world.social->comments(ben, clay.id, "", 10)), Code::not_found);
  EXPECT_THAT(must(world.social->likes_received({{mara.account}})), ElementsAre(0));
  must(world.database->write(
      [&](Session& session) { return world.social->count_view(session, clay.id); }));
  world.clock.advance_ms(1000);
  EXPECT_EQ(world.counts(clay.id).views, 0);
}

TEST_F(TextTest, ARemovedVideoThatComesBackHasWhatItHad) {
  say(ben, "hello");
  must(world.social->set_like(ben, clay.id, true, {}));
  must(world.social->set_like(zoe, clay.id, true, {}));
  must(world.social->set_save(ben, clay.id, true, {}));
  must(world.catalog->remove(mara.account, clay.id));
  EXPECT_THAT(must(world.social->likes_received({{mara.account}})), ElementsAre(0));
  EXPECT_EQ(world.rows("social_notifications"), 0);
  EXPECT_EQ(code_of(world.social->set_like(ben, clay.id, false, {})), Code::not_found);
  EXPECT_EQ(code_of(world.social->comments(ben, clay.id, "", 10)), Code::not_found);
  EXPECT_THAT(must(world.social->saved(ben, "", 10)).items, IsEmpty());
  must(world.database->write(
      [&](Session& session) { return world.social->count_view(session, clay.id); }));
  must(world.accounts->remove(zoe.account, "a long password 1"));
  EXPECT_THAT(must(verify_social(*world.database)), IsEmpty());
  must(world.catalog->restore(mara.account, clay.id));
  world.clock.advance_ms(1000);
  const auto counts = world.counts(clay.id);
  EXPECT_EQ(counts.likes, 1);
  EXPECT_EQ(counts.comments, 1);
  EXPECT_EQ(counts.views, 0);
  EXPECT_THAT(must(world.social->likes_received({{mara.account}})), ElementsAre(1));
  EXPECT_THAT(must(world.social->comments(ben, clay.id, "", 10)).items, SizeIs(1));
  EXPECT_THAT(must(world.social->saved(ben, "", 10)).items, SizeIs(1));
  EXPECT_EQ(must(world.social->set_like(ben, clay.id, false, {})).likes, 0);
  EXPECT_THAT(must(verify_social(*world.database)), IsEmpty());
}

TEST_F(TextTest, ADeletedAccountTakesItsFactsAndCorrectsCounts) {
  say(ben, "one");
  say(ben, "two");
  say(zoe, "three");
  for (const auto& viewer : {ben, zoe}) {
    must(world.social->set_like(viewer, clay.id, true, {}));
    must(world.social->set_save(viewer, clay.id, true, {}));
    must(world.social->share(viewer, clay.id, {}));
    must(world.social->set_not_interested(viewer, clay.id, true, {}));
    must(world.social->report(viewer, {clay.id, {}, {}, "spam", ""}, {}));
    must(world.social->follow(viewer, mara.account, true, {}));
  }
  must(world.accounts->remove(ben.account, "a long password 1"));
  const auto check = [&] {
    const auto counts = world.counts(clay.id);
    EXPECT_EQ(counts.likes, 1);
    EXPECT_EQ(counts.saves, 1);
    EXPECT_EQ(counts.shares, 1);
    EXPECT_EQ(counts.comments, 1);
    EXPECT_THAT(texts(mara), ElementsAre("three"));
    EXPECT_THAT(world.notices(mara), SizeIs(3));
    EXPECT_THAT(must(verify_social(*world.database)), IsEmpty());
  };
  check();
  world.reopen_all();
  check();
  EXPECT_EQ(world.rows("social_reports"), 2);  // kept without whom it came from
  EXPECT_EQ(world.rows("social_reports WHERE reporter = " + std::to_string(ben.person.db())), 0);
  EXPECT_EQ(world.rows("social_not_interested"), 1);
}

TEST_F(TextTest, VerifySaysWhichCountIsWrong) {
  must(world.social->set_like(ben, clay.id, true, {}));
  say(ben, "hello");
  EXPECT_THAT(must(verify_social(*world.database)), IsEmpty());
  must(world.database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE social_counts SET likes = 7"));
    return {};
  }));
  EXPECT_THAT(must(verify_social(*world.database)),
              ElementsAre("video " + clay.id.text() + " says 7 likes, but has 1"));
}

TEST_F(TextTest, AnActBehindTheDeletionIsRefused) {
  must(world.accounts->remove(ben.account, "a long password 1"));
  EXPECT_EQ(code_of(world.social->set_like(ben, clay.id, true, {})), Code::unauthenticated);
  EXPECT_EQ(code_of(world.social->comment(ben, clay.id, "late", {})), Code::unauthenticated);
  EXPECT_EQ(world.rows("social_likes") + world.rows("social_comments"), 0);
}

TEST_F(TextTest, WhatAGuestTurnedAwayStaysAtSignUp) {
  const auto guest = world.guest();
  must(world.social->set_not_interested(guest, clay.id, true, {}));
  accounts::SignUp form;
  form.handle = "newcomer";
  form.password = "a long password 1";
  form.birth_date = "1990-01-01";
  form.guest = guest;
  const auto viewer = World::viewer(must(world.accounts->sign_up(form)).account);
  EXPECT_TRUE(world.marks(viewer, clay.id).not_interested);
  const auto other = world.guest();
  must(world.social->set_not_interested(other, clay.id, true, {}));
  world.clock.advance_ms(25LL * 3600 * 1000);
  must(world.accounts->make_guest(""));  // sweeps
  EXPECT_EQ(world.rows("social_not_interested"), 1);
}

}  // namespace
}  // namespace filoscope::social
