#include "adapters/files/file_blob_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "adapters/files/blob_key.h"
#include "adapters/files/reasons.h"
#include "base/crypto.h"
#include "base/log.h"

namespace filoscope {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;
constexpr std::size_t kCopyBytes = 1 << 20;
constexpr int kMakeTries = 8;  ///< against a remove() that takes away the folder just made

Result<void> copy_content(int from, int to, std::int64_t size_bytes) {
  std::vector<std::uint8_t> buffer;
  for (std::int64_t done = 0; done < size_bytes;) {
    loff_t in = done;
    loff_t out = done;
    const auto copied =
        ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(size_bytes - done), 0);
    if (copied > 0) {
      done += copied;
      continue;
    }
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0 && (errno == ENOSPC || errno == EDQUOT)) return errno_error("store a blob");
    buffer.resize(kCopyBytes);  // another file system, or none that can copy
    const auto count = ::pread(from, buffer.data(), buffer.size(), done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("read a blob's source");
    if (count == 0) return Error(Code::internal, "a blob's source shrank while it was read");
    FILOSCOPE_DO(write_all(to, std::span(buffer).first(static_cast<std::size_t>(count)), done));
    done += count;
  }
  return {};
}

Result<void> sync_file(int fd) {
  if (::fsync(fd) != 0) return errno_error("store a blob");
  return {};
}

class FileReader final : public BlobReader {
 public:
  FileReader(UniqueFd file, const struct stat& info)
      : file_(std::move(file)),
        size_bytes_(info.st_size),
        put_ms_(std::int64_t{info.st_ctim.tv_sec} * 1000 + info.st_ctim.tv_nsec / 1'000'000) {}
  std::int64_t size_bytes() const override { return size_bytes_; }
  std::int64_t put_ms() const override { return put_ms_; }
  Result<void> read(std::span<std::uint8_t> out, std::int64_t offset) const override {
    return read_all(file_.get(), out, offset);
  }
  const UniqueFd* native_file() const override { return &file_; }

 private:
  const UniqueFd file_;
  const std::int64_t size_bytes_, put_ms_;
};

class FileBlobStore final : public BlobStore {
 public:
  FileBlobStore(fs::path root, bool unnamed_files)
      : objects_(root / "objects"), temporary_(root / "temporary"), unnamed_files_(unnamed_files) {}

  Result<void> prepare();

  Result<void> put(std::string_view key, UniqueFd file) override;
  Result<UniqueFd> make_temporary() override;
  Result<std::unique_ptr<BlobReader>> open(std::string_view key) const override;
  bool has_native_files() const override { return true; }
  Result<void> copy(std::string_view from, std::string_view to) override {
    FILOSCOPE_TRY(auto file, open_file(from));
    return put(to, std::move(file));
  }
  Result<void> remove(std::string_view key) override;
  Result<void> list(std::string_view prefix,
                    const std::function<void(std::string_view)>& each) const override;

 private:
  struct Named {
    UniqueFd file;
    fs::path path;
  };
  Result<UniqueFd> open_file(std::string_view key) const;
  static Error taken(std::string_view key) { return Error(files::reason("blob_exists"), key); }
  Result<Named> make_named();
  void clean_up();
  Result<UniqueFd> own_copy(int from, std::int64_t size_bytes);
  /// Makes `folder` and what is missing above it, each durably in its parent.
  Result<void> make_folders(const fs::path& folder);
  /// Calls `place` (0 or errno) until the folder of `path` stays long enough, then makes it
  /// durable.
  template <typename Place>
  Result<void> place(std::string_view key, const fs::path& path, Place place_it);
  Result<void> put_unnamed(std::string_view key, const fs::path& path, int file);
  Result<void> put_named(std::string_view key, const fs::path& path, int from, std::int64_t size);

  const fs::path objects_;
  const fs::path temporary_;
  bool unnamed_files_;  ///< constant after prepare()
};

