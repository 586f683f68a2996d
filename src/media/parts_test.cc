/// Clips of several parts, of uneven rates and lengths, through the whole pipeline.

#include <gmock/gmock.h>

#include <cstring>
#include <numeric>

#include "media/test_outputs.h"

namespace filoscope::media {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

ClipOptions part(const std::string& container, int tint) {
  ClipOptions clip;
  clip.container = container;
  clip.width = 320;
  clip.height = 180;
  clip.tints = {tint};
  if (container == "mp4") clip.muxer_flags = "frag_keyframe+empty_moov+default_base_moof";
  return clip;
}

/// Red difference (V) in the middle of the picture shown at `ms`.
int red_at(const Decoded& decoded, std::int64_t ms) {
  const AVFrame* shown = decoded.pictures.at(0).frame.get();
  for (const auto& picture : decoded.pictures)
    if (picture.ms <= ms) shown = picture.frame.get();
  return shown->data[2][shown->height / 4 * shown->linesize[2] + shown->width / 4];
}

/// Two recordings of 2 s, one after the other, red and then not.
void expect_both_parts(const Bytes& file, const std::string& what) {
  const Outputs outputs;
  const auto facts = process(file, outputs);
  ASSERT_TRUE(facts.has_value()) << what << ": " << facts.error().message;
  // Fragments without an edit list show reordered pictures two steps, 67 ms, behind the sound.
  EXPECT_NEAR(static_cast<double>(facts->duration_ms), 4'000, 80) << what;
  EXPECT_EQ(facts->decode_errors, 0) << what;
  const Decoded decoded = decode(outputs.rendition("360"));
  EXPECT_GE(decoded.pictures.size(), 119U) << what;
  EXPECT_GT(red_at(decoded, 1'900), 180) << what;
  EXPECT_LT(red_at(decoded, 2'150), 80) << what;
  EXPECT_GT(decoded.level(0.1, 1.9), 0.1) << what;
  EXPECT_GT(decoded.level(2.1, 3.9), 0.1) << what;
}

TEST(Parts, JoinedRecordingsArePublishedWhole) {
  for (const std::string container : {"mpegts", "matroska", "mp4", "mpeg", "avi"}) {
    ClipOptions first = part(container, 200);
    ClipOptions second = part(container, 60);
    if (container == "mpeg") first.video_encoder = second.video_encoder = "mpeg2video";
    if (container != "mpeg") first.b_frames = second.b_frames = 2;  // one index describes both
    expect_both_parts(joined({make_clip(first), make_clip(second)}), container);
  }
}

TEST(Parts, AClockThatJumpsAnHourLosesNothing) {
  for (const std::string container : {"mpegts", "matroska"}) {
    ClipOptions second = part(container, 60);
    second.clock_ms = 3'600'000;
    expect_both_parts(joined({make_clip(part(container, 200)), make_clip(second)}), container);
  }
}

TEST(Parts, AClockThatRunsOverGoesOn) {
  ClipOptions clip = part("mpegts", 200);
  clip.tints = {200, 60};
  clip.frames_count = 120;
  clip.clock_ms = (std::int64_t{1} << 33) / 90 - 3'000;  // the clock of MPEG has 33 bits
  expect_both_parts(make_clip(clip), "33 bits");
}

TEST(Parts, JoinedFilesOfWhichOnlyTheFirstCanBeReadAreRefused) {
  ClipOptions clip = part("mp4", 200);
  for (const std::string index : {"", "faststart"}) {
    clip.muxer_flags = index;
    EXPECT_EQ(refused_for(joined({make_clip(clip), make_clip(clip)})), "file_several_videos");
  }
  for (const auto& [container, encoder] :
       {std::pair{"flv", "flv"}, std::pair{"ogg", "libtheora"}, std::pair{"asf", "wmv2"}}) {
    ClipOptions one = part(container, 200);
    one.video_encoder = encoder;
    one.sound = false;
    EXPECT_EQ(refused_for(make_clip(one)), "it was accepted") << container;
    EXPECT_EQ(refused_for(joined({make_clip(one), make_clip(one)})), "file_several_videos")
        << container;
  }
}

TEST(Parts, JoinedTracksOfOtherNumbersAreRefused) {
  ClipOptions first = part("mpegts", 200);
  ClipOptions second = part("mpegts", 60);
  second.first_pid = 0x300;
  for (const int longer : {60, 600}) {  // seen at the start, or met on the way
    first.frames_count = longer;
    EXPECT_EQ(refusal(joined({make_clip(first), make_clip(second)})),
              "the file is several videos, one behind the other; upload each by itself");
  }
}

/// The steps between its pictures, ms.
std::vector<std::int64_t> steps_of(const Decoded& decoded) {
  std::vector<std::int64_t> steps;
  for (std::size_t i = 0; i + 1 < decoded.pictures.size(); ++i)
    steps.push_back(decoded.pictures[i + 1].ms - decoded.pictures[i].ms);
  return steps;
}

TEST(Parts, SubtitlesCountInNoFrameRate) {
  for (const std::string container : {"mp4", "matroska"}) {
    ClipOptions clip = part(container, 200);
    clip.cues_count = 500;  // beside 60 pictures
    const Outputs outputs;
    const auto facts = process(make_clip(clip), outputs);
    ASSERT_TRUE(facts.has_value()) << container << ": " << facts.error().message;
    EXPECT_NEAR(facts->fps, 30, 0.5) << container;
  }
}

TEST(Parts, FastRecordingsAreReducedAtEvenSteps) {
  for (const int fps : {120, 240}) {
    ClipOptions clip = part("mp4", 200);
    clip.muxer_flags = "";
    clip.fps = fps;
    clip.frames_count = 2 * fps;
    const Outputs outputs;
    const auto facts = process(make_clip(clip), outputs);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    EXPECT_NEAR(static_cast<double>(facts->duration_ms), 2'000, 20);
    EXPECT_NEAR(facts->fps, fps, 1);
    EXPECT_NEAR(facts->renditions[0].fps, 60, 1);
    const auto steps = steps_of(decode(outputs.rendition("360")));
    EXPECT_THAT(std::vector(steps.begin() + 20, steps.end()), Each(testing::AllOf(Ge(16), Le(17))));
  }
}

TEST(Parts, ABurstIsReducedWhereverItLies) {
  for (const int before : {0, 20, 40}) {  // pictures at 10 a second, of 40
    ClipOptions clip = part("matroska", 200);
    clip.sound = false;
    std::int64_t ms = 0;
    for (int i = 0; i < before; ++i, ms += 100) clip.times_ms.push_back(ms);
    const auto burst_from = ms;
    for (int i = 0; i < 240; ++i) clip.times_ms.push_back(ms + i * 1'000 / 240);
    ms += 1'000;
    for (int i = before; i < 40; ++i, ms += 100) clip.times_ms.push_back(ms);
    clip.frames_count = static_cast<int>(clip.times_ms.size());
    const Outputs outputs;
    const auto facts = process(make_clip(clip), outputs);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    int burst = 0;
    int others = 0;
    for (const auto& picture : decode(outputs.rendition("360")).pictures) {
      const bool inside = picture.ms >= burst_from && picture.ms < burst_from + 1'000;
      ++(inside ? burst : others);
    }
    EXPECT_LE(burst, 61) << before;
    EXPECT_GE(burst, 55) << before;
    EXPECT_EQ(others, 40) << before;
  }
}

TEST(Parts, TheRateOfTheWholeClipHasALimit) {
  ClipOptions clip = part("mp4", 200);
  clip.muxer_flags = "";
  clip.fps = 1'000;
  clip.frames_count = 500;
  EXPECT_THAT(refusal(make_clip(clip)), HasSubstr("1000 frames a second; the most allowed is 480"));
}

/// Width and height of the red square in the left upper corner of what isn't black.
std::array<int, 2> red_square(const AVFrame& frame) {
  const auto red = [&](int x, int y) { return frame.data[2][y * frame.linesize[2] + x] > 180; };
  std::array<int, 2> size{};
  for (int x = 0; x < frame.width / 2; ++x) {
    int count = 0;
    for (int y = 0; y < frame.height / 2; ++y) count += red(x, y) ? 1 : 0;
    size[0] += count > 3 ? 1 : 0;
    size[1] = std::max(size[1], count);
  }
  return size;
}

TEST(Parts, AnotherSizeOrPixelAspectIsLetterboxed) {
  ClipOptions first = part("mpegts", 0);
  first.tints.clear();
  ClipOptions turned = first;
  std::swap(turned.width, turned.height);
  ClipOptions wide = first;
  wide.aspect_num = 2;
  struct Case {
    ClipOptions second;
    double aspect;  ///< of the square, which is one in stored pixels
    bool black_left;
    bool black_above;
  };
  for (const Case& c : {Case{turned, 1, true, false}, Case{wide, 2, false, true}}) {
    const Outputs outputs;
    const auto facts = process(joined({make_clip(first), make_clip(c.second)}), outputs);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    const Decoded decoded = decode(outputs.rendition("360"));
    const auto [first_width, first_height] = red_square(*decoded.pictures.at(10).frame);
    EXPECT_NEAR(first_width, first_height, 2);
    const AVFrame& late = *decoded.pictures.back().frame;
    EXPECT_EQ(late.width, decoded.pictures[0].width);
    const auto [width, height] = red_square(late);
    EXPECT_NEAR(static_cast<double>(width) / height, c.aspect, 0.15);
    EXPECT_EQ(late.data[0][late.height / 2 * late.linesize[0] + 4] < 30, c.black_left);
    EXPECT_EQ(late.data[0][4 * late.linesize[0] + late.width / 2] < 30, c.black_above);
  }
}

TEST(Parts, AnotherColourSpaceIsConverted) {
  const auto last_picture = [](const ClipOptions& first, const ClipOptions& second) {
    const Outputs outputs;
    const auto facts = process(joined({make_clip(first), make_clip(second)}), outputs);
    EXPECT_TRUE(facts.has_value()) << facts.error().message;
    return share_frame(*decode(outputs.rendition("360")).pictures.back().frame);
  };
  ClipOptions old = part("mpegts", 200);
  old.matrix = AVCOL_SPC_SMPTE170M;
  ClipOptions modern = old;
  modern.matrix = AVCOL_SPC_BT709;
  const FramePtr same = last_picture(old, old);
  const FramePtr converted = last_picture(old, modern);
  const auto value = [](const AVFrame& frame, int plane) {
    const int half = plane == 0 ? 1 : 2;
    return int{frame.data[plane][frame.height * 7 / 8 / half * frame.linesize[plane] +
                                 frame.width / 5 / half]};
  };
  // V = 200 in BT.709 is red 0.506 above luma and green 0.150 below; weighed as BT.601 does, luma
  // is 0.063 higher (ITU-T H.273).
  EXPECT_EQ(converted->colorspace, AVCOL_SPC_SMPTE170M);
  EXPECT_NEAR(value(*converted, 0) - value(*same, 0), 14, 5);
  EXPECT_NEAR(value(*converted, 1) - value(*same, 1), -8, 4);
  EXPECT_NEAR(value(*converted, 2) - value(*same, 2), -1, 4);

  ClipOptions hdr = part("mpegts", 128);
  hdr.hdr10 = true;
  ClipOptions plain = part("mpegts", 128);
  const FramePtr mapped = last_picture(plain, hdr);
  EXPECT_NE(mapped->color_trc, AVCOL_TRC_SMPTE2084);
  const FramePtr alone = last_picture(hdr, hdr);
  EXPECT_NEAR(value(*mapped, 0), value(*alone, 0), 8);
  EXPECT_EQ(last_picture(hdr, plain)->color_trc, AVCOL_TRC_BT709);
}

TEST(Parts, AnotherSoundFormatIsConverted) {
  ClipOptions first = part("mpegts", 200);
  ClipOptions second = part("mpegts", 60);
  second.sound_rate = 44'100;
  second.sound_channels = 2;
  expect_both_parts(joined({make_clip(first), make_clip(second)}), "48 kHz mono, 44.1 kHz stereo");
  std::swap(first.sound_rate, second.sound_rate);
  std::swap(first.sound_channels, second.sound_channels);
  expect_both_parts(joined({make_clip(first), make_clip(second)}), "44.1 kHz stereo, 48 kHz mono");
}

std::uint64_t number(const Bytes& file, std::size_t at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | file[at + static_cast<std::size_t>(i)];
  return value;
}

/// What the boxes of a rendition say of the length of its pictures and its sound, 1/90000 s.
struct Lengths {
  std::int64_t pictures = 0;  ///< sum of the durations of all samples
  std::int64_t sound = 0;
  std::int64_t index = 0;  ///< sum of sidx
  std::int64_t whole = 0;  ///< mehd
  std::int64_t late = 0;   ///< greatest distance of an end from the next picture's beginning
};

Lengths lengths_of(const Bytes& file, int sound_rate) {
  Lengths lengths;
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const auto sidx = text.find("sidx");
  for (std::size_t i = 0; i < number(file, sidx + 34, 2); ++i)
    lengths.index += static_cast<std::int64_t>(number(file, sidx + 40 + 12 * i, 4));
  lengths.whole = static_cast<std::int64_t>(number(file, text.find("mehd") + 8, 8));
  std::int64_t sound_samples = 0;
  std::vector<std::array<std::int64_t, 2>> shown;
  std::int64_t decoded = 0;
  for (auto trun = text.find("trun"); trun != text.npos; trun = text.find("trun", trun + 4)) {
    const auto flags = number(file, trun + 4, 4) & 0xFFFFFF;
    if (flags != 0xB05 && flags != 0x301) continue;
    const auto count = number(file, trun + 8, 4);
    for (std::size_t i = 0; i < count; ++i) {
      if (flags == 0x301) {
        sound_samples += static_cast<std::int64_t>(number(file, trun + 16 + 8 * i, 4));
        continue;
      }
      const auto length = static_cast<std::int64_t>(number(file, trun + 20 + 12 * i, 4));
      const auto offset = static_cast<std::int32_t>(number(file, trun + 28 + 12 * i, 4));
      EXPECT_GE(offset, 0);
      shown.push_back({decoded + offset, length});
      decoded += length;
    }
  }
  std::sort(shown.begin(), shown.end());
  for (std::size_t i = 0; i + 1 < shown.size(); ++i)
    lengths.late = std::max(lengths.late, std::abs(shown[i][0] + shown[i][1] - shown[i + 1][0]));
  lengths.pictures = decoded;
  lengths.sound = sound_rate > 0 ? sound_samples * 90'000 / sound_rate : decoded;
  return lengths;
}

TEST(Parts, AllLengthsAgree) {
  ClipOptions seconds = part("mp4", 200);  // a picture a second with a song of 4.3 s
  seconds.muxer_flags = "";
  seconds.fps = 1;
  seconds.frames_count = 4;
  seconds.sound_s = 4.3;
  ClipOptions uneven = seconds;
  uneven.fps = 30;
  uneven.times_ms = {0, 33, 66, 900, 933, 966, 2'400, 2'433, 2'466, 2'500, 3'900};
  uneven.frames_count = static_cast<int>(uneven.times_ms.size());
  ClipOptions single = seconds;
  single.frames_count = 1;
  ClipOptions slides = seconds;
  slides.last_ms = 12'000;
  slides.sound = false;
  slides.times_ms = {0, 12'000};
  slides.frames_count = 2;
  struct Case {
    std::string what;
    ClipOptions clip;
    std::int64_t length_ms;
  };
  for (const Case& c : {Case{"a picture a second", seconds, 4'300},
                        {"uneven", uneven, 4'300},
                        {"one picture", single, 4'300},
                        {"slides", slides, 24'000}}) {
    const Outputs outputs;
    const auto facts = process(make_clip(c.clip), outputs);
    ASSERT_TRUE(facts.has_value()) << c.what << ": " << facts.error().message;
    EXPECT_NEAR(static_cast<double>(facts->duration_ms), static_cast<double>(c.length_ms), 40)
        << c.what;
    const Rendition& rendition = facts->renditions.at(0);
    const auto lengths = lengths_of(outputs.rendition("360"), facts->has_audio ? 48'000 : 0);
    EXPECT_EQ(lengths.pictures, lengths.whole) << c.what;
    EXPECT_EQ(lengths.index, lengths.whole) << c.what;
    // The filling of the encoder, 1024 samples, comes before.
    const auto sound = facts->has_audio ? lengths.sound - 1'920 : lengths.whole;
    EXPECT_NEAR(static_cast<double>(sound), static_cast<double>(lengths.whole), 4) << c.what;
    EXPECT_EQ(lengths.late, 0) << c.what;
    EXPECT_NEAR(static_cast<double>(lengths.whole), static_cast<double>(facts->duration_ms * 90),
                45)
        << c.what;
    std::int64_t listed_ms = 0;
    for (const Segment& segment : rendition.segments) {
      listed_ms += segment.duration_ms;
      EXPECT_LE(segment.duration_ms, 3'600) << c.what;
    }
    EXPECT_EQ(listed_ms, facts->duration_ms) << c.what;
  }
}

TEST(Parts, SoundThatLeadsOrLastsIsKept) {
  ClipOptions clip = part("mp4", 200);
  clip.muxer_flags = "";
  clip.times_ms.resize(60);
  for (const int late_ms : {100, 700, 5'000}) {
    for (int i = 0; i < 60; ++i)
      clip.times_ms[static_cast<std::size_t>(i)] = late_ms + i * 1'000 / 30;
    clip.sound_s = (late_ms + 2'000 + 200) / 1'000.0;  // and 0.2 s longer than the picture
    const Outputs outputs;
    const auto facts = process(make_clip(clip), outputs);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    EXPECT_NEAR(static_cast<double>(facts->duration_ms), clip.sound_s * 1'000, 40);
    const Decoded decoded = decode(outputs.rendition("360"));
    EXPECT_EQ(decoded.pictures.at(0).ms, 0);
    EXPECT_THAT(decoded.pictures,
                testing::Contains(testing::Field(&Decoded::Picture::ms, late_ms + 1'000)));
    EXPECT_GT(decoded.level(0.05, late_ms / 1'000.0), 0.1) << late_ms;
    EXPECT_GT(decoded.level(clip.sound_s - 0.2, clip.sound_s - 0.05), 0.1) << late_ms;
  }
}

TEST(Parts, PicturesWithoutAPlaceInTimeAreCountedAndJudged) {
  ClipOptions moment = part("mpegts", 200);  // too short to be told from a wavering clock
  moment.sound = false;
  moment.frames_count = 4;
  ClipOptions clip = moment;
  clip.frames_count = 200;
  const Outputs outputs;
  const auto few = process(joined({make_clip(moment), make_clip(clip)}), outputs);
  ASSERT_TRUE(few.has_value()) << few.error().message;
  EXPECT_EQ(few->frames_decoded, 204);
  EXPECT_EQ(few->decode_errors, 3);  // the fourth comes with the last of the moment
  EXPECT_THAT(decode(outputs.rendition("360")).pictures, SizeIs(200));
  EXPECT_EQ(refused_for(joined(std::vector<Bytes>(12, make_clip(moment)))),
            "picture_clock_goes_back");
}

}  // namespace
}  // namespace filoscope::media
