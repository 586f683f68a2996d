#include "accounts/accounts.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "accounts/test_world.h"

namespace filoscope::accounts {
namespace {

using engine::RecordKind;

TEST(SignUpTest, EachWrongFieldIsNamedAndNothingIsStored) {
  TestWorld world;
  const auto refused = [&](auto change, std::string_view field, std::string_view word) {
    auto form = TestWorld::form("mara");
    change(form);
    const auto made = world.accounts->sign_up(form);
    ASSERT_FALSE(made.has_value()) << field;
    EXPECT_EQ(made.error().code, Code::invalid_argument);
    EXPECT_EQ(made.error().field, field);
    EXPECT_EQ(made.error().reason, word);
    EXPECT_TRUE(made.error().message.starts_with(std::string(field) + ": "))
        << made.error().message;
  };
  refused([](auto& f) { f.handle = "a b"; }, "handle", "handle_characters");
  refused([](auto& f) { f.password = "short"; }, "password", "text_length");
  refused([](auto& f) { f.handle = "Marasmus", f.password = "marasmus"; }, "password",
          "password_is_handle");
  refused([](auto& f) { f.birth_date = "2020-01-01"; }, "birth_date", "too_young");
  refused([](auto& f) { f.display_name = std::string(51, 'x'); }, "display_name", "text_too_long");
  refused([](auto& f) { f.email = "nobody"; }, "email", "not_an_email");
  refused([](auto& f) { f.language = "?"; }, "language", "not_a_language");
  EXPECT_EQ(world.count_rows("accounts_people"), 0);
  EXPECT_TRUE(world.records().empty());
}

TEST(SignUpTest, HandlesAreCaseInsensitiveAndKeptAsTyped) {
  TestWorld world;
  EXPECT_EQ(world.person("Mara.Lind").handle, "Mara.Lind");
  EXPECT_EQ(world.accounts->find("mara.LIND")->handle, "Mara.Lind");
  const auto again = world.accounts->sign_up(TestWorld::form("mara.lind"));
  ASSERT_EQ(code_of(again), Code::conflict);
  EXPECT_EQ(again.error().reason, "handle_taken");
  EXPECT_EQ(again.error().message, "handle: this one is taken; choose another");
  EXPECT_EQ(code_of(world.accounts->find("mara")), Code::not_found);
}

TEST(SignUpTest, ExactlyOneOfEightRacingForAHandleWins) {
  TestWorld world;
  std::atomic<int> won{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto made = world.accounts->sign_up(TestWorld::form(i % 2 ? "mara" : "MARA"));
      if (made) ++won;
      if (!made && made.error().code == Code::conflict) ++refused;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(world.count_rows("accounts_people"), 1);
  EXPECT_EQ(world.count_rows("accounts_sessions"), 1);
}

TEST(SignUpTest, TellsTheEngineLanguageAndAge) {
  TestWorld world;
  auto form = TestWorld::form("mara");
  form.language = "PT-br";
  const auto made = world.accounts->sign_up(form).value();
  const auto records = world.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].person, made.account.person);
  const auto body = engine::decode<engine::PersonChanged>(records[0]).value();
  EXPECT_EQ(body.language, engine::text_key("pt"));
  EXPECT_EQ(body.age, 33);
}

TEST(ProfileTest, ChangesAreCheckedAndKept) {
  TestWorld world;
  const auto mara = world.person("mara");
  EXPECT_EQ(code_of(world.accounts->change_profile(AccountId{5}, {})), Code::not_found);
  const auto longer = world.accounts->change_profile(mara.account, {.bio = std::string(201, 'x')});
  ASSERT_EQ(code_of(longer), Code::invalid_argument);
  EXPECT_EQ(longer.error().message, "bio: 201 characters; the most is 200");
  const auto odd = world.accounts->change_profile(mara.account, {.feed_mode = "magic"});
  ASSERT_EQ(code_of(odd), Code::invalid_argument);
  EXPECT_EQ(odd.error().message, "feed_mode: give \"for_you\" or \"not_profiled\"");
  const auto before = world.records().size();
  ASSERT_TRUE(world.accounts
                  ->change_profile(mara.account, {.display_name = "Mára 北京",
                                                  .bio = "clay\nand glaze",
                                                  .feed_mode = "not_profiled"})
                  .has_value());
  EXPECT_EQ(world.records().size(), before);
  ASSERT_TRUE(world.accounts->change_profile(mara.account, {.language = "fr"}).has_value());
  EXPECT_EQ(world.records().size(), before + 1);
  world.reopen();
  const auto stored = world.accounts->get(mara.account).value();
  EXPECT_EQ(stored.display_name, "Mára 北京");
  EXPECT_EQ(stored.bio, "clay\nand glaze");
  EXPECT_EQ(stored.feed_mode, "not_profiled");
  EXPECT_EQ(stored.language, "fr");
  EXPECT_EQ(stored.birth_date, "1990-05-04");
}

TEST(ProfileTest, WhatIsSensitiveIsAskedForByAdultsAndTheEngineHears) {
  TestWorld world;
  const auto mara = world.person("mara");
  const auto wish = [&](AccountId who, bool sensitive) {
    return world.accounts->change_profile(who, {.sensitive = sensitive});
  };
  EXPECT_TRUE(wish(mara.account, true).value().sensitive);
  const auto heard = engine::decode<engine::PersonChanged>(world.records().back()).value();
  EXPECT_TRUE(heard.sensitive);
  world.reopen();
  EXPECT_TRUE(world.accounts->get(mara.account).value().sensitive);
  const auto records = world.records().size();
  EXPECT_TRUE(wish(mara.account, true).has_value());
  EXPECT_EQ(world.records().size(), records) << "nothing has changed";
  EXPECT_FALSE(wish(mara.account, false).value().sensitive);

  auto young = TestWorld::form("young");
  young.birth_date = "2008-01-01";
  const auto minor = world.accounts->sign_up(young).value().account.id;
  EXPECT_EQ(wish(minor, true).error().reason, "too_young_for_sensitive");
  EXPECT_TRUE(wish(minor, false).has_value());
}

TEST(RoleTest, HoldsAtOnceAndStays) {
  TestWorld world;
  const auto mara = world.person("mara");
  const auto role = [&] { return world.accounts->get(mara.account).value().role; };
  EXPECT_EQ(role(), Role::none);
  EXPECT_EQ(world.accounts->set_role("Mara", Role::server_operator).value().role,
            Role::server_operator);
  EXPECT_EQ(role(), Role::server_operator);
  ASSERT_TRUE(world.accounts->change_profile(mara.account, {.bio = "clay"}).has_value());
  world.reopen();
  EXPECT_EQ(role(), Role::server_operator);
  EXPECT_TRUE(world.accounts->set_role("mara", Role::none).has_value());
  EXPECT_EQ(role(), Role::none);
  world.reopen();
  EXPECT_EQ(role(), Role::none);
}

TEST(RoleTest, IsForAccountsThatSignIn) {
  TestWorld world;
  EXPECT_EQ(code_of(world.accounts->set_role("nobody", Role::moderator)), Code::not_found);
  auto form = TestWorld::form("sample");
  form.sample = true;
  ASSERT_TRUE(world.accounts->sign_up(form).has_value());
  const auto refused = world.accounts->set_role("sample", Role::moderator);
  ASSERT_EQ(code_of(refused), Code::not_found);
  EXPECT_EQ(refused.error().reason, "account_never_signs_in");
}

TEST(RoleTest, IsNamedByItsWord) {
  for (const auto role : {Role::none, Role::server_operator, Role::moderator, Role::accountant}) {
    EXPECT_EQ(parse_role(to_string(role)), role);
  }
  EXPECT_EQ(parse_role("none"), Role::none);
  EXPECT_EQ(parse_role("king"), std::nullopt);
}

TEST(SearchTest, FindsByPrefixOfHandleAndNames) {
  TestWorld world;
  const auto mara = world.person("mara_l"), ben = world.person("ben");
  ASSERT_TRUE(
      world.accounts->change_profile(mara.account, {.display_name = "Zoë 北京大学"}).has_value());
  ASSERT_TRUE(
      world.accounts->change_profile(ben.account, {.display_name = "Mara Stone"}).has_value());
  const auto handles = [&](std::string_view query) {
    std::vector<std::string> found;
    const auto accounts = world.accounts->search(query, 10).value();
    for (const auto& account : accounts) {
      found.push_back(account.handle);
    }
    return found;
  };
  EXPECT_THAT(handles("@MARA"), testing::ElementsAre("mara_l", "ben"));
  EXPECT_THAT(handles("zoe"), testing::ElementsAre("mara_l"));
  EXPECT_THAT(handles("大学"), testing::ElementsAre("mara_l"));
  EXPECT_THAT(handles("st ma"), testing::ElementsAre("ben"));
  EXPECT_THAT(handles("b"), testing::ElementsAre("ben"));
  EXPECT_THAT(handles("tone"), testing::IsEmpty());
  EXPECT_THAT(handles("%"), testing::IsEmpty());
  const auto none = world.accounts->search("x", 0);
  ASSERT_EQ(code_of(none), Code::invalid_argument);
  EXPECT_EQ(none.error().reason, "page_limit");
  const auto endless = world.accounts->search(std::string(5000, 'x'), 5);
  ASSERT_EQ(code_of(endless), Code::invalid_argument);
  EXPECT_EQ(endless.error().reason, "query_too_long");
}

TEST(RemoveTest, TakesEverythingAndRetiresTheHandle) {
  TestWorld world;
  const auto made = world.accounts->sign_up(TestWorld::form("mara")).value();
  const auto mara = world.accounts->authenticate(made.token).value();
  const auto ben = world.person("ben");
  ASSERT_TRUE(world.accounts->set_follow(mara, ben.account, true).has_value());
  ASSERT_TRUE(world.accounts->set_follow(ben, mara.account, true).has_value());
  ASSERT_TRUE(world.accounts->set_mute(mara, MuteKind::word, "x", true).has_value());
  ASSERT_TRUE(world.accounts->set_mute(ben, MuteKind::person, "mara", true).has_value());
  int hooks = 0;
  world.accounts->on_delete([&](Session&, AccountId account, PersonKey person) -> Result<void> {
    EXPECT_EQ(account, mara.account);
    EXPECT_EQ(person, mara.person);
    ++hooks;
    return {};
  });
  EXPECT_EQ(code_of(world.accounts->remove(mara.account, "wrong wrong")), Code::unauthenticated);
  EXPECT_EQ(hooks, 0);
  ASSERT_TRUE(world.accounts->remove(mara.account, "correct horse").has_value());
  EXPECT_EQ(hooks, 1);
  const auto check = [&] {
    EXPECT_EQ(code_of(world.accounts->authenticate(made.token)), Code::unauthenticated);
    EXPECT_EQ(code_of(world.accounts->find("mara")), Code::not_found);
    EXPECT_EQ(code_of(world.accounts->sign_in("mara", "correct horse", {})), Code::unauthenticated);
    EXPECT_EQ(code_of(world.accounts->sign_up(TestWorld::form("MARA"))), Code::conflict);
    EXPECT_FALSE(world.accounts->account_of(mara.person));
    EXPECT_EQ(world.accounts->counts(ben.account).followers, 0);
    EXPECT_EQ(world.accounts->counts(ben.account).following, 0);
    EXPECT_TRUE(world.accounts->mutes(ben)->people.empty());
  };
  check();
  world.reopen();
  check();
  for (const auto* table : {"accounts_follows", "accounts_mutes"}) {
    EXPECT_EQ(world.count_rows(table), 0) << table;
  }
  EXPECT_EQ(code_of(world.accounts->remove(mara.account, "correct horse")), Code::not_found);
  EXPECT_EQ(world.count_records(RecordKind::erase_person, mara.person), 1);
}

TEST(RemoveTest, AFailingHookUndoesItAll) {
  TestWorld world;
  const auto made = world.accounts->sign_up(TestWorld::form("mara")).value();
  world.accounts->on_delete([](Session&, AccountId, PersonKey) -> Result<void> {
    return Error(Code::internal, "the disk is full");
  });
  const auto records = world.records().size();
  EXPECT_EQ(code_of(world.accounts->remove(made.account.id, "correct horse")), Code::internal);
  EXPECT_TRUE(world.accounts->authenticate(made.token).has_value());
  EXPECT_TRUE(world.accounts->sign_in("mara", "correct horse", {}).has_value());
  EXPECT_EQ(world.records().size(), records);
}

TEST(SampleAccounts, HaveNoPasswordAndGoTogether) {
  TestWorld world;
  auto form = TestWorld::form("clay_daily");
  form.sample = true;
  ASSERT_TRUE(world.accounts->sign_up(form).has_value());
  const auto mara = world.person("mara");
  EXPECT_EQ(code_of(world.accounts->sign_in("clay_daily", form.password, {})),
            Code::unauthenticated);
  ASSERT_TRUE(world.accounts->remove_sample_accounts().has_value());
  EXPECT_EQ(code_of(world.accounts->find("clay_daily")), Code::not_found);
  EXPECT_TRUE(world.accounts->get(mara.account).has_value());
  EXPECT_TRUE(world.accounts->sign_up(form).has_value());
}

}  // namespace
}  // namespace filoscope::accounts
