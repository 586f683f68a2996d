#include "engine/records.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace filoscope::engine {
namespace {

VideoPublished sample_video() {
  VideoPublished body;
  body.video = {11}, body.author = {12}, body.sound = {13};
  body.language = text_key("en"), body.created_ms = 1'700'000'000'123, body.duration_ms = 2000;
  body.age_min = 18, body.followers_only = true;
  body.hashtags = {text_key("cats"), text_key("dogs")};
  body.words = {text_key("hello")};
  return body;
}

Decision sample_decision() {
  Decision body;
  body.request = {5}, body.mode = Mode::following, body.seed = 6, body.read_position = 7;
  body.candidates_count = 8, body.weights[2] = 0.5F;
  DecisionItem item;
  item.video = {9}, item.route = Route::content, item.routes = 0x11, item.repeat = true;
  item.propensity = 0.25F, item.value = 1.5F, item.probabilities[8] = 0.125F;
  body.items = {item};
  body.history = {{{10}, 0.75F}};
  body.at_ms = 99, body.count = 8, body.language = 3, body.age = 30;
  body.held = {{1}, {2}}, body.shown = {{3}}, body.cursor = "c", body.exhausted = true;
  return body;
}

TEST(RecordsRoundTrip, Video) {
  const auto back = decode<VideoPublished>(encode(sample_video()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->hashtags, sample_video().hashtags);
  EXPECT_EQ(back->words, sample_video().words);
  EXPECT_EQ(back->created_ms, sample_video().created_ms);
  EXPECT_TRUE(back->followers_only);
  EXPECT_EQ(encode(*back).body, encode(sample_video()).body);
}

TEST(RecordsRoundTrip, Decision) {
  const auto record = encode(PersonKey{4}, sample_decision());
  const auto back = decode<Decision>(record);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(PersonKey{4}, *back).body, record.body);
  EXPECT_EQ(back->cursor, "c");
  EXPECT_EQ(back->held.size(), 2U);
}

TEST(RecordsRoundTrip, DecisionFeatures) {
  DecisionFeatures body;
  body.request = {5}, body.items = {{{9}, {1.0F, -0.5F, 0.0F}}};
  const auto back = decode<DecisionFeatures>(encode(PersonKey{4}, body));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->request, body.request);
  EXPECT_EQ(back->items.at(0).video, VideoId{9});
  EXPECT_EQ(back->items.at(0).features, body.items[0].features);
}

/// What an answer of eight leaves for as long as decisions are kept, and what it leaves to learn.
TEST(RecordsOfAnAnswer, AreShort) {
  Decision decision = sample_decision();
  decision.items.resize(8, decision.items[0]);
  decision.history.resize(kDecisionHistoryMax / 2, decision.history[0]);
  decision.held.resize(8), decision.shown.clear();
  EXPECT_LE(encode(PersonKey{4}, decision).body.size(), 1024U);
  DecisionFeatures features;
  features.items.resize(8, {{9}, std::vector<float>(kDecisionFeaturesMax)});
  EXPECT_LE(encode(PersonKey{4}, features).body.size(), 4096U);
}

TEST(RecordsRoundTrip, Event) {
  Event body;
  body.video = {1}, body.request = {2}, body.type = EventType::watch, body.loops = 3;
  body.watch_ms = 4000, body.sound = true, body.ended = WatchEnd::swipe;
  body.watched = {{0, 1000}, {1500, 2000}};
  const auto back = decode<Event>(encode(PersonKey{7}, body));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->watched, body.watched);
  EXPECT_EQ(back->ended, WatchEnd::swipe);
}

TEST(RecordsCorruption, EveryTruncationIsRefused) {
  for (const auto& whole : {encode(sample_video()), encode(PersonKey{4}, sample_decision())}) {
    for (std::size_t size = 0; size < whole.body.size(); ++size) {
      auto cut = whole;
      cut.body.resize(size);
      const bool is_video = whole.kind == static_cast<std::uint16_t>(RecordKind::video_published);
      EXPECT_FALSE(is_video ? decode<VideoPublished>(cut).has_value()
                            : decode<Decision>(cut).has_value())
          << size;
    }
  }
}

TEST(RecordsCorruption, TrailingBytesOtherKindsAndVersionsAreRefused) {
  auto record = encode(sample_video());
  record.body.push_back(0);
  EXPECT_EQ(decode<VideoPublished>(record).error().code, Code::corrupt);
  record = encode(sample_video());
  record.version = 0;
  EXPECT_EQ(decode<VideoPublished>(record).error().code, Code::corrupt);
  EXPECT_EQ(decode<VideoRemoved>(encode(sample_video())).error().code, Code::corrupt);
}

TEST(RecordsCorruption, CountsAboveTheLimitAreRefused) {
  auto video = sample_video();
  video.hashtags.assign(kHashtagsMax + 1, 1);
  EXPECT_FALSE(decode<VideoPublished>(encode(video)));
  auto decision = sample_decision();
  decision.items.resize(kDecisionItemsMax + 1);
  EXPECT_FALSE(decode<Decision>(encode(PersonKey{1}, decision)));
}

TEST(RecordsCorruption, RandomBytesNeverCrash) {
  Random random(7);
  for (int round = 0; round < 20000; ++round) {
    LogRecord record = encode(PersonKey{4}, sample_decision());
    for (int flips = 0; flips < 4; ++flips)
      record.body[random.below(record.body.size())] = static_cast<std::uint8_t>(random.next());
    const auto back = decode<Decision>(record);
    if (back.has_value()) {
      EXPECT_LE(encode(PersonKey{4}, *back).body.size(), record.body.size());
    }
  }
}

TEST(RecordsBlanked, AnErasedBodyIsToldFromAnEmptyErasure) {
  auto record = encode(PersonKey{1}, ErasePerson{});
  EXPECT_FALSE(is_blanked(record));
  EXPECT_TRUE(decode<ErasePerson>(record));
  record.body.clear();
  EXPECT_TRUE(is_blanked(record));
  EXPECT_FALSE(decode<ErasePerson>(record));
}

TEST(RecordsNames, EventNamesAreThoseOfTheContract) {
  for (const auto* name :
       {"impression", "watch", "complete", "like", "unlike", "comment", "share", "save", "unsave",
        "follow", "profile", "not_interested", "report", "product_click", "ad_click"}) {
    const auto type = parse_event_type(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(to_string(*type), name);
  }
  EXPECT_FALSE(parse_event_type("purchase"));
  EXPECT_FALSE(parse_event_type("undo_not_interested"));  // only our own call makes it
}

TEST(RecordsKeys, TextKeysAreStable) {
  // They stand in logs and snapshots: another value would part every old word from the new one.
  EXPECT_EQ(text_key("cats"), 0x1d6c43f9707b67b2U);
  EXPECT_EQ(text_key("cat"), 0x0c14d5c6bab9d877U);
  EXPECT_EQ(text_key(""), 0xc3817c016ba4ff30U);
  EXPECT_EQ(text_key("töpfern"), 0xd2cc83ea170d5b86U);
}

TEST(Surface, NamesGoBothWays) {
  for (int i = 0; i <= 6; ++i) {
    const auto surface = static_cast<Surface>(i);
    EXPECT_EQ(parse_surface(to_string(surface)), surface);
  }
  EXPECT_EQ(parse_surface("elsewhere"), Surface::other);
}

}  // namespace
}  // namespace filoscope::engine
