#pragma once

/// What of the disk is promised and not written yet: the rest of every upload, what is received
/// before its upload begins, and what processing will make. A promise is given only where all of
/// them fit, and nobody who has one already gets more than she leaves free; a network, twice that
/// (dynamic thresholds, as in job_queue.h). Internal to upload.

#include <cstdint>
#include <functional>
#include <unordered_map>

#include "base/id.h"
#include "base/mutex.h"
#include "base/result.h"

namespace filoscope::upload {

/// Left free beside all promises, for the database.
inline constexpr std::int64_t kSpaceBytesMin = 64LL << 20;

/// Bytes that the disk has free now; a large number where it cannot be asked.
using FreeBytes = std::function<std::int64_t()>;

struct Promise {
  AccountId owner;
  std::int64_t network = 0;  ///< as NewUpload::network
  std::int64_t bytes = 0;
};

/// Threads: any.
class Space {
 public:
  explicit Space(FreeBytes free_bytes) : free_bytes_(std::move(free_bytes)) {}

  /// Instead of what `key` (an upload's, a video's) was promised before. Errors: unavailable.
  Result<void> promise(std::uint64_t key, const Promise& wanted);
  /// The same without asking: for what is on the disk or accepted already.
  void set(std::uint64_t key, const Promise& promised);
  void give_back(std::uint64_t key);
  /// Whether so many promised bytes can be written now. Errors: unavailable.
  Result<void> check(std::int64_t bytes) const;
  std::int64_t promised_bytes() const;

 private:
  const FreeBytes free_bytes_;
  mutable Mutex mutex_;
  std::unordered_map<std::uint64_t, Promise> promises_ FILOSCOPE_GUARDED_BY(mutex_);
};

}  // namespace filoscope::upload
