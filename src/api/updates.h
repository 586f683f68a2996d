#pragma once

/// News for clients that are there: how many notifications are unread, how far her videos are,
/// which of the clips she looks at are gone. Modules tell that something has changed; what it is,
/// is asked of them for the one who hears it, so nobody hears of what she may not see.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/auth.h"
#include "base/mutex.h"

namespace filoscope::api {

inline constexpr std::size_t kWatchedMax = 64;

/// Threads: any. Everything it was made from outlives it; it outlives its listeners.
class Updates {
 public:
  explicit Updates(const Services& services);

  /// One client's share of the news. What it has not heard yet is kept as what has changed, at most
  /// once each, so one that does not listen costs no more than one that does.
  class Listener;
  enum class Interest { all, notices };
  /// `wake` is called, by whatever thread changes a thing, when there is something to take; it is
  /// quick, throws nothing, and ends no listener. It is not called any more once the listener is
  /// gone. Errors: exhausted (kWaitingPerPersonMax).
  Result<std::shared_ptr<Listener>> listen(const accounts::Viewer& viewer, Interest interest,
                                           std::function<void()> wake);

 private:
  void noticed(AccountId whom);
  void stepped(const catalog::Step& step);
  void leave(Listener& listener);

  const std::int64_t of_one_max_;
  Mutex mutex_;
  std::unordered_map<PersonKey, std::int64_t> counts_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unordered_multimap<AccountId, Listener*> by_account_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unordered_multimap<VideoId, Listener*> by_video_ FILOSCOPE_GUARDED_BY(mutex_);
  const std::shared_ptr<void> notices_, steps_;  ///< last: told as long as the rest is there
};

class Updates::Listener {
 public:
  Listener(Updates& updates, const accounts::Viewer& viewer, Interest interest,
           std::function<void()> wake)
      : updates_(updates),
        account_(viewer.account),
        person_(viewer.person),
        interest_(interest),
        wake_(std::move(wake)) {}
  ~Listener() { updates_.leave(*this); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// The clips she looks at from now on, at most kWatchedMax; those that are new to it count as
  /// changed, since they may have gone before.
  void watch(const std::vector<VideoId>& videos);
  /// Nothing more is told of one that is gone for her.
  void unwatch(VideoId video);

  struct News {
    bool notices = false;              ///< her notifications have changed
    std::vector<catalog::Step> steps;  ///< of her own videos, the newest of each
    std::vector<VideoId> changed;      ///< clips that she looks at
  };
  /// What has changed since the last call.
  News take();

 private:
  friend class Updates;
  Updates& updates_;
  const AccountId account_;
  const PersonKey person_;
  const Interest interest_;
  const std::function<void()> wake_;
  // Guarded by the mutex of updates_.
  bool counted_ = false, notices_ = false;
  std::map<VideoId, catalog::Step> steps_;
  std::unordered_set<VideoId> watched_, changed_;
};

}  // namespace filoscope::api
