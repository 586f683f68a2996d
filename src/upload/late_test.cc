#include "ports/blob_read.h"
#include "upload/test_world.h"

namespace filoscope::upload {
namespace {

/// Stands in for the media worker: a first job is done at once; a late one waits until it is let go
/// or cancelled.
class LateProcessing {
 public:
  Result<media::MediaFacts> operator()(const Input&, const media::MediaOutputs& outputs,
                                       const media::Progress&, const std::atomic<bool>* cancel) {
    media::MediaFacts facts;
    facts.duration_ms = 3000;
    facts.width = 1080;
    facts.height = lines;
    const bool late = outputs.late >= 0;
    if (late) {
      Lock lock(mutex);
      ++late_begun_count;
      running = true;
      changed.notify_all();
      while (!cancel->load() && !released) changed.wait_for_ms(mutex, 5, [&] { return released; });
      running = false;
      if (cancel->load()) return Error(media::reason("processing_cancelled"));
      if (late_throws) throw std::bad_alloc();
      if (late_fails) return Error(Code::internal, "the worker died");
    } else if (during_first) {
      during_first();
    }
    media::Rendition rendition;
    rendition.name = late ? "1080" : "720";
    rendition.width = late ? 1080 : 720;
    rendition.height = late ? 1920 : 1280;
    rendition.codecs = "avc1.64001f";
    rendition.init_last = 99;
    rendition.segments = {{100, 50, 0, 1000}, {150, 50, 1000, 2000}};
    must(write_all(late ? outputs.late : outputs.renditions[0], crypto::as_bytes(rendition.name),
                   0));
    facts.renditions.push_back(rendition);
    return facts;
  }
  void wait_until_late_runs() {
    Lock lock(mutex);
    FILOSCOPE_CHECK(changed.wait_for_ms(mutex, 20'000, [&] { return running; }));
  }
  void release() {
    Lock lock(mutex);
    released = true;
    changed.notify_all();
  }
  bool late_runs() {
    Lock lock(mutex);
    return running;
  }
  int begun_count() {
    Lock lock(mutex);
    return late_begun_count;
  }

  int lines = 1920;
  bool late_fails = false, late_throws = false;
  std::function<void()> during_first;
  Mutex mutex;
  Condition changed;
  bool running = false, released = false;
  int late_begun_count = 0;
};

class LateTest : public ::testing::Test, public World<LateProcessing> {
 protected:
  std::vector<std::string> names(VideoId id) {
    std::vector<std::string> found;
    for (const auto& rendition : video(id).renditions) found.push_back(rendition.name);
    return found;
  }
  bool is_published(VideoId id) { return video(id).state == State::published; }
  std::string file(VideoId id, std::string_view name) {
    const auto blob = must(blobs->open(catalog->blob_key(video(id), name)));
    const auto bytes = must(read_whole(*blob));
    return {bytes.begin(), bytes.end()};
  }
};

TEST_F(LateTest, ARenditionOf1080FollowsAfterPublication) {
  const auto id = upload_by(mara);
  processing.wait_until_late_runs();
  EXPECT_TRUE(is_published(id));
  EXPECT_TRUE(uploads->idle());  // nobody waits for it
  EXPECT_EQ(uploads->waiting_count(), 0U);
  EXPECT_THAT(names(id), ElementsAre("720"));
  EXPECT_EQ(files_count(), 1U);
  processing.release();
  eventually([&] { return files_count() == 0; });
  const auto video = must(catalog->get(id));
  EXPECT_THAT(names(id), ElementsAre("1080", "720"));
  EXPECT_EQ(catalog::plain_rendition(video).name, "720");
  EXPECT_EQ(file(id, "1080.mp4"), "1080");
  EXPECT_THAT(file(id, "1080.m3u8"), HasSubstr("1080.mp4"));
  const auto master = file(id, catalog::master_file(video));
  EXPECT_LT(master.find("\n1080.m3u8\n"), master.find("\n720.m3u8\n"));
  EXPECT_TRUE(catalog->resolve_media(catalog->media_url(video, "1080.mp4", {})).has_value());
  EXPECT_TRUE(catalog->resolve_media(catalog->media_url(video, catalog::master_file(video), {}))
                  .has_value());
  EXPECT_THAT(must(catalog->verify()), IsEmpty());
  restart();
  EXPECT_THAT(names(id), ElementsAre("1080", "720"));
  EXPECT_TRUE(catalog->resolve_media(catalog->media_url(video, "1080.m3u8", {})).has_value());
  catalog::VideoChange change;
  change.visibility = catalog::Visibility::followers;
  must(catalog->change(mara.account, id, change));
  EXPECT_EQ(file(id, "1080.mp4"), "1080");
  EXPECT_THAT(must(catalog->verify()), IsEmpty());
}

TEST_F(LateTest, NoneWithoutTheLinesOrTheWish) {
  processing.release();
  processing.lines = 790;
  upload_by(mara);
  eventually([&] { return uploads->idle() && files_count() == 0; });
  processing.lines = 1920;
  must(config.set("upload.rung_1080", "false"));
  restart();
  upload_by(mara);
  eventually([&] { return uploads->idle() && files_count() == 0; });
  EXPECT_EQ(processing.begun_count(), 0);
}

TEST_F(LateTest, AFirstJobGoesBeforeItAtAnyTime) {
  const auto id = upload_by(mara);
  processing.wait_until_late_runs();
  std::atomic<bool> both = false;
  processing.during_first = [&] { both = processing.late_runs(); };
  const auto other = upload_by(jo);
  eventually([&] { return is_published(other); });
  EXPECT_THAT(names(id), ElementsAre("720"));
  processing.release();
  eventually([&] { return files_count() == 0; });
  EXPECT_THAT(names(id), ElementsAre("1080", "720"));
  EXPECT_THAT(names(other), ElementsAre("1080", "720"));
}

TEST_F(LateTest, ARestartGoesOnWithIt) {
  const auto id = upload_by(mara);
  for (int round = 0; round < 5; ++round) {  // a stop is no try
    processing.wait_until_late_runs();
    restart();
  }
  EXPECT_EQ(files_count(), 1U);
  processing.release();
  eventually([&] { return files_count() == 0; });
  EXPECT_THAT(names(id), ElementsAre("1080", "720"));
}

TEST_F(LateTest, ARemovedVideoTakesItAlong) {
  const auto id = upload_by(mara);
  processing.wait_until_late_runs();
  must(catalog->remove(mara.account, id));
  eventually([&] { return files_count() == 0; });
  const auto other = upload_by(jo);
  eventually([&] { return is_published(other); });
}

TEST_F(LateTest, OnesThatWaitGiveUpTheirFilesWhereTheDiskIsFull) {
  const auto first = upload_by(mara);
  processing.wait_until_late_runs();
  const auto second = upload_by(jo);
  eventually([&] { return is_published(second); });
  processing.wait_until_late_runs();
  EXPECT_EQ(files_count(), 2U);
  free_bytes = kSpaceBytesMin + 10;
  NewUpload form;
  form.size_bytes = 1000;
  form.filename = "clip.mp4";
  EXPECT_FALSE(uploads->create(jo, form).has_value());
  EXPECT_EQ(files_count(), 1U);  // the one that runs goes on
  processing.release();
  eventually([&] { return files_count() == 0; });
  EXPECT_EQ(names(first).size() + names(second).size(), 3U);
  EXPECT_THAT(must(catalog->verify()), IsEmpty());
}

TEST_F(LateTest, WhatFailsTooOftenIsLeftOutWithoutAWord) {
  processing.release();
  processing.late_fails = true;
  const auto id = upload_by(mara);
  eventually([&] { return is_published(id) && files_count() == 0; });
  EXPECT_EQ(processing.begun_count(), 3);
  EXPECT_THAT(names(id), ElementsAre("720"));
  EXPECT_TRUE(is_published(id));
}

TEST_F(LateTest, ATryThatThrowsIsOneTry) {
  processing.release();
  processing.late_throws = true;
  const auto id = upload_by(mara);
  eventually([&] { return is_published(id) && files_count() == 0; });
  EXPECT_EQ(processing.begun_count(), 3);
  EXPECT_THAT(names(id), ElementsAre("720"));
}

}  // namespace
}  // namespace filoscope::upload
