#include <thread>

#include "social/test_world.h"
#include "social/verify.h"

namespace filoscope::social {
namespace {

using engine::EventType;
using testing::ElementsAre;
using testing::IsEmpty;

class FactsTest : public testing::Test {
 protected:
  World world;
  accounts::Viewer mara = world.member("mara"), ben = world.member("ben");
  catalog::Video clay = world.publish(world.account_of(mara), "clay #pottery");
  Origin origin{RequestId{77}, engine::Surface::feed, {}};
};

TEST_F(FactsTest, StrangersAndGuestsAreAskedToSignIn) {
  const accounts::Viewer nobody;
  const auto guest = world.guest();
  for (const auto& who : {nobody, guest}) {
    EXPECT_EQ(code_of(world.social->set_like(who, clay.id, true, {})), Code::unauthenticated);
    EXPECT_EQ(code_of(world.social->set_save(who, clay.id, true, {})), Code::unauthenticated);
    EXPECT_EQ(code_of(world.social->comment(who, clay.id, "hi", {})), Code::unauthenticated);
    EXPECT_EQ(code_of(world.social->liked(who, "", 10)), Code::unauthenticated);
    EXPECT_FALSE(world.social->follow(who, mara.account, true, {}).has_value());
  }
  EXPECT_FALSE(world.social->set_not_interested(nobody, clay.id, true, {}).has_value());
  EXPECT_EQ(code_of(world.social->share(nobody, clay.id, {})), Code::unauthenticated);
  EXPECT_EQ(world.counts(clay.id).likes, 0);
}

TEST_F(FactsTest, WhatMayNotBeSeenIsNotThere) {
  const auto secret = world.publish(world.account_of(mara), "x", catalog::Visibility::only_me);
  must(world.accounts->set_block(mara, ben.account, true));
  for (const auto id : {VideoId{9}, secret.id, clay.id}) {
    EXPECT_EQ(code_of(world.social->set_like(ben, id, true, {})), Code::not_found);
    EXPECT_EQ(code_of(world.social->comment(ben, id, "hi", {})), Code::not_found);
    EXPECT_EQ(code_of(world.social->comments(ben, id, "", 10)), Code::not_found);
    EXPECT_FALSE(world.social->set_not_interested(ben, id, true, {}).has_value());
  }
  EXPECT_THAT(world.events(EventType::like), IsEmpty());
}

TEST_F(FactsTest, ALikeIsOneRowOneRecordOneNotice) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(must(world.social->set_like(ben, clay.id, true, origin)).likes, 1);
  }
  const auto likes = world.events(EventType::like);
  ASSERT_EQ(likes.size(), 1U);
  EXPECT_EQ(likes[0].first, ben.person);
  EXPECT_EQ(likes[0].second.video, clay.id);
  EXPECT_EQ(likes[0].second.request, RequestId{77});
  EXPECT_EQ(likes[0].second.surface, engine::Surface::feed);
  EXPECT_TRUE(world.marks(ben, clay.id).liked);
  EXPECT_FALSE(world.marks(mara, clay.id).liked);
  EXPECT_THAT(world.notices(mara), ElementsAre("like"));
  EXPECT_THAT(must(world.social->likes_received({{mara.account}})), ElementsAre(1));

  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(must(world.social->set_like(ben, clay.id, false, origin)).likes, 0);
  }
  EXPECT_EQ(world.events(EventType::unlike).size(), 1U);
  EXPECT_THAT(world.notices(mara), IsEmpty());
  EXPECT_FALSE(world.marks(ben, clay.id).liked);
}

TEST_F(FactsTest, SixtyFourThreadsLikeOneVideo) {
  constexpr int kPeople = 8, kThreads = 64;
  std::vector<accounts::Viewer> people;
  for (int i = 0; i < kPeople; ++i) people.push_back(world.member("fan" + std::to_string(i)));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      EXPECT_TRUE(
          world.social
              ->set_like(people[static_cast<std::size_t>(t % kPeople)], clay.id, true, origin)
              .has_value());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(world.counts(clay.id).likes, kPeople);
  EXPECT_EQ(world.rows("social_likes"), kPeople);
  EXPECT_EQ(world.events(EventType::like).size(), static_cast<std::size_t>(kPeople));
  world.reopen_all();
  EXPECT_EQ(world.counts(clay.id).likes, kPeople);
}

