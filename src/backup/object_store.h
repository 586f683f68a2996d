#pragma once

/// Content named by its SHA-256, in `objects/` below one folder.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/file_sum.h"
#include "base/result.h"
#include "ports/blob_store.h"

namespace filoscope::backup {

struct Object {
  std::string id;  ///< SHA-256, hexadecimal
  std::int64_t size_bytes = 0;

  friend bool operator==(const Object&, const Object&) = default;
};

/// Threads: one at a time; one process at a time has the folder. All calls block.
class ObjectStore {
 public:
  enum class Missing { make, fail };
  /// Errors: conflict (another process has the folder), not_found (`fail`: there is none),
  /// unavailable.
  static Result<ObjectStore> open(const std::filesystem::path& folder, Missing missing);

  const std::filesystem::path& folder() const { return folder_; }

  /// Says that a whole backup names this object: it is not stored again, if it is there.
  void trust(const Object& object);
  bool is_trusted(const std::string& id) const { return trusted_.contains(id); }

  /// Not durable before sync(). Errors: those of files.
  Result<Object> put(std::span<const std::uint8_t> data);
  /// The same of a file, read from its start to its end. Errors: those of files.
  Result<Object> put_file(int file);
  /// The same of a blob.
  Result<Object> put_blob(const BlobReader& blob);
  /// What was put is on disk when this returns. Errors: unavailable.
  Result<void> sync();

  /// Writes it into a file. Errors: not_found, those of files; corrupt (it is not what its name
  /// says).
  Result<void> copy_out(const Object& object, int to) const;
  /// Errors: as above; corrupt (it is not what its name says).
  Result<Bytes> read(const Object& object) const;
  /// Reads it all. What is wrong with it, or "".
  std::string check(const Object& object) const;
  /// Takes away what was put since the folder was opened: of a backup that failed.
  void drop_placed();
  /// Takes away all objects but these. Gives their number. Errors: those of files.
  Result<std::int64_t> keep_only(const std::unordered_set<std::string>& ids);

  std::int64_t stored_bytes() const { return stored_bytes_; }  ///< by put() and put_file()

 private:
  ObjectStore(std::filesystem::path folder, UniqueFd lock, UniqueFd whole)
      : folder_(std::move(folder)), lock_(std::move(lock)), whole_(std::move(whole)) {}
  using Sum = std::function<Result<FileSum>(const FilePart& each)>;
  Result<Object> put_summed(const Sum& sum_all);
  Result<UniqueFd> open_object(const std::string& id) const;
  std::filesystem::path path_of(const std::string& id) const;
  Result<void> place(const std::string& id, const std::filesystem::path& made);

  std::filesystem::path folder_;
  UniqueFd lock_;
  UniqueFd whole_;  ///< the folder, open from the start: sync() tells what failed since
  std::unordered_set<std::string> trusted_;
  std::vector<std::string> placed_;
  std::int64_t stored_bytes_ = 0;
};

/// Size and SHA-256 of a file, from its start to its end. Errors: those of files.
Result<Object> object_of(int file);

}  // namespace filoscope::backup
