#pragma once

/// The implementation of Social; one class over several files. Internal to this module.

#include "base/listeners.h"
#include "social/counts_cache.h"
#include "social/social.h"

namespace filoscope::social {

/// Of a list whose rows the viewer may not see: so often is the next page read instead.
inline constexpr int kListRoundsMax = 5;

class SocialImpl final : public Social {
 public:
  explicit SocialImpl(const Parts& parts);
  void hook_in();

  Result<Counts> set_like(const accounts::Viewer& viewer, VideoId video, bool on,
                          const Origin& origin) override;
  Result<Counts> set_save(const accounts::Viewer& viewer, VideoId video, bool on,
                          const Origin& origin) override;
  Result<void> set_not_interested(const accounts::Viewer& viewer, VideoId video, bool on,
                                  const Origin& origin) override;
  Result<Counts> share(const accounts::Viewer& viewer, VideoId video,
                       const Origin& origin) override;
  Result<Comment> comment(const accounts::Viewer& viewer, VideoId video, std::string_view text,
                          const Origin& origin) override;
  Result<void> remove_comment(const accounts::Viewer& viewer, CommentId id) override;
  Result<CommentPage> comments(const accounts::Viewer& viewer, VideoId video,
                               std::string_view cursor, int limit) override;
  Result<Comment> find_comment(const accounts::Viewer& viewer, CommentId id) override;
  Result<void> report(const accounts::Viewer& viewer, const Report& report,
                      const Origin& origin) override;
  Result<void> follow(const accounts::Viewer& viewer, AccountId other, bool on,
                      const Origin& origin) override;
  Result<void> count_view(Session& session, VideoId video) override;
  Result<std::vector<Counts>> counts(std::span<const VideoId> videos) override;
  Result<std::vector<Marks>> marks(const accounts::Viewer& viewer,
                                   std::span<const VideoId> videos) override;
  Result<std::vector<std::int64_t>> likes_received(std::span<const AccountId> owners) override;
  Result<catalog::EntryPage> liked(const accounts::Viewer& viewer, std::string_view cursor,
                                   int limit) override;
  Result<catalog::EntryPage> saved(const accounts::Viewer& viewer, std::string_view cursor,
                                   int limit) override;
  Result<void> notify(AccountId whom, const Notification& notification) override;
  Result<NotificationPage> notifications(const accounts::Viewer& viewer, std::string_view cursor,
                                         int limit) override;
  Result<void> mark_notifications_read(const accounts::Viewer& viewer) override;
  Result<std::int64_t> unread_count(const accounts::Viewer& viewer) override;
  std::shared_ptr<void> on_notice(std::function<void(const AccountId&)> call) override {
    return notices_.add(std::move(call));
  }

 private:
  /// The SQL of a fact that a key (account or person) has with a video or has not. The arguments:
  /// key, video (and time, to add).
  struct FactSql {
    std::string_view add, drop;
  };
  struct Fact {
    FactSql sql;
    std::string_view count;  ///< the statement that counts it: amount, author, video
    engine::EventType on, off;
    std::string_view notice;  ///< the notification's kind; "" is none
  };
  struct Counted {
    Counts counts;
    std::int64_t version = 0;
  };
  struct Notice {
    std::string_view kind;
    AccountId actor;
    VideoId video;
    CommentId comment;
    std::string text;
  };

  // What everyone needs
  static Result<void> need_account(const accounts::Viewer& viewer);
  static Result<void> need_person(const accounts::Viewer& viewer);
  Result<void> append_event(Session& session, const accounts::Viewer& viewer, VideoId video,
                            engine::EventType type, const Origin& origin);

  // Facts
  Result<Counts> set_fact(const Fact& fact, std::int64_t key, const accounts::Viewer& viewer,
                          VideoId video, bool on, const Origin& origin);
  /// Of those who have an account, kept by it.
  Result<Counts> set_account_fact(const Fact& fact, const accounts::Viewer& viewer, VideoId video,
                                  bool on, const Origin& origin);
  Result<bool> write_fact(Session& session, const Fact& fact, std::int64_t key,
                          const catalog::Entry& video, bool on);
  Result<std::string> check_report(const accounts::Viewer& viewer, const Report& report);

  // Counts
  /// Errors: not_found (the video was removed).
  static Result<void> add_count(Session& session, std::string_view sql, std::int64_t amount,
                                VideoId video, AccountId author);
  static Result<Counted> read_counts(Session& session, VideoId video);

  // Comments
  Result<Comment> read_comment(CommentId id);
  Result<void> check_comment_rate(Session& session, AccountId author);
  Result<void> notify_comment(Session& session, const catalog::Entry& video,
                              const Comment& comment);
  bool hidden_from(const accounts::Viewer& viewer, AccountId author) const;

  // Notifications
  accounts::Viewer viewer_of(AccountId account) const;
  Result<void> write_notice(Session& session, AccountId whom, const Notice& notice);
  static std::string subject_of(const Notice& notice);
  Result<void> drop_notice(Session& session, const Notice& notice);
  /// Those for which `where` holds; whose unread count falls is told.
  Result<void> drop_notices(Session& session, const std::string& where,
                            std::initializer_list<SqlValue> arguments);

  // Lists
  Result<catalog::EntryPage> video_page(std::string_view sql, const accounts::Viewer& viewer,
                                        std::string_view cursor, int limit);

  // Erasure
  Result<void> forget_account(Session& session, AccountId account);
  Result<void> forget_person(Session& session, PersonKey person);
  /// A video that may come back takes no acts and counts for nobody; what was done to it stays, but
  /// for the notices of it.
  Result<void> hide_video(Session& session, const catalog::Entry& video);
  Result<void> show_video(Session& session, const catalog::Entry& video);
  Result<void> forget_video(Session& session, const catalog::Entry& video);

  const Parts parts_;
  CountsCache counts_;
  Listeners<AccountId> notices_;
};

}  // namespace filoscope::social