TEST_F(FactsTest, LikesAndUnlikesAtOnceLeaveTheCountThatTheRowsSay) {
  std::vector<std::thread> threads;
  const std::vector<accounts::Viewer> people{mara, ben, world.member("zoe")};
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 6; ++i) {
        const auto& who = people[static_cast<std::size_t>(t % 3)];
        EXPECT_TRUE(world.social->set_like(who, clay.id, (t / 3 + i) % 2 == 0, {}).has_value());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto rows = world.rows("social_likes");
  EXPECT_EQ(world.counts(clay.id).likes, rows);
  EXPECT_EQ(static_cast<std::int64_t>(world.events(EventType::like).size()) -
                static_cast<std::int64_t>(world.events(EventType::unlike).size()),
            rows);
  EXPECT_THAT(must(verify_social(*world.database)), IsEmpty());
}

TEST_F(FactsTest, SavesAreAPrivateListThatSkipsWhatIsGone) {
  std::vector<catalog::Video> videos;
  for (int i = 0; i < 5; ++i) {
    videos.push_back(world.publish(world.account_of(mara), "v" + std::to_string(i)));
    EXPECT_EQ(must(world.social->set_save(ben, videos.back().id, true, {})).saves, 1);
    world.clock.advance_ms(10);
  }
  must(world.catalog->remove(mara.account, videos[3].id));
  std::vector<VideoId> seen;
  std::string cursor;
  do {
    const auto page = must(world.social->saved(ben, cursor, 2));
    for (const auto& video : page.items) seen.push_back(video.id);
    cursor = page.next_cursor;
  } while (!cursor.empty());
  EXPECT_THAT(seen, ElementsAre(videos[4].id, videos[2].id, videos[1].id, videos[0].id));
  EXPECT_THAT(world.notices(mara), IsEmpty());
  EXPECT_EQ(world.events(EventType::save).size(), 5U);
  must(world.social->set_save(ben, videos[0].id, false, {}));
  EXPECT_EQ(world.events(EventType::unsave).size(), 1U);
  for (const auto* bad : {"?", "AAAA"})
    EXPECT_EQ(world.social->saved(ben, bad, 2).error().reason, "not_a_cursor");
  EXPECT_EQ(world.social->saved(ben, "", 51).error().reason, "page_limit");
}

TEST_F(FactsTest, GuestsMayTurnAwayShareAndReportOnce) {
  const auto guest = world.guest();
  for (int i = 0; i < 2; ++i) {
    must(world.social->set_not_interested(guest, clay.id, true, origin));
    EXPECT_EQ(must(world.social->share(guest, clay.id, origin)).shares, 1);
    must(world.social->report(guest, {clay.id, {}, {}, "spam", ""}, origin));
  }
  EXPECT_TRUE(world.marks(guest, clay.id).not_interested);
  EXPECT_EQ(world.events(EventType::not_interested).size(), 1U);
  EXPECT_EQ(world.events(EventType::share).size(), 1U);
  EXPECT_EQ(world.events(EventType::report).size(), 1U);
  EXPECT_EQ(world.events(EventType::report)[0].first, guest.person);
  must(world.social->set_not_interested(guest, clay.id, false, origin));
  EXPECT_EQ(world.events(EventType::undo_not_interested).size(), 1U);
  EXPECT_FALSE(world.marks(guest, clay.id).not_interested);
}

