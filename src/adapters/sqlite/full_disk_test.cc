/// A database on a disk that is full or can only be read: a real small file system, which only root
/// can make.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "adapters/sqlite/sqlite_connection.h"
#include "adapters/sqlite/sqlite_database.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/trouble.h"
#include "ports/makes_space.h"

namespace filoscope {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FullDiskTest : public ::testing::Test {
 protected:
  FullDiskTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("filoscope-" + crypto::hex(crypto::random_bytes(8)))) {
    std::filesystem::create_directories(folder_);
    options_.path = folder_ / "records.db";
  }
  void SetUp() override {
    mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=32m") == 0;
    if (!mounted_) GTEST_SKIP() << "only root can mount a small file system";
    open();
    ASSERT_TRUE(write("CREATE TABLE t (text TEXT)").has_value());
    ASSERT_TRUE(write("INSERT INTO t VALUES (hex(randomblob(100000)))").has_value());
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(reserve()); }));
  }
  ~FullDiskTest() override {
    database_.reset();
    trouble::end("disk");
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    std::filesystem::remove_all(folder_);
  }
  void open() {
    database_.reset();
    auto opened = open_sqlite(options_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    database_ = *std::move(opened);
  }
  Result<void> write(const std::string& sql) {
    return database_->write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(session.execute(sql));
      return {};
    });
  }
  std::int64_t rows() {
    std::int64_t count = -1;
    EXPECT_TRUE(database_
                    ->read([&](Session& session) {
                      return session.query("SELECT count(*) FROM t", {},
                                           [&](const Row& row) { count = row.integer(0); });
                    })
                    .has_value());
    return count;
  }
  void fill() {
    const UniqueFd file(::open((folder_ / "filler").c_str(), O_WRONLY | O_CREAT, 0600));
    for (const std::size_t size : {std::size_t{1} << 20, std::size_t{1} << 12}) {
      const std::string block(size, 'x');
      while (::write(file.get(), block.data(), block.size()) > 0) {
      }
    }
  }
  /// Larger than what the write-ahead log has left of its own blocks.
  Result<void> write_much() {
    return write("INSERT INTO t SELECT hex(randomblob(3000000)) FROM t");
  }
  static bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 2'000 && !holds(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return holds();
  }
  std::filesystem::path reserve() const { return options_.path.string() + "-reserve"; }

  const std::filesystem::path folder_;
  SqliteOptions options_;
  std::unique_ptr<Database> database_;
  bool mounted_ = false;
};

TEST_F(FullDiskTest, WhatMakesSpaceIsStoredAndNothingElse) {
  fill();
  const auto refused = write_much();
  EXPECT_EQ(refused.error().reason, "disk_full");
  EXPECT_EQ(refused.error().message, sqlite::kDiskFull.english);
  EXPECT_TRUE(eventually([] { return !trouble::sentences().empty(); }));
  EXPECT_THAT(trouble::sentences(), ElementsAre(sqlite::kDiskFull.english));
  EXPECT_EQ(std::filesystem::file_size(reserve()), 2U << 20);
  {
    const MakesSpace deleting;
    ASSERT_TRUE(write("UPDATE t SET text = hex(randomblob(600000))").has_value());
    ASSERT_TRUE(write("DELETE FROM t").has_value());
  }
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(std::filesystem::file_size(reserve()), 0U);
  // What is left of the reserve is not for everybody.
  EXPECT_EQ(write("INSERT INTO t VALUES ('small')").error().reason, "disk_full");
  std::filesystem::remove(folder_ / "filler");
  EXPECT_TRUE(eventually([] { return trouble::sentences().empty(); }));
  EXPECT_TRUE(write_much().has_value());
  EXPECT_TRUE(eventually([&] { return std::filesystem::file_size(reserve()) > 0; }));
}

TEST_F(FullDiskTest, ItIsOpenedAndReadAndSaysSo) {
  database_.reset();
  fill();
  open();
  EXPECT_EQ(rows(), 1);
  EXPECT_TRUE(eventually([] { return !trouble::sentences().empty(); }));
  std::filesystem::remove(folder_ / "filler");
  EXPECT_TRUE(eventually([] { return trouble::sentences().empty(); }));
  EXPECT_TRUE(write("INSERT INTO t VALUES ('now')").has_value());
}

TEST_F(FullDiskTest, ADiskThatCanOnlyBeReadIsReadUntilItIsMended) {
  database_.reset();
  ASSERT_EQ(::mount("", folder_.c_str(), "", MS_REMOUNT | MS_RDONLY, ""), 0);
  open();
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(write("INSERT INTO t VALUES ('not now')").error().reason, "disk_read_only");
  EXPECT_TRUE(eventually([] { return !trouble::sentences().empty(); }));
  EXPECT_THAT(trouble::sentences(), ElementsAre(sqlite::kDiskReadOnly.english));
  ASSERT_EQ(::mount("", folder_.c_str(), "", MS_REMOUNT, ""), 0);
  EXPECT_TRUE(eventually([] { return trouble::sentences().empty(); }));
  EXPECT_TRUE(write("INSERT INTO t VALUES ('now')").has_value());
  EXPECT_EQ(rows(), 2);
}

}  // namespace
}  // namespace filoscope
