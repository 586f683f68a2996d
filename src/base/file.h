#pragma once

/// Files as owned descriptors and durable whole-file writes. Blocks. Threads: any.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace filoscope {

/// Owns a file descriptor; -1 is none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// `what` and errno as an Error: ENOENT not_found, a full (ENOSPC, EDQUOT, EFBIG), read-only
/// (EROFS) or failing (EIO) disk unavailable, in words, else internal.
Error errno_error(const std::string& what);

Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path,
                                            std::size_t size_max);
/// The content of a file of gigabytes, for as long as this lives: in huge pages where there are any
/// (madvise(2), MADV_HUGEPAGE), and nothing is filled with zeros first.
class LargeFile {
 public:
  static Result<LargeFile> read(const std::filesystem::path& path, std::size_t size_max);
  LargeFile(LargeFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(other.size_), mapped_(other.mapped_) {}
  LargeFile& operator=(LargeFile&&) = delete;
  ~LargeFile();
  std::span<const std::uint8_t> bytes() const { return {data_, size_}; }

 private:
  LargeFile() = default;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0, mapped_ = 0;
};
/// Temporary file, fsync, rename, fsync of the folder: afterwards the old or the new content
/// exists, whole. What is a device or a pipe already is written into and stays one.
Result<void> write_file_durably(const std::filesystem::path& path,
                                std::span<const std::uint8_t> data);
/// The same for a content that comes in parts: `fill` gives them to what it is called with. It
/// reaches the disk bit by bit, so that no other file's fsync has to wait for all of it. Errors:
/// also those of `fill`.
using WriteBytes = std::function<Result<void>(std::span<const std::uint8_t>)>;
Result<void> write_file_durably(const std::filesystem::path& path,
                                const std::function<Result<void>(const WriteBytes&)>& fill);
Result<void> sync_folder(const std::filesystem::path& folder);
/// Fills `out` from `offset`. Errors: corrupt (the file ends before).
Result<void> read_all(int fd, std::span<std::uint8_t> out, std::int64_t offset);
/// Writes all of `data` at `offset`, whatever pwrite does in parts.
Result<void> write_all(int fd, std::span<const std::uint8_t> data, std::int64_t offset);

}  // namespace filoscope
