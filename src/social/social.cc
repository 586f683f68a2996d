#include "social/social.h"

#include "accounts/reasons.h"
#include "social/schema.h"
#include "social/social_impl.h"

namespace filoscope::social {
SocialImpl::SocialImpl(const Parts& parts)
    : parts_(parts),
      counts_(static_cast<std::size_t>(parts.config[kCountsCachedMax]), parts.clock) {}

Result<std::unique_ptr<Social>> Social::open(const Parts& parts) {
  FILOSCOPE_DO(parts.database.migrate("social", kMigrations));
  auto social = std::make_unique<SocialImpl>(parts);
  social->hook_in();
  return std::unique_ptr<Social>(std::move(social));
}

void SocialImpl::hook_in() {
  parts_.accounts.on_delete(
      [this](Session& session, AccountId account, PersonKey person) -> Result<void> {
        FILOSCOPE_DO(forget_person(session, person));
        if (!account) return {};  // guests expire often: their shares may stay in view for a second
        FILOSCOPE_DO(forget_account(session, account));
        session.on_commit([this] { counts_.clear(); });
        return {};
      });
  parts_.catalog.on_change([this](Session& session, const catalog::Entry& video) -> Result<void> {
    if (video.state != catalog::State::removed) return show_video(session, video);
    return video.removed_ms > 0 ? hide_video(session, video) : forget_video(session, video);
  });
}

Result<void> SocialImpl::need_account(const accounts::Viewer& viewer) {
  if (viewer.account) return {};
  return Error(accounts::reason("sign_in_first"));
}

Result<void> SocialImpl::need_person(const accounts::Viewer& viewer) {
  if (viewer.person) return {};
  return Error(accounts::reason("sign_in_or_guest_first"));
}

namespace {

/// What takes back or turns away is heard in every session.
bool is_against(engine::EventType type) {
  return type == EventType::unlike || type == EventType::unsave ||
         type == EventType::not_interested || type == EventType::undo_not_interested ||
         type == EventType::report;
}

}  // namespace

Result<void> SocialImpl::append_event(Session& session, const accounts::Viewer& viewer,
                                      VideoId video, engine::EventType type, const Origin& origin) {
  if ((!viewer.learns || !origin.learned) && !is_against(type)) return {};
  engine::Event body;
  body.video = video;
  body.request = origin.request;
  body.type = type;
  body.surface = origin.surface;
  LogRecord record = engine::encode(viewer.person, body);
  record.at_ms = parts_.clock.now_ms();
  FILOSCOPE_DO(parts_.log.append(session, {&record, 1}));
  return {};
}

Result<void> SocialImpl::forget_account(Session& session, AccountId account) {
  const auto id = account.db();
  for (const std::string_view sql :
       {"UPDATE social_counts SET likes = likes - 1, version = version + 1 WHERE video IN "
        "(SELECT video FROM social_likes WHERE account = ?)",
        "UPDATE social_counts SET saves = saves - 1, version = version + 1 WHERE video IN "
        "(SELECT video FROM social_saves WHERE account = ?)",
        "DELETE FROM social_likes WHERE account = ?", "DELETE FROM social_saves WHERE account = ?",
        "DELETE FROM social_reports WHERE account = ?"}) {
    FILOSCOPE_DO(session.execute(sql, {id}));
  }
  for (const char* where :
       {"comment IN (SELECT id FROM social_comments WHERE author = ?)", "account = ?", "actor = ?"})
    FILOSCOPE_DO(drop_notices(session, where, {id}));
  FILOSCOPE_DO(session.execute(
      "UPDATE social_counts SET version = version + 1, comments = comments - (SELECT COUNT(*) "
      "FROM social_comments WHERE social_comments.video = social_counts.video AND author = ?) "
      "WHERE video IN (SELECT video FROM social_comments WHERE author = ?)",
      {id, id}));
  FILOSCOPE_DO(session.execute("DELETE FROM social_comments WHERE author = ?", {id}));
  return {};
}

Result<void> SocialImpl::forget_person(Session& session, PersonKey person) {
  for (const std::string_view sql :
       {"UPDATE social_counts SET shares = shares - 1, version = version + 1 WHERE video IN "
        "(SELECT video FROM social_shares WHERE person = ?)",
        "DELETE FROM social_shares WHERE person = ?",
        "DELETE FROM social_not_interested WHERE person = ?",
        // The report stays for the operator, without whom it came from.
        "UPDATE social_reports SET reporter = -id WHERE reporter = ?"}) {
    FILOSCOPE_DO(session.execute(sql, {person.db()}));
  }
  return {};
}

Result<void> SocialImpl::hide_video(Session& session, const catalog::Entry& video) {
  FILOSCOPE_DO(drop_notices(session, "video = ?", {video.id.db()}));
  FILOSCOPE_DO(session.execute(
      "INSERT INTO social_counts (video, author, removed, version, views, likes, comments, saves, "
      "shares) VALUES (?, ?, 1, 1, 0, 0, 0, 0, 0) ON CONFLICT (video) DO UPDATE SET removed = 1, "
      "version = social_counts.version + 1",
      {video.id.db(), video.owner.db()}));
  return {};
}

Result<void> SocialImpl::show_video(Session& session, const catalog::Entry& video) {
  FILOSCOPE_DO(
      session.execute("UPDATE social_counts SET removed = 0, version = version + 1 WHERE video = ? "
                      "AND removed = 1",
                      {video.id.db()}));
  return {};
}

Result<void> SocialImpl::forget_video(Session& session, const catalog::Entry& video) {
  for (const std::string_view sql :
       {"DELETE FROM social_likes WHERE video = ?", "DELETE FROM social_saves WHERE video = ?",
        "DELETE FROM social_shares WHERE video = ?",
        "DELETE FROM social_not_interested WHERE video = ?",
        "DELETE FROM social_comments WHERE video = ?"}) {
    FILOSCOPE_DO(session.execute(sql, {video.id.db()}));
  }
  FILOSCOPE_DO(drop_notices(session, "video = ?", {video.id.db()}));
  // The row stays as a mark, so that an act on its way does not bring it back.
  FILOSCOPE_DO(session.execute(
      "INSERT INTO social_counts (video, author, removed, version, views, likes, comments, saves, "
      "shares) VALUES (?, 0, 1, 1, 0, 0, 0, 0, 0) ON CONFLICT (video) DO UPDATE SET author = 0, "
      "removed = 1, version = social_counts.version + 1, views = 0, likes = 0, comments = 0, "
      "saves = 0, shares = 0",
      {video.id.db()}));
  return {};
}

}  // namespace filoscope::social
