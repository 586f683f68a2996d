#include "app/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "app/reasons.h"

namespace filoscope::app {
namespace {

constexpr const char* kKey = "master.key";

/// The program that has the lock, as it is told to a person.
std::string holder_of(int fd) {
  std::array<char, 32> text{};
  const auto count = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string number(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  number.erase(std::remove(number.begin(), number.end(), '\n'), number.end());
  return number.empty() ? "another filoscope" : "another filoscope (process " + number + ")";
}

}  // namespace

Result<DataFolder> DataFolder::open(const std::filesystem::path& path, Missing missing) {
  std::error_code problem;
  const auto whole = std::filesystem::absolute(path, problem).lexically_normal();
  if (missing == Missing::make) {
    std::filesystem::create_directories(whole, problem);
    if (problem) return Error(reason("data_folder_not_made"), whole.string(), problem.message());
  } else if (!std::filesystem::exists(whole / kKey) &&
             !std::filesystem::exists(whole / kRestoreUnfinished)) {
    return Error(reason("not_a_data_folder"), whole.string());
  }
  FILOSCOPE_TRY(auto held, lock(whole));
  FILOSCOPE_DO(check_whole(whole));
  DataFolder folder(whole, std::move(held));
  FILOSCOPE_DO(folder.load_key());
  return folder;
}

Result<void> DataFolder::check_whole(const std::filesystem::path& path) {
  std::error_code problem;
  if (std::filesystem::exists(path / kRestoreUnfinished, problem))
    return Error(reason("restore_unfinished"), path.string());
  return {};
}

Result<UniqueFd> DataFolder::lock(const std::filesystem::path& path) {
  const auto name = path / "lock";
  UniqueFd lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock && errno == EROFS) lock.reset(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!lock) return errno_error("open " + name.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return errno_error("lock " + path.string());
    return Error(reason("data_folder_in_use"), path.string(), holder_of(lock.get()));
  }
  // Who holds it is told where it can be: a full or read-only disk is no reason not to start.
  const std::string number = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) == 0)
    static_cast<void>(write_all(lock.get(), crypto::as_bytes(number), 0));
  return lock;
}

Result<void> DataFolder::load_key() {
  if (!std::filesystem::exists(path_ / kKey)) {
    if (std::filesystem::exists(path_ / "filoscope.db") ||
        std::filesystem::exists(path_ / kRecordsElsewhere)) {
      return Error(Code::corrupt, (path_ / kKey).string() +
                                      " is missing beside an existing database; restore it from a "
                                      "backup (a new key would make every session invalid)");
    }
    const auto made = crypto::random_bytes(master_key_.size());
    FILOSCOPE_DO(write_file_durably(path_ / kKey, made));
  }
  FILOSCOPE_TRY(master_key_, read_key(path_));
  return {};
}

Result<crypto::Key> DataFolder::read_key(const std::filesystem::path& path) {
  const auto name = path / kKey;
  if (!std::filesystem::exists(name)) return Error(reason("not_a_data_folder"), path.string());
  FILOSCOPE_TRY(const auto bytes, read_file(name, 1024));
  crypto::Key key{};
  if (bytes.size() != key.size()) {
    return Error(Code::corrupt, name.string() + " is damaged: it has " +
                                    std::to_string(bytes.size()) + " bytes instead of " +
                                    std::to_string(key.size()));
  }
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

}  // namespace filoscope::app
