/// Signing in while the disk takes nothing.

#include "accounts/unwritten_sessions.h"

#include <gmock/gmock.h>

#include "accounts/test_world.h"
#include "base/test_no_space.h"

namespace filoscope::accounts {
namespace {

class UnwrittenSessionsTest : public ::testing::Test {
 protected:
  Result<std::string> sign_in(const std::string& password = "correct horse") {
    FILOSCOPE_TRY(const auto made, world.accounts->sign_in("mara", password, {"Phone"}));
    return made.token;
  }
  bool lives(const std::string& token) { return world.accounts->authenticate(token).has_value(); }
  void a_second_goes_by() { world.clock.advance_ms(1'000); }

  TestWorld world;
  const Viewer desk = world.person("mara");
};

TEST_F(UnwrittenSessionsTest, ASignInHoldsFromMemoryAndIsStoredWhenThatIsPossibleAgain) {
  std::string token;
  {
    const NoSpace full;
    token = must(sign_in());
    EXPECT_EQ(world.accounts->authenticate(token)->handle, "mara");
    EXPECT_EQ(code_of(sign_in("not this one")), Code::unauthenticated);
    a_second_goes_by();
    EXPECT_TRUE(lives(token));
    EXPECT_EQ(world.count_rows("accounts_sessions"), 1);
    EXPECT_EQ(code_of(world.accounts->sign_up(TestWorld::form("late"))), Code::unavailable);
  }
  a_second_goes_by();
  EXPECT_TRUE(lives(token));
  EXPECT_EQ(world.count_rows("accounts_sessions"), 2);
  world.reopen();
  EXPECT_TRUE(lives(token));
}

TEST_F(UnwrittenSessionsTest, AStopStoresWhatIsHeld) {
  std::string token;
  {
    const NoSpace full;
    token = must(sign_in());
  }
  world.reopen();
  EXPECT_TRUE(lives(token));
}

TEST_F(UnwrittenSessionsTest, SigningOutEndsItWithoutTheDisk) {
  std::string token;
  {
    const NoSpace full;
    token = must(sign_in());
    EXPECT_TRUE(world.accounts->sign_out(token).has_value());
    EXPECT_FALSE(lives(token));
  }
  a_second_goes_by();
  EXPECT_FALSE(lives(token));
  EXPECT_EQ(world.count_rows("accounts_sessions"), 1);
}

TEST_F(UnwrittenSessionsTest, ANewPasswordEndsItAsAnyOther) {
  std::string token;
  {
    const NoSpace full;
    token = must(sign_in());
  }
  must(world.accounts->change_password(desk, "correct horse", "another long one"));
  EXPECT_FALSE(lives(token));
  a_second_goes_by();
  EXPECT_FALSE(lives(token));
}

TEST_F(UnwrittenSessionsTest, OneAccountHoldsAFewOnly) {
  const NoSpace full;
  const auto first = must(sign_in());
  for (std::size_t i = 0; i < UnwrittenSessions::kOfAccountMax; ++i) must(sign_in());
  EXPECT_FALSE(lives(first));
}

TEST_F(UnwrittenSessionsTest, AVisitorNeedsNoDisk) {
  const NoSpace full;
  const auto guest = must(world.accounts->make_guest("en"));
  const auto viewer = must(world.accounts->authenticate(guest.token));
  EXPECT_EQ(code_of(world.accounts->keep_guest(viewer)), Code::unavailable);
  EXPECT_FALSE(must(world.accounts->authenticate(guest.token)).kept);
}

}  // namespace
}  // namespace filoscope::accounts
