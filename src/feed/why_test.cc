/// "Why" in every mode and on every surface, with and without a record.

#include "feed/why.h"

#include <gmock/gmock.h>

#include "feed/test_world.h"

namespace filoscope::feed {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::SizeIs;

class WhyTest : public World {
 protected:
  WhyTest() : mara(person("mara")), jo(person("jo")) {
    for (int i = 0; i < 4; ++i) clips.push_back(publish(mara, "clip #clay"));
  }
  DecisionView why(const accounts::Viewer& viewer, const Item& item) {
    return must(feed->why(viewer, item.impression_token));
  }

  accounts::Viewer mara, jo;
  std::vector<catalog::Video> clips;
};

TEST_F(WhyTest, AnAnswerWithoutAProfileTellsItsReasonsByIdAndByToken) {
  FeedRequest request;
  request.mode = engine::Mode::not_profiled;
  for (const auto& viewer : {jo, accounts::Viewer{}}) {
    const auto answer = ask(viewer, request);
    const auto view = must(feed->decision(viewer, answer.request));
    EXPECT_FALSE(view.recorded);
    EXPECT_EQ(view.decision.mode, engine::Mode::not_profiled);
    ASSERT_THAT(view.reasons, SizeIs(answer.items.size()));
    EXPECT_THAT(view.reasons, Each(Field(&Reason::code, "fresh")));
    for (const auto& item : answer.items) {
      const auto told = why(viewer, item);
      EXPECT_FALSE(told.recorded);
      EXPECT_EQ(told.decision.request, answer.request);
    }
    EXPECT_EQ(code_of(feed->decision(mara, answer.request)), Code::not_found);
    EXPECT_EQ(code_of(feed->why(mara, answer.items[0].impression_token)), Code::not_found);
  }
}

TEST_F(WhyTest, WhatIsWatchedAndWhatComesRoundAgainIsSaidSo) {
  FeedRequest request;
  request.mode = engine::Mode::not_profiled;
  const auto lind = person("lind");
  watch(lind, ask(lind).items[0], 9'000);
  EXPECT_THAT(must(feed->decision(jo, ask(jo, request).request)).reasons,
              Contains(Field(&Reason::code, "popular")).Times(1));
  for (const auto& clip : clips) request.shown.push_back(clip.id);
  const auto again = ask(jo, request);
  ASSERT_TRUE(again.exhausted);
  EXPECT_EQ(why(jo, again.items.at(0)).reasons[0].code, "again");
}

TEST_F(WhyTest, ATokenOutlivesTheMemoryOfItsAnswer) {
  FeedRequest request;
  request.mode = engine::Mode::not_profiled;
  const auto answer = ask(jo, request);
  reopen();
  EXPECT_EQ(code_of(feed->decision(jo, answer.request)), Code::not_found);
  const auto view = why(jo, answer.items[1]);
  ASSERT_THAT(view.reasons, SizeIs(1));
  EXPECT_EQ(view.decision.items[0].video, answer.items[1].entry.id);
  EXPECT_EQ(view.reasons[0].code, "fresh");
  EXPECT_EQ(code_of(feed->why(jo, "")), Code::not_found);
}

TEST_F(WhyTest, AProfiledAnswersTokenLeadsToItsRecord) {
  const auto answer = ask(jo);
  const auto view = why(jo, answer.items[2]);
  EXPECT_TRUE(view.recorded);
  EXPECT_EQ(view.decision.request, answer.request);
  EXPECT_THAT(view.decision.items, SizeIs(answer.items.size()));
  EXPECT_THAT(view.reasons,
              Each(Field(&Reason::code, AnyOf("fresh", "trending", "exploration", "content"))));
}

TEST_F(WhyTest, EverySurfaceSaysHowTheVideoCameThere) {
  const std::pair<Surface, const char*> surfaces[] = {{Surface::feed, "opened_video"},
                                                      {Surface::following, "opened_video"},
                                                      {Surface::video_page, "opened_video"},
                                                      {Surface::profile, "opened_profile"},
                                                      {Surface::hashtag, "opened_hashtag"},
                                                      {Surface::search, "found"},
                                                      {Surface::other, "listed"}};
  for (const auto& viewer : {jo, accounts::Viewer{}}) {
    for (const auto& [surface, code] : surfaces) {
      const auto items = must(feed->items(viewer, {clips[0]}, surface));
      const auto view = why(viewer, items.at(0));
      EXPECT_FALSE(view.recorded);
      EXPECT_EQ(view.surface, surface);
      ASSERT_THAT(view.reasons, SizeIs(1));
      EXPECT_EQ(view.reasons[0].code, code);
      EXPECT_EQ(view.reasons[0].value, surface == Surface::profile ? "mara" : "");
    }
  }
}

TEST_F(WhyTest, AVideoThatSheMayNotSeeAnyMoreNamesNobody) {
  const auto items = must(feed->items(jo, {clips[0]}, Surface::profile));
  must(accounts->set_block(mara, jo.account, true));
  EXPECT_EQ(why(jo, items.at(0)).reasons[0].value, "");
}

}  // namespace
}  // namespace filoscope::feed
