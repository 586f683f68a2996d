#pragma once

/// `BlobStore` as files below one folder. A key is its path: `media/ab/cover.jpg` lies in
/// `objects/media/ab/cover.jpg~`; the `~`, which no key may hold, lets `a` and `a/b` both be keys.
/// Source: open(2) on O_TMPFILE, "a file that only appears when it is whole".

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "ports/blob_store.h"

namespace filoscope {

struct FileBlobStoreOptions {
  std::filesystem::path root;  ///< made when missing; its parent must exist
  bool unnamed_files = true;   ///< use O_TMPFILE and linkat where the file system has them
};

/// Threads: any. Several processes may open one root.
/// Errors of the calls, beyond the port's: invalid_argument (the key is not one; says why).
/// Errors: unavailable (disk full), internal (cannot be made or opened).
Result<std::unique_ptr<BlobStore>> open_file_blob_store(const FileBlobStoreOptions& options);
Result<std::unique_ptr<BlobStore>> open_file_blob_store(std::filesystem::path root);

}  // namespace filoscope
