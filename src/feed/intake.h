#pragma once

/// Events from people's devices: checked, taken in exactly once by (person, event id), and told to
/// the log or, where they are facts of their own (a like, a follow), to social. Threads: any.

#include <span>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/lru_cache.h"
#include "base/mutex.h"
#include "feed/feed.h"
#include "feed/feed_probe.h"
#include "feed/store.h"

namespace filoscope::feed {

/// Signature, age and owner of a token. Errors: invalid_argument.
Result<Impression> check_impression(const crypto::Key& key, const accounts::Viewer& viewer,
                                    std::string_view token, std::int64_t now_ms,
                                    std::int64_t token_hours);

class Intake {
 public:
  explicit Intake(const Feed::Parts& parts) : parts_(parts), viewed_(kViewsRememberedMax) {}

  /// Errors: invalid_argument (too many events), unavailable and the like when nothing or only a
  /// part could be stored: the same call again is safe.
  Result<EventsAnswer> take(const accounts::Viewer& viewer, std::span<const ClientEvent> events);

 private:
  /// One event that passed its checks.
  struct CheckedEvent {
    int index = 0;
    std::string event_id;
    Impression token;
    std::int64_t token_number = 0;
    std::int64_t at_ms = 0;
    engine::Event body;
    AccountId owner;
    bool own = false;       ///< of the entry's owner: taken in, without effect
    bool profiled = false;  ///< may be kept under the person
  };
  /// Who viewed what: one view in six hours.
  struct View {
    PersonKey person;
    VideoId video;
    bool operator==(const View&) const = default;
  };
  struct ViewHash {
    std::size_t operator()(const View& view) const noexcept {
      return std::hash<PersonKey>()(view.person) * 31 + std::hash<VideoId>()(view.video);
    }
  };
  static constexpr std::size_t kViewsRememberedMax = 200'000;

  /// Whose events these are from here on: hers, or nobody's where no more guests can be kept.
  Result<accounts::Viewer> keep(const accounts::Viewer& viewer, std::vector<CheckedEvent>& told);
  Result<CheckedEvent> check(const accounts::Viewer& viewer, const ClientEvent& event, int index,
                             std::int64_t now_ms);
  Result<void> take_plays(const accounts::Viewer& viewer, std::span<const CheckedEvent> run,
                          std::int64_t now_ms, EventsAnswer& answer);
  /// True when it was new. Adds to `views` when it made one.
  Result<bool> take_play(Session& session, const accounts::Viewer& viewer, const CheckedEvent& told,
                         std::int64_t now_ms, std::vector<View>& views);
  bool is_view(const accounts::Viewer& viewer, const CheckedEvent& told, const Play& play,
               std::int64_t now_ms, const std::vector<View>& views);
  Result<void> take_fact(const accounts::Viewer& viewer, const CheckedEvent& told,
                         std::int64_t now_ms, EventsAnswer& answer);
  Result<void> tell_social(const accounts::Viewer& viewer, const CheckedEvent& told);

  const Feed::Parts parts_;
  Mutex mutex_;
  LruCache<View, std::int64_t, ViewHash> viewed_ FILOSCOPE_GUARDED_BY(mutex_);  ///< last, in ms
};

}  // namespace filoscope::feed
