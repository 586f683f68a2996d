#include "media/rgb.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "media/test_clips.h"

namespace filoscope::media {
namespace {

using testing::Each;
using testing::ElementsAre;

struct Tint {
  int r, g, b;
};
constexpr Tint kPureRed{220, 20, 30}, kPureBlue{20, 40, 220}, kPaper{240, 240, 240};

/// White, with the left upper sixteenth red and the right upper one blue.
RgbPicture marked(int width, int height) {
  RgbPicture out{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool top = y < height / 4;
      const auto& c = top && x < width / 4            ? kPureRed
                      : top && x >= width - width / 4 ? kPureBlue
                                                      : kPaper;
      for (const int value : {c.r, c.g, c.b}) out.rgb.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return out;
}

/// Which corner ("left top", …) is nearest to the colour.
std::string corner_of(const RgbPicture& picture, const Tint& colour) {
  std::string nearest;
  int least = 1'000;
  for (const bool right : {false, true}) {
    for (const bool bottom : {false, true}) {
      const int x = right ? picture.width - 3 : 2, y = bottom ? picture.height - 3 : 2;
      const auto* at = picture.rgb.data() + 3 * (y * std::ptrdiff_t{picture.width} + x);
      const int far =
          std::abs(at[0] - colour.r) + std::abs(at[1] - colour.g) + std::abs(at[2] - colour.b);
      if (far < least)
        least = far,
        nearest = std::string(right ? "right" : "left") + (bottom ? " bottom" : " top");
    }
  }
  return nearest;
}

/// With an Exif segment behind the start of the image that tells the orientation.
Bytes with_exif(const Bytes& jpeg, int orientation) {
  const Bytes exif{0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,
                   'M',  'M',  0, 42, 0,   0,   0,   8,   0, 1,
                   1,    0x12, 0, 3,  0,   0,   0,   1,   0, static_cast<std::uint8_t>(orientation),
                   0,    0,    0, 0,  0,   0};
  Bytes out(jpeg.begin(), jpeg.begin() + 2);
  out.insert(out.end(), exif.begin(), exif.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

std::string refusal(const Bytes& file, const PictureLimits& limits = {}) {
  const auto read = read_picture(MemoryBytes(file), limits);
  return read ? "read" : std::string(read.error().reason);
}

TEST(ReadPicture, IsUprightByEveryOrientationOfExif) {
  const auto jpeg = jpeg_of(marked(96, 48), 2).value();
  std::vector<std::string> reds, blues, sizes;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto picture = read_picture(MemoryBytes(with_exif(jpeg, orientation))).value();
    reds.push_back(corner_of(picture, kPureRed));
    blues.push_back(corner_of(picture, kPureBlue));
    sizes.push_back(std::to_string(picture.width) + "x" + std::to_string(picture.height));
  }
  EXPECT_THAT(reds, ElementsAre("left top", "right top", "right bottom", "left bottom", "left top",
                                "right top", "right bottom", "left bottom"));
  EXPECT_THAT(blues, ElementsAre("right top", "left top", "left bottom", "right bottom",
                                 "left bottom", "right bottom", "right top", "left top"));
  EXPECT_THAT(sizes,
              ElementsAre("96x48", "96x48", "96x48", "96x48", "48x96", "48x96", "48x96", "48x96"));
}

TEST(ReadPicture, KeepsColours) {
  const auto picture = read_picture(MemoryBytes(jpeg_of(marked(64, 64), 2).value())).value();
  const auto* at = picture.rgb.data() + 3 * (4 * 64 + 4);
  EXPECT_NEAR(at[0], kPureRed.r, 6);
  EXPECT_NEAR(at[1], kPureRed.g, 6);
  EXPECT_NEAR(at[2], kPureRed.b, 6);
}

TEST(ReadPicture, ShrinksWhatIsLargerThanIsLookedAt) {
  PictureLimits limits;
  limits.long_side_px = 40;
  const auto picture =
      read_picture(MemoryBytes(jpeg_of(marked(64, 160), 2).value()), limits).value();
  EXPECT_EQ(picture.width, 16);
  EXPECT_EQ(picture.height, 40);
  EXPECT_EQ(picture.rgb.size(), 3U * 16 * 40);
  EXPECT_EQ(corner_of(picture, kPureBlue), "right top");
}

TEST(ReadPicture, RefusesWhatIsNoWholePicture) {
  const Bytes jpeg = jpeg_of(marked(96, 96), 2).value();
  EXPECT_EQ(refusal(jpeg), "read");
  EXPECT_EQ(refusal({}), "picture_file_empty");
  EXPECT_EQ(refusal(Bytes(jpeg.begin(), jpeg.begin() + std::ssize(jpeg) / 2)),
            "picture_file_damaged");
  EXPECT_EQ(refusal(Bytes(jpeg.begin(), jpeg.begin() + 20)), "picture_file_damaged");
  const std::string_view svg = "<svg xmlns='http://www.w3.org/2000/svg'/>";
  EXPECT_EQ(refusal(Bytes(svg.begin(), svg.end())), "picture_file_unknown");
  PictureLimits limits;
  limits.size_max_bytes = std::ssize(jpeg) - 1;
  EXPECT_EQ(refusal(jpeg, limits), "picture_file_too_large");
}

TEST(ReadPicture, RefusesTooManyPixelsBeforeDecodingThem) {
  Bytes jpeg = jpeg_of(marked(96, 96), 2).value();
  constexpr std::array<std::uint8_t, 2> kFrameHeader{0xFF, 0xC0};
  const auto frame = std::search(jpeg.begin(), jpeg.end(), kFrameHeader.begin(),
                                 kFrameHeader.end());  // SOF0: length, bits, height, width
  ASSERT_NE(frame, jpeg.end());
  frame[5] = frame[7] = 0x9C, frame[6] = frame[8] = 0x40;
  const auto read = read_picture(MemoryBytes(jpeg));
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().reason, "picture_too_many_pixels");
  EXPECT_THAT(read.error().message, testing::HasSubstr("40000 × 40000"));
}

TEST(ReadFrames, AreSpreadOverTheClipAndUpright) {
  ClipOptions options;
  options.width = 160, options.height = 96, options.sound = false;
  options.frames_count = 50, options.fps = 25;
  options.rotation_degrees = 90;
  const Bytes clip = make_clip(options);
  const auto frames = read_frames(MemoryBytes(clip), 5).value();
  std::vector<std::int64_t> times_ms;
  std::vector<int> widths;
  for (const auto& frame : frames)
    times_ms.push_back(frame.at_ms), widths.push_back(frame.picture.width);
  EXPECT_THAT(times_ms, ElementsAre(200, 600, 1'000, 1'400, 1'800));
  EXPECT_THAT(widths, Each(96));
}

TEST(ReadFrames, AreFewerOfAShortClip) {
  ClipOptions options;
  options.width = 96, options.height = 96, options.sound = false;
  options.frames_count = 3, options.fps = 10;
  EXPECT_EQ(read_frames(MemoryBytes(make_clip(options)), 5).value().size(), 2U);
  options.frames_count = 1;
  EXPECT_EQ(read_frames(MemoryBytes(make_clip(options)), 5).value().size(), 1U);
}

}  // namespace
}  // namespace filoscope::media
