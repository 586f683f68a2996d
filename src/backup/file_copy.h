#pragma once

/// Blobs and files of a data folder into objects and back.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backup/manifest.h"
#include "backup/object_store.h"
#include "base/result.h"
#include "ports/blob_store.h"

namespace filoscope::backup {

/// By path below the data folder; blobs are `blobs/KEY`.
using Files = std::map<std::string, Object, std::less<>>;
using Progress = std::function<void(double share, const std::string& what)>;

/// Copies what is there now. Threads: one.
class FileCopy {
 public:
  FileCopy(std::filesystem::path folder, ObjectStore& store)
      : folder_(std::move(folder)), store_(store) {}

  /// All blobs: those of `known` (by key) that are stored already are not read again.
  /// `put_before_ms` leaves out what the store of blobs took in later; 0 leaves out none. Errors:
  /// those of files.
  Result<Files> blobs(const BlobStore& blobs, const Files& known, std::int64_t put_before_ms,
                      const Progress& progress);
  /// One file below the data folder. Errors: those of files.
  Result<Object> file(const std::string& path);
  /// Those of `paths` that are there. Errors: as above.
  Result<Files> some(const std::vector<std::string>& paths);
  /// The files of one folder below the data folder that end with `ending`; one that goes meanwhile
  /// is left out. Errors: those of files.
  Result<Files> files(const std::string& below, const std::string& ending);

 private:
  const std::filesystem::path folder_;
  ObjectStore& store_;
};

/// Errors: those of ObjectStore.
Result<Parts> dump_files(const Files& files, ObjectStore& store);
/// Errors: those of read_parts.
Result<Files> read_files(const Parts& parts, const ObjectStore& store);
/// Puts them into a new folder and its blobs. Errors: those of files and of BlobStore::put.
Result<void> restore_files(const Files& files, const ObjectStore& store,
                           const std::filesystem::path& folder, BlobStore& blobs,
                           const Progress& progress);

inline constexpr std::string_view kBlobsBelow = "blobs/";

}  // namespace filoscope::backup
