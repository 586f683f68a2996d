#pragma once

/// For tests: a folder of their own with files in it, and events without one.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eval/interaction_log.h"

namespace filoscope::eval {

class TestFiles {
 public:
  TestFiles() {
    auto folder = testing::TempDir() + "/filoscope-eval-XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  ~TestFiles() { std::filesystem::remove_all(folder_); }
  TestFiles(const TestFiles&) = delete;
  TestFiles& operator=(const TestFiles&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
  /// As gzip, of which the last `missing` bytes are cut off.
  std::filesystem::path write_gzip(const std::string& name, const std::string& content,
                                   std::uintmax_t missing = 0) const {
    const auto path = folder_ / name;
    const gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
    gzclose(file);
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - missing);
    return path;
  }

 private:
  std::filesystem::path folder_;
};

/// Events of (person, item) pairs, a second apart.
inline std::vector<Interaction> events_of(
    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
  std::vector<Interaction> events;
  for (const auto& [person, item] : pairs) {
    Interaction event;
    event.person = person, event.item = item;
    event.row = static_cast<std::uint32_t>(events.size());
    event.at_s = 1'600'000'000 + static_cast<double>(events.size());
    events.push_back(event);
  }
  return events;
}

}  // namespace filoscope::eval
