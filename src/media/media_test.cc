#include "media/media.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "base/reasons.h"
#include "media/boxes.h"
#include "media/byte_source.h"
#include "media/geometry.h"
#include "media/mp4_writer.h"
#include "media/picture.h"
#include "media/stills.h"
#include "media/test_clips.h"
#include "media/wire.h"

namespace filoscope::media {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(Geometry, RungsAreNeverAboveTheSource) {
  const auto sizes = [](int width, int height) {
    std::vector<std::string> texts;
    for (const RungPlan& plan : plan_rungs(width, height)) {
      texts.push_back(plan.name + ":" + std::to_string(plan.width) + "x" +
                      std::to_string(plan.height));
    }
    return texts;
  };
  EXPECT_THAT(sizes(1080, 1920), ElementsAre("720:720x1280", "540:540x960", "360:360x640"));
  EXPECT_THAT(sizes(1920, 1080), ElementsAre("720:1280x720", "540:960x540", "360:640x360"));
  EXPECT_THAT(sizes(640, 480), ElementsAre("540:640x480", "360:480x360"));
  EXPECT_THAT(sizes(640, 380), ElementsAre("360:606x360"));
  EXPECT_THAT(sizes(161, 121), ElementsAre("360:160x120"));
  EXPECT_THAT(sizes(3, 2), ElementsAre("360:4x2"));
}

TEST(Geometry, OnlyTheLargestRungKeepsSixtyFrames) {
  const auto plans = plan_rungs(1080, 1920);
  EXPECT_EQ(plans[0].fps_max, 60);
  EXPECT_EQ(plans[1].fps_max, 30);
}

TEST(Geometry, ALateRungWhereTheSourceHasTheLines) {
  const auto size = [](int width, int height) -> std::string {
    const auto plan = plan_late_rung(width, height);
    return plan
               ? plan->name + ":" + std::to_string(plan->width) + "x" + std::to_string(plan->height)
               : "none";
  };
  EXPECT_EQ(size(2160, 3840), "1080:1080x1920");
  EXPECT_EQ(size(1920, 1080), "1080:1920x1080");
  EXPECT_EQ(size(900, 1600), "1080:900x1600");
  EXPECT_EQ(size(780, 1400), "none");
  EXPECT_EQ(size(720, 1280), "none");
}

TEST(Geometry, TheCapFollowsFrameRateAndSize) {
  const RungPlan tall = plan_rungs(1080, 1920).at(0);
  const auto bps = [](const RungPlan& plan, double fps) {
    return static_cast<double>(rate_max_bps(plan, fps));
  };
  EXPECT_NEAR(bps(tall, 30), 2.5e6, 1e3);
  EXPECT_NEAR(bps(tall, 60), 3.75e6, 5e3);
  EXPECT_NEAR(bps(tall, 120), bps(tall, 60), 1);  // none is made of more
  EXPECT_LT(bps(tall, 24), 2.3e6);
  EXPECT_EQ(bps(tall, 1), bps(tall, 24));  // a slide show's pictures are large
  const RungPlan square = plan_rungs(1080, 1080).at(0);
  EXPECT_NEAR(bps(square, 30), 1.62e6, 2e4);
  EXPECT_GT(bps(plan_rungs(1080, 2400).at(0), 30), 2.8e6);
}

TEST(Scaling, KeepsFineDetail) {
  const FramePtr frame = make_frame();
  frame->format = AV_PIX_FMT_YUV420P;
  frame->width = frame->height = 1080;
  ASSERT_GE(av_frame_get_buffer(frame.get(), 0), 0);
  for (int y = 0; y < 1080; ++y) {
    for (int x = 0; x < 1080; ++x) {  // waves of four pixels
      frame->data[0][y * frame->linesize[0] + x] = x % 4 < 2 ? 200 : 50;
    }
  }
  for (int plane : {1, 2}) std::memset(frame->data[plane], 128, 540U * frame->linesize[plane]);
  const auto small = Scaler(720, 720).scale(*frame);
  ASSERT_TRUE(small.has_value()) << small.error().message;
  double sum = 0, squares = 0;
  for (int x = 0; x < 720; ++x) {
    const double value = (*small)->data[0][360 * (*small)->linesize[0] + x];
    sum += value, squares += value * value;
  }
  const double deviation = std::sqrt(squares / 720 - sum / 720 * sum / 720);
  EXPECT_GT(deviation, 0.7 * 75);
}

TEST(Geometry, OrientationFromTheDisplayMatrix) {
  constexpr std::int32_t kOne = 1 << 16;
  const std::array<std::int32_t, 9> right{0, kOne, 0, -kOne, 0, 0, 0, 0, 1 << 30};
  EXPECT_EQ(orientation_of(right.data()), (Orientation{true, true, false}));
  const std::array<std::int32_t, 9> over{-kOne, 0, 0, 0, -kOne, 0, 0, 0, 1 << 30};
  EXPECT_EQ(orientation_of(over.data()), (Orientation{false, true, true}));
  EXPECT_TRUE(orientation_of(nullptr).is_identity());
}

TEST(Scan, SeesThatABoxIsCutOff) {
  BoxWriter out;
  out.box("ftyp", [&] { out.text("isom"), out.u32(0); });
  out.box("moov", [&] { out.zeros(40); });
  Bytes bytes = out.take();
  EXPECT_TRUE(scan_container(MemoryBytes(bytes)).has_moov);
  EXPECT_FALSE(scan_container(MemoryBytes(bytes)).cut_off);
  bytes.pop_back();
  EXPECT_TRUE(scan_container(MemoryBytes(bytes)).cut_off);
}

TEST(Wire, FactsSurviveTheWay) {
  MediaFacts facts;
  facts.duration_ms = 5'005;
  facts.video_codec = "h264";
  facts.hdr = HdrKind::hlg;
  facts.sound_print = {1, 2, 0xFFFFFFFF};
  facts.flashes = {.first_ms = 1'200, .last_ms = 2'400, .most_per_second = 9};
  facts.renditions.resize(1);
  facts.renditions[0].name = "720";
  facts.renditions[0].segments = {{100, 20, 0, 1'000}, {120, 30, 1'000, 2'000}};
  const auto back = wire::decode_facts(wire::encode_facts(facts));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, facts);
}

/// As it arrives.
Error sent(const Error& error) { return wire::decode_error(wire::encode_error(error)); }

bool is_malformed(const Error& error) {
  return error.code == Code::internal && error.reason == base_reason("internal_error").word &&
         error.message == "the media worker sent a malformed message";
}

TEST(Wire, AnErrorArrivesWithItsReasonAndArguments) {
  const Error error(reason("video_too_long"), 600'400, 600'000);
  const Error back = sent(error);
  EXPECT_EQ(back.code, Code::invalid_argument);
  EXPECT_EQ(back.reason, "video_too_long");
  EXPECT_EQ(back.arguments, error.arguments);
  EXPECT_EQ(back.message,
            "the video is 10 min 0.4 s long; the longest allowed is 10 min 0 s; cut it and upload "
            "a part");
  EXPECT_EQ(sent(Error(reason("processing_out_of_memory"))).code, Code::exhausted);
  EXPECT_EQ(sent(Error(base_reason("disk_full")).during("write")).reason, "disk_full");
  const Error fault = sent({Code::internal, "no encoder"});
  EXPECT_EQ(fault.reason, base_reason("internal_error").word);
  EXPECT_EQ(fault.message, "no encoder");
}

TEST(Wire, EveryReasonOfAFileSurvivesTheWay) {
  int count = 0;
  for (const ErrorReason& one : kReasons) {
    std::vector<std::variant<std::int64_t, std::string>> values;
    for (auto place = next_placeholder(one.english, 0); place.begin != std::string_view::npos;
         place = next_placeholder(one.english, place.end))
      values.emplace_back(std::int64_t{1'000} + std::ssize(values));
    const Error error(one, std::move(values));
    const Error back = sent(error);
    if (one.code == Code::internal) {  // how a worker ended is not its own to say
      EXPECT_TRUE(is_malformed(back)) << one.word;
      continue;
    }
    ++count;
    EXPECT_EQ(back.reason, one.word);
    EXPECT_EQ(back.code, one.code) << one.word;
    EXPECT_EQ(back.arguments, error.arguments) << one.word;
    EXPECT_EQ(back.message, error.message);
  }
  EXPECT_GT(count, 30);
}

TEST(Wire, WhatIsSaidOfAnErrorIsBounded) {
  const std::string longest(wire::kArgumentBytesMax - 1, 'a');
  EXPECT_EQ(sent(Error(reason("file_kind_not_accepted"), longest + "×")).arguments[0],
            (ErrorArgument{"kind", longest}));
  EXPECT_EQ(sent(Error(reason("video_too_long"), std::int64_t{1} << 60, -(std::int64_t{1} << 60)))
                .message,
            Error(reason("video_too_long"), 1'000'000'000'000'000, -1'000'000'000'000'000).message);
  EXPECT_EQ(sent({Code::internal, std::string(499, 'a') + "×××"}).message, std::string(499, 'a'));
}

TEST(Wire, AnErrorThatCannotBeIsAFault) {
  const auto told = [](Code code, std::string_view word,
                       const std::function<void(ByteWriter&)>& rest) {
    ByteWriter out;
    out.put(static_cast<std::uint8_t>(code));
    out.put_text(word);
    rest(out);
    return wire::decode_error(out.take());
  };
  const auto nothing = [](ByteWriter& out) { out.put_varint(0); };
  const auto text = [](std::string_view value) {
    return [value](ByteWriter& out) {
      out.put_varint(1), out.put(std::uint8_t{1}), out.put_text(value);
    };
  };
  const auto number = [](std::int64_t value) {
    return
        [value](ByteWriter& out) { out.put_varint(1), out.put(std::uint8_t{0}), out.put(value); };
  };
  constexpr auto kBad = Code::invalid_argument;
  EXPECT_EQ(told(kBad, "file_empty", nothing).reason, "file_empty");
  EXPECT_EQ(told(kBad, "sound_codec_not_read", text("a")).reason, "sound_codec_not_read");
  EXPECT_EQ(told(kBad, "sound_goes_on_too_long", number(9)).reason, "sound_goes_on_too_long");

  EXPECT_TRUE(is_malformed(told(kBad, "file_of_clay", nothing)));
  EXPECT_TRUE(is_malformed(told(kBad, "", nothing)));
  EXPECT_TRUE(is_malformed(told(kBad, "setting_is_a_list", text("a")))) << "not of a worker";
  EXPECT_TRUE(is_malformed(told(Code::internal, "media_worker_killed", nothing)));
  EXPECT_TRUE(is_malformed(told(Code::denied, "file_empty", nothing))) << "another's code";
  EXPECT_TRUE(is_malformed(told(Code::unavailable, "file_empty", nothing)));
  EXPECT_TRUE(is_malformed(told(kBad, "file_empty", text("a")))) << "too many arguments";
  EXPECT_TRUE(is_malformed(told(kBad, "sound_codec_not_read", nothing))) << "too few";
  EXPECT_TRUE(is_malformed(told(kBad, "sound_goes_on_too_long", text("9")))) << "no number";
  EXPECT_TRUE(is_malformed(told(kBad, "sound_goes_on_too_long", number(INT64_MAX))));
  EXPECT_TRUE(is_malformed(
      told(kBad, "sound_codec_not_read", text(std::string(wire::kArgumentBytesMax + 1, 'a')))));
  EXPECT_TRUE(is_malformed(told(kBad, "sound_codec_not_read", text("a\nb"))));
  EXPECT_TRUE(is_malformed(told(kBad, "sound_codec_not_read", text("a\xFF"))));
  EXPECT_TRUE(is_malformed(told(kBad, "sound_codec_not_read", [](ByteWriter& out) {
    out.put_varint(1), out.put(std::uint8_t{2}), out.put_text("a");
  }))) << "an argument of no kind";
  EXPECT_TRUE(is_malformed(told(kBad, "file_empty", [](ByteWriter& out) {
    out.put_varint(0), out.put(std::uint8_t{0});
  }))) << "more behind it";
  const auto detail = [](std::string_view value) {
    return [value](ByteWriter& out) { out.put_text(value); };
  };
  EXPECT_TRUE(is_malformed(told(Code::internal, "internal_error", detail(""))));
  EXPECT_TRUE(is_malformed(told(Code::internal, "internal_error", detail("a\033[2J"))));
  EXPECT_TRUE(is_malformed(told(Code::internal, "internal_error", detail(std::string(501, 'a')))));
  EXPECT_TRUE(is_malformed(told(kBad, "internal_error", detail("a"))));
  const Bytes whole = wire::encode_error(Error(reason("sound_codec_not_read"), "mp4a"));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_TRUE(is_malformed(wire::decode_error(
        Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)))));
  }
}

TEST(Wire, AJobSurvivesTheWay) {
  MediaOptions options;
  MediaOutputs outputs;
  outputs.covers = {7, 8};
  const auto back = [&] { return wire::decode_job(wire::encode_job(options, outputs)); };
  EXPECT_FALSE(back()->late);
  outputs.late = 9;
  EXPECT_TRUE(back()->late);
  EXPECT_EQ(back()->covers_count, 2U);
  EXPECT_EQ(back()->options.cover_ms, std::nullopt);
  options.cover_ms = 0;
  EXPECT_EQ(back()->options.cover_ms, 0);
  options.cover_ms = kCoverMsMax + 1;
  EXPECT_FALSE(back());
}

TEST(Wire, EveryCutMessageIsRefused) {
  MediaFacts facts;
  facts.sound_print = {1, 2, 3};
  facts.renditions.resize(2);
  const Bytes whole = wire::encode_facts(facts);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(wire::decode_facts(
        Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
  }
}

TEST(Playlist, PointsIntoTheOneFile) {
  Rendition rendition;
  rendition.name = "720";
  rendition.init_last = 999;
  rendition.segments = {{1'000, 50, 0, 1'001}, {1'050, 70, 1'001, 2'002}};
  EXPECT_EQ(media_playlist(rendition, "720.mp4"),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n"
            "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"720.mp4\",BYTERANGE=\"1000@0\"\n"
            "#EXTINF:1.001,\n#EXT-X-BYTERANGE:50@1000\n720.mp4\n"
            "#EXTINF:2.002,\n#EXT-X-BYTERANGE:70@1050\n720.mp4\n#EXT-X-ENDLIST\n");
}

TEST(AnnexB, BecomesLengthsWithoutParameterSets) {
  const Bytes stream{0, 0, 0, 1,    0x67, 1, 2, 3, 0, 0, 1,    0x68, 9,
                     0, 0, 1, 0x65, 7,    7, 0, 0, 0, 1, 0x41, 5};
  EXPECT_THAT(annex_b_to_lengths(stream), ElementsAre(0, 0, 0, 3, 0x65, 7, 7, 0, 0, 0, 2, 0x41, 5));
}

TEST(Jpeg, ShowsTheColourThatTheVideoShows) {
  // R'G'B' (200, 40, 60) in limited range, by ITU-T H.273 with the weights of each matrix.
  struct Case {
    AVColorSpace matrix;
    std::array<std::uint8_t, 3> limited;
  };
  constexpr Case kCases[] = {{AVCOL_SPC_BT709, {81, 121, 197}},
                             {AVCOL_SPC_SMPTE170M, {93, 113, 197}}};
  for (const auto& [matrix, limited] : kCases) {
    const FramePtr frame = make_frame();
    frame->format = AV_PIX_FMT_YUV420P;
    frame->width = frame->height = 16;
    frame->colorspace = matrix;
    ASSERT_EQ(av_frame_get_buffer(frame.get(), 0), 0);
    for (std::size_t plane = 0; plane < 3; ++plane) {
      std::memset(frame->data[plane], limited[plane],
                  static_cast<std::size_t>(frame->linesize[plane]) * (plane == 0 ? 16 : 8));
    }
    const auto jpeg = encode_jpeg(*frame, 2);
    ASSERT_TRUE(jpeg.has_value());
    const FramePtr shown = decode_jpeg(*jpeg);
    const double y = shown->data[0][0];
    const double cb = shown->data[1][0] - 128;
    const double cr = shown->data[2][0] - 128;
    EXPECT_NEAR(y + 1.402 * cr, 200, 4) << matrix;
    EXPECT_NEAR(y - 0.344136 * cb - 0.714136 * cr, 40, 4) << matrix;
    EXPECT_NEAR(y + 1.772 * cb, 60, 4) << matrix;
  }
}

}  // namespace
}  // namespace filoscope::media

/// The test binary is its own worker program, and the victim that tries to break out of the
/// sandbox.
int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "media-worker") == 0) {
    return filoscope::media::media_worker_main();
  }
  if (argc > 2 && std::strcmp(argv[1], "sandbox-probe") == 0) {
    return filoscope::media::sandbox_probe_main(argv[2]);
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
