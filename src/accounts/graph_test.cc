#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "accounts/test_world.h"
#include "accounts/verify.h"

namespace filoscope::accounts {
namespace {

using engine::RecordKind;

TEST(GraphTest, RefusesWhatMakesNoEdge) {
  TestWorld world;
  const auto mara = world.person("mara");
  const auto guest = world.guest();
  for (const bool on : {true, false}) {
    EXPECT_EQ(code_of(world.accounts->set_follow(guest, mara.account, on)), Code::unauthenticated);
    EXPECT_EQ(code_of(world.accounts->set_block(guest, mara.account, on)), Code::unauthenticated);
    EXPECT_EQ(code_of(world.accounts->set_follow({}, mara.account, on)), Code::unauthenticated);
    EXPECT_EQ(world.accounts->set_follow(mara, mara.account, on).error().reason, "own_account");
    EXPECT_EQ(world.accounts->set_block(mara, mara.account, on).error().reason, "own_account");
    EXPECT_EQ(code_of(world.accounts->set_follow(mara, AccountId{7}, on)), Code::not_found);
  }
  EXPECT_EQ(code_of(world.accounts->set_mute({}, MuteKind::word, "x", true)),
            Code::unauthenticated);
  EXPECT_EQ(world.accounts->set_mute(mara, MuteKind::word, " ", true).error().message,
            "word: give a single word");
  EXPECT_EQ(world.accounts->set_mute(mara, MuteKind::word, "two words", true).error().reason,
            "not_one_word");
  EXPECT_EQ(world.accounts->set_mute(mara, MuteKind::hashtag, "#two tags", true).error().message,
            "hashtag: give a single one, such as #ceramics");
  EXPECT_EQ(code_of(world.accounts->set_mute(mara, MuteKind::person, "nobody", true)),
            Code::not_found);
  EXPECT_EQ(world.accounts->set_mute(mara, MuteKind::person, "mara", true).error().reason,
            "own_account");
}

TEST(GraphTest, RepeatingAFollowWritesNothingNew) {
  TestWorld world;
  const auto mara = world.person("mara"), ben = world.person("ben");
  int also = 0;
  const auto count = [&](Session&) -> Result<void> { return ++also, Result<void>(); };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world.accounts->set_follow_with(mara, ben.account, true, count).value(), i == 0);
  }
  EXPECT_EQ(also, 1);
  EXPECT_EQ(world.count_records(RecordKind::follow), 1);
  EXPECT_TRUE(world.accounts->follows(mara.account, ben.account));
  EXPECT_FALSE(world.accounts->follows(ben.account, mara.account));
  EXPECT_EQ(world.accounts->counts(ben.account).followers, 1);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(world.accounts->set_follow(mara, ben.account, false).has_value());
  }
  EXPECT_EQ(world.count_records(RecordKind::follow), 2);
  EXPECT_EQ(world.accounts->counts(mara.account).following, 0);
}

TEST(GraphTest, WhatFailsBesideTheFollowUndoesIt) {
  TestWorld world;
  const auto mara = world.person("mara"), ben = world.person("ben");
  EXPECT_EQ(code_of(world.accounts->set_follow_with(
                mara, ben.account, true,
                [](Session&) -> Result<void> { return Error(Code::internal, "no"); })),
            Code::internal);
  EXPECT_FALSE(world.accounts->follows(mara.account, ben.account));
  EXPECT_EQ(world.count_rows("accounts_follows"), 0);
}