TEST_F(FactsTest, ReportsNameOneThingAndAReason) {
  const auto refused = [&](const Report& report) {
    const auto done = world.social->report(ben, report, {});
    return std::string(done ? "" : done.error().reason);
  };
  EXPECT_EQ(refused({}), "not_one_report");
  EXPECT_EQ(refused({clay.id, mara.account, {}, "spam", ""}), "not_one_report");
  EXPECT_EQ(refused({clay.id, {}, {}, " ", ""}), "report_reason_missing");
  EXPECT_EQ(refused({VideoId{5}, {}, {}, "spam", ""}), "no_such_entry");
  EXPECT_EQ(refused({{}, AccountId{5}, {}, "spam", ""}), "no_such_account");
  EXPECT_EQ(refused({{}, ben.account, {}, "spam", ""}), "own_account");
  EXPECT_EQ(refused({{}, {}, CommentId{5}, "spam", ""}), "no_such_comment");
  EXPECT_EQ(refused({clay.id, {}, {}, "spam", std::string(1001, 'x')}), "text_too_long");
  const auto zoe = world.member("zoe");
  const auto comment = must(world.social->comment(zoe, clay.id, "fresh clay", {}));
  must(world.accounts->set_block(mara, ben.account, true));
  EXPECT_EQ(refused({{}, mara.account, {}, "hate", ""}), "no_such_account")
      << "she does not exist for him";
  must(world.accounts->set_block(mara, ben.account, false));
  must(world.accounts->set_block(zoe, ben.account, true));
  EXPECT_EQ(refused({{}, {}, comment.id, "hate", ""}), "no_such_comment")
      << "nor does what she wrote";
  EXPECT_EQ(world.rows("social_reports"), 0);
  must(world.social->report(ben, {{}, mara.account, {}, "hate", "see her clips"}, {}));
  EXPECT_EQ(world.rows("social_reports"), 1);
}

TEST_F(FactsTest, AFollowTellsThePersonAndTheEngine) {
  for (int i = 0; i < 2; ++i) {
    must(world.social->follow(ben, mara.account, true,
                              {RequestId{77}, engine::Surface::feed, clay.id}));
  }
  EXPECT_THAT(world.notices(mara), ElementsAre("follow"));
  ASSERT_EQ(world.events(EventType::follow).size(), 1U);
  EXPECT_EQ(world.events(EventType::follow)[0].second.video, clay.id);
  must(world.social->follow(ben, mara.account, false, {}));
  EXPECT_THAT(world.notices(mara), IsEmpty());
  must(world.social->follow(ben, mara.account, true, {}));  // from her profile: no video
  EXPECT_EQ(world.events(EventType::follow).size(), 1U);
}

TEST_F(FactsTest, ViewsCountInsideTheCallersTransaction) {
  const auto view = [&](bool fails) {
    return world.database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(world.social->count_view(session, clay.id));
      if (fails) return Error(Code::internal, "undone");
      return {};
    });
  };
  EXPECT_EQ(world.counts(clay.id).views, 0);
  must(view(false));
  EXPECT_EQ(world.counts(clay.id).views, 1);
  EXPECT_FALSE(view(true).has_value());
  world.clock.advance_ms(1000);
  EXPECT_EQ(world.counts(clay.id).views, 1);
  must(world.social->set_like(ben, clay.id, true, {}));
  EXPECT_THAT(must(world.social->likes_received({{mara.account}})), ElementsAre(1));
  EXPECT_EQ(world.counts(clay.id).views, 1);
}

TEST_F(FactsTest, CountsComeInTheOrderAskedAlsoTwice) {
  std::vector<VideoId> ids{clay.id, VideoId{3}, clay.id};
  for (int i = 0; i < 50; ++i) ids.push_back(VideoId{100U + static_cast<std::uint64_t>(i)});
  must(world.social->set_like(ben, clay.id, true, {}));
  world.clock.advance_ms(2000);
  const auto counts = must(world.social->counts(ids));
  ASSERT_EQ(counts.size(), ids.size());
  EXPECT_EQ(counts[0].likes, 1);
  EXPECT_EQ(counts[1].likes, 0);
  EXPECT_EQ(counts[2].likes, 1);
  const auto marks = must(world.social->marks(ben, ids));
  ASSERT_EQ(marks.size(), ids.size());
  EXPECT_TRUE(marks[0].liked && marks[2].liked && !marks[1].liked);
}

}  // namespace
}  // namespace filoscope::social
