#pragma once

/// Large immutable objects by key (`[a-z0-9/._-]`, ≤ 200 characters, no "..").

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace filoscope {

/// Threads: any. All calls may block.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  /// Takes the content of `file` (from its start to its end) as `key`, durable when this returns.
  /// The file may be moved instead of copied when it was made by make_temporary(). Errors: conflict
  /// (key exists), unavailable (disk full).
  virtual Result<void> put(std::string_view key, UniqueFd file) = 0;
  /// A new unnamed file on the store's own disk, readable and writable; gone when its last
  /// descriptor closes.
  virtual Result<UniqueFd> make_temporary() = 0;
  struct Blob {
    UniqueFd file;  ///< read-only
    std::int64_t size_bytes = 0;
  };
  /// Errors: not_found.
  virtual Result<Blob> open(std::string_view key) const = 0;
  /// Gone when this returns; a missing key is fine.
  virtual Result<void> remove(std::string_view key) = 0;
  /// All keys that begin with `prefix`, in no order.
  virtual Result<void> list(std::string_view prefix,
                            const std::function<void(std::string_view key)>& each) const = 0;
};

}  // namespace filoscope
