#pragma once

/// A text file by lines, plain or gzip (RFC 1952), told apart by its first bytes.

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace filoscope::eval {

inline constexpr std::size_t kLineBytesMax = 64 << 10;

/// Threads: one at a time. Holds one block of the file at a time.
class LineReader {
 public:
  /// Errors: eval_file_not_read.
  static Result<LineReader> open(const std::filesystem::path& path);

  /// The next line without its end ("\n" or "\r\n"), valid until the next call; false at the end of
  /// the file. Errors: eval_line_malformed (longer than kLineBytesMax, not UTF-8, a gzip file that
  /// is damaged or ends early), eval_file_not_read.
  Result<bool> next(std::string_view& line);
  std::size_t number() const { return number_; }  ///< of the line that was read last, from 1

  /// That something is wrong with the line that was read last.
  Error malformed(const std::string& problem) const;

 private:
  struct Close {
    void operator()(gzFile_s* file) const { gzclose_r(file); }
  };
  explicit LineReader(std::filesystem::path path) : path_(std::move(path)) {}
  Result<bool> fill();

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0, number_ = 0;
};

/// All bytes of a file, plain or gzip. Errors: eval_file_not_read, eval_file_malformed (damaged,
/// ends early, larger than `size_max` unpacked).
Result<std::vector<std::uint8_t>> read_unpacked(const std::filesystem::path& path,
                                                std::size_t size_max);

}  // namespace filoscope::eval
