#include "media/outside.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "media/pipeline.h"
#include "media/test_clips.h"
#include "media/wire.h"

namespace filoscope::media {
namespace {

/// What an honest worker made of a clip, and its files.
class OutsideTest : public ::testing::Test {
 protected:
  OutsideTest() {
    outputs_.renditions[2] = rendition_.get();
    outputs_.covers = {cover_.get()};
    const Bytes clip = make_clip();
    auto facts = process_media(MemoryBytes(clip), {}, outputs_);
    FILOSCOPE_CHECK(facts.has_value());
    honest_ = *std::move(facts);
  }

  /// Whether the facts are believed after `lie` was told.
  bool is_believed(const std::function<void(MediaFacts&)>& lie) const {
    MediaFacts facts = honest_;
    lie(facts);
    auto arrived = wire::decode_facts(wire::encode_facts(facts));
    if (arrived) arrived->clip_print = facts.clip_print;  // it comes by other messages
    return arrived && check_facts(*arrived, {}, outputs_);
  }

  const UniqueFd rendition_ = file_of({});
  const UniqueFd cover_ = file_of({});
  MediaOutputs outputs_;
  MediaFacts honest_;
};

TEST_F(OutsideTest, HonestFactsAreBelieved) {
  EXPECT_TRUE(is_believed([](MediaFacts&) {}));
  EXPECT_TRUE(is_believed([](MediaFacts& f) {
    f.flashes = {.first_ms = 500, .last_ms = f.duration_ms, .most_per_second = 4};
  }));
}

TEST_F(OutsideTest, NumbersThatCannotBeAreNot) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const std::vector<std::function<void(MediaFacts&)>> lies{
      [](auto& f) { f.duration_ms = 0; },
      [](auto& f) { f.duration_ms = -1; },
      [](auto& f) { f.duration_ms = kMost; },
      [](auto& f) { f.duration_ms = MediaLimits{}.duration_max_ms + kLengthOverMaxMs + 1; },
      [](auto& f) { f.width = -640; },
      [](auto& f) { f.height = std::numeric_limits<int>::max(); },
      [](auto& f) { f.fps = kNan; },
      [](auto& f) { f.fps = 1e9; },
      [](auto& f) { f.loudness_lufs = kInfinite; },
      [](auto& f) { f.gain_db = kNan; },
      [](auto& f) { f.gain_db = 1e6; },
      [](auto& f) { f.hdr = static_cast<HdrKind>(9); },
      [](auto& f) { f.frames_decoded = -1; },
      [](auto& f) { f.decode_errors = -1; },
      [](auto& f) { f.flashes = {.first_ms = 500, .last_ms = 400, .most_per_second = 5}; },
      [](auto& f) { f.flashes = {.first_ms = -2, .last_ms = 400, .most_per_second = 5}; },
      [](auto& f) { f.flashes = {.first_ms = 500, .last_ms = kMost, .most_per_second = 5}; },
      [](auto& f) { f.flashes = {.first_ms = 500, .last_ms = 900, .most_per_second = 3}; },
      [](auto& f) { f.flashes = {.first_ms = 500, .last_ms = 900, .most_per_second = 1'000}; },
      [](auto& f) { f.flashes = {.first_ms = -1, .last_ms = 900, .most_per_second = 0}; },
      [](auto& f) { f.flashes.most_per_second = 4; },
      [](auto& f) { f.flashes.most_per_second = -1; },
      [](auto& f) { f.covers_count = 2; },
      [](auto& f) { f.covers_count = -1; },
      [](auto& f) { f.clip_print.views.resize(1), f.clip_print.views[0].looks.resize(5'000); },
      [](auto& f) { f.sound_print.resize(5'000); },
  };
  for (std::size_t i = 0; i < lies.size(); ++i) EXPECT_FALSE(is_believed(lies[i])) << i;
}

TEST_F(OutsideTest, TextThatWouldBreakOutOfItsPlaceIsNot) {
  const std::vector<std::function<void(MediaFacts&)>> lies{
      [](auto& f) { f.container = "mp4\",\"admin\":\"1"; },
      [](auto& f) { f.video_codec = std::string(1'000, 'h'); },
      [](auto& f) { f.audio_codec = "aac\n"; },
      [](auto& f) { f.audio_codec = "\xFF"; },
      [](auto& f) { f.placeholder = "javascript:alert(1)"; },
      [](auto& f) { f.placeholder = "data:image/jpeg;base64,\"onload=\"x"; },
      [](auto& f) { f.placeholder = "data:text/html;base64,AAAA"; },
      [](auto& f) { f.placeholder += std::string(100'000, 'A'); },
      [](auto& f) { f.renditions[0].codecs = "avc1\"\n#EXT-X-MEDIA:URI=\"//elsewhere"; },
      [](auto& f) { f.renditions[0].codecs.clear(); },
      [](auto& f) { f.renditions[0].name = "../../720"; },
  };
  for (std::size_t i = 0; i < lies.size(); ++i) EXPECT_FALSE(is_believed(lies[i])) << i;
}

TEST_F(OutsideTest, RenditionsAreWhatLiesInTheirFile) {
  const std::vector<std::function<void(MediaFacts&)>> lies{
      [](auto& f) { f.renditions.clear(); },
      [](auto& f) { f.renditions.push_back(f.renditions[0]); },
      [](auto& f) { f.renditions[0].name = "720"; },  // an output that nobody gave
      [](auto& f) { f.renditions[0].width = 0; },
      [](auto& f) { f.renditions[0].fps = std::nan(""); },
      [](auto& f) { f.renditions[0].bitrate_bps = -1; },
      [](auto& f) { ++f.renditions[0].size_bytes; },
      [](auto& f) { --f.renditions[0].init_last; },
      [](auto& f) { f.renditions[0].init_last = -1; },
      [](auto& f) { f.renditions[0].segments.clear(); },
      [](auto& f) { f.renditions[0].segments.pop_back(); },
      [](auto& f) { ++f.renditions[0].segments[0].offset; },
      [](auto& f) { ++f.renditions[0].segments.back().size_bytes; },
      [](auto& f) {
        f.renditions[0].segments[0].size_bytes = std::numeric_limits<std::int64_t>::max();
      },
      [](auto& f) { f.renditions[0].segments[0].size_bytes = -1; },
      [](auto& f) { f.renditions[0].segments[0].duration_ms = -1; },
      [](auto& f) { f.renditions[0].segments.back().start_ms = -5; },
      [](auto& f) { f.renditions[0].segments.back().start_ms = 10'000'000; },
  };
  for (std::size_t i = 0; i < lies.size(); ++i) EXPECT_FALSE(is_believed(lies[i])) << i;
}

TEST_F(OutsideTest, FilesAreOfTheirKind) {
  const Bytes page{'<', 'h', 't', 'm', 'l', '>'};
  ASSERT_TRUE(write_all(cover_.get(), page, 0));
  EXPECT_FALSE(is_believed([](MediaFacts&) {}));
  ASSERT_TRUE(is_believed([](MediaFacts& f) { f.covers_count = 0; }));
  ASSERT_TRUE(write_all(rendition_.get(), page, 0));
  EXPECT_FALSE(is_believed([](MediaFacts& f) { f.covers_count = 0; }));
}

}  // namespace
}  // namespace filoscope::media
