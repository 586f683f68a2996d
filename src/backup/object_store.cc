#include "backup/object_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "backup/reasons.h"
#include "base/crypto.h"
#include "ports/blob_read.h"

namespace filoscope::backup {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr std::size_t kIdLength = 64;
constexpr const char* kUnfinished = "unfinished";  ///< what is being written, below the folder

Result<void> make_folder(const fs::path& folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (!problem) return {};
  errno = problem.value();
  return errno_error("make the folder " + folder.string());
}

}  // namespace

Result<Object> object_of(int file) {
  FILOSCOPE_TRY(auto sum, sum_file(file));
  return Object{std::move(sum.sha256), sum.size_bytes};
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
  UniqueFd whole(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!whole) return errno_error("open " + folder.string());
  return ObjectStore(folder, std::move(lock), std::move(whole));
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
  return put_summed([source](const FilePart& each) { return sum_file(source, each); });
}

Result<Object> ObjectStore::put_blob(const BlobReader& blob) {
  return put_summed([&blob](const FilePart& each) { return sum_blob(blob, each); });
}

Result<Object> ObjectStore::put_summed(const Sum& sum_all) {
  const auto made = folder_ / kUnfinished;
  UniqueFd file(::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (!file) return errno_error("make " + made.string());
  FILOSCOPE_TRY(auto sum, sum_all([&](auto part, std::int64_t at) {
                  return write_all(file.get(), part, at);
                }));
  const Object object{std::move(sum.sha256), sum.size_bytes};
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
  placed_.push_back(id);
  return {};
}

Result<void> ObjectStore::sync() {
  if (::syncfs(whole_.get()) != 0) return errno_error("store the backup");
  return {};
}

void ObjectStore::drop_placed() {
  for (const auto& id : placed_) {
    ::unlink(path_of(id).c_str());
    trusted_.erase(id);
  }
  placed_.clear();
  ::unlink((folder_ / kUnfinished).c_str());
}

Result<void> ObjectStore::copy_out(const Object& object, int to) const {
  FILOSCOPE_TRY(const auto file, open_object(object.id));
  FILOSCOPE_TRY(const auto sum, sum_file(file.get(), [&](auto part, std::int64_t at) {
                  return write_all(to, part, at);
                }));
  if (sum == FileSum{object.size_bytes, object.id}) return {};
  return Error(Code::corrupt, "the object " + object.id + " of the backup was altered");
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
