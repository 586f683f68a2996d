#include <unordered_map>

#include "accounts/page_cursor.h"
#include "accounts/text.h"
#include "social/reasons.h"
#include "social/social_impl.h"

namespace filoscope::social {
namespace {

constexpr std::size_t kNoticeCharactersMax = 500;
constexpr std::int64_t kDroppedAtOnce = 20;

Notification notification_of_row(const Row& row) {
  Notification notification;
  notification.id = NotificationId::from_db(row.integer(0));
  notification.kind = row.text(1);
  notification.actor = AccountId::from_db(row.integer(2));
  notification.video = VideoId::from_db(row.integer(3));
  notification.comment = CommentId::from_db(row.integer(4));
  notification.text = row.text(5);
  notification.created_ms = row.integer(6);
  notification.read = row.integer(7) != 0;
  return notification;
}

}  // namespace

accounts::Viewer SocialImpl::viewer_of(AccountId account) const {
  accounts::Viewer viewer;
  if (const auto person = parts_.accounts.person_of(account)) {
    viewer.account = account;
    viewer.person = *person;
  }
  return viewer;
}

std::string SocialImpl::subject_of(const Notice& notice) {
  return std::string(notice.kind) + ":" + notice.actor.text() + ":" + notice.video.text() + ":" +
         notice.comment.text();
}

Result<void> SocialImpl::write_notice(Session& session, AccountId whom, const Notice& notice) {
  const auto viewer = viewer_of(whom);
  if (!viewer.account || whom == notice.actor) return {};
  if (notice.actor && hidden_from(viewer, notice.actor)) return {};
  const auto now_ms = parts_.clock.now_ms();
  FILOSCOPE_TRY(
      const auto count,
      session.execute(
          "INSERT INTO social_notifications (id, account, subject, kind, actor, video, comment, "
          "text, at_ms, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
          {static_cast<std::int64_t>(new_id(now_ms)), whom.db(), subject_of(notice),
           std::string(notice.kind), notice.actor.db(), notice.video.db(), notice.comment.db(),
           notice.text, now_ms}));
  if (count == 0) return {};
  session.on_commit([this, whom] { notices_.tell(whom); });
  FILOSCOPE_DO(session.execute(
      "DELETE FROM social_notifications WHERE id IN (SELECT id FROM social_notifications WHERE "
      "account = ? ORDER BY at_ms DESC, id DESC LIMIT ? OFFSET ?)",
      {whom.db(), kDroppedAtOnce, parts_.config[kNotificationsMax]}));
  return {};
}

Result<void> SocialImpl::drop_notice(Session& session, const Notice& notice) {
  return drop_notices(session, "video = ? AND subject = ?",
                      {notice.video.db(), subject_of(notice)});
}

Result<void> SocialImpl::drop_notices(Session& session, const std::string& where,
                                      std::initializer_list<SqlValue> arguments) {
  std::vector<AccountId> fewer;
  FILOSCOPE_DO(session.query(
      "SELECT DISTINCT account FROM social_notifications WHERE seen = 0 AND " + where, arguments,
      [&](const Row& row) { fewer.push_back(AccountId::from_db(row.integer(0))); }));
  FILOSCOPE_DO(session.execute("DELETE FROM social_notifications WHERE " + where, arguments));
  if (fewer.empty()) return {};
  session.on_commit([this, fewer = std::move(fewer)] {
    for (const auto account : fewer) notices_.tell(account);
  });
  return {};
}

Result<void> SocialImpl::notify(AccountId whom, const Notification& notification) {
  for (const std::string_view kind : {"like", "comment", "follow", "mention", "published", "failed",
                                      "held", "copy", "refused", "limited", "unlimited"}) {
    if (notification.kind != kind) continue;
    FILOSCOPE_TRY(auto text, accounts::clean_text("text", notification.text, accounts::Lines::many,
                                                  kNoticeCharactersMax));
    const Notice notice{kind, notification.actor, notification.video, {}, std::move(text)};
    return parts_.database.write(
        [&](Session& session) { return write_notice(session, whom, notice); });
  }
  return Error(reason("no_such_notification_kind")).at("kind");
}

Result<NotificationPage> SocialImpl::notifications(const accounts::Viewer& viewer,
                                                   std::string_view cursor, int limit) {
  FILOSCOPE_DO(need_account(viewer));
  FILOSCOPE_DO(accounts::check_limit(limit));
  FILOSCOPE_TRY(auto after, accounts::PageCursor::parse(cursor));
  NotificationPage page;
  for (int round = 0; round < kListRoundsMax; ++round) {
    const auto wanted = static_cast<std::size_t>(limit) - page.items.size();
    std::vector<Notification> rows;
    FILOSCOPE_DO(parts_.database.read([&](Session& session) {
      rows.clear();
      return session.query(
          "SELECT id, kind, actor, video, comment, text, at_ms, seen FROM social_notifications "
          "WHERE account = ? AND (at_ms < ? OR (at_ms = ? AND id < ?)) ORDER BY at_ms DESC, id "
          "DESC LIMIT ?",
          {viewer.account.db(), after.at_ms, after.at_ms, after.id,
           static_cast<std::int64_t>(wanted) + 1},
          [&](const Row& row) { rows.push_back(notification_of_row(row)); });
    }));
    const bool more = rows.size() > wanted;
    if (more) rows.pop_back();
    if (more) after = {rows.back().created_ms, rows.back().id.db()};
    page.next_cursor = more ? after.text() : "";
    for (auto& row : rows) {
      if (!row.actor || !hidden_from(viewer, row.actor)) page.items.push_back(std::move(row));
    }
    if (!more || page.items.size() == static_cast<std::size_t>(limit)) break;
  }
  return page;
}

Result<void> SocialImpl::mark_notifications_read(const accounts::Viewer& viewer) {
  FILOSCOPE_DO(need_account(viewer));
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("UPDATE social_notifications SET seen = 1 WHERE account = ? AND seen = 0",
                        {viewer.account.db()}));
    session.on_commit([this, account = viewer.account] { notices_.tell(account); });
    return {};
  });
}

Result<std::int64_t> SocialImpl::unread_count(const accounts::Viewer& viewer) {
  if (!viewer.account) return std::int64_t{0};
  std::int64_t unread = 0;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    unread = 0;
    return session.query(
        "SELECT actor, COUNT(*) FROM social_notifications WHERE account = ? AND seen = 0 GROUP BY "
        "actor",
        {viewer.account.db()}, [&](const Row& row) {
          const auto actor = AccountId::from_db(row.integer(0));
          if (!actor || !hidden_from(viewer, actor)) unread += row.integer(1);
        });
  }));
  return unread;
}

}  // namespace filoscope::social
