#include "feed/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "base/test_no_space.h"
#include "feed/test_world.h"

namespace filoscope::feed {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class FeedTest : public World {
 protected:
  /// `count` videos of each of `topics` topics.
  void fill(int topics, int count) {
    for (int i = 0; i < count; ++i) {
      for (int topic = 0; topic < topics; ++topic) {
        publish(mara, "clip " + std::to_string(i) + " #topic" + std::to_string(topic));
      }
    }
  }
  accounts::Viewer mara = person("mara"), jo = person("jo");
};

TEST_F(FeedTest, RightWithNoVideosOneAndThree) {
  EXPECT_THAT(ask(jo).items, IsEmpty());
  EXPECT_TRUE(ask(jo).exhausted);
  for (std::size_t count = 1; count <= 3; ++count) {
    publish(mara, "clip " + std::to_string(count));
    const auto answer = ask(jo);
    EXPECT_THAT(answer.items, SizeIs(count));
    EXPECT_FALSE(answer.exhausted);
    EXPECT_FALSE(answer.items[0].impression_token.empty());
    EXPECT_EQ(answer.items[0].owner.handle, "mara");
  }
  EXPECT_THAT(ask(mara).items, IsEmpty()) << "never her own";
}

TEST_F(FeedTest, AnEntryOfAnotherKindIsGivenToldAndExplainedAsAVideoIs) {
  fill(1, 2);
  const auto bowl = put_entry(must(accounts->find("mara")), catalog::Kind::product, "a bowl");
  EXPECT_THAT(ids(ask(jo)), Not(Contains(bowl.id))) << "to a device that shows videos alone";
  FeedRequest request;
  request.kinds = 0b101;
  const auto answer = ask(jo, request);
  const auto item = std::find_if(answer.items.begin(), answer.items.end(),
                                 [&](const Item& each) { return each.entry.id == bowl.id; });
  ASSERT_NE(item, answer.items.end());
  EXPECT_EQ(item->entry.kind, catalog::Kind::product);
  EXPECT_EQ(item->owner.handle, "mara");
  EXPECT_EQ(must(feed->check_token(jo, item->impression_token)).kind, catalog::Kind::product);
  watch(jo, *item, 60'000);  // it has no length
  EXPECT_EQ(tell(jo, {event("like", *item, "like")}).accepted, 1);
  EXPECT_EQ(must(social->counts(std::vector{bowl.id}))[0].likes, 1);
  EXPECT_EQ(must(social->counts(std::vector{bowl.id}))[0].views, 1);
  EXPECT_THAT(must(social->liked(jo, "", 10)).items, SizeIs(1));
  const auto view = must(feed->decision(jo, answer.request));
  EXPECT_EQ(view.decision.items.at(static_cast<std::size_t>(item - answer.items.begin())).kind, 2);
  EXPECT_TRUE(must(feed->explain(answer.request)).same);
  expect_sound();
}

TEST_F(FeedTest, WhatWasShownDoesNotComeAgainUntilAllIsSeen) {
  fill(2, 5);
  std::vector<VideoId> seen;
  for (int i = 0; i < 10; ++i) {
    FeedRequest one;
    one.limit = 1;
    const auto answer = ask(jo, one);
    ASSERT_THAT(answer.items, SizeIs(1));
    EXPECT_FALSE(answer.items[0].repeat);
    EXPECT_THAT(seen, Not(Contains(answer.items[0].entry.id)));
    seen.push_back(answer.items[0].entry.id);
    watch(jo, answer.items[0], 3'000);
  }
  const auto after = ask(jo);
  EXPECT_TRUE(after.exhausted);
  ASSERT_THAT(after.items, Not(IsEmpty()));
  for (const auto& item : after.items) EXPECT_TRUE(item.repeat);
  EXPECT_EQ(must(feed->decision(jo, after.request)).reasons[0].code, "repeat");
}

TEST_F(FeedTest, HandedOutIsNotSeenAndHeldIsNotGivenAgain) {
  fill(1, 12);
  const auto first = ask(jo);
  ASSERT_THAT(first.items, SizeIs(8));
  FeedRequest held;
  held.held = ids(first);
  const auto second = ask(jo, held);
  EXPECT_THAT(second.items, SizeIs(4));
  for (const auto id : ids(second)) EXPECT_THAT(ids(first), Not(Contains(id)));
  FeedRequest all;
  all.limit = 20;
  EXPECT_THAT(ask(jo, all).items, SizeIs(12)) << "none of them was on screen";
}

TEST_F(FeedTest, NotInterestedTakesTheTopicBackInTheNextAnswer) {
  fill(4, 10);
  FeedRequest all;
  all.limit = 20;
  const auto before = ask(jo, all);
  const auto& clip = before.items[0];
  const std::string tag = clip.entry.hashtags.at(0);
  const auto count = [&](const FeedAnswer& answer, std::size_t first) {
    int found = 0;
    for (std::size_t i = 0; i < std::min(first, answer.items.size()); ++i) {
      found += answer.items[i].entry.hashtags.at(0) == tag ? 1 : 0;
    }
    return found;
  };
  const auto told = tell(jo, {event("a", clip, "impression"), event("b", clip, "not_interested")});
  EXPECT_EQ(told.accepted, 2);
  const auto after = ask(jo, all);
  EXPECT_LT(count(after, 10), count(before, 10));
  EXPECT_THAT(ids(after), Not(Contains(clip.entry.id)));
  EXPECT_TRUE(must(feed->items(jo, {clip.entry}, Surface::profile)).at(0).marks.not_interested);
}

TEST_F(FeedTest, EveryAnswerIsRecordedAndComesOutTheSameAgain) {
  fill(3, 6);
  std::vector<RequestId> requests;
  for (int i = 0; i < 5; ++i) {
    const auto answer = ask(jo);
    requests.push_back(answer.request);
    for (const auto& item : answer.items) watch(jo, item, i % 2 == 0 ? 9'900 : 400);
  }
  requests.push_back(ask(jo).request);
  for (const auto request : requests) {
    const auto view = must(feed->decision(jo, request));
    EXPECT_EQ(view.reasons.size(), view.decision.items.size());
    EXPECT_EQ(view.attended_actions.size(), view.decision.history.size());
    const auto done = must(feed->explain(request));
    EXPECT_TRUE(done.same);
    EXPECT_EQ(done.again.size(), view.decision.items.size());
  }
  EXPECT_EQ(feed->decision(mara, requests[0]).error().reason, "no_such_decision") << "not hers";
  EXPECT_EQ(code_of(feed->decision({}, requests[0])), Code::not_found);
  EXPECT_EQ(code_of(feed->decision(jo, RequestId{1})), Code::not_found);
  expect_sound();
}

TEST_F(FeedTest, RequestIdsAre64RandomBits) {
  std::uint64_t ones = 0, zeros = 0;
  for (int i = 0; i < 64; ++i) {
    const auto request = ask(jo).request;
    ones |= request.value, zeros |= ~request.value;
    EXPECT_EQ(RequestId::parse(request.text()), request);
    EXPECT_EQ(must(feed->decision(jo, request)).decision.request, request);
  }
  EXPECT_EQ(ones & zeros, ~std::uint64_t{0});
}

TEST_F(FeedTest, ReasonsNameWhatSheDid) {
  for (int i = 0; i < 6; ++i) publish(mara, "bowl " + std::to_string(i) + " #ceramics");
  for (int i = 0; i < 3; ++i) {
    FeedRequest one;
    one.limit = 1;
    watch(jo, ask(jo, one).items.at(0), 10'000);
  }
  const auto view = must(feed->decision(jo, ask(jo).request));
  EXPECT_THAT(view.attended_actions, Contains("completed"));
  EXPECT_THAT(view.attended_captions, Contains(testing::Optional(HasSubstr("#ceramics"))));
  const auto watched = std::find_if(view.reasons.begin(), view.reasons.end(),
                                    [](const auto& one) { return one.code == "watched_hashtag"; });
  ASSERT_NE(watched, view.reasons.end());
  EXPECT_EQ(watched->value, "ceramics");
  EXPECT_EQ(watched->count, 3);
}

TEST_F(FeedTest, BlockedHiddenAndRemovedAreGoneAtOnce) {
  fill(1, 3);
  const auto lind = person("lind");
  const auto other = publish(lind, "other #x");
  const auto gone = ask(jo).items;
  ASSERT_THAT(gone, SizeIs(4));
  must(catalog->remove(lind.account, other.id));
  EXPECT_THAT(ask(jo).items, SizeIs(3));
  const auto told =
      tell(jo, {event("late", gone[0], "impression"), event("late2", gone[1], "impression"),
                event("late3", gone[2], "impression"), event("late4", gone[3], "impression")});
  EXPECT_EQ(told.accepted, 3);
  ASSERT_THAT(told.rejected, SizeIs(1));
  EXPECT_EQ(told.rejected[0].error.reason, "event_video_gone");
  must(accounts->set_block(mara, jo.account, true));
  EXPECT_THAT(ask(jo).items, IsEmpty());
  for (const auto& item : gone) {
    if (item.owner.id != mara.account) continue;
    EXPECT_THAT(must(feed->items(jo, {item.entry}, Surface::profile)), IsEmpty());
  }
}

TEST_F(FeedTest, TheLastGuardAsksAgainForWhatTheEngineDoesNotKnow) {
  fill(1, 12);
  // Hidden behind the engine's back, as when a rule changes between ranking and answering.
  must(database->write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("UPDATE catalog_entries SET visibility = 2 WHERE id IN (SELECT id "
                        "FROM catalog_entries ORDER BY id LIMIT 6)"));
    return {};
  }));
  reopen();  // the rows are cached
  FeedRequest six;
  six.limit = 6;
  EXPECT_THAT(ask(jo, six).items, SizeIs(6));
}

TEST_F(FeedTest, FollowingShowsFollowedPeopleNewestFirstAndPages) {
  fill(1, 5);
  FeedRequest request;
  request.mode = engine::Mode::following;
  request.limit = 3;
  EXPECT_THAT(ask(jo, request).items, IsEmpty());
  must(accounts->set_follow(jo, mara.account, true));
  const auto first = ask(jo, request);
  ASSERT_THAT(first.items, SizeIs(3));
  EXPECT_EQ(first.items[0].entry.caption, "clip 4 #topic0");
  EXPECT_EQ(must(feed->decision(jo, first.request)).reasons[0].code, "following");
  EXPECT_EQ(must(feed->decision(jo, first.request)).reasons[0].value, "mara");
  request.cursor = first.cursor;
  EXPECT_THAT(ask(jo, request).items, SizeIs(2));
  request.cursor = "what";
  EXPECT_EQ(feed->answer(jo, request).error().reason, "not_a_feed_cursor");
}

TEST_F(FeedTest, WithoutProfilingTwoPeopleGetEqualAnswersAndNothingIsKeptOfThem) {
  fill(3, 6);
  auto lind = person("lind");
  for (const auto& item : ask(jo).items) watch(jo, item, 9'000);
  lind.feed_mode = jo.feed_mode = "not_profiled";
  const auto decisions = rows("feed_decisions");
  FeedRequest request;
  request.mode = engine::Mode::not_profiled;
  request.limit = 5;
  for (int page = 0; page < 3; ++page) {
    const auto hers = ask(jo, request), theirs = ask(lind, request);
    EXPECT_EQ(hers.log_position, theirs.log_position);
    EXPECT_EQ(ids(hers), ids(theirs));
    request.cursor = hers.cursor;
    watch(jo, hers.items.at(0), 9'000);
    EXPECT_EQ(must(log->read(must(log->last_position()) - 1, 1)).at(0).person, PersonKey{});
  }
  EXPECT_EQ(rows("feed_decisions"), decisions);
}

TEST_F(FeedTest, WhoIsErasedMeanwhileLeavesNothingBehind) {
  fill(2, 10);
  const auto answer = ask(jo);
  must(accounts->remove(jo.account, "a long password 1"));
  const auto position = must(log->last_position());
  const std::vector events{event("i", answer.items.at(0), "impression"),
                           event("w", answer.items.at(0), "watch", 1'000)};
  clock.advance_ms(2'000);
  EXPECT_EQ(code_of(feed->take_events(jo, events)), Code::unauthenticated);
  EXPECT_EQ(code_of(feed->answer(jo, {})), Code::unauthenticated);
  EXPECT_EQ(rows("feed_plays") + rows("feed_decisions") + rows("feed_event_ids"), 0);
  EXPECT_EQ(must(log->last_position()), position);
}

TEST_F(FeedTest, AnAnswerToWhoHasNotActedCostsNoRow) {
  fill(2, 10);
  const auto guest = must(accounts->make_guest("en"));
  const auto visitor = [&] { return must(accounts->authenticate(guest.token)); };
  const auto position = must(log->last_position());
  std::set<std::vector<VideoId>> shown;
  for (int i = 0; i < 50; ++i) {
    const auto answer = ask(visitor());
    EXPECT_EQ(answer.mode, engine::Mode::for_you);
    ASSERT_THAT(answer.items, SizeIs(8));
    shown.insert(ids(answer));
    EXPECT_FALSE(must(feed->decision(visitor(), answer.request)).recorded);
  }
  EXPECT_GT(shown.size(), 1U) << "visitors do not all see the same";
  EXPECT_EQ(rows("feed_decisions") + rows("accounts_guests"), 0);
  EXPECT_EQ(must(log->last_position()), position);
}

TEST_F(FeedTest, TheFirstActOfAGuestIsHersAndMovesHerNextAnswer) {
  fill(2, 10);
  const auto guest = must(accounts->make_guest("en"));
  const auto visitor = [&] { return must(accounts->authenticate(guest.token)); };
  const auto first = ask(visitor());
  watch(visitor(), first.items[0], 9'000);
  EXPECT_EQ(rows("accounts_guests"), 1);
  EXPECT_EQ(must(log->read(must(log->last_position()) - 1, 1)).at(0).person, guest.person);
  const auto second = ask(visitor());
  EXPECT_THAT(ids(second), Not(Contains(first.items[0].entry.id))) << "seen";
  EXPECT_TRUE(must(feed->decision(visitor(), second.request)).recorded);
  expect_sound();
}

TEST_F(FeedTest, WhereNoMoreGuestsCanBeKeptWatchingGoesOnUnderNobody) {
  EXPECT_TRUE(config.set("accounts.guests_max", "1").has_value());
  reopen();
  fill(1, 4);
  const auto visitor = [&](const std::string& token) {
    return must(accounts->authenticate(token));
  };
  const auto there = must(accounts->make_guest("")).token;
  const auto late = must(accounts->make_guest("")).token;
  const auto clips = ask(visitor(there)).items;
  for (int i = 0; i < 2; ++i) watch(visitor(there), clips[static_cast<std::size_t>(i)], 2'000);
  const auto answer = ask(visitor(late));
  watch(visitor(late), answer.items[0], 2'000);
  EXPECT_EQ(must(log->read(must(log->last_position()) - 1, 1)).at(0).person, PersonKey{});
  EXPECT_EQ(rows("accounts_guests"), 1);
  EXPECT_TRUE(visitor(there).kept);
  EXPECT_THAT(ask(visitor(late)).items, SizeIs(4));
}

TEST_F(FeedTest, OnAFullDiskWatchingGoesOnWithoutAProfileAndWithoutARecord) {
  fill(2, 6);
  must(accounts->set_follow(jo, mara.account, true));
  watch(jo, ask(jo).items[0], 9'000);
  const auto decisions = rows("feed_decisions");
  FeedAnswer plain;
  {
    const NoSpace full;
    plain = ask(jo);
    EXPECT_EQ(plain.mode, engine::Mode::not_profiled);
    EXPECT_THAT(plain.items, SizeIs(8));
    FeedRequest more;
    more.cursor = plain.cursor;
    for (const auto& item : ask(jo, more).items) {
      EXPECT_THAT(ids(plain), Not(Contains(item.entry.id))) << "it pages";
    }
    more.cursor = "of another mode";
    EXPECT_THAT(ask(jo, more).items, SizeIs(8));
    FeedRequest following;
    following.mode = engine::Mode::following;
    EXPECT_EQ(ask(jo, following).mode, engine::Mode::following);
    EXPECT_THAT(ask(jo, following).items, SizeIs(8));
    EXPECT_FALSE(must(feed->decision(jo, plain.request)).recorded);
    EXPECT_FALSE(must(feed->why(jo, plain.items[0].impression_token)).reasons.empty());
    const auto refused = feed->take_events(jo, std::vector{event("e", plain.items[0], "watch")});
    ASSERT_EQ(code_of(refused), Code::unavailable);
    EXPECT_EQ(refused.error().reason, "disk_full");
  }
  EXPECT_EQ(rows("feed_decisions"), decisions);
  watch(jo, plain.items[0], 9'000);
  EXPECT_EQ(must(log->read(must(log->last_position()) - 1, 1)).at(0).person, jo.person)
      << "what she watched meanwhile is hers";
  const auto after = ask(jo);
  EXPECT_EQ(after.mode, engine::Mode::for_you);
  EXPECT_TRUE(must(feed->decision(jo, after.request)).recorded);
  expect_sound();
}

TEST_F(FeedTest, WithoutATokenThereIsAPlainFeed) {
  fill(1, 3);
  const auto answer = ask({});
  EXPECT_EQ(answer.mode, engine::Mode::not_profiled);
  ASSERT_THAT(answer.items, SizeIs(3));
  EXPECT_EQ(tell({}, {event("e", answer.items[0], "impression")}).accepted, 1);
  EXPECT_EQ(tell({}, {event("e", answer.items[1], "impression")}).accepted, 1)
      << "another device may use the same id";
  EXPECT_EQ(tell({}, {event("e", answer.items[0], "impression")}).duplicate, 1);
}

TEST_F(FeedTest, LimitsAreSaid) {
  FeedRequest request;
  request.limit = 0;
  EXPECT_EQ(feed->answer(jo, request).error().reason, "feed_count_out_of_range");
  request.limit = 21;
  EXPECT_EQ(feed->answer(jo, request).error().message, "ask for 1 to 20 items");
  request.limit = 5;
  request.held.resize(65, VideoId{1});
  EXPECT_EQ(feed->answer(jo, request).error().reason, "too_many_held_clips");
}

}  // namespace
}  // namespace filoscope::feed
