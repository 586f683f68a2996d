#include "adapters/sqlite/disk_reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "base/file.h"
#include "base/log.h"

namespace filoscope::sqlite {
namespace {

constexpr std::int64_t kShareOfDisk = 16;

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace

DiskReserve::DiskReserve(const std::filesystem::path& database, std::int64_t bytes)
    : path_(database.string() + "-reserve") {
  struct statvfs disk {};
  if (::statvfs(folder_of(path_).c_str(), &disk) == 0)
    bytes_ =
        std::min(bytes, static_cast<std::int64_t>(disk.f_blocks * disk.f_frsize) / kShareOfDisk);
  struct stat file {};
  held_ = ::stat(path_.c_str(), &file) == 0 && file.st_size > 0;
}

std::int64_t DiskReserve::free_bytes() const {
  struct statvfs disk {};
  if (::statvfs(folder_of(path_).c_str(), &disk) != 0)
    return std::numeric_limits<std::int64_t>::max();
  const auto free = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  return held_ ? free : std::max<std::int64_t>(0, free - bytes_);
}

void DiskReserve::take() {
  if (held_ || bytes_ == 0 || free_bytes() < bytes_) return;
  const UniqueFd file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return;  // a disk that cannot be written: the next write says so
  held_ = ::posix_fallocate(file.get(), 0, bytes_) == 0;
  if (!held_) ::unlink(path_.c_str());
}

bool DiskReserve::give_up() {
  if (!held_) return false;
  held_ = false;
  if (::truncate(path_.c_str(), 0) != 0) return false;
  log::warn("sqlite.reserve_given_up", {{"bytes", bytes_}});
  return true;
}

}  // namespace filoscope::sqlite
