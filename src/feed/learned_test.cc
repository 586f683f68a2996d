/// What was learned of a person, taking it back, and sessions that nothing is learned from.

#include <gmock/gmock.h>

#include "feed/test_world.h"

namespace filoscope::feed {
namespace {

using engine::WithdrawKind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class LearnedTest : public World {
 protected:
  LearnedTest() : mara(person("mara")), jo(person("jo")) {
    for (int i = 0; i < 12; ++i)
      clips.push_back(publish(mara, i % 2 == 0 ? "pots #clay" : "waves #sea"));
  }
  /// Each clay clip to the end and liked, each other swiped away; how many of clay there were.
  int love_clay(const accounts::Viewer& viewer) {
    int clay_count = 0;
    for (const auto& item : ask(viewer).items) {
      const bool clay = item.entry.hashtags.at(0) == "clay";
      watch(viewer, item, clay ? 10'000 : 300);
      if (clay) tell(viewer, {event("like" + item.entry.id.text(), item, "like")});
      clay_count += clay ? 1 : 0;
    }
    return clay_count;
  }
  float weight_of(const accounts::Viewer& viewer, const std::string& value) {
    for (const auto& interest : must(feed->learned(viewer)).interests)
      if (interest.value == value) return interest.weight;
    return 0;
  }

  int likes(const accounts::Viewer& viewer) {
    return static_cast<int>(must(social->liked(viewer, "", 50)).items.size());
  }

  accounts::Viewer mara, jo;
  std::vector<catalog::Video> clips;
};

TEST_F(LearnedTest, InterestsAreNamedWithTheirWeights) {
  love_clay(jo);
  const auto learned = must(feed->learned(jo));
  EXPECT_GT(weight_of(jo, "clay"), 0.5F);
  EXPECT_LT(weight_of(jo, "sea"), 0.0F);
  EXPECT_NE(weight_of(jo, "mara"), 0.0F);
  EXPECT_NE(weight_of(jo, "pots"), 0.0F);
  EXPECT_EQ(learned.unnamed_count, 0);
  EXPECT_EQ(learned.seen_count, 8);
  ASSERT_THAT(learned.watched, SizeIs(8));
  EXPECT_THAT(learned.withdrawals, IsEmpty());
  EXPECT_THAT(must(feed->learned(person("new"))).interests, IsEmpty());
  EXPECT_EQ(code_of(feed->learned({})), Code::unauthenticated);
}

TEST_F(LearnedTest, WhatIsTakenBackIsGoneFromTheNextAnswerAndCanBeUndone) {
  const int clay_count = love_clay(jo);
  ASSERT_GT(clay_count, 0);
  const float before = weight_of(jo, "clay");
  const auto id = must(feed->withdraw(jo, WithdrawKind::hashtag, "clay"));
  EXPECT_EQ(weight_of(jo, "clay"), 0.0F);
  EXPECT_LT(weight_of(jo, "sea"), 0.0F);
  auto learned = must(feed->learned(jo));
  ASSERT_THAT(learned.withdrawals, SizeIs(1));
  EXPECT_EQ(learned.withdrawals[0].value, "clay");
  EXPECT_EQ(learned.withdrawals[0].videos_count, clay_count);
  EXPECT_THAT(learned.watched, SizeIs(static_cast<std::size_t>(8 - clay_count)));
  EXPECT_EQ(likes(jo), clay_count) << "her likes are still hers";
  EXPECT_EQ(code_of(feed->undo_withdrawal(mara, id)), Code::not_found);
  must(feed->undo_withdrawal(jo, id));
  EXPECT_NEAR(weight_of(jo, "clay"), before, 0.01);
  EXPECT_EQ(code_of(feed->undo_withdrawal(jo, id)), Code::not_found);
  expect_sound();
}

TEST_F(LearnedTest, OneVideoASessionAndEverything) {
  love_clay(jo);
  const auto first = must(feed->learned(jo)).watched.back();
  must(feed->withdraw(jo, WithdrawKind::video, first.video.text()));
  EXPECT_THAT(must(feed->learned(jo)).watched, SizeIs(7));
  clock.advance_ms(3'600'000);
  const auto session_ms = clock.now_ms();
  for (const auto& item : ask(jo).items) watch(jo, item, 9'000);
  EXPECT_GT(must(feed->learned(jo)).watched.size(), 7U);
  must(feed->withdraw(jo, WithdrawKind::since, std::to_string(session_ms)));
  EXPECT_THAT(must(feed->learned(jo)).watched, SizeIs(7));
  must(feed->withdraw(jo, WithdrawKind::everything, ""));
  const auto learned = must(feed->learned(jo));
  EXPECT_THAT(learned.watched, IsEmpty());
  EXPECT_THAT(learned.interests, IsEmpty());
  EXPECT_EQ(learned.seen_count, 0);
  EXPECT_THAT(learned.withdrawals, SizeIs(3));
}

TEST_F(LearnedTest, WhatThereIsNotIsRefusedInWords) {
  for (const auto& [kind, value] : {std::pair{WithdrawKind::video, "x!"},
                                    {WithdrawKind::hashtag, ""},
                                    {WithdrawKind::sound, "?"},
                                    {WithdrawKind::since, "yesterday"}})
    EXPECT_EQ(code_of(feed->withdraw(jo, kind, value)), Code::invalid_argument);
  EXPECT_EQ(code_of(feed->withdraw(jo, WithdrawKind::author, "nobody.here")), Code::not_found);
  EXPECT_EQ(code_of(feed->withdraw({}, WithdrawKind::everything, "")), Code::unauthenticated);
  EXPECT_EQ(code_of(feed->undo_withdrawal(jo, {12345})), Code::not_found);
}

TEST_F(LearnedTest, OneAccountCannotAskWithoutEnd) {
  bool refused = false;
  for (int i = 0; i < 70 && !refused; ++i)
    refused = code_of(feed->withdraw(jo, WithdrawKind::everything, "")) == Code::exhausted;
  EXPECT_TRUE(refused);
}

TEST_F(LearnedTest, NothingIsLearnedFromASessionThatSaysSo) {
  love_clay(jo);
  const auto before = must(feed->learned(jo));
  const auto examples = feed->stats().examples_count;
  auto quiet = jo;
  quiet.learns = false;
  FeedRequest request;
  std::vector<VideoId> seen;
  for (int i = 0; i < 2; ++i) {
    request.shown = seen;
    const auto answer = ask(quiet, request);
    EXPECT_EQ(answer.mode, engine::Mode::for_you);
    for (const auto& item : answer.items) {
      EXPECT_THAT(seen, Not(Contains(item.entry.id)));
      seen.push_back(item.entry.id);
      watch(quiet, item, 300);
      tell(quiet, {event("q" + item.entry.id.text(), item, "like")});
      // Told later, when learning is on again: of that session all the same.
      const auto late = tell(jo, {event("r" + item.entry.id.text(), item, "watch", 3'000)});
      EXPECT_EQ(late.accepted, 1);
    }
    const auto why = must(feed->why(quiet, answer.items.at(0).impression_token));
    EXPECT_FALSE(why.recorded);
    EXPECT_FALSE(why.learned);
  }
  const auto after = must(feed->learned(jo));
  EXPECT_EQ(after.seen_count, before.seen_count);
  EXPECT_EQ(after.watched.size(), before.watched.size());
  EXPECT_EQ(after.interests.size(), before.interests.size());
  EXPECT_EQ(feed->stats().examples_count, examples);
  EXPECT_TRUE(must(social->marks(jo, seen)).at(0).liked) << "the like itself is a fact";
}

TEST_F(LearnedTest, NorFromWhatWasHandedOutBeforeItSaidSo) {
  love_clay(jo);
  const auto before = must(feed->learned(jo));
  auto quiet = jo;
  quiet.learns = false;
  for (const auto& item : ask(jo).items) watch(quiet, item, 9'000);
  EXPECT_EQ(must(feed->learned(jo)).watched.size(), before.watched.size());
  EXPECT_EQ(must(feed->learned(jo)).seen_count, before.seen_count);
}

TEST_F(LearnedTest, TheCounterfactualNamesWhatRaisedIt) {
  love_clay(jo);
  for (const auto& item : ask(jo).items) {
    const auto view = must(feed->why(jo, item.impression_token));
    if (item.entry.hashtags.at(0) != "clay" || !view.counterfactual) continue;
    const auto& other = *view.counterfactual;
    EXPECT_TRUE(other.place_without == 0 || other.place_without > other.place);
    EXPECT_EQ(other.caption, "pots #clay");
    EXPECT_EQ(other.action, "liked");
    return;
  }
  ADD_FAILURE() << "no clay clip says what raised it";
}

}  // namespace
}  // namespace filoscope::feed
