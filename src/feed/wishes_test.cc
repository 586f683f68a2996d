/// What a person asks her feed for: kept, told to the engine, told again to one that is made anew.

#include "feed/wishes.h"

#include <gmock/gmock.h>

#include "feed/test_world.h"

namespace filoscope::feed {
namespace {

using engine::WishKind;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WishesTest : public World {
 protected:
  /// By four people, two for each topic, so that no author comes twice in a row either way.
  WishesTest() : mara(person("mara")), jo(person("jo")) {
    const std::array makers{mara, person("noor"), person("ida"), person("lea")};
    for (std::size_t i = 0; i < 32; ++i)
      publish(makers.at(i % 4), i % 2 == 0 ? "pots #Clay" : "waves #sea");
  }
  int clay_in_an_answer() {
    const auto items = ask(jo).items;
    return static_cast<int>(std::count_if(items.begin(), items.end(), [](const Item& item) {
      return item.entry.hashtags.at(0) == "clay";
    }));
  }
  accounts::Viewer mara, jo;
};

TEST_F(WishesTest, AWishCountsFromTheNextAnswerOnAndCanBeEnded) {
  must(feed->set_wish(jo, {WishKind::hashtag, "#CLAY", -2}));
  EXPECT_LE(clay_in_an_answer(), 1);
  auto wishes = must(feed->wishes(jo));
  ASSERT_THAT(wishes, SizeIs(1));
  EXPECT_EQ(wishes[0].value, "clay");
  EXPECT_EQ(wishes[0].level, -2);
  must(feed->set_wish(jo, {WishKind::hashtag, "clay", 2}));
  EXPECT_GE(clay_in_an_answer(), 5);
  EXPECT_EQ(must(feed->wishes(jo))[0].level, 2);
  must(feed->set_wish(jo, {WishKind::hashtag, "clay", 0}));
  EXPECT_THAT(must(feed->wishes(jo)), IsEmpty());
  EXPECT_THAT(must(feed->wishes(mara)), IsEmpty());
  expect_sound();
}

TEST_F(WishesTest, APersonIsKnownByHerAccount) {
  must(feed->set_wish(jo, {WishKind::author, "mara", -2}));
  for (const Item& item : ask(jo).items) EXPECT_NE(item.entry.owner, mara.account);
  EXPECT_EQ(must(feed->wishes(jo))[0].value, "mara");
}

TEST_F(WishesTest, WhatThereIsNotIsRefused) {
  EXPECT_EQ(code_of(feed->set_wish(jo, {WishKind::hashtag, "", 1})), Code::invalid_argument);
  EXPECT_EQ(code_of(feed->set_wish(jo, {WishKind::hashtag, "two words", 1})),
            Code::invalid_argument);
  EXPECT_EQ(code_of(feed->set_wish(jo, {WishKind::author, "nobody", 1})), Code::not_found);
  EXPECT_EQ(code_of(feed->set_wish({}, {WishKind::length, "", 1})), Code::unauthenticated);
  for (int i = 0; i < 64; ++i)
    must(feed->set_wish(jo, {WishKind::hashtag, "t" + std::to_string(i), 1}));
  EXPECT_EQ(code_of(feed->set_wish(jo, {WishKind::hashtag, "t64", 1})), Code::invalid_argument);
  must(feed->set_wish(jo, {WishKind::hashtag, "t3", -1}));
  must(feed->set_wish(jo, {WishKind::hashtag, "t3", 0}));
  must(feed->set_wish(jo, {WishKind::hashtag, "t64", 1}));
}

TEST_F(WishesTest, NobodyWishesForWhoIsGone) {
  must(feed->set_wish(jo, {WishKind::author, "mara", 2}));
  must(feed->set_wish(mara, {WishKind::length, "", 1}));
  must(accounts->remove(mara.account, "a long password 1"));
  std::int64_t rows = -1;
  must(database->read([&](Session& session) {
    return session.query("SELECT COUNT(*) FROM feed_wishes", {},
                         [&](const Row& row) { rows = row.integer(0); });
  }));
  EXPECT_EQ(rows, 0);
}

TEST_F(WishesTest, WhatStandsAlreadyIsNoFactOfTheLog) {
  must(feed->set_wish(jo, {WishKind::length, "", 1}));
  const auto end = must(log->last_position());
  must(feed->set_wish(jo, {WishKind::length, "", 1}));
  must(feed->set_wish(jo, {WishKind::new_people, "", 0}));
  EXPECT_EQ(must(log->last_position()), end);
}

TEST_F(WishesTest, AnEngineThatIsMadeAnewIsToldAgain) {
  must(feed->set_wish(jo, {WishKind::hashtag, "sea", 1}));
  clock.advance_ms(1);
  must(feed->set_wish(jo, {WishKind::author, "mara", -1}));
  std::vector<LogRecord> told;
  must(restate_wishes(*database, *accounts, [&](const LogRecord& record) -> Result<void> {
    told.push_back(record);
    return {};
  }));
  ASSERT_THAT(told, SizeIs(2));
  const auto author = must(engine::decode<engine::Wish>(told[1]));
  EXPECT_EQ(told[1].person, jo.person);
  EXPECT_EQ(author.key, mara.person.value);
  EXPECT_EQ(author.steps(), -1);
}

}  // namespace
}  // namespace filoscope::feed
