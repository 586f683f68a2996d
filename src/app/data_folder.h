#pragma once

/// The folder in which one installation lives: one process at a time, one master key.

#include <filesystem>

#include "base/crypto.h"
#include "base/file.h"
#include "base/result.h"

namespace filoscope::app {

/// The file that says that the folder's records are not in it.
inline constexpr const char* kRecordsElsewhere = "records-in-postgresql";
/// The file that says that a restore into the folder has begun and not ended.
inline constexpr const char* kRestoreUnfinished = "restore-unfinished";

/// Held as long as this lives; the lock ends with the process, however it ends.
class DataFolder {
 public:
  enum class Missing { make, fail };
  /// Errors: conflict (another process holds it; says which; a restore into it has not ended),
  /// not_found, unavailable, corrupt (the key's file is damaged).
  static Result<DataFolder> open(const std::filesystem::path& path, Missing missing);
  /// Only keeps other processes out of a folder that exists. Errors: conflict, unavailable.
  static Result<UniqueFd> lock(const std::filesystem::path& path);
  /// Errors: conflict (a restore into it has not ended).
  static Result<void> check_whole(const std::filesystem::path& path);
  /// The key of a folder that another process may have open. Errors: not_found, corrupt.
  static Result<crypto::Key> read_key(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const crypto::Key& master_key() const { return master_key_; }

 private:
  DataFolder(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  Result<void> load_key();

  std::filesystem::path path_;
  UniqueFd lock_;
  crypto::Key master_key_{};
};

}  // namespace filoscope::app
