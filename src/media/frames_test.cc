/// Frames of clips as plain RGB: by scenes, and by moments.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/rgb.h"
#include "media/test_outputs.h"

namespace filoscope::media {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

constexpr int kSide = 128;

/// Stripes of one direction and width in one colour: no two seeds look alike.
Bytes stripes(int seed) {
  Bytes rgb;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      const int at = seed % 2 == 0 ? x : y;
      const bool light = at / (6 + 5 * (seed / 2)) % 2 == 0;
      for (int c = 0; c < 3; ++c)
        rgb.push_back(static_cast<std::uint8_t>(light ? 230 - 60 * ((seed + c) % 3) : 40));
    }
  return rgb;
}

/// The smallest rendition of a clip of one second for each picture.
Bytes rendition_of(std::vector<Bytes> pictures) {
  silence_ffmpeg();
  ClipOptions options;
  options.width = options.height = kSide;
  options.fps = 10, options.frames_count = 10 * static_cast<int>(pictures.size());
  options.pictures = std::move(pictures);
  Outputs outputs(0);
  EXPECT_TRUE(process(make_clip(options), outputs).has_value());
  return outputs.rendition("360");
}

double difference(const RgbPicture& picture, const Bytes& wanted) {
  double sum = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    sum += std::abs(int{picture.rgb.at(i)} - int{wanted[i]});
  return sum / static_cast<double>(wanted.size());
}

TEST(Scenes, EachComesOnce) {
  const std::vector<Bytes> pictures{stripes(0), stripes(1), stripes(4), stripes(5)};
  const auto clip = rendition_of({pictures[0], pictures[1], pictures[0], pictures[2], pictures[3]});
  const auto scenes = read_scenes(MemoryBytes(clip), 8).value();
  ASSERT_THAT(scenes, SizeIs(4)) << "the first twice is one scene";
  for (const auto& picture : pictures)
    EXPECT_LT(
        std::ranges::min(scenes, {},
                         [&](const ClipFrame& scene) { return difference(scene.picture, picture); })
            .at_ms,
        5'000);
  EXPECT_TRUE(std::ranges::is_sorted(scenes, {}, &ClipFrame::at_ms));
  const auto two = read_scenes(MemoryBytes(clip), 2).value();
  ASSERT_THAT(two, SizeIs(2));
  EXPECT_NE(two[0].at_ms / 1'000, two[1].at_ms / 1'000);
}

TEST(Scenes, ABlackOneShowsNothing) {
  const Bytes black(stripes(0).size(), 16);
  const auto scenes = read_scenes(MemoryBytes(rendition_of({black, stripes(1)})), 8).value();
  ASSERT_THAT(scenes, SizeIs(1));
  EXPECT_GE(scenes[0].at_ms, 900);
  EXPECT_THAT(read_scenes(MemoryBytes(rendition_of({black})), 8).value(), SizeIs(1))
      << "but where there is nothing else";
}

TEST(FrameAt, IsWhatIsShownThen) {
  const std::vector<Bytes> pictures{stripes(0), stripes(1), stripes(4), stripes(5)};
  const auto clip = rendition_of(pictures);
  for (const auto& [at_ms, picture] : std::vector<std::pair<std::int64_t, std::size_t>>{
           {0, 0}, {950, 0}, {1'050, 1}, {2'500, 2}, {3'900, 3}, {60'000, 3}}) {
    const auto shown = read_frame_at(MemoryBytes(clip), at_ms).value();
    EXPECT_LT(difference(shown, pictures[picture]), 25) << at_ms;
  }
}

}  // namespace
}  // namespace filoscope::media
