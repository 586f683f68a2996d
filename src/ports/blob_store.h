#pragma once

/// Large immutable objects by key (`[a-z0-9/._-]`, ≤ 200 characters, no ".."); one key may be the
/// beginning of another.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace filoscope {

/// Threads: any. All calls may block. Every call with a key that is none: invalid_argument; every
/// call: unavailable (the disk is full or away).
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  /// Takes the content of `file`, a regular file, from its start to its end wherever its position
  /// is, as `key`: whole or not at all for readers, durable with its name when this returns. A file
  /// made by make_temporary() may be moved instead of copied, so nobody writes to it afterwards.
  /// After an error the key is as it was. Errors: conflict (key exists).
  virtual Result<void> put(std::string_view key, UniqueFd file) = 0;
  /// A new unnamed file on the store's own disk, readable and writable; gone when its last
  /// descriptor closes.
  virtual Result<UniqueFd> make_temporary() = 0;
  struct Blob {
    UniqueFd file;  ///< read-only; outlives its removal; any threads may pread it
    std::int64_t size_bytes = 0;
  };
  /// Errors: not_found.
  virtual Result<Blob> open(std::string_view key) const = 0;
  /// Gone when this returns (after a power cut it may be back); a missing key is fine.
  virtual Result<void> remove(std::string_view key) = 0;
  /// All keys that begin with `prefix`, which may end anywhere in a part ("" is all), in no order;
  /// what is put or removed meanwhile may be told or not. `each` may call put, open and remove.
  virtual Result<void> list(std::string_view prefix,
                            const std::function<void(std::string_view key)>& each) const = 0;
};

}  // namespace filoscope
