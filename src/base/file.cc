#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/crypto.h"
#include "base/reasons.h"

namespace filoscope {
namespace {

constexpr std::int64_t kSyncedAtOnce = 32 << 20;

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Error errno_error(const std::string& what) {
  const int number = errno;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) {
    return Error(base_reason("disk_full")).during(what);
  }
  if (number == EROFS) {
    return Error(base_reason("disk_read_only")).during(what);
  }
  if (number == EMFILE || number == ENFILE) {
    return Error(base_reason("too_many_open_files")).during(what);
  }
  if (number == EIO) {
    return Error(base_reason("disk_failed")).during(what);
  }
  if (number == ENOENT) return Error(base_reason("file_missing")).during(what);
  return Error(Code::internal, what + ": " + std::strerror(number));
}

namespace {

struct OpenedFile {
  UniqueFd fd;
  std::size_t size = 0;
};

Result<OpenedFile> open_to_read(const std::filesystem::path& path, std::size_t size_max) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("open " + path.string());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_error("stat " + path.string());
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > size_max) {
    return Error(base_reason("file_too_large_to_read"), path.string(), size, size_max);
  }
  return OpenedFile{std::move(fd), size};
}

/// How much there was, at most `size`.
Result<std::size_t> read_up_to(const OpenedFile& file, std::uint8_t* data,
                               const std::filesystem::path& path) {
  std::size_t done = 0;
  while (done < file.size) {
    const auto count =
        ::pread(file.fd.get(), data + done, file.size - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("read " + path.string());
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

}  // namespace

Result<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path,
                                            std::size_t size_max) {
  FILOSCOPE_TRY(const auto file, open_to_read(path, size_max));
  std::vector<std::uint8_t> data(file.size);
  FILOSCOPE_TRY(const auto size, read_up_to(file, data.data(), path));
  data.resize(size);
  return data;
}

LargeFile::~LargeFile() {
  if (data_ != nullptr) ::munmap(data_, mapped_);
}

Result<LargeFile> LargeFile::read(const std::filesystem::path& path, std::size_t size_max) {
  FILOSCOPE_TRY(const auto file, open_to_read(path, size_max));
  LargeFile large;
  if (file.size == 0) return large;
  void* const data =
      ::mmap(nullptr, file.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) return errno_error("memory for " + path.string());
  large.data_ = static_cast<std::uint8_t*>(data), large.mapped_ = file.size;
  ::madvise(data, file.size, MADV_HUGEPAGE);  // where it cannot be had, small pages do
  FILOSCOPE_TRY(large.size_, read_up_to(file, large.data_, path));
  return large;
}

Result<void> read_all(int fd, std::span<std::uint8_t> out, std::int64_t offset) {
  while (!out.empty()) {
    const auto count = ::pread(fd, out.data(), out.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("read");
    if (count == 0) return Error(Code::corrupt, "the file ends before it should");
    out = out.subspan(static_cast<std::size_t>(count));
    offset += count;
  }
  return {};
}

Result<void> write_all(int fd, std::span<const std::uint8_t> data, std::int64_t offset) {
  while (!data.empty()) {
    const auto count = ::pwrite(fd, data.data(), data.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("write");
    data = data.subspan(static_cast<std::size_t>(count));
    offset += count;
  }
  return {};
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error("open " + folder.string());
  if (::fsync(fd.get()) != 0) return errno_error("fsync " + folder.string());
  return {};
}

namespace {

/// A device or a pipe, which a rename would put a file in the place of.
bool is_special(const std::filesystem::path& path) {
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

Result<void> write_into(const std::filesystem::path& path,
                        const std::function<Result<void>(const WriteBytes&)>& fill) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno_error("open " + path.string());
  return fill([&](std::span<const std::uint8_t> part) -> Result<void> {
    while (!part.empty()) {
      const auto count = ::write(fd.get(), part.data(), part.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno_error("write " + path.string());
      part = part.subspan(static_cast<std::size_t>(count));
    }
    return {};
  });
}

}  // namespace

Result<void> write_file_durably(const std::filesystem::path& path,
                                const std::function<Result<void>(const WriteBytes&)>& fill) {
  if (is_special(path)) return write_into(path, fill);
  const auto temporary = path.string() + ".tmp" + crypto::hex(crypto::random_bytes(6));
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return errno_error("create " + temporary);
  std::int64_t size = 0, synced = 0;
  auto written = fill([&](std::span<const std::uint8_t> part) -> Result<void> {
    FILOSCOPE_DO(write_all(fd.get(), part, size));
    size += std::ssize(part);
    if (size - synced < kSyncedAtOnce) return {};
    synced = size;
    if (::fdatasync(fd.get()) != 0) return errno_error("fsync " + temporary);
    return {};
  });
  if (written.has_value() && ::fsync(fd.get()) != 0) written = errno_error("fsync " + temporary);
  if (written.has_value() && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = errno_error("rename " + temporary);
  if (!written.has_value()) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_folder(path.parent_path());
}

Result<void> write_file_durably(const std::filesystem::path& path,
                                std::span<const std::uint8_t> data) {
  return write_file_durably(path, [&](const WriteBytes& write) { return write(data); });
}

}  // namespace filoscope