TEST(GraphTest, ABlockHoldsBothWaysAndEndsFollows) {
  TestWorld world;
  const auto mara = world.person("mara"), ben = world.person("ben");
  ASSERT_TRUE(world.accounts->set_follow(mara, ben.account, true).has_value());
  ASSERT_TRUE(world.accounts->set_follow(ben, mara.account, true).has_value());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(world.accounts->set_block(mara, ben.account, true).has_value());
  }
  const auto check = [&] {
    EXPECT_TRUE(world.accounts->blocked(mara.account, ben.account));
    EXPECT_TRUE(world.accounts->blocked(ben.account, mara.account));
    EXPECT_FALSE(world.accounts->follows(mara.account, ben.account));
    EXPECT_FALSE(world.accounts->follows(ben.account, mara.account));
    EXPECT_EQ(world.accounts->set_follow(ben, mara.account, true).error().reason, "follow_denied");
    EXPECT_EQ(world.accounts->set_follow(mara, ben.account, true).error().reason, "follow_denied");
    EXPECT_TRUE(world.accounts->relation(mara, ben.account).blocks);
    EXPECT_TRUE(world.accounts->relation(ben, mara.account).blocked_by);
    EXPECT_FALSE(world.accounts->relation(ben, mara.account).blocks);
  };
  check();
  EXPECT_EQ(world.count_records(RecordKind::block), 1);
  EXPECT_EQ(world.count_records(RecordKind::follow), 4);
  world.reopen();
  check();
  ASSERT_TRUE(world.accounts->set_block(mara, ben.account, false).has_value());
  EXPECT_FALSE(world.accounts->blocked(mara.account, ben.account));
  EXPECT_TRUE(world.accounts->set_follow(ben, mara.account, true).has_value());
}

TEST(GraphTest, TwoBlocksEndOnlyTogether) {
  TestWorld world;
  const auto mara = world.person("mara"), ben = world.person("ben");
  ASSERT_TRUE(world.accounts->set_block(mara, ben.account, true).has_value());
  ASSERT_TRUE(world.accounts->set_block(ben, mara.account, true).has_value());
  ASSERT_TRUE(world.accounts->set_block(mara, ben.account, false).has_value());
  EXPECT_TRUE(world.accounts->blocked(mara.account, ben.account));
  ASSERT_TRUE(world.accounts->set_block(ben, mara.account, false).has_value());
  EXPECT_FALSE(world.accounts->blocked(mara.account, ben.account));
}

TEST(GraphTest, MutesAreFoldedAndOncePerThing) {
  TestWorld world;
  const auto mara = world.guest(), ben = world.person("ben");
  const auto mute = [&](MuteKind kind, std::string_view what, bool on) {
    EXPECT_TRUE(world.accounts->set_mute(mara, kind, what, on).has_value()) << what;
  };
  mute(MuteKind::word, "Fußball", true);
  mute(MuteKind::word, "FUSSBALL", true);
  mute(MuteKind::hashtag, "#Été", true);
  mute(MuteKind::person, "BEN", true);
  EXPECT_EQ(world.count_records(RecordKind::mute), 3);
  const auto check = [&] {
    const auto mutes = world.accounts->mutes(mara).value();
    EXPECT_THAT(mutes.words, testing::ElementsAre("fussball"));
    EXPECT_THAT(mutes.hashtags, testing::ElementsAre("ete"));
    ASSERT_EQ(mutes.people.size(), 1U);
    EXPECT_EQ(mutes.people[0].handle, "ben");
    EXPECT_TRUE(world.accounts->relation(mara, ben.account).mutes);
  };
  check();
  world.reopen();
  check();
  mute(MuteKind::person, "ben", false);
  mute(MuteKind::person, "ben", false);
  mute(MuteKind::word, "fussball", false);
  EXPECT_EQ(world.count_records(RecordKind::mute), 5);
  EXPECT_FALSE(world.accounts->relation(mara, ben.account).mutes);
  EXPECT_TRUE(world.accounts->mutes(mara)->words.empty());
}