Result<void> FileBlobStore::prepare() {
  for (const auto& folder : {objects_.parent_path(), objects_, temporary_}) {
    if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
      return errno_error("make the folder " + folder.string());
    }
    FILOSCOPE_DO(sync_folder(folder.has_parent_path() ? folder.parent_path() : "."));
  }
  clean_up();
  if (unnamed_files_) {
    const UniqueFd probe(::open(temporary_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kFileMode));
    // A full or read-only disk says nothing of what it can when that is over.
    unnamed_files_ =
        static_cast<bool>(probe) || errno == ENOSPC || errno == EROFS || errno == EDQUOT;
  }
  return {};
}

/// Named temporaries are locked by whom they belong to; one that can be locked lost its maker.
void FileBlobStore::clean_up() {
  std::error_code problem;
  std::int64_t removed = 0;
  for (fs::directory_iterator at(temporary_, problem), end; !problem && at != end;
       at.increment(problem)) {
    const UniqueFd file(::open(at->path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (::unlink(at->path().c_str()) == 0) ++removed;
  }
  if (removed > 0) log::info("files.leftovers_removed", {{"count", removed}});
}

Result<FileBlobStore::Named> FileBlobStore::make_named() {
  Named made;
  made.path = temporary_ / crypto::hex(crypto::random_bytes(16));
  made.file = UniqueFd(::open(made.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!made.file) return errno_error("make a temporary file");
  if (::flock(made.file.get(), LOCK_EX) != 0) return errno_error("lock a temporary file");
  return made;
}

Result<UniqueFd> FileBlobStore::make_temporary() {
  if (!unnamed_files_) {
    FILOSCOPE_TRY(auto named, make_named());
    if (::unlink(named.path.c_str()) != 0) return errno_error("make a temporary file");
    return std::move(named.file);
  }
  UniqueFd file(::open(temporary_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kFileMode));
  if (!file) return errno_error("make a temporary file");
  return file;
}

Result<void> FileBlobStore::make_folders(const fs::path& folder) {
  if (folder == objects_ || ::access(folder.c_str(), F_OK) == 0) return {};
  FILOSCOPE_DO(make_folders(folder.parent_path()));
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST && errno != ENOENT) {
    return errno_error("make a folder for a blob");
  }
  return {};
}

template <typename Place>
Result<void> FileBlobStore::place(std::string_view key, const fs::path& path, Place place_it) {
  int problem = ENOENT;
  for (int tries = 0; problem == ENOENT && tries < kMakeTries; ++tries) {
    FILOSCOPE_DO(make_folders(path.parent_path()));
    problem = place_it();
  }
  if (problem == EEXIST) return taken(key);
  if (problem != 0) {
    errno = problem;
    return errno_error("store a blob");
  }
  // Every folder on the way: another put may have made one and not have come to its fsync yet.
  for (auto folder = path.parent_path();; folder = folder.parent_path()) {
    auto synced = sync_folder(folder);  // not_found: a remove() took blob and folder away already
    if (!synced && synced.error().code != Code::not_found) {
      ::unlink(path.c_str());  // a put that failed leaves the key free
      return synced;
    }
    if (folder == objects_) return {};
  }
}

Result<void> FileBlobStore::put_unnamed(std::string_view key, const fs::path& path, int file) {
  FILOSCOPE_DO(sync_file(file));
  const std::string source = "/proc/self/fd/" + std::to_string(file);
  return place(key, path, [&] {
    return ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0
               ? 0
               : errno;
  });
}

Result<void> FileBlobStore::put_named(std::string_view key, const fs::path& path, int from,
                                      std::int64_t size_bytes) {
  FILOSCOPE_TRY(const auto named, make_named());
  auto done = copy_content(from, named.file.get(), size_bytes);
  if (done) done = sync_file(named.file.get());
  if (done) {
    done = place(key, path, [&] {
      return ::renameat2(AT_FDCWD, named.path.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) ==
                     0
                 ? 0
                 : errno;
    });
  }
  if (!done) ::unlink(named.path.c_str());
  return done;
}

Result<void> FileBlobStore::put(std::string_view key, UniqueFd file) {
  FILOSCOPE_DO(files::check_key(key));
  struct stat source {};
  struct stat store {};
  if (::fstat(file.get(), &source) != 0) return errno_error("look at a blob's source");
  if (!S_ISREG(source.st_mode)) return Error(files::reason("blob_source_no_file"));
  if (::stat(temporary_.c_str(), &store) != 0) return errno_error("look at the blobs' folder");
  const fs::path path = objects_ / files::path_of_key(key);
  if (::access(path.c_str(), F_OK) == 0) return taken(key);
  if (!unnamed_files_) return put_named(key, path, file.get(), source.st_size);
  if (source.st_nlink == 0 && source.st_dev == store.st_dev) {
    auto moved = put_unnamed(key, path, file.get());
    // A file that once had a name and lost it cannot get another one; its content can.
    if (moved || moved.error().code != Code::not_found) return moved;
  }
  FILOSCOPE_TRY(const auto copy, make_temporary());
  FILOSCOPE_DO(copy_content(file.get(), copy.get(), source.st_size));
  return put_unnamed(key, path, copy.get());
}

Result<UniqueFd> FileBlobStore::open_file(std::string_view key) const {
  FILOSCOPE_DO(files::check_key(key));
  const fs::path path = objects_ / files::path_of_key(key);
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file) return file;
  if (errno == ENOENT) return Error(files::reason("no_such_blob"), key);
  return errno_error("open the blob \"" + std::string(key) + "\"");
}

Result<std::unique_ptr<BlobReader>> FileBlobStore::open(std::string_view key) const {
  FILOSCOPE_TRY(auto file, open_file(key));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return errno_error("look at a blob");
  return std::unique_ptr<BlobReader>(std::make_unique<FileReader>(std::move(file), info));
}

Result<void> FileBlobStore::remove(std::string_view key) {
  FILOSCOPE_DO(files::check_key(key));
  const fs::path path = objects_ / files::path_of_key(key);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return errno_error("remove the blob \"" + std::string(key) + "\"");
  }
  // Also when it was gone: the call that removed it may have failed at its sync.
  auto synced = sync_folder(path.parent_path());
  if (!synced && synced.error().code != Code::not_found) return synced;  // not_found: emptied, gone
  for (auto folder = path.parent_path(); folder != objects_; folder = folder.parent_path()) {
    if (::rmdir(folder.c_str()) != 0) break;  // not empty: others live there
  }
  return {};
}

