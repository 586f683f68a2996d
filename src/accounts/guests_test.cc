#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "accounts/test_world.h"

namespace filoscope::accounts {
namespace {

using engine::RecordKind;

TEST(GuestTest, AVisitorWhoDoesNothingCostsNothing) {
  TestWorld world(TestWorld::Settings{{"accounts.guests_max", "1"}});
  const auto records = world.records().size();
  std::string token;
  std::set<PersonKey> people;
  for (int i = 0; i < 1'000; ++i) {
    const auto guest = world.accounts->make_guest("de").value();
    people.insert(guest.person);
    token = guest.token;
    const auto viewer = world.accounts->authenticate(token).value();
    EXPECT_TRUE(viewer.guest());
    EXPECT_FALSE(viewer.kept);
    EXPECT_EQ(viewer.language, "de");
  }
  EXPECT_EQ(people.size(), 1'000U);
  EXPECT_EQ(world.count_rows("accounts_guests"), 0);
  EXPECT_EQ(world.records().size(), records);
  world.reopen();
  EXPECT_TRUE(people.contains(world.accounts->authenticate(token)->person))
      << "known after a restart, though nothing was stored";
}

TEST(GuestTest, HerFirstActStoresHer) {
  TestWorld world;
  const auto guest = world.accounts->make_guest("").value();
  for (int act = 0; act < 2; ++act) {
    const auto viewer = world.accounts->authenticate(guest.token).value();
    EXPECT_EQ(viewer.kept, act > 0);
    ASSERT_TRUE(world.accounts->keep_guest(viewer).has_value());
  }
  EXPECT_EQ(world.count_rows("accounts_guests"), 1);
  world.reopen();
  EXPECT_TRUE(world.accounts->authenticate(guest.token)->kept);
  ASSERT_TRUE(world.accounts->keep_guest(world.person("ada")).has_value());
  ASSERT_TRUE(world.accounts->keep_guest({}).has_value());
  EXPECT_EQ(world.count_rows("accounts_guests"), 1) << "accounts and nobody need no place";
}

TEST(GuestTest, AnyChangedCharacterOfATokenIsRefused) {
  TestWorld world;
  const auto token = world.accounts->make_guest("en").value().token;
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(code_of(world.accounts->authenticate(forged)), Code::unauthenticated) << i;
  }
  EXPECT_EQ(code_of(world.accounts->authenticate(std::string(42, '*'))), Code::unauthenticated);
}

TEST(GuestTest, ACrowdDrivesOutNobodyWhoIsThereAndLocksNobodyOut) {
  TestWorld world(TestWorld::Settings{{"accounts.guests_max", "10"}});
  const auto active = world.accounts->make_guest("").value();
  const auto act = [&](const std::string& token) {
    return world.accounts->keep_guest(world.accounts->authenticate(token).value());
  };
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(act(active.token).has_value());
  ASSERT_TRUE(world.accounts
                  ->set_mute(world.accounts->authenticate(active.token).value(), MuteKind::word,
                             "cats", true)
                  .has_value());
  std::string last;
  for (int i = 0; i < 300; ++i) {
    world.clock.advance_ms(1'000);
    last = world.accounts->make_guest("").value().token;
    ASSERT_TRUE(act(last).has_value()) << "everybody gets in";
  }
  const auto viewer = world.accounts->authenticate(active.token).value();
  EXPECT_TRUE(viewer.kept);
  EXPECT_THAT(world.accounts->mutes(viewer)->words, testing::ElementsAre("cats"));
  EXPECT_TRUE(world.accounts->authenticate(last)->kept);
  EXPECT_EQ(world.count_rows("accounts_guests"), 10);
  EXPECT_EQ(world.count_records(RecordKind::erase_person), 291) << "what went was erased";
}

TEST(GuestTest, WhoMadeRoomIsAnEmptyGuestAgain) {
  TestWorld world(TestWorld::Settings{{"accounts.guests_max", "1"}});
  const auto first = world.accounts->make_guest("").value();
  const auto viewer = world.accounts->authenticate(first.token).value();
  ASSERT_TRUE(world.accounts->set_mute(viewer, MuteKind::word, "cats", true).has_value());
  const auto second = world.guest();
  ASSERT_TRUE(world.accounts->keep_guest(second).has_value());
  const auto again = world.accounts->authenticate(first.token).value();
  EXPECT_FALSE(again.kept);
  EXPECT_EQ(again.person, first.person) << "her impression tokens stay hers";
  EXPECT_THAT(world.accounts->mutes(again)->words, testing::IsEmpty());
  EXPECT_EQ(world.count_rows("accounts_mutes"), 0);
}

TEST(GuestTest, AnEndedOneStaysEnded) {
  TestWorld world;
  for (const bool acts : {false, true}) {
    const auto guest = world.accounts->make_guest("").value();
    if (acts) {
      const auto viewer = world.accounts->authenticate(guest.token).value();
      ASSERT_TRUE(world.accounts->keep_guest(viewer).has_value());
    }
    ASSERT_TRUE(world.accounts->sign_out(guest.token).has_value());
    EXPECT_EQ(world.count_records(RecordKind::erase_person, guest.person), acts ? 1 : 0);
    EXPECT_EQ(code_of(world.accounts->authenticate(guest.token)), Code::unauthenticated);
    EXPECT_EQ(code_of(world.accounts->sign_out(guest.token)), Code::unauthenticated);
  }
}

TEST(GuestTest, WhoSignsUpBeforeActingKeepsHerPseudonym) {
  TestWorld world;
  const auto guest = world.accounts->make_guest("").value();
  auto form = TestWorld::form("mara");
  form.guest = world.accounts->authenticate(guest.token).value();
  EXPECT_EQ(world.accounts->sign_up(form)->account.person, guest.person);
  EXPECT_EQ(code_of(world.accounts->authenticate(guest.token)), Code::unauthenticated);
  EXPECT_EQ(code_of(world.accounts->keep_guest(*form.guest)), Code::unauthenticated);
}

TEST(GuestTest, SignUpTakesTheStateAlongForOneOnly) {
  TestWorld world;
  const auto guest = world.accounts->make_guest("de").value();
  const auto viewer = world.accounts->authenticate(guest.token).value();
  EXPECT_TRUE(viewer.guest());
  EXPECT_EQ(viewer.person, guest.person);
  EXPECT_EQ(viewer.language, "de");
  ASSERT_TRUE(world.accounts->set_mute(viewer, MuteKind::word, "Football", true).has_value());
  std::vector<PersonKey> people(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < people.size(); ++i) {
    threads.emplace_back([&, i] {
      auto form = TestWorld::form("mara" + std::to_string(i));
      form.guest = viewer;
      people[i] = world.accounts->sign_up(form).value().account.person;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::count(people.begin(), people.end(), guest.person), 1);
  EXPECT_EQ(std::set<PersonKey>(people.begin(), people.end()).size(), people.size());
  EXPECT_EQ(code_of(world.accounts->authenticate(guest.token)), Code::unauthenticated);
  Viewer taken;
  taken.account = *world.accounts->account_of(guest.person);
  taken.person = guest.person;
  EXPECT_THAT(world.accounts->mutes(taken)->words, testing::ElementsAre("football"));
}

/// A database before whose next write something else happens.
class InterruptedDatabase final : public Database {
 public:
  explicit InterruptedDatabase(Database& database) : database_(database) {}
  Result<void> read(const Work& work) override { return database_.read(work); }
  Result<void> write(const Work& work) override {
    if (const auto first = std::exchange(before_write, {})) first();
    return database_.write(work);
  }
  Result<void> migrate(std::string_view module, std::span<const Migration> steps) override {
    return database_.migrate(module, steps);
  }
  Result<std::vector<std::string>> check() override { return database_.check(); }
  std::function<void()> before_write;

 private:
  Database& database_;
};

class SignUpBetweenTest : public testing::Test {
 protected:
  SignUpBetweenTest() {
    world.accounts.reset();
    world.accounts =
        Accounts::open({database, *world.log, world.clock, world.config, world.key}).value();
  }
  ~SignUpBetweenTest() override { world.accounts.reset(); }
  void sign_up_before_the_next_write(const Viewer& guest) {
    database.before_write = [this, guest] {
      auto form = TestWorld::form("mara");
      form.guest = guest;
      ASSERT_EQ(world.accounts->sign_up(form)->account.person, guest.person);
    };
  }
  /// After all guests' time is over.
  void expect_alive(const Viewer& guest) {
    world.clock.advance_ms(25LL * 3600 * 1000);
    world.guest();  // sweeps
    EXPECT_EQ(world.count_records(RecordKind::erase_person, guest.person), 0);
    EXPECT_TRUE(world.accounts->find("mara").has_value());
    EXPECT_EQ(world.count_rows("accounts_guests"), 0);
  }

  TestWorld world{TestWorld::Settings{{"accounts.guests_max", "1"}}};
  InterruptedDatabase database{*world.database};
};

TEST_F(SignUpBetweenTest, HerFirstActMakesNoGuestOfAnAccount) {
  const auto guest = world.guest();
  sign_up_before_the_next_write(guest);
  EXPECT_EQ(code_of(world.accounts->keep_guest(guest)), Code::unauthenticated);
  EXPECT_EQ(world.count_rows("accounts_guests"), 0);
  EXPECT_TRUE(world.accounts->keep_guest(world.guest()).has_value()) << "her place is free";
  expect_alive(guest);
}

TEST_F(SignUpBetweenTest, WhoSignsUpWhileSheMakesRoomStays) {
  const auto guest = world.guest();
  ASSERT_TRUE(world.accounts->keep_guest(guest).has_value());
  auto kept = guest;
  kept.kept = true;
  sign_up_before_the_next_write(kept);
  ASSERT_TRUE(world.accounts->keep_guest(world.guest()).has_value());
  expect_alive(guest);
}

TEST_F(SignUpBetweenTest, ARowThatStandsForAnAccountGoesAlone) {
  const auto guest = world.guest();
  ASSERT_TRUE(world.accounts->keep_guest(guest).has_value());
  auto form = TestWorld::form("mara");
  form.guest = guest;
  ASSERT_TRUE(world.accounts->sign_up(form).has_value());
  ASSERT_TRUE(world.database
                  ->write([&](Session& session) -> Result<void> {
                    FILOSCOPE_DO(session.execute(
                        "INSERT INTO accounts_guests (token_hash, person, language, created_ms, "
                        "ends_ms) VALUES ('x', ?, '', 0, 1)",
                        {guest.person.db()}));
                    return {};
                  })
                  .has_value());
  expect_alive(guest);
}

TEST(GuestTest, ExpiresAndIsErased) {
  TestWorld world;
  const auto guest = world.accounts->make_guest("").value();
  const auto viewer = world.accounts->authenticate(guest.token).value();
  ASSERT_TRUE(world.accounts->set_mute(viewer, MuteKind::hashtag, "#Cats", true).has_value());
  std::vector<PersonKey> erased;
  world.accounts->on_delete([&](Session&, AccountId account, PersonKey person) -> Result<void> {
    EXPECT_FALSE(account);
    erased.push_back(person);
    return {};
  });
  world.clock.advance_ms(24LL * 3600 * 1000 - 1);
  EXPECT_TRUE(world.accounts->authenticate(guest.token).has_value());
  world.clock.advance_ms(61'000);
  EXPECT_EQ(code_of(world.accounts->authenticate(guest.token)), Code::unauthenticated);
  EXPECT_THAT(erased, testing::ElementsAre(guest.person));
  EXPECT_EQ(world.count_rows("accounts_guests"), 0);
  EXPECT_EQ(world.count_rows("accounts_mutes"), 0);
  EXPECT_EQ(world.count_records(RecordKind::erase_person), 0) << "the engine knows the time";
  EXPECT_EQ(code_of(world.accounts->set_mute(viewer, MuteKind::word, "x", true)),
            Code::unauthenticated);
}

}  // namespace
}  // namespace filoscope::accounts