TEST(GraphTest, PagesGoOnWhereTheyEnded) {
  TestWorld world;
  const auto star = world.person("star");
  std::set<std::string> expected;
  for (int i = 0; i < 7; ++i) {
    const auto fan = world.person("fan" + std::to_string(i));
    ASSERT_TRUE(world.accounts->set_follow(fan, star.account, true).has_value());
    if (i % 3 == 0) world.clock.advance_ms(5);
    expected.insert(fan.handle);
  }
  std::set<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = world.accounts->followers(star.account, cursor, 3).value();
    for (const auto& account : page.items) EXPECT_TRUE(seen.insert(account.handle).second);
    cursor = page.next_cursor;
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(world.accounts->following(star.account, "", 50)->items.size(), 0U);
  for (const auto* bad : {"x", "////", "AAAAAAAAAAAAAAAAAAAAAA=", "' OR 1=1 --"}) {
    const auto refused = world.accounts->followers(star.account, bad, 3);
    ASSERT_EQ(code_of(refused), Code::invalid_argument) << bad;
    EXPECT_EQ(refused.error().reason, "not_a_cursor");
    EXPECT_EQ(refused.error().message,
              "cursor: send back the one that the last page gave, or none");
  }
  for (const int limit : {0, 51}) {
    const auto refused = world.accounts->followers(star.account, "", limit);
    ASSERT_EQ(code_of(refused), Code::invalid_argument) << limit;
    EXPECT_EQ(refused.error().reason, "page_limit");
    EXPECT_EQ(refused.error().message, "limit: ask for 1 to 50 at a time");
  }
}

TEST(GraphTest, MemoryAndTablesAgreeAfterARace) {
  TestWorld world;
  const auto mara = world.person("mara"), ben = world.person("ben");
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const bool on = (t + i) % 2 == 0;
        const auto done = t % 4 == 0 ? world.accounts->set_block(ben, mara.account, on)
                                     : world.accounts->set_follow(mara, ben.account, on);
        EXPECT_TRUE(done.has_value() || done.error().reason == "follow_denied");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const bool follows = world.accounts->follows(mara.account, ben.account);
  const bool blocked = world.accounts->blocked(mara.account, ben.account);
  EXPECT_FALSE(follows && blocked);
  bool logged_follow = false, logged_block = false;
  for (const auto& record : world.records()) {
    if (record.kind == static_cast<std::uint16_t>(RecordKind::follow)) {
      const bool on = engine::decode<engine::Follow>(record)->on;
      EXPECT_NE(on, logged_follow);  // each record is a change
      logged_follow = on;
    }
    if (record.kind == static_cast<std::uint16_t>(RecordKind::block)) {
      const bool on = engine::decode<engine::Block>(record)->on;
      EXPECT_NE(on, logged_block);
      logged_block = on;
    }
  }
  EXPECT_EQ(logged_follow, follows);
  EXPECT_EQ(logged_block, blocked);
  EXPECT_THAT(verify_accounts(*world.database).value(), testing::IsEmpty());
  world.reopen();
  EXPECT_EQ(world.accounts->follows(mara.account, ben.account), follows);
  EXPECT_EQ(world.accounts->blocked(mara.account, ben.account), blocked);
}

TEST(VerifyTest, SaysWhatContradictsItself) {
  TestWorld world;
  const auto mara = world.person("mara"), ben = world.person("ben");
  ASSERT_TRUE(world.accounts->set_follow(mara, ben.account, true).has_value());
  EXPECT_THAT(verify_accounts(*world.database).value(), testing::IsEmpty());
  const auto spoil = [&](std::string_view sql) {
    return world.database->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute(sql));
      return {};
    });
  };
  ASSERT_TRUE(spoil("INSERT INTO accounts_blocks (account, other, at_ms) SELECT followed, "
                    "follower, 1 FROM accounts_follows")
                  .has_value());
  EXPECT_THAT(verify_accounts(*world.database).value(),
              testing::ElementsAre("1 follows hold in spite of a block"));
  ASSERT_TRUE(spoil("DELETE FROM accounts_people WHERE handle = 'ben'").has_value());
  EXPECT_THAT(verify_accounts(*world.database).value(), testing::SizeIs(5));
}

}  // namespace
}  // namespace filoscope::accounts
