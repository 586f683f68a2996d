#pragma once

/// A `BlobStore` that knows what each blob was when it was stored: size and SHA-256, in a table. A
/// blob whose size has changed since is not given out.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file_sum.h"
#include "ports/blob_store.h"
#include "ports/database.h"

namespace filoscope {

/// Threads: any. Beyond the port's errors: corrupt (open: the blob is damaged).
class CheckedBlobStore : public BlobStore {
 public:
  /// Reads every blob; a sentence for each that is not what was stored. `progress` gets 0 to 1.
  virtual Result<std::vector<std::string>> verify(
      const std::function<void(double share)>& progress) = 0;
  /// Notes in the background what blobs are that were stored before there was a table.
  virtual void note_older_ones() = 0;
};

/// The tables of this store.
std::span<const Migration> blob_sums_migrations();

/// What each blob was when it was stored, as far as it is noted. Errors: those of Session::query.
Result<void> each_blob_sum(
    Session& session, const std::function<void(const std::string& key, const FileSum& sum)>& each);

/// `database` outlives it. Errors: those of Database::migrate.
Result<std::unique_ptr<CheckedBlobStore>> open_checked_blob_store(std::unique_ptr<BlobStore> blobs,
                                                                  Database& database);

}  // namespace filoscope
