#include "upload/upload.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "social/world_test.h"
#include "upload/sha1.h"
#include "upload/upload_impl.h"

namespace filoscope::upload {
namespace {

using catalog::State;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Stands in for the media worker: what it does is told by the file's first word.
class Processing {
 public:
  Result<media::MediaFacts> operator()(int input_fd, std::optional<std::int64_t> cover_ms,
                                       const media::MediaOutputs& outputs,
                                       const media::Progress& progress,
                                       const std::atomic<bool>* cancel) {
    {
      Lock lock(mutex);
      covers_ms.push_back(cover_ms);
    }
    std::array<char, 16> head{};
    FILOSCOPE_CHECK(::pread(input_fd, head.data(), head.size() - 1, 0) >= 0);
    const std::string word(head.data());
    ++tries_count;
    progress(0, media::Stage::checking);
    if (word.starts_with("bad")) return Error(Code::invalid_argument, "this is not a video");
    if (word.starts_with("crash")) return Error(Code::internal, "the worker died");
    if (word.starts_with("dies anew"))
      return Error(Code::internal, "the worker died of cause " + std::to_string(tries_count));
    if (word.starts_with("eats")) return Error(Code::exhausted, "more memory than allowed");
    if (word.starts_with("unlocked") && tries_count < 6)
      return Error(Code::unavailable, "the worker cannot be locked in");
    if (word.starts_with("slow")) return Error(Code::deadline, "too long");
    progress(42, media::Stage::encoding);
    if (word.starts_with("hold")) {
      Lock lock(mutex);
      holding = true;
      changed.notify_all();
      while (!cancel->load() && !released) changed.wait_for_ms(mutex, 5, [&] { return released; });
      holding = false;
      if (cancel->load()) return Error(Code::unavailable, "cancelled");
    }
    media::MediaFacts facts;
    facts.duration_ms = 3000;
    facts.has_audio = true;
    facts.covers_count = 1;
    facts.frame_hashes.resize(3);
    for (std::size_t i = 0; i < 2; ++i) {
      media::Rendition rendition;
      rendition.name = i == 0 ? "720" : "540";
      rendition.codecs = "avc1.64001f,mp4a.40.2";
      rendition.init_last = 99;
      rendition.segments = {{100, 50, 0, 1000}, {150, 50, 1000, 2000}};
      facts.renditions.push_back(rendition);
      must(write_all(outputs.renditions[i], crypto::as_bytes(rendition.name), 0));
    }
    must(write_all(outputs.covers[0], crypto::as_bytes("jpeg"), 0));
    if (lost_output) ::dup2(lost_output.get(), outputs.renditions[0]);
    if (before_return) before_return();
    return facts;
  }
  std::function<void()> before_return;  ///< called when all is written
  UniqueFd lost_output;                 ///< stands for the first output then
  void wait_until_held() {
    Lock lock(mutex);
    FILOSCOPE_CHECK(changed.wait_for_ms(mutex, 20'000, [&] { return holding; }));
  }
  void release() {
    Lock lock(mutex);
    released = true;
    changed.notify_all();
  }

  std::atomic<int> tries_count{0};
  Mutex mutex;
  Condition changed;
  bool holding = false, released = false;
  std::vector<std::optional<std::int64_t>> covers_ms;  ///< wanted of each try
};

class UploadTest : public ::testing::Test, public social::World {
 protected:
  UploadTest() {
    must(config.set("upload.unfinished_max", "3"));
    must(config.set("upload.chunk_bytes_max", "65536"));
    start();
  }
  ~UploadTest() override { uploads.reset(); }
  void start() {
    uploads = must(open_uploads(
        {*database, *blobs, *accounts, *catalog, *social, workers, clock, config, folder.string()},
        std::ref(processing)));
  }
  void restart() {
    uploads.reset();
    reopen_all();
    start();
  }
  UploadId begin(std::int64_t size_bytes, const std::string& caption = "") {
    NewUpload form;
    form.size_bytes = size_bytes;
    form.filename = "clip.mp4";
    form.caption = caption;
    return must(uploads->create(mara, form)).id;
  }
  Result<UploadState> send(UploadId id, std::int64_t offset, std::string_view bytes,
                           std::string_view checksum = "") {
    auto chunk =
        uploads->begin_chunk(mara, id, offset, static_cast<std::int64_t>(bytes.size()), checksum);
    if (!chunk) return chunk.error();
    FILOSCOPE_DO((*chunk)->write(crypto::as_bytes(bytes)));
    return (*chunk)->commit();
  }
  VideoId upload(const std::string& content, const std::string& caption = "") {
    return must(send(begin(static_cast<std::int64_t>(content.size()), caption), 0, content)).video;
  }
  /// Waits for `condition`, moving the clock so that postponed jobs come up.
  template <typename Condition>
  void eventually(Condition condition) {
    const SystemClock real;
    const auto end_us = real.mono_us() + 20'000'000;
    Mutex mutex_of_wait;
    while (!condition()) {
      ASSERT_LT(real.mono_us(), end_us);
      clock.advance_ms(5'000);
      Lock lock(mutex_of_wait);
      filoscope::Condition().wait_for_ms(mutex_of_wait, 2, [] { return false; });
    }
  }
  void settle() {
    eventually([&] { return uploads->idle(); });
  }
  catalog::Video video(VideoId id) { return must(catalog->get(id)); }
  std::size_t files_count() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "uploads"))
      count += entry.exists() ? 1 : 0;
    return count;
  }
  std::string file_of(UploadId id) {
    const auto bytes = must(read_file(folder / "uploads" / id.text(), 1 << 20));
    return std::string(crypto::as_text(bytes));
  }

