#pragma once

/// Likes, saves, comments, shares, "not interested", reports, notifications. A fact and its log
/// record are one transaction; the same fact told twice (call and event) is stored and learned
/// once.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "catalog/catalog.h"
#include "engine/records.h"

namespace filoscope::social {

inline const Setting<std::int64_t> kCommentCharactersMax{"social.comment_characters_max", 500, 1,
                                                         5000, "Longest comment, in characters."};
inline const Setting<std::int64_t> kCommentsPerMinuteMax{
    "social.comments_per_minute_max", 20, 1, 1000, "Comments a person may write in a minute."};
inline const Setting<std::int64_t> kReportsPerDayMax{"social.reports_per_day_max", 100, 1, 10'000,
                                                     "Reports a person may send in 24 hours."};
inline const Setting<std::int64_t> kNotificationsMax{
    "social.notifications_max", 500, 10, 100'000,
    "Notifications kept for a person; older ones are dropped."};
inline const Setting<std::int64_t> kCountsCachedMax{
    "social.counts_cached_max", 200'000, 1, 100'000'000, "Videos whose counts are held in memory."};

/// Of one entry, of any kind.
struct Counts {
  std::int64_t views = 0, likes = 0, comments = 0, saves = 0, shares = 0;
};
struct Marks {  ///< of one viewer
  bool liked = false, saved = false, not_interested = false;
};
struct Comment {
  CommentId id;
  VideoId video;
  AccountId author;
  std::string text;
  std::int64_t created_ms = 0;
};
struct CommentPage {
  std::vector<Comment> items;
  std::string next_cursor;
};
inline constexpr std::string_view kDraftReady = "draft";
struct Notification {
  NotificationId id;
  std::string kind;  ///< like comment follow mention published failed held copy refused
                     ///< limited unlimited
  AccountId actor;
  VideoId video;
  CommentId comment{};  ///< that it tells of
  /// Of a comment; of `failed` its `stored_text`; of `published` kDraftReady for a draft.
  std::string text;
  std::int64_t created_ms = 0;
  bool read = false;
};
struct NotificationPage {
  std::vector<Notification> items;
  std::string next_cursor;
};
/// Where an action came from: what an impression token says. All none for a bare call.
struct Origin {
  RequestId request;
  engine::Surface surface = engine::Surface::other;
  VideoId video{};      ///< what was playing when someone was followed
  bool learned = true;  ///< false: the act counts, and the engine does not hear of it
};
struct Report {
  VideoId video;
  AccountId account;
  CommentId comment;
  std::string reason, text;
};

/// Threads: any; calls may block on the database. Counts of hot videos are cached: a person's own
/// act shows at once, views and erasures within a second. Lists are pages of 1..50; errors:
/// invalid_argument (cursor, limit), unauthenticated (no account, or not even a guest).
class Social {
 public:
  struct Parts {
    Database& database;
    Outbox& log;
    accounts::Accounts& accounts;
    catalog::Catalog& catalog;
    const Clock& clock;
    const Config& config;
  };
  static Result<std::unique_ptr<Social>> open(const Parts& parts);
  virtual ~Social() = default;

  // All take only entries that may be seen (not_found otherwise); accounts only, but for
  // not_interested, share and report, which guests may too.
  virtual Result<Counts> set_like(const accounts::Viewer& viewer, VideoId video, bool on,
                                  const Origin& origin) = 0;
  virtual Result<Counts> set_save(const accounts::Viewer& viewer, VideoId video, bool on,
                                  const Origin& origin) = 0;
  virtual Result<void> set_not_interested(const accounts::Viewer& viewer, VideoId video, bool on,
                                          const Origin& origin) = 0;
  virtual Result<Counts> share(const accounts::Viewer& viewer, VideoId video,
                               const Origin& origin) = 0;
  virtual Result<Comment> comment(const accounts::Viewer& viewer, VideoId video,
                                  std::string_view text, const Origin& origin) = 0;
  virtual Result<void> remove_comment(const accounts::Viewer& viewer,
                                      CommentId id) = 0;  ///< her own, or under her video
  virtual Result<CommentPage> comments(const accounts::Viewer& viewer, VideoId video,
                                       std::string_view cursor, int limit) = 0;
  /// Errors: not_found, also for one that `comments` does not list to her.
  virtual Result<Comment> find_comment(const accounts::Viewer& viewer, CommentId id) = 0;
  virtual Result<void> report(const accounts::Viewer& viewer, const Report& report,
                              const Origin& origin) = 0;
  /// Follow with its origin for the engine; the graph itself is accounts'.
  virtual Result<void> follow(const accounts::Viewer& viewer, AccountId other, bool on,
                              const Origin& origin) = 0;

  /// Plays counted from accepted watch events (≥ 1 s or complete, once per token). Inside the
  /// caller's transaction.
  virtual Result<void> count_view(Session& session, VideoId video) = 0;

  virtual Result<std::vector<Counts>> counts(std::span<const VideoId> videos) = 0;
  virtual Result<std::vector<Marks>> marks(const accounts::Viewer& viewer,
                                           std::span<const VideoId> videos) = 0;
  /// Of all that each of these people has, in their order.
  virtual Result<std::vector<std::int64_t>> likes_received(std::span<const AccountId> owners) = 0;
  virtual Result<catalog::EntryPage> liked(const accounts::Viewer& viewer, std::string_view cursor,
                                           int limit) = 0;
  virtual Result<catalog::EntryPage> saved(const accounts::Viewer& viewer, std::string_view cursor,
                                           int limit) = 0;

  virtual Result<void> notify(
      AccountId whom,
      const Notification& notification) = 0;  ///< not of blocked or muted people; same thing once
  virtual Result<NotificationPage> notifications(const accounts::Viewer& viewer,
                                                 std::string_view cursor, int limit) = 0;
  virtual Result<void> mark_notifications_read(const accounts::Viewer& viewer) = 0;
  virtual Result<std::int64_t> unread_count(const accounts::Viewer& viewer) = 0;
  /// Told whose notifications have changed, after the commit, until the handle is gone
  /// (base/listeners.h).
  [[nodiscard]] virtual std::shared_ptr<void> on_notice(
      std::function<void(const AccountId&)> call) = 0;
};

}  // namespace filoscope::social
