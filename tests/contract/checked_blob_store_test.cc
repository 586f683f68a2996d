/// A blob store that knows what it stored, on real files and a real database.

#include "adapters/files/checked_blob_store.h"

#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "adapters/files/file_blob_store.h"
#include "adapters/sqlite/sqlite_database.h"
#include "base/test_result.h"
#include "contract/adapters.h"

namespace filoscope::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CheckedBlobStoreTest : public ::testing::Test {
 protected:
  CheckedBlobStoreTest() {
    SqliteOptions options;
    options.path = folder_.path() / "records.db";
    database_ = must(open_sqlite(options));
    open();
  }
  ~CheckedBlobStoreTest() override { blobs_.reset(); }
  void open() {
    blobs_.reset();
    blobs_ = must(
        open_checked_blob_store(must(open_file_blob_store(folder_.path() / "blobs")), *database_));
  }
  void put(BlobStore& blobs, const std::string& key, const std::string& content) {
    auto file = must(blobs.make_temporary());
    must(write_all(file.get(), crypto::as_bytes(content), 0));
    must(blobs.put(key, std::move(file)));
  }
  void overwrite(const std::string& key, const std::string& content) {
    std::ofstream(folder_.path() / "blobs" / "objects" / (key + "~"), std::ios::trunc) << content;
  }
  std::vector<std::string> findings() {
    return must(blobs_->verify([](double share) { EXPECT_LE(share, 1); }));
  }
  std::int64_t rows() {
    std::int64_t count = 0;
    must(database_->read([&](Session& session) {
      return session.query("SELECT count(*) FROM blobs_sums", {},
                           [&](const Row& row) { count = row.integer(0); });
    }));
    return count;
  }
  bool eventually_rows(std::int64_t count) {
    for (int i = 0; i < 2'000 && rows() != count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return rows() == count;
  }

  const Folder folder_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<CheckedBlobStore> blobs_;
};

TEST_F(CheckedBlobStoreTest, ACutBlobIsFoundAndNotGivenOut) {
  put(*blobs_, "a/whole", std::string(5'000'000, 'w'));
  put(*blobs_, "a/cut", std::string(5'000'000, 'c'));
  EXPECT_THAT(findings(), IsEmpty());
  overwrite("a/cut", std::string(4'999'999, 'c'));
  for (int twice = 0; twice < 2; ++twice) {
    const auto refused = blobs_->open("a/cut");
    EXPECT_EQ(code_of(refused), Code::corrupt);
    EXPECT_THAT(refused.error().message, HasSubstr("4999999 bytes instead of 5000000"));
    EXPECT_EQ(must(blobs_->open("a/whole"))->size_bytes(), 5'000'000);
    EXPECT_THAT(findings(), ElementsAre(HasSubstr("a/cut has 4999999 bytes instead of 5000000")));
    open();
  }
}

TEST_F(CheckedBlobStoreTest, AnAlteredBlobIsFound) {
  put(*blobs_, "altered", "what was stored");
  overwrite("altered", "what was storeD");
  EXPECT_THAT(findings(), ElementsAre(HasSubstr("altered was altered")));
}

TEST_F(CheckedBlobStoreTest, ARemovedBlobIsForgotten) {
  put(*blobs_, "a", "first");
  EXPECT_TRUE(eventually_rows(1));
  must(blobs_->remove("a"));
  EXPECT_TRUE(eventually_rows(0));
  put(*blobs_, "a", "of another length");
  EXPECT_EQ(must(blobs_->open("a"))->size_bytes(), 17);
  EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(CheckedBlobStoreTest, OlderBlobsAreNotedInTheBackground) {
  const auto plain = must(open_file_blob_store(folder_.path() / "blobs"));
  for (int i = 0; i < 50; ++i) put(*plain, "older/" + std::to_string(i), "of before");
  EXPECT_EQ(must(blobs_->open("older/7"))->size_bytes(), 9);
  blobs_->note_older_ones();
  EXPECT_TRUE(eventually_rows(50));
  overwrite("older/7", "cut");
  EXPECT_EQ(code_of(blobs_->open("older/7")), Code::corrupt);
}

}  // namespace
}  // namespace filoscope::contract