  accounts::Viewer mara = member("mara"), jo = member("jo"), nobody;
  media::MediaWorkers workers;
  Processing processing;
  std::unique_ptr<Uploads> uploads;
};

TEST_F(UploadTest, InPartsToAPublishedVideo) {
  NewUpload form{10, "clip.mp4", "Clay #pots", "followers", "mark-1"};
  const auto id = must(uploads->create(mara, form)).id;
  EXPECT_EQ(must(send(id, 0, "good ")).offset, 5);
  ASSERT_THAT(must(uploads->unfinished(mara.account)), SizeIs(1));
  EXPECT_EQ(must(uploads->unfinished(mara.account))[0].fingerprint, "mark-1");
  restart();
  EXPECT_EQ(must(uploads->state(mara, id)).offset, 5);
  const auto done = must(send(id, 5, "video"));
  ASSERT_TRUE(done.video);
  settle();
  const auto made = video(done.video);
  EXPECT_EQ(made.state, State::published);
  EXPECT_EQ(made.visibility, catalog::Visibility::followers);
  EXPECT_EQ(made.renditions.size(), 2U);
  EXPECT_EQ(made.renditions[0].segments_head[1].last, 199);
  EXPECT_THAT(made.hashtags, ElementsAre("pots"));
  EXPECT_THAT(must(catalog->verify()), IsEmpty());
  EXPECT_THAT(blob_keys(), SizeIs(6));
  EXPECT_EQ(files_count(), 0U);
  EXPECT_THAT(notices(mara), ElementsAre("published"));
  EXPECT_THAT(must(uploads->unfinished(mara.account)), IsEmpty());
  EXPECT_EQ(must(uploads->state(mara, id)).video, done.video);
  EXPECT_EQ(must(send(id, 10, "")).video, done.video);
}

TEST_F(UploadTest, WhatDoesNotFitIsRefusedWithTheLimit) {
  must(config.set("upload.size_bytes_max", "1048576"));
  restart();
  NewUpload form;
  form.size_bytes = (1 << 20) + 1;
  const auto large = uploads->create(mara, form);
  EXPECT_EQ(code_of(large), Code::invalid_argument);
  EXPECT_THAT(large.error().message,
              HasSubstr("has 1048577 bytes; the largest allowed is 1048576 bytes"));
  form.size_bytes = 0;
  EXPECT_EQ(code_of(uploads->create(mara, form)), Code::invalid_argument);
  form.size_bytes = 10;
  EXPECT_EQ(code_of(uploads->create(nobody, form)), Code::unauthenticated);
  form.visibility = "friends";
  EXPECT_EQ(code_of(uploads->create(mara, form)), Code::invalid_argument);
  form.visibility.clear();
  for (const std::int64_t cover_ms : {-1, 36'000'001}) {
    form.cover_ms = cover_ms;
    const auto wrong = uploads->create(mara, form);
    EXPECT_EQ(code_of(wrong), Code::invalid_argument);
    EXPECT_THAT(wrong.error().message, HasSubstr("cover_ms: must be 0 to 36000000"));
  }
  form.cover_ms.reset();
  form.caption = "\xFF";
  EXPECT_EQ(code_of(uploads->create(mara, form)), Code::invalid_argument);
  form.caption = std::string(3000, 'x');
  EXPECT_THAT(uploads->create(mara, form).error().message, HasSubstr("2200"));
  EXPECT_EQ(files_count(), 0U);
}

TEST_F(UploadTest, PartsMustFitTheirPlace) {
  const auto id = begin(100'000);
  must(send(id, 0, "0123456789"));
  EXPECT_EQ(code_of(send(id, 0, "again")), Code::conflict);
  EXPECT_THAT(send(id, 11, "gap").error().message, HasSubstr("stands at byte 10"));
  EXPECT_EQ(code_of(send(id, 10, std::string(65'537, 'x'))), Code::invalid_argument);
  must(send(id, 10, std::string(65'536, 'x')));
  EXPECT_THAT(send(id, 65'546, std::string(40'000, 'x')).error().message,
              HasSubstr("past the end of the file, which has 100000 bytes"));
  EXPECT_EQ(code_of(uploads->begin_chunk(mara, id, 65'546, -1, "")), Code::invalid_argument);
  auto chunk = must(uploads->begin_chunk(mara, id, 65'546, 3, ""));
  EXPECT_EQ(code_of(chunk->write(crypto::as_bytes("four"))), Code::invalid_argument);
}

TEST_F(UploadTest, OnePartAtATime) {
  const auto id = begin(20);
  auto first = must(uploads->begin_chunk(mara, id, 0, 5, ""));
  EXPECT_EQ(code_of(uploads->begin_chunk(mara, id, 0, 5, "")), Code::conflict);
  EXPECT_EQ(code_of(uploads->terminate(mara, id)), Code::conflict);
  must(first->write(crypto::as_bytes("12345")));
  first.reset();  // the line broke before the end: nothing is acknowledged
  EXPECT_EQ(must(uploads->state(mara, id)).offset, 0);
  EXPECT_EQ(must(send(id, 0, "abc")).offset, 3);
  EXPECT_EQ(file_of(id), "abc");
}

TEST_F(UploadTest, AShorterPartThanAnnouncedKeepsWhatCame) {
  const auto id = begin(20);
  auto chunk = must(uploads->begin_chunk(mara, id, 0, 10, ""));
  must(chunk->write(crypto::as_bytes("half")));
  EXPECT_EQ(must(chunk->commit()).offset, 4);
}

TEST_F(UploadTest, AWrongChecksumKeepsNothing) {
  const auto id = begin(20);
  const std::string right = "sha256 " + crypto::base64(crypto::sha256(std::string_view("abc")));
  EXPECT_EQ(code_of(send(id, 0, "abd", right)), Code::invalid_argument);
  EXPECT_EQ(must(uploads->state(mara, id)).offset, 0);
  EXPECT_EQ(file_of(id), "");
  EXPECT_EQ(must(send(id, 0, "abc", right)).offset, 3);
  Sha1 sha1;
  sha1.update(crypto::as_bytes("def"));
  EXPECT_EQ(must(send(id, 3, "def", "sha1 " + crypto::base64(sha1.finish()))).offset, 6);
  for (const char* bad : {"md5 AAAA", "sha1", "sha1 AAAA", "sha256 !!!", " "})
    EXPECT_EQ(code_of(send(id, 6, "x", bad)), Code::invalid_argument) << bad;
}

TEST_F(UploadTest, AnothersUploadDoesNotExist) {
  const auto id = begin(20);
  EXPECT_EQ(code_of(uploads->state(jo, id)), Code::not_found);
  EXPECT_EQ(code_of(uploads->begin_chunk(jo, id, 0, 1, "")), Code::not_found);
  EXPECT_EQ(code_of(uploads->terminate(jo, id)), Code::not_found);
  EXPECT_EQ(code_of(uploads->state(nobody, id)), Code::unauthenticated);
  EXPECT_THAT(must(uploads->unfinished(jo.account)), IsEmpty());
}

TEST_F(UploadTest, AnExpiredUploadIsGone) {
  const auto id = begin(20);
  clock.advance_ms(23LL * 3'600'000);
  must(send(id, 0, "more"));  // each part keeps it for another day
  clock.advance_ms(23LL * 3'600'000);
  EXPECT_EQ(must(uploads->state(mara, id)).offset, 4);
  clock.advance_ms(3'600'000);
  EXPECT_EQ(code_of(uploads->state(mara, id)), Code::not_found);
  EXPECT_EQ(code_of(send(id, 4, "x")), Code::not_found);
  EXPECT_EQ(files_count(), 1U);
  restart();
  EXPECT_EQ(files_count(), 0U);
}

TEST_F(UploadTest, TerminatedIsGoneWithItsBytes) {
  const auto id = begin(20);
  must(send(id, 0, "abc"));
  must(uploads->terminate(mara, id));
  EXPECT_EQ(code_of(uploads->state(mara, id)), Code::not_found);
  EXPECT_EQ(files_count(), 0U);
}

TEST_F(UploadTest, ARemovedVideoTakesItsUploadAlong) {
  const auto id = begin(5);
  const auto made = must(send(id, 0, "whole")).video;
  settle();
  EXPECT_EQ(must(uploads->state(mara, id)).video, made);
  must(catalog->remove(mara.account, made));
  EXPECT_EQ(code_of(uploads->state(mara, id)), Code::not_found);
}

TEST_F(UploadTest, NamesInAnyBytesAreTakenAndCaptionsCleaned) {
  NewUpload form;
  form.size_bytes = 5;
  form.filename =
      "Stra\xDF"
      "e\n\x01.mp4" +
      std::string(2000, 'x');
  form.caption = "a\u202Eb\n\n\n\n#x";
  const auto made = must(uploads->create(mara, form));
  EXPECT_TRUE(made.filename.starts_with("Straße .mp4xxx"));
  EXPECT_LE(made.filename.size(), 256U);
  const auto done = must(send(made.id, 0, "whole"));
  EXPECT_EQ(video(done.video).caption, "ab\n\n#x");
  form.caption = "caf\xE9";
  EXPECT_EQ(code_of(uploads->create(mara, form)), Code::invalid_argument);
}

TEST_F(UploadTest, QuotasSayTheirLimit) {
  must(config.set("upload.per_day_max", "4"));
  restart();
  for (int i = 0; i < 3; ++i) begin(10);
  NewUpload form;
  form.size_bytes = 10;
  const auto fourth = uploads->create(mara, form);
  EXPECT_EQ(code_of(fourth), Code::exhausted);
  EXPECT_THAT(fourth.error().message, HasSubstr("3 unfinished uploads"));
  must(uploads->terminate(mara, must(uploads->unfinished(mara.account))[0].id));
  begin(10);
  must(uploads->terminate(mara, must(uploads->unfinished(mara.account))[0].id));
  EXPECT_THAT(uploads->create(mara, form).error().message,
              HasSubstr("the most allowed is 4, try again tomorrow"));
  EXPECT_TRUE(uploads->create(jo, form).has_value());
  clock.advance_ms(24LL * 3'600'000);
  EXPECT_TRUE(uploads->create(mara, form).has_value());
}

TEST_F(UploadTest, WhoHasHerShareOfTheQueueWaitsAndOthersDoNot) {
  must(config.set("upload.queue_max", "8"));
  restart();
  upload("hold 1");
  processing.wait_until_held();
  upload("video 2"), upload("video 3");
  NewUpload form;
  form.size_bytes = 10;
  const auto refused = uploads->create(mara, form);
  EXPECT_EQ(code_of(refused), Code::exhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("2 videos wait"));
  EXPECT_EQ(code_of(uploads->make_room(mara, 10, 0)), Code::exhausted);
  EXPECT_TRUE(uploads->make_room(jo, 10, 0).has_value());
  EXPECT_TRUE(uploads->create(jo, form).has_value());
  EXPECT_EQ(uploads->waiting_count(), 2U);
  processing.release();
  settle();
  EXPECT_TRUE(uploads->create(mara, form).has_value());
}

TEST_F(UploadTest, UploadsOnTheirWayCountInTheShare) {
  must(config.set("upload.queue_max", "8"));
  restart();
  begin(10), begin(10);
  NewUpload form;
  form.size_bytes = 10;
  EXPECT_EQ(code_of(uploads->create(mara, form)), Code::exhausted);
  EXPECT_TRUE(uploads->create(jo, form).has_value());
}

TEST_F(UploadTest, WhatWaitsIsMeasuredAndTheLighterGoesFirst) {
  uploads.reset();
  reopen_all();
  std::atomic<int> measured_count = 0;
  uploads = must(open_uploads(
      {*database, *blobs, *accounts, *catalog, *social, workers, clock, config, folder.string()},
      std::ref(processing), [&](int input_fd) -> Result<std::int64_t> {
        std::array<char, 8> head{};
        FILOSCOPE_CHECK(::pread(input_fd, head.data(), head.size() - 1, 0) >= 0);
        const std::string_view word(head.data());
        if (!word.starts_with("hold")) ++measured_count;
        return word.starts_with("heavy") ? 600'000 : 1'000;
      }));
  upload("hold 1");
  processing.wait_until_held();
  const auto heavy = upload("heavy");
  const auto light = upload("light but with more bytes");
  eventually([&] { return measured_count >= 2; });
  upload("third");  // looked at when the costs of the first two are known
  eventually([&] { return measured_count >= 3; });
  std::optional<State> of_heavy, of_light;
  processing.before_return = [&] {
    if (processing.tries_count != 3) return;
    of_heavy = video(heavy).state, of_light = video(light).state;
  };
  processing.release();
  settle();
  EXPECT_EQ(of_heavy, State::received);
  EXPECT_NE(of_light, State::received);
}

/// A disk of a size of the test's own.
class SmallDiskTest : public UploadTest {
 protected:
  static constexpr std::int64_t kMiB = 1 << 20;
  SmallDiskTest() {
    must(config.set("upload.unfinished_max", "50"));
    start_small();
  }
  void start_small() {
    uploads.reset();
    reopen_all();
    uploads = must(open_uploads(
        {*database, *blobs, *accounts, *catalog, *social, workers, clock, config, folder.string()},
        std::ref(processing), {}, [this] { return free_bytes.load(); }));
  }
  Result<UploadState> create(const accounts::Viewer& who, std::int64_t mebibytes) {
    NewUpload form;
    form.size_bytes = mebibytes * kMiB;
    return uploads->create(who, form);
  }
  std::atomic<std::int64_t> free_bytes{198 * kMiB};
};

TEST_F(SmallDiskTest, FiveUploadsAreNotPromisedTheSameSpace) {
  int accepted = 0;
  for (const auto& who : {mara, jo, member("a1"), member("a2"), member("a3")})
    accepted += create(who, 100).has_value() ? 1 : 0;
  EXPECT_EQ(accepted, 1);
  start_small();  // what was promised is remembered
  const auto refused = create(jo, 100);
  EXPECT_EQ(code_of(refused), Code::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("disk is too full"));
}

TEST_F(SmallDiskTest, ACancelledOrExpiredUploadGivesItsPromiseBack) {
  const auto first = must(create(mara, 100)).id;
  ASSERT_FALSE(create(jo, 100).has_value());
  must(uploads->terminate(mara, first));
  must(create(jo, 100));
  ASSERT_FALSE(create(mara, 100).has_value());
  clock.advance_ms(25LL * 3'600'000);
  start_small();
  EXPECT_TRUE(create(mara, 100).has_value());
}

TEST_F(SmallDiskTest, WhatIsReceivedBeforeItsUploadIsPromisedTwice) {
  {
    const auto room = must(uploads->make_room(mara, 50 * kMiB, 0));
    EXPECT_FALSE(create(jo, 50).has_value());
    must(room->before_write(10 * kMiB));
  }
  EXPECT_TRUE(create(jo, 50).has_value());
  const auto open_end = must(uploads->make_room(mara, 0, 0));
  Result<void> more;
  std::int64_t received = 0;
  for (; more && received < 200; ++received) more = open_end->before_write(kMiB);
  EXPECT_EQ(code_of(more), Code::unavailable);
  EXPECT_LT(received, 60);
}

TEST_F(SmallDiskTest, EveryPartIsCheckedAgainstTheReserve) {
  const auto id = begin(100'000);
  must(send(id, 0, "more"));
  auto chunk = must(uploads->begin_chunk(mara, id, 4, 10, ""));
  free_bytes = kSpaceBytesMin - 1;  // others filled it
  EXPECT_EQ(code_of(chunk->write(crypto::as_bytes("again"))), Code::unavailable);
  chunk.reset();
  EXPECT_EQ(code_of(send(id, 4, "again")), Code::unavailable);
  free_bytes = 198 * kMiB;
  EXPECT_EQ(must(send(id, 4, "again")).offset, 9);
}

TEST_F(SmallDiskTest, AJobWaitsForSpaceWithoutWritingAnything) {
  const auto id = begin(4);
  must(send(id, 0, "hol"));
  const auto made = must(send(id, 3, "d")).video;
  processing.wait_until_held();
  const auto waiting = upload("good video");
  free_bytes = kSpaceBytesMin - 1;
  processing.release();
  eventually([&] { return video(made).state == State::published; });
  const auto row = [&] {
    std::string text;
    must(database->read([&](Session& session) {
      return session.query(
          "SELECT attempts_count || '/' || not_before_ms || '/' || running FROM "
          "upload_jobs WHERE video = ?",
          {waiting.db()}, [&](const Row& found) { text = found.text(0); });
    }));
    return text;
  };
  int looks = 0;
  eventually([&] { return ++looks > 50; });
  EXPECT_EQ(row(), "0/0/0");
  free_bytes = 198 * kMiB;
  settle();
  EXPECT_EQ(video(waiting).state, State::published);
}

/// A database whose disk is full.
class FullDatabase final : public Database {
 public:
  explicit FullDatabase(Database& database) : database_(database) {}
  Result<void> read(const Work& work) override { return database_.read(work); }
  Result<void> write(const Work& work) override {
    if (full) return Error(Code::unavailable, "the server's disk is full");
    return database_.write(work);
  }
  Result<void> migrate(std::string_view module, std::span<const Migration> steps) override {
    return database_.migrate(module, steps);
  }
  std::atomic<bool> full{false};

 private:
  Database& database_;
};

TEST_F(SmallDiskTest, WhatExpiredLeavesADiskThatCannotBeWritten) {
  FullDatabase database_of_full_disk(*database);
  const auto open = [&] {
    uploads.reset();
    uploads = must(open_uploads({database_of_full_disk, *blobs, *accounts, *catalog, *social,
                                 workers, clock, config, folder.string()},
                                std::ref(processing), {}, [this] { return free_bytes.load(); }));
  };
  open();
  must(send(begin(1'000), 0, "bytes"));
  const auto kept = begin(1'000);
  must(send(kept, 0, "bytes"));
  clock.advance_ms(23LL * 3'600'000);
  must(send(kept, 5, "more"));
  clock.advance_ms(2LL * 3'600'000);
  database_of_full_disk.full = true;
  open();  // which starts all the same
  EXPECT_EQ(files_count(), 1U);
  EXPECT_EQ(rows("upload_files"), 2);
  EXPECT_EQ(code_of(uploads->terminate(mara, kept)), Code::unavailable);
  EXPECT_EQ(files_count(), 0U);
  database_of_full_disk.full = false;
  must(uploads->terminate(mara, kept));
  open();
  EXPECT_EQ(rows("upload_files"), 0);
}

TEST_F(UploadTest, ThoseNamedInTheCaptionAreTold) {
  upload("good video", "with @jo and @mara");
  settle();
  EXPECT_THAT(notices(jo), ElementsAre("mention"));
  EXPECT_THAT(notices(mara), ElementsAre("published"));
}

TEST_F(UploadTest, ABadFileFailsOnceWithItsSentence) {
  const auto id = upload("bad file");
  settle();
  EXPECT_EQ(video(id).state, State::failed);
  EXPECT_EQ(video(id).error, "this is not a video");
  EXPECT_EQ(processing.tries_count, 1);
  EXPECT_EQ(files_count(), 0U);
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_THAT(notices(mara), ElementsAre("failed"));
}

TEST_F(UploadTest, ACrashOfTheWorkerIsRetriedAndThenToldInPlainWords) {
  const auto crash = upload("crash");
  settle();
  EXPECT_EQ(processing.tries_count, 2) << "the same end twice is the file's own";
  EXPECT_THAT(video(crash).error,
              HasSubstr("could not be processed: reading it broke off 2 times"));
  const auto slow = upload("slow");
  settle();
  EXPECT_THAT(video(slow).error, HasSubstr("took too long"));
  const auto large = upload("eats memory");
  settle();
  EXPECT_THAT(video(large).error, HasSubstr("needs more memory than is allowed"));
  EXPECT_EQ(processing.tries_count, 6);
  const auto other = upload("dies anew");
  settle();
  EXPECT_EQ(processing.tries_count, 9) << "another end each time may be the machine's";
  EXPECT_THAT(video(other).error, HasSubstr("broke off 3 times"));
  EXPECT_EQ(files_count(), 0U);
}

TEST_F(UploadTest, AWorkerThatCannotBeLockedInCostsTheFileNoTry) {
  const auto id = upload("unlocked");
  settle();
  EXPECT_EQ(processing.tries_count, 6);
  EXPECT_EQ(video(id).state, State::published);
  EXPECT_THAT(notices(mara), ElementsAre("published"));
}

TEST_F(UploadTest, WhatCannotBeStoredIsNotSaidToBeUnreadable) {
  std::ofstream(folder / "blind") << "x";
  processing.lost_output = UniqueFd(::open((folder / "blind").c_str(), O_WRONLY | O_CLOEXEC));
  const auto id = upload("good video");
  settle();
  EXPECT_EQ(video(id).state, State::failed);
  EXPECT_THAT(video(id).error, HasSubstr("could not be stored, 3 times over"));
}

TEST_F(UploadTest, StoppedWhileProcessingGoesOnAtTheNextStart) {
  const auto id = upload("hold on");
  processing.wait_until_held();
  EXPECT_EQ(video(id).state, State::processing);
  EXPECT_EQ(video(id).progress_percent, 42);
  uploads->stop();
  processing.release();
  restart();
  settle();
  EXPECT_EQ(video(id).state, State::published);
  EXPECT_EQ(processing.tries_count, 2);
}

TEST_F(UploadTest, TheWantedCoverIsTheSameAfterAnyRestart) {
  NewUpload form;
  form.size_bytes = 7;
  form.cover_ms = 2'500;
  const auto id = must(uploads->create(mara, form)).id;
  must(send(id, 0, "hold"));
  restart();
  must(send(id, 4, " on"));
  processing.wait_until_held();
  uploads->stop();
  processing.release();
  restart();
  settle();
  upload("good video");
  settle();
  EXPECT_THAT(processing.covers_ms, ElementsAre(2'500, 2'500, std::nullopt));
}

TEST_F(UploadTest, AServerThatDiesEachTimeGivesUpInTheEnd) {
  const auto id = upload("hold on");
  processing.wait_until_held();
  uploads->stop();
  // As if killed in the third try.
  must(database->write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE upload_jobs SET running = 1, attempts_count = 3"));
    return {};
  }));
  restart();
  settle();
  EXPECT_EQ(processing.tries_count, 1);
  EXPECT_THAT(video(id).error, HasSubstr("cut off 3 times"));
}

TEST_F(UploadTest, RemovedWhileProcessingOrWaitingIsCancelled) {
  const auto running = upload("hold on");
  processing.wait_until_held();
  const auto waiting = upload("hold too");
  must(catalog->remove(mara.account, running));
  must(catalog->remove(mara.account, waiting));
  settle();
  eventually([&] { return files_count() == 0; });
  EXPECT_EQ(code_of(catalog->get(running)), Code::not_found);
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_THAT(notices(mara), IsEmpty());
}

TEST_F(UploadTest, RemovedJustBeforeItsFilesAreStoredLeavesNone) {
  const auto id = upload("hold on");
  processing.before_return = [&] { must(catalog->remove(mara.account, id)); };
  processing.wait_until_held();
  processing.release();
  settle();
  EXPECT_EQ(code_of(catalog->get(id)), Code::not_found);
  EXPECT_THAT(blob_keys(), IsEmpty());
  EXPECT_EQ(files_count(), 0U);
  EXPECT_EQ(rows("catalog_dead_media"), 0);
}

TEST_F(UploadTest, BytesBeyondTheAcknowledgedOnesAreCutOff) {
  const auto id = begin(20);
  must(send(id, 0, "abc"));
  {
    std::ofstream file(folder / "uploads" / id.text(), std::ios::app);
    file << "written, not acknowledged";
  }
  std::ofstream(folder / "uploads" / "stray") << "of a crash";
  restart();
  EXPECT_EQ(files_count(), 1U);
  EXPECT_EQ(must(uploads->state(mara, id)).offset, 3);
  must(send(id, 3, "def"));
  EXPECT_EQ(file_of(id), "abcdef");
}

TEST_F(UploadTest, ImportAddsNothingTwice) {
  const auto path = (folder / "clip.mp4").string();
  std::ofstream(path) << "a video";
  const auto first = must(uploads->import_file(mara.account, path, "Clay", true));
  EXPECT_EQ(must(uploads->import_file(mara.account, path, "Clay", true)), first);
  settle();
  EXPECT_EQ(video(first).state, State::published);
  EXPECT_TRUE(video(first).sample);
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_NE(must(uploads->import_file(jo.account, path, "Clay", false)), first);
  must(catalog->remove(mara.account, first));
  EXPECT_NE(must(uploads->import_file(mara.account, path, "Clay", true)), first);
  EXPECT_EQ(code_of(uploads->import_file(mara.account, folder.string(), "", false)),
            Code::invalid_argument);
  EXPECT_EQ(code_of(uploads->import_file(mara.account, path + "x", "", false)), Code::not_found);
  settle();
}

TEST_F(UploadTest, TheOriginalIsKeptWhereWanted) {
  must(config.set("upload.keep_original", "true"));
  restart();
  const auto id = upload("original bytes");
  settle();
  const auto made = video(id);
  EXPECT_THAT(blob_keys(), Contains(catalog->blob_key(made, "original")));
  EXPECT_THAT(must(catalog->verify()), IsEmpty());
  EXPECT_FALSE(
      catalog->resolve_media(catalog->media_url(made, "original", made.author)).has_value());
}

TEST_F(UploadTest, ADeletedAccountTakesItsUploadsAlong) {
  const auto unfinished = begin(100);
  upload("hold on");
  processing.wait_until_held();
  must(accounts->remove(mara.account, "a long password 1"));
  settle();
  restart();
  EXPECT_EQ(code_of(uploads->state(mara, unfinished)), Code::not_found);
  EXPECT_EQ(files_count(), 0U);
  EXPECT_EQ(rows("upload_jobs"), 0);
  EXPECT_EQ(rows("upload_files"), 0);
}

}  // namespace
}  // namespace filoscope::upload
