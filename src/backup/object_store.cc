#include "backup/object_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "backup/reasons.h"
#include "base/crypto.h"

namespace filoscope::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadBytes = 1 << 20;
constexpr mode_t kFileMode = 0600;
constexpr std::size_t kIdLength = 64;
constexpr const char* kUnfinished = "unfinished";  ///< what is being written, below the folder

Result<std::int64_t> size_of(int file) {
  struct stat info {};
  if (::fstat(file, &info) != 0) return errno_error("look at a file");
  return info.st_size;
}

/// What the file is; `each` gets its bytes in order.
template <typename Each>
Result<Object> hash_through(int file, Each each) {
  Object object;
  FILOSCOPE_TRY(object.size_bytes, size_of(file));
  crypto::Sha256 hash;
  Bytes buffer(std::min(kReadBytes, static_cast<std::size_t>(object.size_bytes)));
  for (std::int64_t at = 0; at < object.size_bytes;) {
    const auto part = std::span(buffer).first(
        std::min(buffer.size(), static_cast<std::size_t>(object.size_bytes - at)));
    FILOSCOPE_DO(read_all(file, part, at));
    hash.update(part);
    FILOSCOPE_DO(each(std::span<const std::uint8_t>(part), at));
    at += static_cast<std::int64_t>(part.size());
  }
  object.id = crypto::hex(hash.finish());
  return object;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (!problem) return {};
  errno = problem.value();
  return errno_error("make the folder " + folder.string());
}

}  // namespace

Result<Object> object_of(int file) {
  return hash_through(
      file, [](std::span<const std::uint8_t>, std::int64_t) -> Result<void> { return {}; });
}

Result<ObjectStore> ObjectStore::open(const fs::path& folder, Missing missing) {
  std::error_code problem;
  if (missing == Missing::fail && !fs::exists(folder / "objects", problem))
    return Error(reason("no_backup_there"), folder.string());
  FILOSCOPE_DO(make_folder(folder / "objects"));
  const auto name = folder / "lock";
  UniqueFd lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (!lock && errno == EROFS) lock.reset(::open(folder.c_str(), O_RDONLY | O_CLOEXEC));
  if (!lock) return errno_error("open " + name.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return Error(reason("backup_folder_in_use"), folder.string());
  fs::remove_all(folder / kUnfinished, problem);  // of a try that was cut off
  return ObjectStore(folder, std::move(lock));
}

fs::path ObjectStore::path_of(const std::string& id) const {
  return folder_ / "objects" / id.substr(0, 2) / id;
}

void ObjectStore::trust(const Object& object) {
  std::error_code problem;
  const auto size = fs::file_size(path_of(object.id), problem);
  if (!problem && static_cast<std::int64_t>(size) == object.size_bytes) trusted_.insert(object.id);
}

Result<Object> ObjectStore::put(std::span<const std::uint8_t> data) {
  Object object{crypto::hex(crypto::sha256(data)), static_cast<std::int64_t>(data.size())};
  if (is_trusted(object.id)) return object;
  const auto made = folder_ / kUnfinished;
  UniqueFd file(::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!file) return errno_error("make " + made.string());
  FILOSCOPE_DO(write_all(file.get(), data, 0));
  FILOSCOPE_DO(place(object.id, made));
  stored_bytes_ += object.size_bytes;
  return object;
}

Result<Object> ObjectStore::put_file(int source) {
  const auto made = folder_ / kUnfinished;
  UniqueFd file(::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!file) return errno_error("make " + made.string());
  FILOSCOPE_TRY(const auto object, hash_through(source, [&](auto part, std::int64_t at) {
                  return write_all(file.get(), part, at);
                }));
  if (is_trusted(object.id)) return object;
  FILOSCOPE_DO(place(object.id, made));
  stored_bytes_ += object.size_bytes;
  return object;
}

Result<void> ObjectStore::place(const std::string& id, const fs::path& made) {
  const auto path = path_of(id);
  FILOSCOPE_DO(make_folder(path.parent_path()));
  if (::rename(made.c_str(), path.c_str()) != 0) return errno_error("store " + path.string());
  trusted_.insert(id);
  return {};
}

Result<void> ObjectStore::sync() {
  const UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) return errno_error("store the backup");
  return {};
}

Result<UniqueFd> ObjectStore::open_object(const std::string& id) const {
  const auto path = path_of(id);
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno_error("open " + path.string());
  return file;
}

Result<Bytes> ObjectStore::read(const Object& object) const {
  FILOSCOPE_TRY(auto data,
                read_file(path_of(object.id), static_cast<std::size_t>(object.size_bytes)));
  if (crypto::hex(crypto::sha256(std::span<const std::uint8_t>(data))) == object.id) return data;
  return Error(Code::corrupt, "the object " + object.id + " of the backup was altered");
}

std::string ObjectStore::check(const Object& object) const {
  const auto file = open_object(object.id);
  if (!file) return "the object " + object.id + " is missing";
  const auto found = object_of(file->get());
  if (!found) return "the object " + object.id + " cannot be read: " + found.error().message;
  return *found == object ? "" : "the object " + object.id + " is not what was stored";
}

Result<std::int64_t> ObjectStore::keep_only(const std::unordered_set<std::string>& ids) {
  std::int64_t removed = 0;
  std::error_code problem;
  for (fs::recursive_directory_iterator at(folder_ / "objects", problem), end;
       !problem && at != end; at.increment(problem)) {
    const auto name = at->path().filename().string();
    if (name.size() != kIdLength || ids.contains(name)) continue;
    if (::unlink(at->path().c_str()) != 0) return errno_error("remove " + at->path().string());
    ++removed;
  }
  if (!problem) return removed;
  errno = problem.value();
  return errno_error("read " + folder_.string());
}

}  // namespace filoscope::backup
