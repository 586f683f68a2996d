#include "media/media.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>

#include "media/boxes.h"
#include "media/byte_source.h"
#include "media/geometry.h"
#include "media/mp4_writer.h"
#include "media/pipeline.h"
#include "media/test_clips.h"
#include "media/wire.h"

namespace filoscope::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// Outputs in memory files.
struct Outputs {
  std::array<UniqueFd, 3> renditions{file_of({}), file_of({}), file_of({})};
  std::vector<UniqueFd> covers;
  MediaOutputs fds;

  explicit Outputs(int covers_count = 3) {
    for (std::size_t i = 0; i < 3; ++i) fds.renditions[i] = renditions[i].get();
    for (int i = 0; i < covers_count; ++i)
      covers.push_back(file_of({})), fds.covers.push_back(covers.back().get());
  }
  Bytes rendition(const std::string& name) const {
    return content_of(renditions[name == "720" ? 0 : name == "540" ? 1 : 2].get());
  }
};

Result<MediaFacts> process_here(const Bytes& clip, const Outputs& outputs,
                                const MediaOptions& options = {}) {
  silence_ffmpeg();
  return process_media(MemoryBytes(clip), options, outputs.fds);
}

Result<MediaFacts> process_in_worker(const Bytes& clip, const Outputs& outputs,
                                     const MediaOptions& options = {},
                                     const Progress& progress = {},
                                     const std::atomic<bool>* cancel = nullptr) {
  const UniqueFd input = file_of(clip);
  return MediaWorkers().process(input.get(), options, outputs.fds, progress, cancel);
}

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
  bytes.resize(bytes.size() - 1);
  EXPECT_TRUE(scan_container(MemoryBytes(bytes)).cut_off);
}

TEST(Wire, FactsSurviveTheWay) {
  MediaFacts facts;
  facts.duration_ms = 5'005;
  facts.video_codec = "h264";
  facts.hdr = HdrKind::hlg;
  facts.sound_print = {1, 2, 0xFFFFFFFF};
  facts.frame_hashes = {{1, 2, 3, 4}};
  facts.renditions.resize(1);
  facts.renditions[0].name = "720";
  facts.renditions[0].segments = {{100, 20, 0, 1'000}, {120, 30, 1'000, 2'000}};
  const auto back = wire::decode_facts(wire::encode_facts(facts));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, facts);
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

TEST(Pipeline, MakesALadderOfAPortraitClip) {
  ClipOptions clip;
  clip.width = 720;
  clip.height = 1280;
  clip.frames_count = 120;
  const Outputs outputs;
  const auto facts = process_here(make_clip(clip), outputs);
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_NEAR(static_cast<double>(facts->duration_ms), 4'000, 40);
  EXPECT_EQ(facts->width, 720);
  EXPECT_TRUE(facts->has_audio);
  EXPECT_NEAR(facts->loudness_lufs, -15, 3);  // a 440 Hz tone of -12 dBFS
  EXPECT_THAT(facts->frame_hashes, SizeIs(4));
  EXPECT_EQ(facts->covers_count, 3);
  EXPECT_LE(facts->placeholder.size(), 700U);
  ASSERT_THAT(facts->renditions, SizeIs(3));
  for (const Rendition& rendition : facts->renditions) {
    const Bytes file = outputs.rendition(rendition.name);
    EXPECT_EQ(std::ssize(file), rendition.size_bytes);
    EXPECT_THAT(rendition.codecs, HasSubstr("avc1.6400"));
    EXPECT_THAT(rendition.codecs, HasSubstr(",mp4a.40.2"));
    ASSERT_THAT(rendition.segments, SizeIs(3));  // 0-1, 1-3, 3-4 s
    EXPECT_EQ(rendition.segments[0].offset, rendition.init_last + 1);
    EXPECT_EQ(rendition.segments[1].start_ms, 1'000);
    EXPECT_EQ(rendition.segments[2].start_ms, 3'000);
    EXPECT_EQ(rendition.segments[2].offset + rendition.segments[2].size_bytes,
              rendition.size_bytes);
    for (const Segment& segment : rendition.segments) {
      EXPECT_EQ(std::memcmp(file.data() + segment.offset + 4, "moof", 4), 0);
    }
  }
}

TEST(Worker, GivesTheSameAsHereAndReportsProgress) {
  const Bytes clip = make_clip();
  const Outputs here;
  const Outputs there;
  const auto expected = process_here(clip, here);
  std::vector<int> percents;
  const auto facts =
      process_in_worker(clip, there, {}, [&](int percent, Stage) { percents.push_back(percent); });
  ASSERT_TRUE(expected.has_value()) << expected.error().message;
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(*facts, *expected);
  EXPECT_EQ(there.rendition("360"), here.rendition("360"));
  EXPECT_TRUE(std::is_sorted(percents.begin(), percents.end()));
  EXPECT_EQ(percents.back(), 100);
}

TEST(Worker, IsLockedIn) {
  const auto features = MediaWorkers().sandbox_report();
  ASSERT_TRUE(features.has_value()) << features.error().message;
  bool seccomp = false;
  for (const SandboxFeature& feature : *features)
    seccomp = seccomp || (feature.name == "seccomp" && feature.active);
  EXPECT_TRUE(seccomp);
}

}  // namespace
}  // namespace filoscope::media

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "media-worker") == 0)
    return filoscope::media::media_worker_main();
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