Result<void> FileBlobStore::list(std::string_view prefix,
                                 const std::function<void(std::string_view)>& each) const {
  FILOSCOPE_DO(files::check_prefix(prefix));
  const auto slash = prefix.rfind('/');
  const fs::path start =
      slash == std::string_view::npos ? objects_ : objects_ / prefix.substr(0, slash);
  std::error_code problem;
  fs::recursive_directory_iterator at(start, problem);
  const std::size_t above = objects_.native().size() + 1;
  for (; !problem && at != fs::recursive_directory_iterator(); at.increment(problem)) {
    const std::string_view name = std::string_view(at->path().native()).substr(above);
    const auto key = files::key_of_path(name);
    if (!key.empty() && key.starts_with(prefix)) each(key);
    const auto common = std::min(name.size(), prefix.size());
    if (name.substr(0, common) != prefix.substr(0, common)) at.disable_recursion_pending();
  }
  if (problem && problem != std::errc::no_such_file_or_directory) {
    return Error(Code::internal, "list the blobs: " + problem.message());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<BlobStore>> open_file_blob_store(const FileBlobStoreOptions& options) {
  auto store = std::make_unique<FileBlobStore>(options.root, options.unnamed_files);
  FILOSCOPE_DO(store->prepare());
  return std::unique_ptr<BlobStore>(std::move(store));
}

Result<std::unique_ptr<BlobStore>> open_file_blob_store(std::filesystem::path root) {
  return open_file_blob_store(FileBlobStoreOptions{std::move(root)});
}

}  // namespace filoscope
