#pragma once

/// The adapters that the contract suites run on, and a folder of its own for each test.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "ports/blob_store.h"
#include "ports/database.h"
#include "ports/event_stream.h"

namespace filoscope::contract {

/// An empty folder, removed with all in it at the end.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("filoscope-" + crypto::hex(crypto::random_bytes(8)))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// How a suite makes (or reopens) what it tests in a folder.
struct RecordsAdapter {
  std::string name;
  std::function<Result<std::unique_ptr<Database>>(const std::filesystem::path&)> open;
  std::function<Result<std::unique_ptr<EventLog>>(Database&)> open_log;
};
struct BlobsAdapter {
  std::string name;
  std::function<Result<std::unique_ptr<BlobStore>>(const std::filesystem::path&)> open;
};

std::vector<RecordsAdapter> records_adapters();
std::vector<BlobsAdapter> blobs_adapters();

/// Names the adapter in the name of a test.
inline constexpr auto kAdapterName = [](const auto& test) { return test.param.name; };

/// What a work gives up with.
inline constexpr ErrorReason kGivenUp{"given_up", Code::denied, "no"};

/// What a failed Result says, for `ASSERT_TRUE(ok(result))`.
template <typename T>
::testing::AssertionResult ok(const Result<T>& result) {
  if (result.has_value()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << to_string(result.error().code) << ": " << result.error().message;
}

}  // namespace filoscope::contract
