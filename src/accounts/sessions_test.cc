#include <gmock/gmock.h>

#include <thread>

#include "accounts/test_world.h"

namespace filoscope::accounts {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

TEST(SignInTest, UnknownAndWrongSoundTheSame) {
  TestWorld world;
  world.person("mara");
  const auto wrong = world.accounts->sign_in("mara", "not this one", {});
  const auto unknown = world.accounts->sign_in("nobody", "not this one", {});
  const auto odd = world.accounts->sign_in(std::string(10'000, 'x'), "\xFF", {});
  ASSERT_FALSE(wrong.has_value() || unknown.has_value() || odd.has_value());
  EXPECT_EQ(wrong.error().code, Code::unauthenticated);
  EXPECT_EQ(wrong.error().reason, "handle_or_password_wrong");
  EXPECT_EQ(wrong.error().reason, unknown.error().reason);
  EXPECT_EQ(wrong.error().reason, odd.error().reason);
  EXPECT_EQ(wrong.error().message, unknown.error().message);
  EXPECT_EQ(wrong.error().message, odd.error().message);
  EXPECT_TRUE(world.accounts->sign_in("MARA", "correct horse", {}).has_value());
}

TEST(SignInTest, FailuresThrottleForAWhileOnly) {
  TestWorld world(TestWorld::Settings{{"accounts.sign_in_attempts_max", "3"}});
  world.person("mara");
  world.person("ben");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(code_of(world.accounts->sign_in("mara", "not this one", {})), Code::unauthenticated);
    EXPECT_EQ(code_of(world.accounts->sign_in("nobody", "not this one", {})),
              Code::unauthenticated);
  }
  const auto known = world.accounts->sign_in("Mara", "correct horse", {});
  const auto unknown = world.accounts->sign_in("nobody", "correct horse", {});
  ASSERT_EQ(code_of(known), Code::exhausted);
  ASSERT_EQ(code_of(unknown), Code::exhausted);
  EXPECT_EQ(known.error().reason, "too_many_password_tries");
  EXPECT_EQ(known.error().retry_after_s, 16 * 60);
  EXPECT_EQ(known.error().message,
            "too many wrong tries for this account; try again in 16 minutes, or from a device you "
            "have used");
  EXPECT_EQ(known.error().reason, unknown.error().reason);
  EXPECT_EQ(known.error().retry_after_s, unknown.error().retry_after_s);
  EXPECT_EQ(known.error().message, unknown.error().message);
  EXPECT_TRUE(world.accounts->sign_in("ben", "correct horse", {}).has_value());
  world.clock.advance_ms(15 * 60 * 1000);
  EXPECT_TRUE(world.accounts->sign_in("mara", "correct horse", {}).has_value());
}

TEST(SignInTest, StrangersLockNobodyOutOfWhatSheHasUsed) {
  TestWorld world(TestWorld::Settings{{"accounts.sign_in_attempts_max", "3"}});
  const auto mara = world.person("mara");  // from network 0
  const auto& accounts = world.accounts;
  const auto phone = accounts->device_mark(mara.account, "");
  const SignInFrom stranger{"", 666, ""};
  for (int i = 0; i < 10; ++i)
    static_cast<void>(accounts->sign_in("mara", "not this one", stranger));
  EXPECT_EQ(code_of(accounts->sign_in("mara", "correct horse", stranger)), Code::exhausted);
  EXPECT_TRUE(accounts->sign_in("mara", "correct horse", {}).has_value()) << "her network";
  EXPECT_TRUE(accounts->sign_in("mara", "correct horse", {"", 7, phone}).has_value())
      << "her device";
  EXPECT_TRUE(accounts->sign_in("mara", "correct horse", {"", 7, ""}).has_value())
      << "a network that she has used by now";
  EXPECT_TRUE(accounts->change_password(mara, "correct horse", "battery staple").has_value());
  EXPECT_EQ(code_of(accounts->sign_in("mara", "battery staple", {"", 8, "made up"})),
            Code::exhausted);
  const auto others = accounts->device_mark(world.person("ben").account, phone);
  EXPECT_TRUE(accounts->sign_in("mara", "battery staple", {"", 8, others}).has_value())
      << "a device that two share";
}

TEST(SignInTest, TriesFromADeviceSheHasUsedAreCountedToo) {
  TestWorld world(TestWorld::Settings{{"accounts.sign_in_attempts_max", "3"}});
  const auto mara = world.person("mara");
  const SignInFrom phone{"", 7, world.accounts->device_mark(mara.account, "")};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(code_of(world.accounts->sign_in("mara", "not this one", phone)),
              Code::unauthenticated);
  }
  EXPECT_EQ(code_of(world.accounts->sign_in("mara", "correct horse", phone)), Code::exhausted);
}

TEST(SignInTest, ManyWrongOnesAtOnceAreNotMoreThanOneAfterAnother) {
  TestWorld world(TestWorld::Settings{{"accounts.sign_in_attempts_max", "4"}});
  world.person("mara");
  std::atomic<int> wrong{0}, throttled{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      const auto code = code_of(world.accounts->sign_in("mara", "not this one", {}));
      if (code == Code::unauthenticated) ++wrong;
      if (code == Code::exhausted) ++throttled;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 4);
  EXPECT_EQ(throttled, 12);
}

TEST(SignInTest, HashesBeyondTheBoundAreRefusedNotCounted) {
  TestWorld world(TestWorld::Settings{{"accounts.password_hashes_max", "1"},
                                      {"accounts.password_wait_ms", "0"},
                                      {"accounts.sign_in_attempts_max", "1000"}});
  world.person("mara");
  std::atomic<int> in{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      const auto signed_in = world.accounts->sign_in("mara", "correct horse", {});
      if (signed_in) ++in;
      if (!signed_in && signed_in.error().code == Code::exhausted) ++refused;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(in, 1);
  EXPECT_EQ(in + refused, 12);
  EXPECT_TRUE(world.accounts->sign_in("mara", "correct horse", {}).has_value());
}

TEST(SessionTest, NoTokenIsStored) {
  TestWorld world;
  const auto made = world.accounts->sign_up(TestWorld::form("mara")).value();
  EXPECT_EQ(made.token.size(), 43U);
  ASSERT_TRUE(world.database
                  ->read([&](Session& session) {
                    return session.query(
                        "SELECT token_hash FROM accounts_sessions", {}, [&](const Row& row) {
                          EXPECT_EQ(row.text(0), crypto::hex(crypto::sha256(made.token)));
                        });
                  })
                  .has_value());
}

TEST(SessionTest, GarbageIsNobody) {
  TestWorld world;
  for (const std::string& token : {std::string(), std::string(43, 'A'), std::string(100'000, 'x'),
                                   std::string(43, '\0'), std::string("' OR 1=1")}) {
    EXPECT_EQ(code_of(world.accounts->authenticate(token)), Code::unauthenticated);
    EXPECT_EQ(code_of(world.accounts->sign_out(token)), Code::unauthenticated);
    EXPECT_EQ(code_of(world.accounts->rotate_if_due(token)), Code::unauthenticated);
  }
}

TEST(SessionTest, EndsByDisuseAndLivesByUse) {
  TestWorld world(TestWorld::Settings{{"accounts.session_ttl_days", "2"}});
  const auto used = world.accounts->sign_up(TestWorld::form("mara"))->token;
  const auto unused = world.accounts->sign_in("mara", "correct horse", {})->token;
  for (int hour = 0; hour < 60; hour += 12) {
    ASSERT_TRUE(world.accounts->authenticate(used).has_value()) << hour;
    world.clock.advance_ms(12 * kHourMs);
  }
  EXPECT_EQ(code_of(world.accounts->authenticate(unused)), Code::unauthenticated);
  world.reopen();
  EXPECT_TRUE(world.accounts->authenticate(used).has_value());
  EXPECT_EQ(code_of(world.accounts->authenticate(unused)), Code::unauthenticated);
}

TEST(SessionTest, SignOutEndsIncludingWhatWasRotated) {
  TestWorld world;
  const auto old_token = world.accounts->sign_up(TestWorld::form("mara"))->token;
  const auto other = world.accounts->sign_in("mara", "correct horse", {})->token;
  world.clock.advance_ms(24 * kHourMs);
  const auto fresh = world.accounts->rotate_if_due(old_token).value();
  ASSERT_TRUE(world.accounts->authenticate(old_token).has_value());
  ASSERT_TRUE(world.accounts->sign_out(fresh).has_value());
  EXPECT_EQ(code_of(world.accounts->authenticate(fresh)), Code::unauthenticated);
  EXPECT_EQ(code_of(world.accounts->authenticate(old_token)), Code::unauthenticated);
  EXPECT_TRUE(world.accounts->authenticate(other).has_value());
}

TEST(SessionTest, TheOldTokenEndsAMinuteAfterTheFreshOneWasFirstUsed) {
  TestWorld world;
  const auto old_token = world.accounts->sign_up(TestWorld::form("mara"))->token;
  const auto before = world.accounts->authenticate(old_token).value();
  EXPECT_EQ(world.accounts->rotate_if_due(old_token).value(), "") << "not a day old";
  world.clock.advance_ms(24 * kHourMs);
  const auto fresh = world.accounts->rotate_if_due(old_token).value();
  ASSERT_NE(fresh, "");
  world.clock.advance_ms(10 * kHourMs);
  EXPECT_TRUE(world.accounts->authenticate(old_token).has_value()) << "the fresh one never came";
  const auto after = world.accounts->authenticate(fresh).value();
  EXPECT_EQ(after.account, before.account);
  EXPECT_EQ(after.session_hash, before.session_hash);
  world.clock.advance_ms(59'999);
  EXPECT_TRUE(world.accounts->authenticate(old_token).has_value());
  EXPECT_EQ(world.accounts->rotate_if_due(old_token).value(), "");
  world.clock.advance_ms(1);
  EXPECT_EQ(code_of(world.accounts->authenticate(old_token)), Code::unauthenticated);
  EXPECT_TRUE(world.accounts->authenticate(fresh).has_value());
}

TEST(SessionTest, AFreshTokenThatGotLostIsReplacedByAnother) {
  TestWorld world;
  const auto token = world.accounts->sign_up(TestWorld::form("mara"))->token;
  world.clock.advance_ms(24 * kHourMs);
  const auto lost = world.accounts->rotate_if_due(token).value();
  EXPECT_EQ(world.accounts->rotate_if_due(token).value(), "") << "one in a minute";
  world.clock.advance_ms(60'000);
  const auto fresh = world.accounts->rotate_if_due(token).value();
  ASSERT_NE(fresh, "");
  EXPECT_EQ(code_of(world.accounts->authenticate(lost)), Code::unauthenticated);
  EXPECT_TRUE(world.accounts->authenticate(fresh).has_value());
}

TEST(SessionTest, OfManyRequestsAtOnceOneIsGivenAFreshToken) {
  TestWorld world;
  const auto token = world.accounts->sign_up(TestWorld::form("mara"))->token;
  world.clock.advance_ms(24 * kHourMs);
  std::atomic<int> rotated{0}, same{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto fresh = world.accounts->rotate_if_due(token);
      if (fresh) ++(fresh->empty() ? same : rotated);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(rotated, 1);
  EXPECT_EQ(same, 7);
}

TEST(SessionTest, OnesOwnAreListedAndEndedOneByOne) {
  TestWorld world;
  auto form = TestWorld::form("mara");
  form.from.client = "Phone";
  const auto phone = world.accounts->sign_up(form)->token;
  world.clock.advance_ms(1000);
  const auto desk = world.accounts->sign_in("mara", "correct horse", {"Desk\x01\n  lamp"})->token;
  const auto ben = world.person("ben");
  const auto viewer = world.accounts->authenticate(desk).value();
  world.clock.advance_ms(25 * kHourMs);
  const auto fresh = world.accounts->rotate_if_due(phone).value();
  ASSERT_TRUE(world.accounts->authenticate(fresh).has_value());
  const auto listed = world.accounts->sessions(viewer).value();
  ASSERT_EQ(listed.size(), 2U) << "a rotated token is no session of its own";
  EXPECT_EQ(listed[0].client, "Phone");
  EXPECT_EQ(listed[0].used_ms, world.clock.now_ms());
  EXPECT_EQ(listed[0].began_ms, world.clock.now_ms() - 25 * kHourMs - 1000);
  EXPECT_FALSE(listed[0].current);
  EXPECT_EQ(listed[1].client, "Desk lamp");
  EXPECT_TRUE(listed[1].current);
  EXPECT_EQ(code_of(world.accounts->end_session(ben, listed[0].id)), Code::not_found);
  EXPECT_EQ(code_of(world.accounts->end_session(viewer, "")), Code::not_found);
  ASSERT_TRUE(world.accounts->end_session(viewer, listed[0].id).has_value());
  EXPECT_EQ(code_of(world.accounts->authenticate(fresh)), Code::unauthenticated);
  EXPECT_TRUE(world.accounts->authenticate(desk).has_value());
  EXPECT_EQ(code_of(world.accounts->end_session(viewer, listed[0].id)), Code::not_found);
}

TEST(SessionTest, WhoOnlyListensDoesNotUseIt) {
  TestWorld world;
  const auto token = world.accounts->sign_up(TestWorld::form("mara"))->token;
  const auto viewer = world.accounts->authenticate(token).value();
  const auto began_ms = world.clock.now_ms();
  world.clock.advance_ms(25 * kHourMs);
  ASSERT_TRUE(world.accounts->authenticate(token, Use::listens).has_value());
  EXPECT_EQ(world.accounts->sessions(viewer).value().at(0).used_ms, began_ms);
  ASSERT_TRUE(world.accounts->authenticate(token).has_value());
  EXPECT_EQ(world.accounts->sessions(viewer).value().at(0).used_ms, world.clock.now_ms());
}

TEST(SessionTest, TheLongestUnusedGivesWay) {
  TestWorld world(TestWorld::Settings{{"accounts.sessions_max", "2"}});
  const auto first = world.accounts->sign_up(TestWorld::form("mara"))->token;
  ASSERT_TRUE(world.accounts->authenticate(first).has_value());
  world.clock.advance_ms(1000);
  const auto second = world.accounts->sign_in("mara", "correct horse", {})->token;
  world.clock.advance_ms(1000);
  const auto third = world.accounts->sign_in("mara", "correct horse", {})->token;
  EXPECT_EQ(code_of(world.accounts->authenticate(first)), Code::unauthenticated);
  EXPECT_TRUE(world.accounts->authenticate(second).has_value());
  EXPECT_TRUE(world.accounts->authenticate(third).has_value());
}

TEST(SessionTest, ABirthdayReachesTheEngine) {
  TestWorld world;
  auto form = TestWorld::form("mara");
  form.birth_date = "2005-11-15";  // the clock stands at 2023-11-14
  const auto token = world.accounts->sign_up(form)->token;
  EXPECT_EQ(world.accounts->authenticate(token)->age, 17);
  world.clock.advance_ms(26 * kHourMs);
  EXPECT_EQ(world.accounts->authenticate(token)->age, 18);
  const auto last = engine::decode<engine::PersonChanged>(world.records().back()).value();
  EXPECT_EQ(last.age, 18);
}

TEST(SessionTest, KnownTokensNeedNoDisk) {
  TestWorld world;
  const auto token = world.accounts->sign_up(TestWorld::form("mara"))->token;
  ASSERT_TRUE(world.accounts->authenticate(token).has_value());
  ASSERT_TRUE(world.database
                  ->write([](Session& session) -> Result<void> {
                    FILOSCOPE_DO(session.execute("DELETE FROM accounts_sessions"));
                    return {};
                  })
                  .has_value());
  EXPECT_TRUE(world.accounts->authenticate(token).has_value());
}

}  // namespace
}  // namespace filoscope::accounts
