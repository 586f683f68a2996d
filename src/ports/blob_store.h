#pragma once

/// Large immutable objects by key (`[a-z0-9/._-]`, ≤ 200 characters, no ".."); one key may be the
/// beginning of another.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace filoscope {

/// One blob, opened: what it is, and its bytes in ranges. Threads: any, several at a time. Its
/// owner is who opened it; it ends before its store does.
class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual std::int64_t size_bytes() const = 0;
  /// When it was put, by the store's own clock.
  virtual std::int64_t put_ms() const = 0;
  /// Fills `out` from `offset` on; may block. Errors: corrupt (the blob ends before), not_found (it
  /// was removed meanwhile: a store may go on giving it, or not), unavailable.
  virtual Result<void> read(std::span<std::uint8_t> out, std::int64_t offset) const = 0;
  /// The blob as a file of this machine, for sendfile: read-only, of this object, outlives the
  /// blob's removal. Null where the store keeps its blobs elsewhere.
  virtual const UniqueFd* native_file() const = 0;
};

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
  /// A new unnamed file here (on the store's own disk, if it has one), readable and writable; gone
  /// when its last descriptor closes.
  virtual Result<UniqueFd> make_temporary() = 0;
  /// Errors: not_found.
  virtual Result<std::unique_ptr<BlobReader>> open(std::string_view key) const = 0;
  /// Whether its readers have native files. Then open() asks no more than the local disk; else it
  /// is nothing for a network thread.
  virtual bool has_native_files() const = 0;
  /// As put() of the content of `from`, without its passing through here where the store can.
  /// Errors: not_found, conflict (`to` exists).
  virtual Result<void> copy(std::string_view from, std::string_view to) = 0;
  /// Gone when this returns (after a power cut it may be back); a missing key is fine.
  virtual Result<void> remove(std::string_view key) = 0;
  /// All keys that begin with `prefix`, which may end anywhere in a part ("" is all), in no order;
  /// what is put or removed meanwhile may be told or not. `each` may call put, open and remove.
  virtual Result<void> list(std::string_view prefix,
                            const std::function<void(std::string_view key)>& each) const = 0;
};

}  // namespace filoscope
