/// What every BlobStore promises.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/clock.h"
#include "contract/adapters.h"
#include "ports/blob_read.h"

namespace filoscope::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class BlobStoreContract : public ::testing::TestWithParam<BlobsAdapter> {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    auto opened = GetParam().open(folder_.path());
    ASSERT_TRUE(ok(opened));
    store_ = *std::move(opened);
  }
  UniqueFd temporary(std::string_view content) {
    auto file = store_->make_temporary();
    EXPECT_TRUE(ok(file));
    EXPECT_TRUE(ok(write_all(file->get(), crypto::as_bytes(content), 0)));
    return *std::move(file);
  }
  Result<void> put(std::string_view key, std::string_view content) {
    return store_->put(key, temporary(content));
  }
  std::string content(std::string_view key) {
    const auto blob = store_->open(key);
    if (!blob) return "error: " + std::string(to_string(blob.error().code));
    const auto bytes = read_whole(**blob);
    EXPECT_TRUE(ok(bytes));
    return bytes ? std::string(bytes->begin(), bytes->end()) : "";
  }
  std::vector<std::string> keys(std::string_view prefix) {
    std::vector<std::string> found;
    EXPECT_TRUE(ok(store_->list(prefix, [&](std::string_view key) { found.emplace_back(key); })));
    return found;
  }
  std::size_t files_count() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }

  Folder folder_;
  std::unique_ptr<BlobStore> store_;
};

TEST_P(BlobStoreContract, WhatWasPutComesBackAlsoAfterReopening) {
  ASSERT_TRUE(ok(put("media/ab/one.mp4", "hello")));
  ASSERT_TRUE(ok(put("empty", "")));
  open();
  EXPECT_EQ(content("media/ab/one.mp4"), "hello");
  EXPECT_EQ(content("empty"), "");
  EXPECT_EQ(content("media/ab/two.mp4"), "error: not_found");
  EXPECT_EQ(content("media/ab"), "error: not_found");
}

TEST_P(BlobStoreContract, TakesTheWholeFileWhereverItsPositionIs) {
  auto file = temporary("0123456789");
  ASSERT_EQ(::lseek(file.get(), 5, SEEK_SET), 5);
  ASSERT_TRUE(ok(store_->put("a", std::move(file))));
  EXPECT_EQ(content("a"), "0123456789");
}

TEST_P(BlobStoreContract, TakesAFileThatHasANameElsewhereAndLeavesItThere) {
  const auto path = folder_.path() / "given.bin";
  std::string large(3 << 20, 'x');
  large += "end";
  ASSERT_TRUE(ok(write_file_durably(path, crypto::as_bytes(large))));
  ASSERT_TRUE(ok(store_->put("a", UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)))));
  EXPECT_EQ(content("a"), large);
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_P(BlobStoreContract, TakesAFileThatLostItsName) {
  const auto path = folder_.path() / "given.bin";
  ASSERT_TRUE(ok(write_file_durably(path, crypto::as_bytes("given"))));
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  std::filesystem::remove(path);
  ASSERT_TRUE(ok(store_->put("a", std::move(file))));
  EXPECT_EQ(content("a"), "given");
}

TEST_P(BlobStoreContract, ASourceThatIsNoFileIsRefused) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd writing(ends[1]);
  EXPECT_EQ(store_->put("a", UniqueFd(ends[0])).error().code, Code::invalid_argument);
}

