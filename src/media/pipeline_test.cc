#include "media/pipeline.h"

#include <ebur128.h>
#include <gmock/gmock.h>

#include <array>
#include <bit>
#include <cstring>

#include "media/test_clips.h"
#include "media/test_outputs.h"

extern "C" {
#include <libavutil/display.h>
}

namespace filoscope::media {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

/// Of two prints that begin together; unrelated ones differ in half of their bits.
double wrong_bits_share(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  const auto count = std::min(a.size(), b.size());
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) wrong += std::popcount(a[i] ^ b[i]);
  return count == 0 ? 1 : static_cast<double>(wrong) / (32.0 * static_cast<double>(count));
}

std::uint32_t big_endian_32(const Bytes& file, std::size_t at) {
  return std::uint32_t{file[at]} << 24 | std::uint32_t{file[at + 1]} << 16 |
         std::uint32_t{file[at + 2]} << 8 | file[at + 3];
}

TEST(Pipeline, MakesALadderOfAPortraitClip) {
  ClipOptions clip;
  clip.width = 720;
  clip.height = 1280;
  clip.fps = 10;
  clip.frames_count = 35;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_NEAR(static_cast<double>(facts->duration_ms), 3'500, 40);
  EXPECT_EQ(facts->width, 720);
  EXPECT_NEAR(facts->fps, 10, 0.1);
  EXPECT_TRUE(facts->has_audio);
  EXPECT_NEAR(facts->loudness_lufs, -15, 3);  // a 440 Hz tone of -12 dBFS
  EXPECT_EQ(facts->clip_print.frames_count(), 18U);
  EXPECT_EQ(facts->covers_count, 3);
  EXPECT_EQ(facts->decode_errors, 0);
  EXPECT_LE(facts->placeholder.size(), 700U);
  EXPECT_THAT(facts->placeholder, HasSubstr("data:image/jpeg;base64,/9j/"));
  ASSERT_THAT(facts->renditions, SizeIs(3));
  for (const Rendition& rendition : facts->renditions) {
    const Bytes file = outputs.rendition(rendition.name);
    EXPECT_EQ(std::ssize(file), rendition.size_bytes);
    EXPECT_THAT(rendition.codecs, AllOf(HasSubstr("avc1.6400"), HasSubstr(",mp4a.40.2")));
    ASSERT_THAT(rendition.segments, SizeIs(3));  // 0-1, 1-3, 3-3.5 s
    EXPECT_EQ(rendition.segments[0].offset, rendition.init_last + 1);
    EXPECT_EQ(rendition.segments[1].start_ms, 1'000);
    EXPECT_EQ(rendition.segments[2].start_ms, 3'000);
    EXPECT_EQ(rendition.segments[2].offset + rendition.segments[2].size_bytes,
              rendition.size_bytes);
    for (const Segment& segment : rendition.segments) {
      EXPECT_EQ(std::memcmp(file.data() + segment.offset + 4, "moof", 4), 0);
    }
    const Decoded decoded = decode(file);
    EXPECT_THAT(decoded.pictures, SizeIs(35));
    EXPECT_EQ(decoded.pictures.front().ms, 0);
  }
}

TEST(Pipeline, MakesTheLateRungAlone) {
  ClipOptions clip;
  clip.width = 810;
  clip.height = 1440;
  clip.frames_count = 40;
  const Bytes file = make_clip(clip);
  const Outputs first;
  const auto facts = process(file, first);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_THAT(facts->renditions, SizeIs(3));
  const UniqueFd late = file_of({});
  MediaOutputs outputs;
  outputs.late = late.get();
  const auto more = process_media(MemoryBytes(file), {}, outputs);
  ASSERT_TRUE(more.has_value()) << more.error().message;
  ASSERT_THAT(more->renditions, SizeIs(1));
  const Rendition& rendition = more->renditions[0];
  EXPECT_EQ(rendition.name, "1080");
  EXPECT_EQ(rendition.width, 810);
  EXPECT_EQ(more->duration_ms, facts->duration_ms);
  // Cut at the same times as the others, so that a player can change over.
  ASSERT_EQ(rendition.segments.size(), facts->renditions[0].segments.size());
  for (std::size_t i = 0; i < rendition.segments.size(); ++i)
    EXPECT_EQ(rendition.segments[i].start_ms, facts->renditions[0].segments[i].start_ms);
  EXPECT_THAT(decode(content_of(late.get())).pictures, SizeIs(40));
}

int red_of(const UniqueFd& cover) {
  return corner_red(*decode_jpeg(content_of(cover.get())), false, false);
}

TEST(Pipeline, TheCoverIsThePictureShownAtTheChosenTime) {
  ClipOptions clip;
  clip.fps = 10;
  clip.frames_count = 30;
  clip.tints = {60, 128, 200};
  const Bytes file = make_clip(clip);
  struct Case {
    std::int64_t cover_ms;
    int red;
    int covers_count;  ///< it and those of 0, 1 and 2 s
  };
  std::vector<std::string> placeholders;
  for (const auto& [cover_ms, red, covers_count] :
       {Case{0, 51, 3}, {999, 51, 4}, {1'500, 128, 4}, {2'000, 210, 3}, {kCoverMsMax, 210, 4}}) {
    MediaOptions options;
    options.cover_ms = cover_ms;
    const Outputs outputs(6);
    const auto facts = process(file, outputs, options);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    EXPECT_NEAR(red_of(outputs.covers[0]), red, 12) << cover_ms;
    EXPECT_EQ(facts->covers_count, covers_count) << cover_ms;
    placeholders.push_back(facts->placeholder);
  }
  EXPECT_NE(placeholders[0], placeholders[2]);
  EXPECT_NE(placeholders[2], placeholders[3]);
}

TEST(Pipeline, TheIndexBoxNamesTheSegments) {
  const Outputs outputs;
  const auto facts = process(make_clip(), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  const Rendition& rendition = facts->renditions.at(0);
  const Bytes file = outputs.rendition(rendition.name);
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const auto sidx = text.find("sidx");
  ASSERT_NE(sidx, std::string_view::npos);
  // type, version and flags, track, timescale, two 64-bit times, reserved, count; 12 bytes a
  // segment
  EXPECT_EQ(sidx - 4 + big_endian_32(file, sidx - 4),
            static_cast<std::size_t>(rendition.init_last) + 1);
  ASSERT_EQ(big_endian_32(file, sidx + 32), rendition.segments.size());
  for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
    EXPECT_EQ(big_endian_32(file, sidx + 36 + 12 * i), rendition.segments[i].size_bytes);
    EXPECT_EQ(big_endian_32(file, sidx + 40 + 12 * i), rendition.segments[i].duration_ms * 90);
  }
}

TEST(Pipeline, TurnsAndMirrorsAsTheFileSays) {
  struct Case {
    int degrees;
    bool mirrored;
    bool red_right;
    bool red_below;
  };
  for (const Case c :
       {Case{0, false, false, false}, Case{90, false, true, false}, Case{180, false, true, true},
        Case{270, false, false, true}, Case{0, true, true, false}, Case{90, true, false, false}}) {
    ClipOptions clip;
    clip.width = 320;
    clip.height = 180;
    clip.frames_count = 5;
    clip.sound = false;
    clip.rotation_degrees = c.degrees;
    clip.mirrored = c.mirrored;
    const Outputs outputs;
    const auto facts = process(make_clip(clip), outputs);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    const bool upright = c.degrees % 180 != 0;
    EXPECT_EQ(facts->width, upright ? 180 : 320);
    EXPECT_EQ(facts->renditions[0].width, upright ? 180 : 320);
    const Decoded decoded = decode(outputs.rendition("360"));
    const AVFrame& frame = *decoded.pictures.at(0).frame;
    for (const bool right : {false, true}) {
      for (const bool below : {false, true}) {
        const bool red = right == c.red_right && below == c.red_below;
        EXPECT_EQ(corner_red(frame, right, below) > 180, red)
            << c.degrees << (c.mirrored ? " mirrored" : "") << " corner " << right << below;
      }
    }
  }
}

TEST(Pipeline, KeepsTheTimesOfAVariableRate) {
  ClipOptions clip;
  clip.times_ms = {0, 33, 100, 400, 433, 466, 1'200, 1'233, 2'000, 2'500};
  clip.frames_count = static_cast<int>(clip.times_ms.size());
  clip.sound_s = 2.5;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  const Decoded decoded = decode(outputs.rendition("360"));
  std::vector<std::int64_t> times;
  for (const auto& picture : decoded.pictures) times.push_back(picture.ms);
  EXPECT_EQ(times, clip.times_ms);
}

TEST(Pipeline, MakesOddSizesEven) {
  ClipOptions clip;
  clip.container = "matroska";
  clip.video_encoder = "ffv1";
  clip.width = 161;
  clip.height = 121;
  clip.frames_count = 5;
  clip.sound = false;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->width, 161);
  EXPECT_EQ(facts->renditions[0].width, 160);
  EXPECT_EQ(facts->renditions[0].height, 120);
  EXPECT_EQ(decode(outputs.rendition("360")).pictures.at(0).width, 160);
}

TEST(Pipeline, MakesPixelsSquare) {
  ClipOptions clip;
  clip.width = 160;
  clip.height = 288;
  clip.aspect_num = 2;
  clip.frames_count = 5;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->width, 320);
  EXPECT_EQ(facts->height, 288);
}

TEST(Pipeline, GoesWithoutSound) {
  ClipOptions clip;
  clip.sound = false;
  clip.frames_count = 10;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_FALSE(facts->has_audio);
  EXPECT_THAT(facts->renditions[0].codecs, testing::Not(HasSubstr("mp4a")));
}

TEST(Pipeline, OnlyTheLargestRungHasSixtyFrames) {
  ClipOptions clip;
  clip.width = 400;
  clip.height = 400;
  clip.fps = 60;
  clip.frames_count = 60;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  ASSERT_THAT(facts->renditions, SizeIs(2));
  EXPECT_THAT(decode(outputs.rendition("540")).pictures, SizeIs(60));
  EXPECT_THAT(decode(outputs.rendition("360")).pictures, SizeIs(30));
}

TEST(Pipeline, DeinterlacesWhatIsFlagged) {
  ClipOptions clip;
  clip.container = "mpegts";
  clip.video_encoder = "mpeg2video";
  clip.width = 320;
  clip.height = 256;
  clip.fps = 25;
  clip.frames_count = 25;
  clip.interlaced = true;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_TRUE(facts->interlaced);
  EXPECT_THAT(decode(outputs.rendition("360")).pictures, SizeIs(25));
}

TEST(Pipeline, BringsHdrIntoStandardRange) {
  ClipOptions clip;
  clip.hdr10 = true;
  clip.frames_count = 5;
  clip.sound = false;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->hdr, HdrKind::pq);
  const Decoded decoded = decode(outputs.rendition("360"));
  const AVFrame& frame = *decoded.pictures.at(0).frame;
  EXPECT_EQ(frame.format, AV_PIX_FMT_YUV420P);
  EXPECT_EQ(frame.color_trc, AVCOL_TRC_BT709);
  EXPECT_EQ(frame.colorspace, AVCOL_SPC_BT709);
  EXPECT_GT(corner_red(frame, false, false), 150);
}

