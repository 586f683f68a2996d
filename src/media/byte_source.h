#pragma once

/// Random access to the bytes of an upload, and what its outer structure says before any demuxer
/// looks at it. Source: ISO/IEC 14496-12 (boxes), RFC 8794 (EBML), RIFF, RFC 3533 (Ogg), Adobe
/// Flash Video File Format 10.1 (FLV), Advanced Systems Format 01.20 (ASF).

#include <cstdint>
#include <span>

#include "base/result.h"

namespace filoscope::media {

/// Threads: one at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Bytes read, 0 at the end, -1 on an I/O error.
  virtual std::int64_t read_at(std::int64_t offset, std::span<std::uint8_t> out) const = 0;
  virtual std::int64_t size_bytes() const = 0;
};

/// A regular file by descriptor, which stays the caller's and keeps its position.
class FileBytes final : public ByteSource {
 public:
  /// Errors: internal.
  static Result<FileBytes> open(int fd);
  std::int64_t read_at(std::int64_t offset, std::span<std::uint8_t> out) const override;
  std::int64_t size_bytes() const override { return size_; }

 private:
  FileBytes(int fd, std::int64_t size) : fd_(fd), size_(size) {}
  int fd_;
  std::int64_t size_;
};

class MemoryBytes final : public ByteSource {
 public:
  explicit MemoryBytes(std::span<const std::uint8_t> data) : data_(data) {}
  std::int64_t read_at(std::int64_t offset, std::span<std::uint8_t> out) const override;
  std::int64_t size_bytes() const override { return std::ssize(data_); }

 private:
  std::span<const std::uint8_t> data_;
};

struct ContainerScan {
  bool iso_boxes = false;  ///< MP4, MOV, 3GP
  bool has_moov = false;
  bool has_moof = false;
  bool still_picture = false;  ///< HEIC or AVIF: boxes with an item, and no track
  bool joined = false;         ///< several whole files, of which readers see the first
  bool cut_off = false;        ///< a box, cluster or chunk promises more bytes than there are
};

/// Looks at the top level only, by small reads: some thousand, of FLV and Ogg one for every few kB.
ContainerScan scan_container(const ByteSource& bytes);

}  // namespace filoscope::media
