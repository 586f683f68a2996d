#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feed/feed.h"
#include "feed/test_world.h"

namespace filoscope::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class IntakeTest : public World {
 protected:
  IntakeTest() {
    for (int i = 0; i < 4; ++i) publish(mara, "clip " + std::to_string(i) + " #x");
    clock.advance_ms(1);
    items = ask(jo).items;
    clock.advance_ms(60'000);
  }
  std::int64_t views() { return must(social->counts(std::vector{items[0].entry.id}))[0].views; }
  std::int64_t likes() { return must(social->counts(std::vector{items[0].entry.id}))[0].likes; }
  Error refused(const ClientEvent& event) {
    const auto answer = tell(jo, {event});
    EXPECT_EQ(answer.accepted, 0);
    return answer.rejected.empty() ? Error(Code::internal, "it was taken")
                                   : answer.rejected[0].error;
  }
  std::string_view refusal(const ClientEvent& event) { return refused(event).reason; }

  accounts::Viewer mara = person("mara"), jo = person("jo");
  std::vector<Item> items;
};

TEST_F(IntakeTest, AnEventIdCountsOnce) {
  tell(jo, {event("seen", items[0], "impression")});
  const auto watched = event("e1", items[0], "watch", 5'000);
  EXPECT_EQ(tell(jo, {watched, watched}).duplicate, 1);
  EXPECT_EQ(tell(jo, {watched}).duplicate, 1);
  reopen();
  const auto position = must(log->last_position());
  EXPECT_EQ(tell(jo, {watched}).duplicate, 1);
  EXPECT_EQ(must(log->last_position()), position);
  EXPECT_EQ(views(), 1);
  auto other_id = watched;
  other_id.event_id = "e2";
  EXPECT_EQ(tell(jo, {other_id}).accepted, 1);
  EXPECT_EQ(views(), 1) << "once per token";
}

TEST_F(IntakeTest, ARepeatedWatchKeepsTheLargest) {
  tell(jo, {event("a", items[0], "watch", 5'000)});
  const auto position = must(log->last_position());
  tell(jo, {event("b", items[0], "watch", 3'000)});
  EXPECT_EQ(must(log->last_position()), position) << "nothing new was told";
  tell(jo, {event("c", items[0], "watch", 8'000)});
  EXPECT_EQ(must(log->last_position()), position + 1);
  const auto record = must(log->read(position, 1)).at(0);
  EXPECT_EQ(must(engine::decode<engine::Event>(record)).watch_ms, 8'000U);
}

TEST_F(IntakeTest, ShortWatchesAreSeenButNotViews) {
  tell(jo, {event("a", items[0], "impression"), event("b", items[0], "watch", 200)});
  EXPECT_EQ(views(), 0);
  FeedRequest all;
  all.limit = 20;
  EXPECT_THAT(ask(jo, all).items, SizeIs(3));
  tell(jo, {event("c", items[0], "complete")});
  EXPECT_EQ(views(), 1);
}

TEST_F(IntakeTest, AViewIsOneForEachPersonInAWhile) {
  const auto play = [&](const accounts::Viewer& viewer, const Item& item, const std::string& id) {
    tell(viewer, {event("i" + id, item, "impression"), event("w" + id, item, "watch", 5'000)});
  };
  play(jo, items[0], "1");
  EXPECT_EQ(views(), 1);
  for (int i = 0; i < 5; ++i) {
    const auto again = must(feed->items(jo, {items[0].entry}, Surface::video_page)).at(0);
    clock.advance_ms(10'000);
    play(jo, again, "again" + std::to_string(i));
  }
  EXPECT_EQ(views(), 1);
  clock.advance_ms(6 * 3'600'000);
  const auto later = must(feed->items(jo, {items[0].entry}, Surface::video_page)).at(0);
  clock.advance_ms(10'000);
  play(jo, later, "later");
  EXPECT_EQ(views(), 2);
}

TEST_F(IntakeTest, WithoutImpressionOrPersonThereIsNoView) {
  tell(jo, {event("w", items[0], "watch", 5'000)});
  EXPECT_EQ(views(), 0);
  const auto nobodys = must(feed->items({}, {items[0].entry}, Surface::video_page)).at(0);
  clock.advance_ms(10'000);
  tell({}, {event("i", nobodys, "impression"), event("n", nobodys, "watch", 5'000)});
  EXPECT_EQ(views(), 0);
}

TEST_F(IntakeTest, AGuestWithoutAPlaceMakesNoView) {
  FeedRequest plain;
  plain.mode = engine::Mode::not_profiled;
  const auto play = [&](const accounts::Viewer& viewer, const FeedRequest& request) {
    const auto answer = ask(viewer, request).items;
    const auto clip = std::find_if(answer.begin(), answer.end(), [&](const Item& item) {
      return item.entry.id == items[0].entry.id;
    });
    ASSERT_NE(clip, answer.end());
    watch(viewer, *clip, 2'000);
  };
  for (int i = 0; i < 20; ++i) play(guest(), plain);
  EXPECT_EQ(views(), 0) << "each as good as nobody";
  play(guest(), {});
  EXPECT_EQ(views(), 1) << "with the very act that gives her a place";
}

TEST_F(IntakeTest, ATokenEndsWithTheRightToSee) {
  must(accounts->set_block(mara, jo.account, true));
  EXPECT_EQ(refusal(event("w", items[0], "watch", 5'000)), "event_video_gone");
  EXPECT_EQ(refusal(event("l", items[0], "like")), "event_video_gone");
}

TEST_F(IntakeTest, EventsAreTakenInTheOrderOfTheDevice) {
  auto like = event("like", items[0], "like"), unlike = event("unlike", items[0], "unlike");
  unlike.at_ms = 2'000;
  like.at_ms = 1'000;
  EXPECT_EQ(tell(jo, {unlike, like}).accepted, 2);
  EXPECT_EQ(likes(), 0);
  like.event_id = "like2", like.at_ms = 3'000;
  unlike.event_id = "unlike2";
  EXPECT_EQ(tell(jo, {like, unlike}).accepted, 2);
  EXPECT_EQ(likes(), 1);
}

TEST_F(IntakeTest, AFactToldTwiceIsLearnedOnce) {
  EXPECT_EQ(tell(jo, {event("l1", items[0], "like")}).accepted, 1);
  const auto position = must(log->last_position());
  must(social->set_like(jo, items[0].entry.id, true, {}));
  EXPECT_EQ(tell(jo, {event("l2", items[0], "like")}).accepted, 1);
  EXPECT_EQ(must(log->last_position()), position);
  EXPECT_EQ(likes(), 1);
  EXPECT_EQ(tell(jo, {event("f", items[0], "follow")}).accepted, 1);
  EXPECT_TRUE(accounts->follows(jo.account, mara.account));
  EXPECT_EQ(tell(jo, {event("s", items[0], "save"), event("n", items[1], "not_interested"),
                      event("r", items[2], "report"), event("h", items[0], "share")})
                .accepted,
            4);
}

TEST_F(IntakeTest, GuestsMayWatchButNotLike) {
  const auto visitor = guest();
  const auto clip = ask(visitor).items.at(0);
  const auto told = tell(visitor, {event("a", clip, "impression"), event("b", clip, "like")});
  EXPECT_EQ(told.accepted, 1);
  ASSERT_THAT(told.rejected, SizeIs(1));
  EXPECT_EQ(told.rejected[0].index, 1);
  EXPECT_EQ(told.rejected[0].error.reason, "sign_in_first");
}

TEST_F(IntakeTest, AuthorsOwnPlaysChangeNothing) {
  const auto own = must(feed->items(mara, {items[0].entry}, Surface::profile)).at(0);
  const auto position = must(log->last_position());
  EXPECT_EQ(tell(mara, {event("a", own, "impression"), event("b", own, "watch", 3'000)}).accepted,
            2);
  EXPECT_EQ(must(log->last_position()), position);
  EXPECT_EQ(views(), 0);
}

TEST_F(IntakeTest, TokensAreCheckedForOwnerAgeAndForm) {
  const auto lind = person("lind");
  EXPECT_EQ(tell(lind, {event("a", items[0], "impression")}).rejected.at(0).error.reason,
            "impression_token_of_another_person");
  EXPECT_EQ(code_of(feed->check_token(lind, items[0].impression_token)), Code::invalid_argument);
  auto forged = event("b", items[0], "impression");
  forged.impression_token[30] = forged.impression_token[30] == 'x' ? 'y' : 'x';
  EXPECT_EQ(refusal(forged), "impression_token_unknown");
  forged.impression_token = "";
  EXPECT_EQ(refusal(forged), "impression_token_unknown");
  EXPECT_EQ(must(feed->check_token(jo, items[0].impression_token)).entry, items[0].entry.id);
  clock.advance_ms(24 * 3'600'000);
  const auto old = refused(event("c", items[0], "impression"));
  EXPECT_EQ(old.reason, "impression_token_too_old");
  EXPECT_EQ(old.message, "the impression token is older than 24 hours; reload the feed");
}

TEST_F(IntakeTest, ImpossibleNumbersAreRefusedInWords) {
  EXPECT_EQ(refusal(event("", items[0], "watch")), "event_id_length");
  EXPECT_EQ(refused(event(std::string(65, 'x'), items[0], "watch")).message,
            "event_id must have 1 to 64 characters");
  EXPECT_EQ(refused(event("a", items[0], "purchase")).message,
            "event \"purchase\" is not one that can be told here");
  EXPECT_EQ(refusal(event("a", items[0], "watch", -1)), "event_watch_negative");
  EXPECT_EQ(refusal(event("a", items[0], "watch", 3'600'000)), "event_watch_before_handed_out");
  const auto longer = refused(event("a", items[0], "watch", 40'000));
  EXPECT_EQ(longer.reason, "event_watch_longer_than_played");
  EXPECT_THAT(longer.arguments, ElementsAre(ErrorArgument{"watched", std::int64_t{40'000}},
                                            ErrorArgument{"loops", std::int64_t{0}},
                                            ErrorArgument{"length", std::int64_t{10'000}}));
  auto looped = event("a", items[0], "watch", 40'000);
  looped.loops = 3;
  EXPECT_EQ(tell(jo, {looped}).accepted, 1);
  auto ranges = event("b", items[0], "watch", 500);
  ranges.watched = {{5, 5}};
  EXPECT_EQ(refusal(ranges), "event_range_impossible");
  ranges.watched = {{0, 20'000}};
  EXPECT_THAT(refused(ranges).message, HasSubstr("within the 10000 ms of the video"));
  ranges.watched.assign(33, {0, 1});
  EXPECT_EQ(refused(ranges).message, "watched has 33 ranges; the most is 32");
  ranges.watched.clear();
  ranges.ended = "bored";
  EXPECT_EQ(refusal(ranges), "event_end_unknown");
  const std::vector<ClientEvent> many(101, event("m", items[0], "impression"));
  EXPECT_EQ(feed->take_events(jo, many).error().reason, "too_many_events_in_a_call");
}

TEST_F(IntakeTest, RangesAreMerged) {
  auto told = event("a", items[0], "watch", 4'000);
  told.watched = {{3'000, 4'000}, {0, 1'000}, {900, 2'000}};
  tell(jo, {told});
  const auto record = must(log->read(must(log->last_position()) - 1, 1)).at(0);
  const auto body = must(engine::decode<engine::Event>(record));
  const std::vector<std::array<std::uint32_t, 2>> merged{{0, 2'000}, {3'000, 4'000}};
  EXPECT_EQ(body.watched, merged);
  EXPECT_EQ(body.request, must(feed->check_token(jo, items[0].impression_token)).request);
}

TEST_F(IntakeTest, TheNextAnswerAlwaysReflectsTheEvent) {
  for (int i = 0; i < 30; ++i) publish(mara, "more " + std::to_string(i) + " #x");
  FeedRequest one;
  one.limit = 1;
  for (int i = 0; i < 30; ++i) {
    const auto item = ask(jo, one).items.at(0);
    const auto before = feed->stats().position;
    watch(jo, item, 1'500);
    const auto after = ask(jo, one);
    EXPECT_GT(after.log_position, before);
    EXPECT_NE(after.items.at(0).entry.id, item.entry.id);
  }
}

}  // namespace
}  // namespace filoscope::feed
