#include "upload/test_world.h"

namespace filoscope::upload {
namespace {

/// A disk of a size of the test's own.
class SmallDiskTest : public ::testing::Test, public World<> {
 protected:
  static constexpr std::int64_t kMiB = 1 << 20;
  SmallDiskTest() : World({{"upload.unfinished_max", "50"}, {"upload.chunk_bytes_max", "65536"}}) {
    free_bytes = 198 * kMiB;
  }
  Result<UploadState> create(const accounts::Viewer& viewer, std::int64_t mebibytes) {
    NewUpload form;
    form.size_bytes = mebibytes * kMiB;
    return uploads->create(viewer, form);
  }
};

TEST_F(SmallDiskTest, FiveUploadsAreNotPromisedTheSameSpace) {
  int accepted = 0;
  for (const auto& viewer : {mara, jo, member("a1"), member("a2"), member("a3")})
    accepted += create(viewer, 100).has_value() ? 1 : 0;
  EXPECT_EQ(accepted, 1);
  restart();  // what was promised is remembered
  const auto refused = create(jo, 100);
  EXPECT_EQ(code_of(refused), Code::unavailable);
  EXPECT_EQ(refused.error().reason, "disk_too_full_for_file");
}

TEST_F(SmallDiskTest, ACancelledOrExpiredUploadGivesItsPromiseBack) {
  const auto first = must(create(mara, 100)).id;
  ASSERT_FALSE(create(jo, 100).has_value());
  must(uploads->terminate(mara, first));
  must(create(jo, 100));
  ASSERT_FALSE(create(mara, 100).has_value());
  clock.advance_ms(25LL * 3'600'000);
  restart();
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

TEST_F(SmallDiskTest, WhatExpiredLeavesADiskThatCannotBeWritten) {
  HookedDatabase database_of_full_disk(*database);
  through = &database_of_full_disk;
  const auto open = [&] {
    uploads.reset();
    start();
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
  uploads.reset();
}

}  // namespace
}  // namespace filoscope::upload
