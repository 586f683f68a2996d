#include "upload/upload.h"

#include <fstream>
#include <utility>

#include "base/sha1.h"
#include "upload/test_world.h"

namespace filoscope::upload {
namespace {

class UploadTest : public ::testing::Test, public World<> {
 protected:
  UploadTest() : World({{"upload.unfinished_max", "3"}, {"upload.chunk_bytes_max", "65536"}}) {}
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
  EXPECT_EQ(large.error().reason, "file_too_large");
  EXPECT_THAT(large.error().message,
              HasSubstr("has 1048577 bytes; the largest allowed is 1048576 bytes"));
  form.size_bytes = 0;
  EXPECT_EQ(uploads->create(mara, form).error().reason, "file_empty");
  form.size_bytes = 10;
  EXPECT_EQ(uploads->create(nobody, form).error().reason, "sign_in_first");
  for (const auto& [fingerprint, reason] :
       {std::pair{std::string(513, 'x'), "upload_fingerprint_too_long"},
        {"\xFF", "text_not_utf8"}}) {
    form.fingerprint = fingerprint;
    const auto wrong = uploads->create(mara, form);
    EXPECT_EQ(wrong.error().reason, reason);
    EXPECT_EQ(wrong.error().field, "fingerprint");
  }
  form.fingerprint.clear();
  form.visibility = "friends";
  EXPECT_EQ(code_of(uploads->create(mara, form)), Code::invalid_argument);
  form.visibility.clear();
  for (const std::int64_t cover_ms : {-1, 36'000'001}) {
    form.cover_ms = cover_ms;
    const auto wrong = uploads->create(mara, form);
    EXPECT_EQ(wrong.error().reason, "cover_ms_out_of_range");
    EXPECT_EQ(wrong.error().field, "cover_ms");
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
  const auto gap = send(id, 11, "gap");
  EXPECT_EQ(gap.error().reason, "upload_part_misplaced");
  EXPECT_EQ(gap.error().message, "the upload stands at byte 10, not at 11");
  EXPECT_EQ(send(id, 10, std::string(65'537, 'x')).error().reason, "upload_part_too_large");
  must(send(id, 10, std::string(65'536, 'x')));
  EXPECT_THAT(send(id, 65'546, std::string(40'000, 'x')).error().message,
              HasSubstr("past the end of the file, which has 100000 bytes"));
  EXPECT_EQ(code_of(uploads->begin_chunk(mara, id, 65'546, -1, "")), Code::invalid_argument);
  auto chunk = must(uploads->begin_chunk(mara, id, 65'546, 3, ""));
  EXPECT_EQ(chunk->write(crypto::as_bytes("four")).error().reason,
            "upload_part_longer_than_announced");
}

TEST_F(UploadTest, OnePartAtATime) {
  const auto id = begin(20);
  auto first = must(uploads->begin_chunk(mara, id, 0, 5, ""));
  EXPECT_EQ(uploads->begin_chunk(mara, id, 0, 5, "").error().reason, "upload_part_beside_another");
  EXPECT_EQ(uploads->terminate(mara, id).error().reason, "upload_being_written");
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
  const auto wrong = send(id, 0, "abd", right);
  EXPECT_EQ(wrong.error().reason, "upload_checksum_wrong");
  EXPECT_EQ(wrong.error().field, "Upload-Checksum");
  EXPECT_EQ(wrong.error().status, 460);
  EXPECT_EQ(must(uploads->state(mara, id)).offset, 0);
  EXPECT_EQ(file_of(id), "");
  EXPECT_EQ(must(send(id, 0, "abc", right)).offset, 3);
  Sha1 sha1;
  sha1.update(crypto::as_bytes("def"));
  EXPECT_EQ(must(send(id, 3, "def", "sha1 " + crypto::base64(sha1.finish()))).offset, 6);
  for (const char* bad : {"sha1", "sha1 AAAA", "sha256 !!!"})
    EXPECT_EQ(send(id, 6, "x", bad).error().reason, "upload_checksum_malformed") << bad;
  for (const char* bad : {"md5 AAAA", " "})
    EXPECT_EQ(send(id, 6, "x", bad).error().reason, "upload_checksum_unknown") << bad;
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
  EXPECT_EQ(fourth.error().reason, "too_many_unfinished_uploads");
  EXPECT_THAT(fourth.error().message, HasSubstr("3 unfinished uploads"));
  must(uploads->terminate(mara, must(uploads->unfinished(mara.account))[0].id));
  begin(10);
  must(uploads->terminate(mara, must(uploads->unfinished(mara.account))[0].id));
  const auto fifth = uploads->create(mara, form);
  EXPECT_EQ(fifth.error().reason, "too_many_uploads");
  EXPECT_EQ(fifth.error().retry_after_s, 24 * 3600);
  EXPECT_THAT(fifth.error().message, HasSubstr("the most allowed is 4, try again tomorrow"));
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
  EXPECT_EQ(refused.error().reason, "upload_queue_share_taken");
  EXPECT_EQ(refused.error().retry_after_s, 10);
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

TEST_F(UploadTest, UploadsOnTheirWayCountInTheShareOfANetwork) {
  must(config.set("upload.queue_max", "8"));
  NewUpload form;
  form.size_bytes = 10;
  form.network = 7;
  std::vector<std::pair<accounts::Viewer, UploadId>> begun;
  for (int i = 0; i < 20; ++i) {
    const auto who = member("crowd" + std::to_string(i));
    if (const auto made = uploads->create(who, form)) begun.emplace_back(who, made->id);
  }
  EXPECT_EQ(begun.size(), 6U);
  form.network = 8;
  EXPECT_TRUE(uploads->create(jo, form).has_value());
}

TEST_F(UploadTest, AnUploadThatRestedAsksForItsShareAnew) {
  must(config.set("upload.queue_max", "4"));
  const auto rested = begin(10);
  must(send(rested, 0, "12345"));
  upload_by(jo, "hold 1");
  processing.wait_until_held();
  clock.advance_ms(20LL * 60'000);
  for (int i = 0; i < 8; ++i) upload_by(member("other" + std::to_string(i)));
  EXPECT_EQ(code_of(send(rested, 5, "67890")), Code::exhausted);
  EXPECT_EQ(must(uploads->state(mara, rested)).offset, 5);
  processing.release();
  settle();
  EXPECT_TRUE(must(send(rested, 5, "67890")).video);
  settle();
}

TEST_F(UploadTest, NoPartBeginsWhileAnUploadIsBeingCancelled) {
  HookedDatabase hooked(*database);
  uploads.reset();
  through = &hooked;
  start();
  const auto id = begin(20);
  must(send(id, 0, "abc"));
  bool tried = false;
  std::optional<Code> code;
  hooked.before_write = [&] {
    if (!std::exchange(tried, true)) code = code_of(uploads->begin_chunk(mara, id, 3, 2, ""));
  };
  must(uploads->terminate(mara, id));
  EXPECT_EQ(code, Code::conflict);
  EXPECT_EQ(code_of(uploads->state(mara, id)), Code::not_found);
  hooked.before_write = {};
  uploads.reset();
}

TEST_F(UploadTest, ThoseNamedInTheCaptionAreTold) {
  upload("good video", "with @jo and @mara");
  settle();
  EXPECT_THAT(notices(jo), ElementsAre("mention"));
  EXPECT_THAT(notices(mara), ElementsAre("published"));
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
  EXPECT_EQ(uploads->import_file(mara.account, folder.string(), "", false).error().reason,
            "import_not_a_file");
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
      catalog->resolve_media(catalog->media_url(made, "original", made.owner)).has_value());
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