TEST(Pipeline, KeepsSoundAndPictureTogether) {
  ClipOptions clip;
  clip.frames_count = 45;
  clip.sound_from_s = 0.5;
  clip.sound_s = 1;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  const Decoded decoded = decode(outputs.rendition("360"));
  EXPECT_LT(decoded.level(0, 0.45), 0.01);
  EXPECT_GT(decoded.level(0.52, 1.4), 0.1);
}

TEST(Pipeline, TakesOneOfSeveralSoundTracks) {
  ClipOptions clip;
  clip.frames_count = 30;
  clip.second_sound = true;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_NEAR(static_cast<double>(facts->duration_ms), 1'000, 40);
  EXPECT_EQ(facts->decode_errors, 0);
  EXPECT_NEAR(facts->loudness_lufs, -15.7, 1);  // packets of both mixed up would crackle
}

struct Heard {
  double lufs = 0;
  double peak_db = 0;  ///< true peak
};

Heard heard(const Decoded& decoded) {
  ebur128_state* meter = ebur128_init(1, static_cast<unsigned long>(decoded.sample_rate),
                                      EBUR128_MODE_I | EBUR128_MODE_TRUE_PEAK);
  ebur128_set_channel(meter, 0, EBUR128_DUAL_MONO);
  ebur128_add_frames_float(meter, decoded.sound.data(), decoded.sound.size());
  double lufs = 0, peak = 0;
  ebur128_loudness_global(meter, &lufs);
  ebur128_true_peak(meter, 0, &peak);
  ebur128_destroy(&meter);
  return {lufs, 20 * std::log10(peak)};
}

TEST(Pipeline, MakesEverySoundAsLoud) {
  struct Case {
    double level;
    bool bangs;
    double lufs, within_lu;
  };
  for (const Case& c : {Case{0.035, false, -14, 1},
                        {0.25, false, -14, 1},
                        {1, false, -14, 1},
                        {0.035, true, -14, 2},        // one loud moment keeps nothing quiet
                        {0.008, false, -25.7, 1},     // 20 dB at most
                        {0.000'5, false, -70, 3}}) {  // nothing but a room
    ClipOptions clip;
    clip.width = clip.height = 64;
    clip.frames_count = 120;
    clip.sound_level = c.level;
    clip.bangs = c.bangs;
    const Outputs outputs;
    const auto facts = process(make_clip(clip), outputs);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    const Heard sound = heard(decode(outputs.rendition("360")));
    EXPECT_NEAR(std::max(sound.lufs, -70.0), c.lufs, c.within_lu) << c.level << c.bangs;
    EXPECT_LE(sound.peak_db, -1) << c.level << c.bangs;
  }
}

TEST(Pipeline, FillsShortSoundWithSilence) {
  ClipOptions clip;
  clip.frames_count = 60;
  clip.sound_s = 1;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_NEAR(static_cast<double>(facts->duration_ms), 2'000, 20);
  const Decoded decoded = decode(outputs.rendition("360"));
  EXPECT_NEAR(static_cast<double>(decoded.sound.size()) / decoded.sample_rate, 2, 0.05);
  EXPECT_GT(decoded.level(0.1, 0.9), 0.1);
  EXPECT_LT(decoded.level(1.1, 1.9), 0.01);
}

TEST(Pipeline, HoldsTheLastPictureWhileSoundGoesOn) {
  ClipOptions clip;
  clip.frames_count = 15;
  clip.sound_s = 3;
  const Outputs outputs;
  const auto facts = process(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_NEAR(static_cast<double>(facts->duration_ms), 3'000, 60);
  EXPECT_THAT(facts->renditions[0].segments, SizeIs(2));
}

TEST(Pipeline, PrivateMetadataStaysOut) {
  ClipOptions clip;
  clip.frames_count = 5;
  clip.metadata = {{"location", "+52.5200+013.4050/"}, {"comment", "Pocket Phone 9"}};
  clip.muxer_flags = "use_metadata_tags";
  const Bytes file = make_clip(clip);
  const auto holds = [](const Bytes& data, std::string_view text) {
    return std::string_view(reinterpret_cast<const char*>(data.data()), data.size()).find(text) !=
           std::string_view::npos;
  };
  ASSERT_TRUE(holds(file, "+52.52"));
  const Outputs outputs;
  const auto facts = process(file, outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  for (const Bytes& made : {outputs.rendition("360"), content_of(outputs.covers[0].get())}) {
    EXPECT_FALSE(holds(made, "+52.52"));
    EXPECT_FALSE(holds(made, "Pocket Phone"));
    EXPECT_FALSE(holds(made, "x264"));
  }
}

/// What is found out about two clips that both must become videos.
std::array<MediaFacts, 2> facts_of(const ClipOptions& one, const ClipOptions& other) {
  const auto process_one = [](const ClipOptions& clip) {
    const auto facts = process(make_clip(clip), Outputs());
    if (!facts) ADD_FAILURE() << facts.error().message;
    FILOSCOPE_CHECK(facts.has_value());
    return *facts;
  };
  return {process_one(one), process_one(other)};
}

TEST(Pipeline, PrintsAndHashesKnowTheSameClipAgain) {
  ClipOptions clip;
  clip.frames_count = 240;
  clip.width = clip.height = 160;
  ClipOptions larger = clip;
  larger.container = "matroska";
  larger.width = larger.height = 240;
  const auto [first, second] = facts_of(clip, larger);
  EXPECT_LT(wrong_bits_share(first.sound_print, second.sound_print), 0.1);
  EXPECT_LE(prints::distance(first.clip_print.views.at(0).looks.at(0),
                             second.clip_print.views.at(0).looks.at(0)),
            40);
}

TEST(Pipeline, TheSoundOfAShortClipHasAPrintToo) {
  ClipOptions clip;
  clip.frames_count = 60;
  clip.width = clip.height = 160;
  ClipOptions other = clip;
  other.container = "matroska";
  const auto [first, second] = facts_of(clip, other);
  EXPECT_GE(first.sound_print.size(), 24U);
  EXPECT_LT(wrong_bits_share(first.sound_print, second.sound_print), 0.1);
}

TEST(Refusals, SayWhatIsWrong) {
  EXPECT_EQ(refusal({}), "the file is empty; choose a video");
  EXPECT_EQ(refused_for(Bytes(3'000, 0x5A)), "file_not_a_video");
  ClipOptions sound_only;
  sound_only.video_encoder.clear();
  sound_only.sound_s = 1;
  EXPECT_EQ(refused_for(make_clip(sound_only)), "file_only_sound");
  ClipOptions still;
  still.frames_count = 1;
  still.sound = false;
  const Outputs outputs;
  const auto one = process(make_clip(still), outputs);
  ASSERT_TRUE(one.has_value()) << one.error().message;  // one frame of video is a video
  EXPECT_EQ(refusal(content_of(outputs.covers[0].get())),
            "the file is a still picture; choose a video");
}

TEST(Refusals, NameTheLimit) {
  ClipOptions clip;
  clip.sound = false;
  const Bytes file = make_clip(clip);  // 2 s, 320 x 568, 30 a second
  MediaOptions options;
  options.limits.duration_max_ms = 1'000;
  EXPECT_THAT(refusal(file, options),
              AllOf(HasSubstr("is 2.0 s long"), HasSubstr("allowed is 1.0 s")));
  options = {};
  options.limits.long_side_max_px = 512;
  EXPECT_THAT(refusal(file, options), AllOf(HasSubstr("320 × 568"), HasSubstr("512")));
  options = {};
  options.limits.size_max_bytes = 1'000;
  EXPECT_EQ(refused_for(file, options), "file_too_large");
}

TEST(Refusals, ACutFileSaysWhere) {
  ClipOptions clip;
  clip.muxer_flags = "faststart";
  Bytes file = make_clip(clip);
  file.resize(file.size() * 6 / 10);
  EXPECT_THAT(refusal(file), AllOf(HasSubstr("cut off after "), HasSubstr(" of 2.0 s")));
  clip.muxer_flags = "";
  file = make_clip(clip);
  file.resize(file.size() * 6 / 10);
  EXPECT_EQ(refused_for(file), "file_index_missing");
}

TEST(Refusals, ACutMatroskaFileSaysWhere) {
  ClipOptions clip;
  clip.container = "matroska";
  Bytes file = make_clip(clip);
  file.resize(file.size() * 5 / 10);
  EXPECT_EQ(refused_for(file), "file_cut_off");
}

TEST(Refusals, HeavyDamageIsNotPublished) {
  ClipOptions clip;
  clip.sound = false;
  clip.muxer_flags = "faststart";
  Bytes file = make_clip(clip);
  for (std::size_t i = file.size() / 3; i < file.size(); i += 61) file[i] ^= 0x10;
  EXPECT_EQ(refused_for(file), "picture_frames_damaged");
}

}  // namespace
}  // namespace filoscope::media
