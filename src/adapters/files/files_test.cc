/// What is particular to files; what every blob store promises is in tests/contract.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "adapters/files/blob_key.h"
#include "adapters/files/file_blob_store.h"
#include "base/crypto.h"

namespace filoscope {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  FilesTest()
      : root_(std::filesystem::temp_directory_path() /
              ("filoscope-" + crypto::hex(crypto::random_bytes(8)))) {}
  ~FilesTest() override { std::filesystem::remove_all(root_); }
  std::unique_ptr<BlobStore> open(bool unnamed_files = true) {
    auto store = open_file_blob_store({root_, unnamed_files});
    EXPECT_TRUE(store.has_value());
    return *std::move(store);
  }
  const std::filesystem::path root_;
};

TEST_F(FilesTest, ATemporaryIsMovedNotCopied) {
  const auto store = open();
  auto file = store->make_temporary();
  ASSERT_TRUE(file.has_value());
  struct stat before {};
  ASSERT_EQ(::fstat(file->get(), &before), 0);
  ASSERT_TRUE(store->put("a/b", *std::move(file)).has_value());
  struct stat after {};
  ASSERT_EQ(::fstat((*store->open("a/b"))->native_file()->get(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_TRUE(std::filesystem::exists(root_ / "objects" / "a" / "b~"));
}

TEST_F(FilesTest, ALeftoverGoesUnlessItsMakerLives) {
  open(false);
  const auto dead = root_ / "temporary" / "dead";
  const auto living = root_ / "temporary" / "living";
  std::ofstream{dead};
  std::ofstream{living};
  const UniqueFd held(::open(living.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  open(false);
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(living));
}

TEST_F(FilesTest, EmptiedFoldersGo) {
  const auto store = open();
  ASSERT_TRUE(store->put("a/b/c", *store->make_temporary()).has_value());
  ASSERT_TRUE(store->put("a/d", *store->make_temporary()).has_value());
  ASSERT_TRUE(store->remove("a/b/c").has_value());
  EXPECT_FALSE(std::filesystem::exists(root_ / "objects" / "a" / "b"));
  EXPECT_TRUE(std::filesystem::exists(root_ / "objects" / "a"));
}

TEST_F(FilesTest, AStoreThatCannotBeMadeIsSaid) {
  EXPECT_FALSE(open_file_blob_store(root_ / "missing" / "deeper").has_value());
}

TEST_F(FilesTest, AKeyAndItsPathBelongTogether) {
  for (const std::string key : {"a", "a/b.mp4", ".hidden/x", "a-b_c/0"}) {
    EXPECT_TRUE(files::check_key(key).has_value()) << key;
    EXPECT_EQ(files::key_of_path(files::path_of_key(key)), key);
  }
  for (const auto* path : {"a", "~", "A~", "a/~", "../a~", "a~~", ""}) {
    EXPECT_TRUE(files::key_of_path(path).empty()) << path;
  }
}

}  // namespace
}  // namespace filoscope
