#pragma once

/// Sessions and guests by the hash of their token, so that knowing who asks needs no disk. Internal
/// to this module.

#include <array>
#include <optional>
#include <string>

#include "accounts/accounts.h"
#include "base/lru_cache.h"
#include "base/mutex.h"

namespace filoscope::accounts {

/// What a token stands for.
struct SessionRow {
  AccountId account;     ///< none for a guest
  PersonKey guest;       ///< none for an account
  std::string family;    ///< stays when the token is rotated
  std::string language;  ///< of a guest
  std::int64_t created_ms = 0, used_ms = 0, ends_ms = 0;
  bool replaced = false;        ///< its successor is in use; ends soon
  std::int64_t rotated_ms = 0;  ///< when a successor was last handed out; in memory only
};

/// Threads: any. A row read from the disk is only taken in if nothing was forgotten since before
/// the reading, so that an ended session cannot come back.
class SessionCache {
 public:
  using Generation = std::uint64_t;
  explicit SessionCache(std::size_t entries_max) : rows_(entries_max) {}

  std::optional<SessionRow> find(const std::string& hash) {
    Lock lock(mutex_);
    const auto* row = rows_.find(hash);
    return row ? std::optional(*row) : std::nullopt;
  }
  Generation generation() {
    Lock lock(mutex_);
    return generation_;
  }
  void put(const std::string& hash, const SessionRow& row, Generation read_at) {
    Lock lock(mutex_);
    // A row put in by a request beside this one knows more: what was claimed of it.
    if (read_at == generation_ && rows_.find(hash) == nullptr) rows_.put(hash, row);
  }
  void forget(std::span<const std::string> hashes) {
    Lock lock(mutex_);
    ++generation_;
    for (const auto& hash : hashes) rows_.erase(hash);
  }
  /// True for the one caller that shall write down that the session was used.
  bool claim_extension(const std::string& hash, std::int64_t now_ms, std::int64_t every_ms,
                       std::int64_t ends_ms) {
    Lock lock(mutex_);
    auto* row = rows_.find(hash);
    if (row == nullptr || row->replaced || now_ms - row->used_ms < every_ms) return false;
    row->used_ms = now_ms;
    row->ends_ms = ends_ms;
    return true;
  }

  /// True for the one caller that shall hand out a successor.
  bool claim_rotation(const std::string& hash, std::int64_t now_ms, std::int64_t every_ms) {
    Lock lock(mutex_);
    auto* row = rows_.find(hash);
    if (row == nullptr || row->replaced || now_ms - row->rotated_ms < every_ms) return false;
    row->rotated_ms = now_ms;
    return true;
  }

 private:
  Mutex mutex_;
  Generation generation_ FILOSCOPE_GUARDED_BY(mutex_) = 0;
  LruCache<std::string, SessionRow> rows_ FILOSCOPE_GUARDED_BY(mutex_);
};

}  // namespace filoscope::accounts
