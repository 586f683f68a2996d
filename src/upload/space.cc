#include "upload/space.h"

#include "upload/reasons.h"

namespace filoscope::upload {
namespace {

constexpr std::int64_t kNetworkShare = 2;

Error too_full() { return Error(reason("disk_too_full_for_file")); }

}  // namespace

Result<void> Space::promise(std::uint64_t key, const Promise& wanted) {
  const std::int64_t free_bytes = free_bytes_();
  Lock lock(mutex_);
  std::int64_t all = 0, own = 0, beside = 0;
  for (const auto& [other, promised] : promises_) {
    if (other == key) continue;
    all += promised.bytes;
    if (promised.owner == wanted.owner) own += promised.bytes;
    if (wanted.network != 0 && promised.network == wanted.network) beside += promised.bytes;
  }
  const std::int64_t left = free_bytes - kSpaceBytesMin - all - wanted.bytes;
  if (left < 0 || (own > 0 && own + wanted.bytes > left) ||
      (beside > 0 && beside + wanted.bytes > kNetworkShare * left)) {
    return too_full();
  }
  promises_[key] = wanted;
  return {};
}

void Space::set(std::uint64_t key, const Promise& promised) {
  Lock lock(mutex_);
  promises_[key] = promised;
}

void Space::give_back(std::uint64_t key) {
  Lock lock(mutex_);
  promises_.erase(key);
}

Result<void> Space::check(std::int64_t bytes) const {
  if (free_bytes_() - bytes < kSpaceBytesMin) return too_full();
  return {};
}

std::int64_t Space::promised_bytes() const {
  Lock lock(mutex_);
  std::int64_t all = 0;
  for (const auto& [key, promised] : promises_) all += promised.bytes;
  return all;
}

}  // namespace filoscope::upload