TEST_P(BlobStoreContract, ABlobIsReadInRanges) {
  const auto before_ms = SystemClock().now_ms();
  ASSERT_TRUE(ok(put("a", "0123456789")));
  const auto blob = store_->open("a");
  ASSERT_TRUE(ok(blob));
  EXPECT_EQ((*blob)->size_bytes(), 10);
  EXPECT_NEAR(static_cast<double>((*blob)->put_ms()), static_cast<double>(before_ms), 5'000);
  Bytes some(4);
  ASSERT_TRUE(ok((*blob)->read(some, 3)));
  EXPECT_EQ(crypto::as_text(some), "3456");
  EXPECT_EQ((*blob)->read(some, 7).error().code, Code::corrupt) << "it has not so many";
  EXPECT_TRUE(ok((*blob)->read(std::span(some).first(0), 10)));
}

TEST_P(BlobStoreContract, ANativeFileIsTheBlobAndCannotBeWritten) {
  ASSERT_TRUE(ok(put("a", "hello")));
  const auto blob = store_->open("a");
  ASSERT_TRUE(ok(blob));
  const auto* file = (*blob)->native_file();
  ASSERT_EQ(file != nullptr, store_->has_native_files());
  if (file == nullptr) return;
  EXPECT_EQ(::write(file->get(), "x", 1), -1);
  ASSERT_TRUE(ok(store_->remove("a")));
  char text[5];
  EXPECT_EQ(::pread(file->get(), text, 5, 0), 5);
}

TEST_P(BlobStoreContract, AnOpenedBlobThatWasRemovedIsWholeOrSaysSo) {
  ASSERT_TRUE(ok(put("a", "hello")));
  const auto blob = store_->open("a");
  ASSERT_TRUE(ok(blob));
  ASSERT_TRUE(ok(store_->remove("a")));
  ASSERT_TRUE(ok(put("a", "other")));
  const auto bytes = read_whole(**blob);
  if (bytes) {
    EXPECT_EQ(crypto::as_text(*bytes), "hello");
  } else {
    EXPECT_EQ(bytes.error().code, Code::not_found);
  }
}

TEST_P(BlobStoreContract, ACopyIsABlobOfItsOwn) {
  ASSERT_TRUE(ok(put("a", "hello")));
  ASSERT_TRUE(ok(put("taken", "other")));
  ASSERT_TRUE(ok(store_->copy("a", "b/c")));
  EXPECT_EQ(store_->copy("a", "taken").error().code, Code::conflict);
  EXPECT_EQ(store_->copy("missing", "d").error().code, Code::not_found);
  ASSERT_TRUE(ok(store_->remove("a")));
  open();
  EXPECT_EQ(content("b/c"), "hello");
  EXPECT_EQ(content("taken"), "other");
  EXPECT_THAT(keys(""), UnorderedElementsAre("b/c", "taken"));
}

TEST_P(BlobStoreContract, AKeyIsTakenOnlyOnce) {
  ASSERT_TRUE(ok(put("a", "first")));
  EXPECT_EQ(put("a", "second").error().code, Code::conflict);
  EXPECT_EQ(content("a"), "first");
  ASSERT_TRUE(ok(store_->remove("a")));
  ASSERT_TRUE(ok(put("a", "second")));
  EXPECT_EQ(content("a"), "second");
}

TEST_P(BlobStoreContract, OfConcurrentPutsOfOneKeyExactlyOneSucceeds) {
  constexpr int kThreads = 8;
  constexpr int kKeys = 20;
  std::atomic<int> stored = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int k = 0; k < kKeys; ++k) {
        const auto result = put("deep/er/" + std::to_string(k), std::to_string(t));
        if (result) {
          ++stored;
        } else {
          EXPECT_EQ(result.error().code, Code::conflict) << result.error().message;
          ++refused;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stored, kKeys);
  EXPECT_EQ(refused, kThreads * kKeys - kKeys);
  EXPECT_EQ(keys("").size(), static_cast<std::size_t>(kKeys));
}

TEST_P(BlobStoreContract, RemovingTheLastOfAFolderDoesNotDisturbThePutBesideIt) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string key = "same/folder/" + std::to_string(t);
      for (int n = 0; n < 40; ++n) {
        ASSERT_TRUE(ok(put(key, "x")));
        ASSERT_TRUE(ok(store_->remove(key)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(keys("").empty());
}

TEST_P(BlobStoreContract, RemovingWhatIsNotThereIsFine) {
  EXPECT_TRUE(ok(store_->remove("nothing/here")));
}

TEST_P(BlobStoreContract, KeysThatAreNoneAreRefusedByEveryCall) {
  const std::string longest(200, 'a');
  const std::string too_long(201, 'a');
  for (const std::string& key : std::vector<std::string>{
           "",     "/",  "/etc/passwd", "../up", "a/../b", "a/..",  "..", "a..b",
           "a//b", "a/", ".",           "./a",   "a/./b",  "a/.",   "A",  "ä",
           "a b",  "a~", "a\\b",        "a:b",   "a%2e",   too_long}) {
    EXPECT_EQ(put(key, "x").error().code, Code::invalid_argument) << key;
    EXPECT_EQ(store_->open(key).error().code, Code::invalid_argument) << key;
    EXPECT_EQ(store_->remove(key).error().code, Code::invalid_argument) << key;
    EXPECT_EQ(store_->copy(key, "a").error().code, Code::invalid_argument) << key;
  }
  EXPECT_EQ(put(std::string("a\0b", 3), "x").error().code, Code::invalid_argument);
  EXPECT_THAT(put(too_long, "x").error().message, HasSubstr("200"));
  for (const std::string& prefix : std::vector<std::string>{"/", "../", "a/../", "A", too_long}) {
    EXPECT_EQ(store_->list(prefix, [](std::string_view) {}).error().code, Code::invalid_argument)
        << prefix;
  }
  EXPECT_EQ(files_count(), 0U);
  for (const std::string& key : std::vector<std::string>{longest, std::string(".a"),
                                                         std::string("-"), std::string("a.b_c")}) {
    EXPECT_TRUE(ok(put(key, "x"))) << key;
    EXPECT_EQ(content(key), "x") << key;
  }
}

TEST_P(BlobStoreContract, AKeyMayBeTheBeginningOfAnother) {
  ASSERT_TRUE(ok(put("a/b/c", "deep")));
  ASSERT_TRUE(ok(put("a/b", "middle")));
  ASSERT_TRUE(ok(put("a", "top")));
  EXPECT_EQ(content("a"), "top");
  EXPECT_EQ(content("a/b"), "middle");
  EXPECT_EQ(content("a/b/c"), "deep");
  ASSERT_TRUE(ok(store_->remove("a/b/c")));
  EXPECT_EQ(content("a/b"), "middle");
}

TEST_P(BlobStoreContract, ListsByPrefixAlsoInTheMiddleOfAPart) {
  for (const auto* key : {"v/ab1/x", "v/ab2/x", "v/ab2/y", "v/b", "v", "w/ab1"}) {
    ASSERT_TRUE(ok(put(key, key)));
  }
  EXPECT_THAT(keys(""), UnorderedElementsAre("v/ab1/x", "v/ab2/x", "v/ab2/y", "v/b", "v", "w/ab1"));
  EXPECT_THAT(keys("v"), UnorderedElementsAre("v/ab1/x", "v/ab2/x", "v/ab2/y", "v/b", "v"));
  EXPECT_THAT(keys("v/"), UnorderedElementsAre("v/ab1/x", "v/ab2/x", "v/ab2/y", "v/b"));
  EXPECT_THAT(keys("v/ab"), UnorderedElementsAre("v/ab1/x", "v/ab2/x", "v/ab2/y"));
  EXPECT_THAT(keys("v/ab2/"), UnorderedElementsAre("v/ab2/x", "v/ab2/y"));
  EXPECT_THAT(keys("v/ab2/x"), UnorderedElementsAre("v/ab2/x"));
  EXPECT_TRUE(keys("v/ab3/").empty());
  EXPECT_TRUE(keys("x").empty());
}

TEST_P(BlobStoreContract, ATemporaryThatIsNotPutLeavesNothing) {
  {
    const auto kept = temporary("half a vid");
    EXPECT_TRUE(keys("").empty());
    EXPECT_EQ(files_count(), 0U);
    struct stat info {};
    ASSERT_EQ(::fstat(kept.get(), &info), 0);
    EXPECT_EQ(info.st_nlink, 0U);
  }
  ASSERT_TRUE(ok(put("a", "x")));
  EXPECT_EQ(put("a", "x").error().code, Code::conflict);
  EXPECT_EQ(files_count(), store_->has_native_files() ? 1U : 0U);
}

TEST_P(BlobStoreContract, OpeningRemovesLeftoversAndForeignFilesAreNoBlobs) {
  if (!store_->has_native_files()) GTEST_SKIP() << "it has no folder";
  ASSERT_TRUE(ok(put("a/b", "x")));
  const auto root = folder_.path() / "blobs";
  ASSERT_TRUE(ok(write_file_durably(root / "temporary" / "0123", crypto::as_bytes("half"))));
  ASSERT_TRUE(ok(write_file_durably(root / "objects" / "a" / "README", crypto::as_bytes("?"))));
  open();
  EXPECT_FALSE(std::filesystem::exists(root / "temporary" / "0123"));
  EXPECT_THAT(keys(""), UnorderedElementsAre("a/b"));
}

INSTANTIATE_TEST_SUITE_P(Adapters, BlobStoreContract, ::testing::ValuesIn(blobs_adapters()),
                         kAdapterName);

}  // namespace
}  // namespace filoscope::contract
