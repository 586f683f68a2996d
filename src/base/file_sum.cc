#include "base/file_sum.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/file.h"

namespace filoscope {
namespace {

constexpr std::int64_t kReadBytes = 1 << 20;

}  // namespace

Result<FileSum> sum_parts(std::int64_t size_bytes, const ReadPart& read, const FilePart& each) {
  FileSum sum;
  sum.size_bytes = size_bytes;
  crypto::Sha256 hash;
  Bytes buffer(static_cast<std::size_t>(std::min(kReadBytes, sum.size_bytes)));
  for (std::int64_t at = 0; at < sum.size_bytes;) {
    const auto part = std::span(buffer).first(static_cast<std::size_t>(
        std::min(sum.size_bytes - at, static_cast<std::int64_t>(buffer.size()))));
    FILOSCOPE_DO(read(part, at));
    hash.update(part);
    if (each) FILOSCOPE_DO(each(part, at));
    at += static_cast<std::int64_t>(part.size());
  }
  sum.sha256 = crypto::hex(hash.finish());
  return sum;
}

Result<FileSum> sum_file(int file, const FilePart& each) {
  struct stat info {};
  if (::fstat(file, &info) != 0) return errno_error("look at a file");
  return sum_parts(
      info.st_size,
      [file](std::span<std::uint8_t> out, std::int64_t offset) {
        return read_all(file, out, offset);
      },
      each);
}

}  // namespace filoscope
