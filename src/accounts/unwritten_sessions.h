#pragma once

/// Sign-ins that the disk could not take: they hold from memory until it can. Internal to this
/// module.

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "accounts/session_cache.h"
#include "base/mutex.h"

namespace filoscope::accounts {

struct UnwrittenSession {
  std::string hash;  ///< of its token
  SessionRow row;
  std::string client;
  std::string password_hash;  ///< it was begun with; another one by now ends it
};

/// Threads: any.
class UnwrittenSessions {
 public:
  static constexpr std::size_t kSessionsMax = 10'000;
  static constexpr std::size_t kOfAccountMax = 10;  ///< the first begun gives way

  std::size_t count() const { return count_; }
  std::optional<SessionRow> find(const std::string& hash) const {
    if (count_ == 0) return std::nullopt;
    Lock lock(mutex_);
    for (const auto& session : sessions_) {
      if (session.hash == hash) return session.row;
    }
    return std::nullopt;
  }
  /// False when no more can be held.
  bool put(UnwrittenSession session) {
    Lock lock(mutex_);
    const auto hers = [&](const auto& other) { return other.row.account == session.row.account; };
    if (static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(), hers)) >=
        kOfAccountMax) {
      sessions_.erase(std::find_if(sessions_.begin(), sessions_.end(), hers));
    }
    if (sessions_.size() >= kSessionsMax) return false;
    sessions_.push_back(std::move(session));
    count_ = sessions_.size();
    return true;
  }
  bool erase(const std::string& hash) {
    Lock lock(mutex_);
    const auto erased =
        std::erase_if(sessions_, [&](const auto& session) { return session.hash == hash; });
    count_ = sessions_.size();
    return erased > 0;
  }
  std::vector<UnwrittenSession> all() const {
    Lock lock(mutex_);
    return sessions_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<UnwrittenSession> sessions_ FILOSCOPE_GUARDED_BY(mutex_);
  std::atomic<std::size_t> count_{0};
};

}  // namespace filoscope::accounts
