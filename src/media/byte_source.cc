#include "media/byte_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <numeric>

#include "base/file.h"

namespace filoscope::media {
namespace {

constexpr int kBoxesMax = 20'000;      // of a file cut into very short fragments
constexpr int kPiecesMax = 2'000'000;  // tags of FLV, pages of Ogg: some kB each
constexpr std::array<std::uint8_t, 16> kAsfHeader = {
    0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0x00, 0xAA, 0x00, 0x62, 0xCE, 0x6C};

std::uint64_t big_endian(const std::uint8_t* at, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | at[i];
  return value;
}

bool is_type(const std::uint8_t* at, const char* type) { return std::memcmp(at, type, 4) == 0; }

bool read_exact(const ByteSource& bytes, std::int64_t offset, std::span<std::uint8_t> out) {
  return bytes.read_at(offset, out) == std::ssize(out);
}

void scan_boxes(const ByteSource& bytes, ContainerScan& scan) {
  std::int64_t offset = 0;
  int indexes = 0;
  int contents = 0;
  for (int i = 0; i < kBoxesMax && offset + 8 <= bytes.size_bytes(); ++i) {
    std::array<std::uint8_t, 16> head{};
    if (!read_exact(bytes, offset, std::span(head).first(8))) return;
    auto size = big_endian(head.data(), 4);
    if (size == 1) {
      if (!read_exact(bytes, offset, head)) return;
      size = big_endian(head.data() + 8, 8);
    }
    if (size == 0) size = static_cast<std::uint64_t>(bytes.size_bytes() - offset);
    if (size < 8) return;
    indexes += is_type(head.data() + 4, "moov") ? 1 : 0;
    contents += is_type(head.data() + 4, "mdat") ? 1 : 0;
    scan.has_moov = indexes > 0;
    scan.has_moof = scan.has_moof || is_type(head.data() + 4, "moof");
    if (size > static_cast<std::uint64_t>(bytes.size_bytes() - offset)) {
      scan.cut_off = true;
      return;
    }
    offset += static_cast<std::int64_t>(size);
  }
  // Fragments may come with their index again; those are read on.
  scan.joined = indexes > 1 && contents > 1 && !scan.has_moof;
}

/// An EBML element at `offset`: id, then size of 1 to 8 bytes; all ones is "unknown".
void scan_matroska(const ByteSource& bytes, ContainerScan& scan) {
  std::int64_t offset = 0;
  for (int i = 0; i < 4; ++i) {
    std::array<std::uint8_t, 12> head{};
    if (!read_exact(bytes, offset, head)) return;
    const int id_size = std::countl_zero(head[0]) + 1;
    if (id_size > 4) return;
    const int size_size = std::countl_zero(head[static_cast<std::size_t>(id_size)]) + 1;
    if (size_size > 8) return;
    auto size = big_endian(head.data() + id_size, size_size);
    const auto unknown = (1ULL << (7 * size_size)) - 1;
    size &= unknown;
    if (size == unknown) return;
    const std::int64_t content = offset + id_size + size_size;
    if (size >
        static_cast<std::uint64_t>(std::max<std::int64_t>(bytes.size_bytes() - content, 0))) {
      scan.cut_off = true;
      return;
    }
    offset = content + static_cast<std::int64_t>(size);
  }
}

std::int64_t little_endian(const std::uint8_t* at, int count) {
  std::uint64_t value = 0;
  for (int i = count; i-- > 0;) value = value << 8 | at[i];
  return static_cast<std::int64_t>(value);
}

/// Whether another file begins where a tag of this one would.
bool flv_goes_on(const ByteSource& bytes) {
  std::array<std::uint8_t, 11> head{};
  std::int64_t offset = 9 + 4;
  for (int i = 0; i < kPiecesMax && read_exact(bytes, offset, head); ++i) {
    if (std::memcmp(head.data(), "FLV\x01", 4) == 0) return true;
    offset += std::ssize(head) + static_cast<std::int64_t>(big_endian(head.data() + 1, 3)) + 4;
  }
  return false;
}

/// Whether streams begin behind data; those of one file all begin before it (RFC 3533, section 4).
bool ogg_goes_on(const ByteSource& bytes) {
  constexpr std::uint8_t kBegins = 2;
  std::array<std::uint8_t, 27 + 255> head{};
  bool data = false;
  std::int64_t offset = 0;
  for (int i = 0; i < kPiecesMax; ++i) {
    const auto got = bytes.read_at(offset, head);
    if (got < 27 || std::memcmp(head.data(), "OggS", 4) != 0) return false;
    const bool begins = (head[5] & kBegins) != 0;
    if (begins && data) return true;
    data = data || !begins;
    const auto sizes = std::span(head).subspan(27, head[26]);
    if (got < 27 + std::ssize(sizes)) return false;
    offset += 27 + std::ssize(sizes) + std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  }
  return false;
}

/// Whether a second header follows the data.
bool asf_goes_on(const ByteSource& bytes) {
  std::array<std::uint8_t, 24> head{};
  std::int64_t offset = 0;
  for (int i = 0; i < kBoxesMax && read_exact(bytes, offset, head); ++i) {
    if (i > 0 && std::equal(kAsfHeader.begin(), kAsfHeader.end(), head.begin())) return true;
    const auto size = little_endian(head.data() + kAsfHeader.size(), 8);
    if (size < std::ssize(head) || size > bytes.size_bytes() - offset) return false;
    offset += size;
  }
  return false;
}

}  // namespace

Result<FileBytes> FileBytes::open(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return errno_error("reading the upload");
  return FileBytes(fd, info.st_size);
}

std::int64_t FileBytes::read_at(std::int64_t offset, std::span<std::uint8_t> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto count = ::pread(fd_, out.data() + done, out.size() - done,
                               offset + static_cast<std::int64_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return static_cast<std::int64_t>(done);
}

std::int64_t MemoryBytes::read_at(std::int64_t offset, std::span<std::uint8_t> out) const {
  if (offset < 0 || offset >= size_bytes()) return 0;
  const auto from = data_.subspan(static_cast<std::size_t>(offset));
  const auto count = std::min(from.size(), out.size());
  std::memcpy(out.data(), from.data(), count);
  return static_cast<std::int64_t>(count);
}

ContainerScan scan_container(const ByteSource& bytes) {
  ContainerScan scan;
  std::array<std::uint8_t, 12> head{};
  if (!read_exact(bytes, 0, head)) return scan;
  if (big_endian(head.data(), 4) == 0x1A45DFA3) {
    scan_matroska(bytes, scan);
  } else if (is_type(head.data(), "RIFF")) {
    scan.cut_off = little_endian(head.data() + 4, 4) + 8 > bytes.size_bytes() + 1;
  } else if (std::memcmp(head.data(), "FLV\x01", 4) == 0) {
    scan.joined = flv_goes_on(bytes);
  } else if (is_type(head.data(), "OggS")) {
    scan.joined = ogg_goes_on(bytes);
  } else if (std::equal(head.begin(), head.end(), kAsfHeader.begin())) {
    scan.joined = asf_goes_on(bytes);
  } else {
    for (const char* type : {"ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp"}) {
      scan.iso_boxes = scan.iso_boxes || is_type(head.data() + 4, type);
    }
    if (scan.iso_boxes) scan_boxes(bytes, scan);
    for (const char* brand : {"heic", "heix", "heim", "heis", "mif1", "avif"}) {
      const bool picture = is_type(head.data() + 4, "ftyp") && is_type(head.data() + 8, brand);
      scan.still_picture = scan.still_picture || (picture && !scan.has_moov);
    }
  }
  return scan;
}

}  // namespace filoscope::media
