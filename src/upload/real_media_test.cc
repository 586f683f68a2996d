#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "media/test_clips.h"
#include "ports/blob_read.h"
#include "social/test_world.h"
#include "upload/upload.h"

namespace filoscope::upload {
namespace {

using catalog::State;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kDeadlineUs = 90'000'000;

/// The real pipeline: this binary runs itself as the media worker.
class RealMediaTest : public ::testing::Test, public social::World {
 protected:
  RealMediaTest() {
    reading = must(reading::Reading::open({*database, *catalog, config, "/proc/self/exe", 0}));
    copies = must(copies::Copies::open({*database, *catalog, clock, config}));
    safety = must(safety::Safety::open({*database, *catalog, *social, clock, config}));
    uploads = must(Uploads::open({*database, *blobs, *accounts, *catalog, *social, *copies, *safety,
                                  *reading, workers, clock, config, folder.string()}));
  }
  ~RealMediaTest() override { uploads.reset(); }

  catalog::Video upload(std::span<const std::uint8_t> content, SoundId sound = {}) {
    NewUpload form;
    form.sound = sound;
    form.size_bytes = static_cast<std::int64_t>(content.size());
    form.caption = "A white square #test";
    const auto id = must(uploads->create(mara, form)).id;
    VideoId video;
    for (std::size_t at = 0; at < content.size();) {
      const auto part = content.subspan(at, std::min<std::size_t>(1 << 16, content.size() - at));
      auto chunk = must(uploads->begin_chunk(mara, id, static_cast<std::int64_t>(at),
                                             static_cast<std::int64_t>(part.size()), ""));
      must(chunk->write(part));
      video = must(chunk->commit()).video;
      at += part.size();
    }
    const SystemClock real;
    const auto end_us = real.mono_us() + kDeadlineUs;
    Mutex wait;
    while (!uploads->idle() && real.mono_us() < end_us) {
      Lock lock(wait);
      Condition().wait_for_ms(wait, 5, [] { return false; });
    }
    return must(catalog->get(video));
  }
  std::string content_of(const std::string& url) {
    const auto file = must(catalog->resolve_media(url));
    const auto blob = must(blobs->open(file.blob_key));
    const auto bytes = must(read_whole(*blob));
    return {bytes.begin(), bytes.end()};
  }

  accounts::Viewer mara = member("mara");
  media::MediaWorkers workers;
  std::unique_ptr<copies::Copies> copies;
  std::unique_ptr<reading::Reading> reading;
  std::unique_ptr<safety::Safety> safety;
  std::unique_ptr<Uploads> uploads;
};

TEST_F(RealMediaTest, AClipBecomesPlayable) {
  const auto clip = media::make_clip();
  const auto video = upload(clip);
  ASSERT_EQ(video.state, State::published) << video.error;
  EXPECT_NEAR(static_cast<double>(video.duration_ms), 2000, 100);
  EXPECT_EQ(video.width, 320);
  EXPECT_TRUE(video.sound);
  EXPECT_THAT(video.placeholder, HasSubstr("data:image/"));
  EXPECT_THAT(must(catalog->verify()), IsEmpty());
  EXPECT_THAT(content_of(catalog->media_url(video, "master.m3u8", video.owner)),
              HasSubstr("#EXTM3U"));
  EXPECT_EQ(content_of(catalog->media_url(video, "cover0.jpg", video.owner)).substr(0, 2),
            "\xFF\xD8");
  ASSERT_FALSE(video.renditions.empty());
  for (const auto& rendition : video.renditions) {
    const auto mp4 = content_of(catalog->media_url(video, rendition.name + ".mp4", video.owner));
    EXPECT_EQ(static_cast<std::int64_t>(mp4.size()), rendition.size_bytes);
    EXPECT_EQ(mp4.substr(4, 4), "ftyp");
    ASSERT_FALSE(rendition.segments_head.empty());
    for (const auto& segment : rendition.segments_head) {
      ASSERT_LT(segment.last, static_cast<std::int64_t>(mp4.size()));
      EXPECT_EQ(mp4.substr(static_cast<std::size_t>(segment.first) + 4, 4), "moof");
    }
    EXPECT_EQ(rendition.segments_head[0].first, rendition.init.last + 1);
    EXPECT_THAT(content_of(catalog->media_url(video, rendition.name + ".m3u8", video.owner)),
                HasSubstr(rendition.name + ".mp4"));
  }
}

TEST_F(RealMediaTest, ASilentClipGetsTheSoundOfAnother) {
  const auto origin = upload(media::make_clip());
  media::ClipOptions options;
  options.sound = false;
  options.frames_count = 75;
  const auto video = upload(media::make_clip(options), origin.sound);
  ASSERT_EQ(video.state, State::published) << video.error;
  EXPECT_EQ(video.sound, origin.sound);
  EXPECT_NEAR(static_cast<double>(video.duration_ms), 2500, 100);
  EXPECT_THAT(video.renditions.back().codecs, HasSubstr("mp4a"));
  EXPECT_THAT(must(catalog->verify()), IsEmpty());
}

TEST_F(RealMediaTest, ALookTellsThePicturesOfAFileAndNotItsBytes) {
  const auto look = [&](const Bytes& content) {
    const auto path = folder / "looked-at";
    must(write_file_durably(path, content));
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return workers.look(file.get(), media::MediaLimits());
  };
  const auto looks = must(look(media::make_clip()));
  EXPECT_EQ(looks.width, 320);
  EXPECT_EQ(looks.height, 568);
  EXPECT_EQ(looks.frames_count, 60);
  EXPECT_EQ(look(Bytes(1'000, 'x')).error().reason, "file_not_a_video");
}

TEST_F(RealMediaTest, WhatIsNoVideoFailsWithItsReason) {
  const auto text = upload(crypto::as_bytes("This is a letter and not a moving picture."));
  EXPECT_EQ(text.state, State::failed);
  EXPECT_EQ(parse_stored(text.error).reason, "file_not_a_video");
  auto clip = media::make_clip();
  clip.resize(clip.size() / 10);
  const auto torn = upload(clip);
  EXPECT_EQ(torn.state, State::failed);
  EXPECT_EQ(parse_stored(torn.error).reason, "file_index_missing");
  EXPECT_THAT(blob_keys(), IsEmpty());
}

}  // namespace
}  // namespace filoscope::upload

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "media-worker") == 0)
    return filoscope::media::media_worker_main();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
