#include "backup/file_copy.h"

#include <fcntl.h>

#include <cerrno>
#include <vector>

#include "backup/parts.h"

namespace filoscope::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileColumns = 3;  ///< path, size, SHA-256

/// Whether it stays below the folder that it is put into.
bool is_below(const std::string& path) {
  const fs::path given(path);
  return !path.empty() && given.is_relative() && given == given.lexically_normal() &&
         *given.begin() != "..";
}

Result<UniqueFd> make_file(const fs::path& path) {
  std::error_code problem;
  fs::create_directories(path.parent_path(), problem);
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return errno_error("make " + path.string());
  return file;
}

}  // namespace

Result<Files> FileCopy::blobs(const BlobStore& blobs, const Files& known,
                              std::int64_t put_before_ms, const Progress& progress) {
  std::vector<std::string> keys;
  FILOSCOPE_DO(blobs.list("", [&](std::string_view key) { keys.emplace_back(key); }));
  Files files;
  std::size_t done = 0;
  for (const auto& key : keys) {
    progress(static_cast<double>(done++) / static_cast<double>(keys.size()), "files");
    const auto noted = known.find(key);
    if (noted != known.end() && store_.is_trusted(noted->second.id)) {
      files.emplace(key, noted->second);
      continue;
    }
    const auto blob = blobs.open(key);
    if (!blob && blob.error().code == Code::not_found) continue;  // removed meanwhile
    if (!blob) return blob.error();
    if (put_before_ms > 0 && noted == known.end() && (*blob)->put_ms() > put_before_ms) continue;
    FILOSCOPE_TRY(const auto object, store_.put_blob(**blob));
    files.emplace(key, object);
  }
  return files;
}

Result<Object> FileCopy::file(const std::string& path) {
  const auto whole = folder_ / path;
  const UniqueFd file(::open(whole.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return errno_error("open " + whole.string());
  return store_.put_file(file.get());
}

Result<Files> FileCopy::some(const std::vector<std::string>& paths) {
  Files files;
  for (const auto& path : paths) {
    const auto object = file(path);
    if (!object && object.error().code == Code::not_found) continue;
    if (!object) return object.error();
    files.emplace(path, *object);
  }
  return files;
}

Result<Files> FileCopy::files(const std::string& below, const std::string& ending) {
  std::vector<std::string> paths;
  std::error_code problem;
  for (fs::directory_iterator at(folder_ / below, problem), end; !problem && at != end;
       at.increment(problem)) {
    const auto name = at->path().filename().string();
    if (name.ends_with(ending)) paths.push_back(below + "/" + name);
  }
  if (!problem || problem == std::errc::no_such_file_or_directory) return some(paths);
  errno = problem.value();
  return errno_error("read " + (folder_ / below).string());
}

Result<Parts> dump_files(const Files& files, ObjectStore& store) {
  PartWriter writer(store);
  for (const auto& [path, object] : files) {
    const SqlValue row[] = {path, object.size_bytes, object.id};
    FILOSCOPE_DO(writer.add(row));
  }
  return writer.finish();
}

Result<Files> read_files(const Parts& parts, const ObjectStore& store) {
  Files files;
  FILOSCOPE_DO(read_parts(store, parts, kFileColumns, [&](Rows rows) -> Result<void> {
    for (auto& row : rows) {
      auto* const path = std::get_if<std::string>(&row[0]);
      const auto* const size = std::get_if<std::int64_t>(&row[1]);
      auto* const id = std::get_if<std::string>(&row[2]);
      if (!path || !size || !id || !is_below(*path))
        return Error(Code::corrupt, "the backup's list of files is none");
      files.emplace(std::move(*path), Object{std::move(*id), *size});
    }
    return {};
  }));
  return files;
}

Result<void> restore_files(const Files& files, const ObjectStore& store, const fs::path& folder,
                           BlobStore& blobs, const Progress& progress) {
  std::size_t done = 0;
  for (const auto& [path, object] : files) {
    progress(static_cast<double>(done++) / static_cast<double>(files.size()), "files");
    const bool blob = path.starts_with(kBlobsBelow);
    FILOSCOPE_TRY(auto file, blob ? blobs.make_temporary() : make_file(folder / path));
    FILOSCOPE_DO(store.copy_out(object, file.get()));
    if (blob) FILOSCOPE_DO(blobs.put(path.substr(kBlobsBelow.size()), std::move(file)));
  }
  return {};
}

}  // namespace filoscope::backup
