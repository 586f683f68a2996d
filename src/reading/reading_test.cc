#include "reading/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/sealed_memory.h"
#include "catalog/test_world.h"
#include "lookers/looker.h"
#include "media/pipeline.h"
#include "media/test_clips.h"
#include "vision/test_letters.h"

namespace filoscope::reading {
namespace {

using subtitles::Cue;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kWidth = 360, kHeight = 640;

Bytes written(std::string_view words) {
  auto picture = vision::plain_picture(kWidth, kHeight, vision::kNight);
  vision::write_letters(picture, 30, 200, words, vision::kPaper);
  return picture.rgb;
}

/// A second of each picture.
Bytes clip_of(std::vector<Bytes> pictures) {
  media::silence_ffmpeg();
  media::ClipOptions options;
  options.width = kWidth, options.height = kHeight;
  options.fps = 10, options.frames_count = 10 * static_cast<int>(pictures.size());
  options.sound = false;
  options.pictures = std::move(pictures);
  return media::make_clip(options);
}

class ReadingTest : public ::testing::Test, public catalog::World {
 protected:
  ReadingTest() { start(); }
  ~ReadingTest() override { reading.reset(); }
  void start() { reading = must(Reading::open({*database, *catalog, config})); }
  void restart() {
    reading.reset();
    reopen();
    start();
  }
  std::vector<Cue> read(const Bytes& clip) {
    const auto file = sealed_in_memory(clip).value();
    return must(reading->read(file.get()));
  }
  catalog::Video publish_with(const std::vector<Cue>& shown) {
    const auto made = must(catalog->create({ada.id, "a clip"}));
    return must(catalog->publish_with(made.id, processed(), [&](Session& session) {
      return reading->keep(session, made.id, shown);
    }));
  }
  std::vector<Cue> shown(VideoId video) {
    std::vector<Cue> out;
    must(database->read([&](Session& session) -> Result<void> {
      FILOSCOPE_TRY(out, reading->shown(session, video));
      return {};
    }));
    return out;
  }

  accounts::Account ada = person("ada");
  std::unique_ptr<Reading> reading;
};

TEST_F(ReadingTest, WhatStandsInAClipIsReadOnceWithItsTime) {
  const auto cues = read(clip_of({written("HELLO THERE"), written("BOTTLE TEA"), written("")}));
  ASSERT_THAT(cues, SizeIs(2));
  EXPECT_EQ(cues[0].text, "HELLO THERE");
  EXPECT_LT(cues[0].from_ms, 1'000);
  EXPECT_EQ(cues[1].text, "BOTTLE TEA");
  EXPECT_GE(cues[1].from_ms, 1'000);
  EXPECT_LT(cues[1].from_ms, 2'000);
}

TEST_F(ReadingTest, NothingIsReadOfWhatIsNoClipOrWhenItIsOff) {
  EXPECT_THAT(read(Bytes(500, 3)), IsEmpty());
  must(config.set("reading.enabled", "false"));
  EXPECT_THAT(read(clip_of({written("HELLO THERE")})), IsEmpty());
}

TEST_F(ReadingTest, ALanguageThatIsNotInstalledReadsNothing) {
  must(config.set("reading.languages", "tlh"));
  restart();
  EXPECT_THAT(read(clip_of({written("HELLO THERE")})), IsEmpty());
}

TEST_F(ReadingTest, WhatIsStoppedIsNotRead) {
  const auto file = sealed_in_memory(clip_of({written("HELLO THERE")})).value();
  reading->stop();
  EXPECT_EQ(reading->read(file.get()).error().reason, "looking_busy");
}

TEST_F(ReadingTest, WhatWasReadStaysUntilTheClipIsGone) {
  const Cue cue{500, 1'500, "HELLO"};
  const auto clip = publish_with({cue}), other = publish_with({});
  restart();
  EXPECT_THAT(shown(clip.id), ElementsAre(cue));
  EXPECT_THAT(shown(other.id), IsEmpty());
  must(catalog->remove(ada.id, clip.id));
  EXPECT_THAT(shown(clip.id), ElementsAre(cue)) << "it can be restored";
  must(catalog->remove_for_good(ada.id, clip.id));
  EXPECT_THAT(shown(clip.id), IsEmpty());
}

}  // namespace
}  // namespace filoscope::reading

/// The test binary is its own worker program.
int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "vision-worker") == 0)
    return filoscope::lookers::looker_main();
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
