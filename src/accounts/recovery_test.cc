// Changing a password, and the one-time codes for a lost one.

#include <set>

#include "accounts/test_world.h"
#include "accounts/verify.h"

namespace filoscope::accounts {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3'600'000;

TEST(RecoveryTest, AChangedPasswordEndsTheOtherSessions) {
  TestWorld world;
  const auto here = world.accounts->sign_up(TestWorld::form("mara"))->token;
  const auto there = world.accounts->sign_in("mara", "correct horse", {})->token;
  const auto viewer = world.accounts->authenticate(here).value();
  const auto viewer_there = world.accounts->authenticate(there).value();
  const auto wrong = world.accounts->change_password(viewer, "not this one", "battery staple");
  ASSERT_EQ(code_of(wrong), Code::unauthenticated);
  EXPECT_EQ(wrong.error().reason, "password_wrong");
  const auto shorter = world.accounts->change_password(viewer, "correct horse", "short");
  ASSERT_EQ(code_of(shorter), Code::invalid_argument);
  EXPECT_EQ(shorter.error().field, "new_password");
  EXPECT_EQ(shorter.error().message, "new_password: use 8 to 128 characters");
  const auto lind = world.person("mara.lind");
  const auto handle = world.accounts->change_password(lind, "correct horse", "MARA.LIND");
  ASSERT_EQ(code_of(handle), Code::invalid_argument);
  EXPECT_EQ(handle.error().message, "new_password: choose one that is not your handle");
  EXPECT_TRUE(world.accounts->authenticate(there).has_value());
  ASSERT_TRUE(
      world.accounts->change_password(viewer, "correct horse", "battery staple").has_value());
  EXPECT_TRUE(world.accounts->authenticate(here).has_value());
  EXPECT_EQ(code_of(world.accounts->authenticate(there)), Code::unauthenticated);
  // What was under way there when it ended.
  EXPECT_EQ(code_of(world.accounts->change_password(viewer_there, "battery staple", "my staple")),
            Code::unauthenticated);
  EXPECT_EQ(code_of(world.accounts->make_recovery_codes(viewer_there, "battery staple")),
            Code::unauthenticated);
  EXPECT_EQ(code_of(world.accounts->sign_in("mara", "correct horse", {})), Code::unauthenticated);
  EXPECT_TRUE(world.accounts->sign_in("mara", "battery staple", {}).has_value());
}

TEST(RecoveryTest, ACodeSetsThePasswordOnceAndEndsEverySession) {
  TestWorld world;
  const auto old_token = world.accounts->sign_up(TestWorld::form("mara"))->token;
  const auto viewer = world.accounts->authenticate(old_token).value();
  EXPECT_EQ(code_of(world.accounts->make_recovery_codes(viewer, "not this one")),
            Code::unauthenticated);
  const auto codes = world.accounts->make_recovery_codes(viewer, "correct horse").value();
  ASSERT_EQ(std::set(codes.begin(), codes.end()).size(), 10U);
  EXPECT_EQ(world.accounts->recovery_codes_left(viewer.account).value(), 10);
  const auto made = world.accounts->recover("MARA", codes[3], "battery staple", {}).value();
  EXPECT_EQ(world.accounts->authenticate(made.token)->account, viewer.account);
  EXPECT_EQ(code_of(world.accounts->authenticate(old_token)), Code::unauthenticated);
  EXPECT_EQ(world.accounts->recovery_codes_left(viewer.account).value(), 9);
  EXPECT_EQ(code_of(world.accounts->recover("mara", codes[3], "another staple", {})),
            Code::unauthenticated);
  EXPECT_EQ(code_of(world.accounts->sign_in("mara", "correct horse", {})), Code::unauthenticated);
  EXPECT_TRUE(world.accounts->sign_in("mara", "battery staple", {}).has_value());
}

TEST(RecoveryTest, ACodeMayBeTypedInItsWays) {
  TestWorld world;
  const auto viewer = world.person("mara");
  const auto codes = world.accounts->make_recovery_codes(viewer, "correct horse").value();
  std::string typed = " ";
  for (const char c : codes[0]) {
    if (c == '-') continue;
    typed.push_back(c == '0' ? 'O' : c == '1' ? 'l' : static_cast<char>(std::toupper(c)));
  }
  EXPECT_TRUE(world.accounts->recover("mara", typed, "battery staple", {}).has_value());
}

TEST(RecoveryTest, ANewSetReplacesTheOldAndOnlyHashesAreStored) {
  TestWorld world;
  const auto viewer = world.person("mara");
  const auto ben = world.person("ben");
  const auto before = world.accounts->make_recovery_codes(viewer, "correct horse").value();
  const auto codes = world.accounts->make_recovery_codes(viewer, "correct horse").value();
  EXPECT_EQ(world.count_rows("accounts_recovery"), 10);
  EXPECT_EQ(code_of(world.accounts->recover("mara", before[0], "battery staple", {})),
            Code::unauthenticated);
  EXPECT_EQ(code_of(world.accounts->recover("ben", codes[0], "battery staple", {})),
            Code::unauthenticated);
  ASSERT_TRUE(world.database
                  ->read([&](Session& session) {
                    return session.query("SELECT code_hash FROM accounts_recovery", {},
                                         [&](const Row& row) {
                                           EXPECT_EQ(row.text(0).size(), 64U);
                                           for (const auto& code : codes)
                                             EXPECT_NE(row.text(0), code);
                                         });
                  })
                  .has_value());
  EXPECT_TRUE(world.accounts->recover("mara", codes[9], "battery staple", {}).has_value());
  ASSERT_TRUE(world.accounts->remove(viewer.account, "battery staple").has_value());
  EXPECT_EQ(world.count_rows("accounts_recovery"), 0);
  EXPECT_EQ(verify_accounts(*world.database).value(), std::vector<std::string>{});
}

TEST(RecoveryTest, TheOperatorsCodeIsGoodForADayAndNotForSamples) {
  TestWorld world;
  const auto viewer = world.person("mara");
  const auto late = world.accounts->issue_recovery_code("mara").value();
  EXPECT_EQ(world.accounts->recovery_codes_left(viewer.account).value(), 0);
  world.clock.advance_ms(kDayMs);
  EXPECT_EQ(code_of(world.accounts->recover("mara", late, "battery staple", {})),
            Code::unauthenticated);
  const auto tricked = world.accounts->issue_recovery_code("mara").value();
  ASSERT_TRUE(
      world.accounts->change_password(viewer, "correct horse", "correct horse").has_value());
  EXPECT_EQ(code_of(world.accounts->recover("mara", tricked, "battery staple", {})),
            Code::unauthenticated);
  const auto code = world.accounts->issue_recovery_code("Mara").value();
  world.clock.advance_ms(kDayMs - 1);
  EXPECT_TRUE(world.accounts->recover("mara", code, "battery staple", {}).has_value());
  auto sample = TestWorld::form("clay_daily");
  sample.sample = true;
  ASSERT_TRUE(world.accounts->sign_up(sample).has_value());
  const auto of_sample = world.accounts->issue_recovery_code("clay_daily");
  ASSERT_EQ(code_of(of_sample), Code::not_found);
  EXPECT_EQ(of_sample.error().reason, "account_never_signs_in");
  const auto of_nobody = world.accounts->issue_recovery_code("nobody");
  ASSERT_EQ(code_of(of_nobody), Code::not_found);
  EXPECT_EQ(of_nobody.error().reason, "no_such_account");
}

TEST(RecoveryTest, GuessingIsThrottledAndSoundsTheSameForEveryHandle) {
  TestWorld world;
  const auto viewer = world.person("mara");
  const auto codes = world.accounts->make_recovery_codes(viewer, "correct horse").value();
  const auto wrong = world.accounts->recover("mara", "0000-0000-0000-0000", "battery staple", {});
  const auto unknown = world.accounts->recover("nobody", codes[0], "battery staple", {});
  ASSERT_EQ(code_of(wrong), Code::unauthenticated);
  ASSERT_EQ(code_of(unknown), Code::unauthenticated);
  EXPECT_EQ(wrong.error().reason, "handle_or_code_wrong");
  EXPECT_EQ(wrong.error().reason, unknown.error().reason);
  EXPECT_EQ(wrong.error().message, unknown.error().message);
  for (int i = 1; i < 10; ++i) {
    ASSERT_EQ(code_of(world.accounts->recover("mara", "no", "battery staple", {})),
              Code::unauthenticated);
  }
  EXPECT_EQ(code_of(world.accounts->recover("mara", codes[0], "battery staple", {})),
            Code::exhausted);
  EXPECT_TRUE(world.accounts->sign_in("mara", "correct horse", {}).has_value())
      << "guessing codes locks nobody out";
  world.clock.advance_ms(15 * 60'000);
  EXPECT_TRUE(world.accounts->recover("mara", codes[0], "battery staple", {}).has_value());
}

}  // namespace
}  // namespace filoscope::accounts
