#include "eval/line_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/utf8.h"
#include "eval/reasons.h"

namespace filoscope::eval {
namespace {

constexpr unsigned kBlockBytes = 1 << 20;
constexpr const char* kDamaged = "the gzip data is damaged or ends early";

Result<gzFile> open_unpacked(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path))
    return Error(reason("eval_file_not_read"), path.string(), "is a folder");
  errno = 0;
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr)
    return Error(reason("eval_file_not_read"), path.string(),
                 errno != 0 ? std::strerror(errno) : "there is no memory to read it");
  gzbuffer(file, kBlockBytes);
  return file;
}

/// gzread stops early, without an error of its own, where the file does.
bool is_whole(gzFile file, int read_count) {
  int problem = Z_OK;
  gzerror(file, &problem);
  return read_count >= 0 && problem == Z_OK;
}

}  // namespace

Result<LineReader> LineReader::open(const std::filesystem::path& path) {
  LineReader reader(path);
  FILOSCOPE_TRY(const gzFile file, open_unpacked(path));
  reader.file_.reset(file);
  reader.buffer_.resize(kLineBytesMax + kBlockBytes);
  return reader;
}

Error LineReader::malformed(const std::string& problem) const {
  return {reason("eval_line_malformed"), path_.string(), number_, problem};
}

Result<bool> LineReader::fill() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_, begin_ = 0;
  const int count = gzread(file_.get(), buffer_.data() + end_, kBlockBytes);
  if (!is_whole(file_.get(), count)) return malformed(kDamaged);
  end_ += static_cast<std::size_t>(count);
  return count > 0;
}

Result<bool> LineReader::next(std::string_view& line) {
  ++number_;
  const char* newline = nullptr;
  for (std::size_t looked = 0;;) {
    const char* from = buffer_.data() + begin_ + looked;
    newline = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_ - looked));
    if (newline != nullptr) break;
    looked = end_ - begin_;
    if (looked > kLineBytesMax) break;
    FILOSCOPE_TRY(const bool more, fill());
    if (!more) break;
  }
  if (newline == nullptr && begin_ == end_) return false;
  const char* stop = newline != nullptr ? newline : buffer_.data() + end_;
  line = {buffer_.data() + begin_, static_cast<std::size_t>(stop - buffer_.data()) - begin_};
  if (line.size() > kLineBytesMax)
    return malformed("the line is longer than " + std::to_string(kLineBytesMax) + " bytes");
  begin_ += line.size() + (newline != nullptr ? 1 : 0);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!is_valid_utf8(line)) return malformed("the line is not UTF-8");
  return true;
}

Result<std::vector<std::uint8_t>> read_unpacked(const std::filesystem::path& path,
                                                std::size_t size_max) {
  FILOSCOPE_TRY(const gzFile opened, open_unpacked(path));
  const std::unique_ptr<gzFile_s, decltype(&gzclose_r)> file(opened, &gzclose_r);
  std::vector<std::uint8_t> bytes;
  for (;;) {
    const auto before = bytes.size();
    bytes.resize(before + kBlockBytes);
    const int count = gzread(file.get(), bytes.data() + before, kBlockBytes);
    if (!is_whole(file.get(), count))
      return Error(reason("eval_file_malformed"), path.string(), kDamaged);
    bytes.resize(before + static_cast<std::size_t>(count));
    if (bytes.size() > size_max)
      return Error(reason("eval_file_malformed"), path.string(),
                   "it is larger than " + std::to_string(size_max) + " bytes");
    if (count == 0) return bytes;
  }
}

}  // namespace filoscope::eval
