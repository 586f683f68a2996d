#include "accounts/reasons.h"
#include "accounts/text.h"
#include "catalog/reasons.h"
#include "social/reasons.h"
#include "social/social_impl.h"

namespace filoscope::social {

using engine::EventType;

namespace {

constexpr std::size_t kReasonCharactersMax = 50;
constexpr std::size_t kReportCharactersMax = 1000;
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

Error no_such_entry() { return Error(catalog::reason("no_such_entry")); }

}  // namespace

Result<bool> SocialImpl::write_fact(Session& session, const Fact& fact, std::int64_t key,
                                    const catalog::Entry& video, bool on) {
  std::int64_t changed = 0;
  if (on) {
    FILOSCOPE_TRY(changed,
                  session.execute(fact.sql.add, {key, video.id.db(), parts_.clock.now_ms()}));
  } else {
    FILOSCOPE_TRY(changed, session.execute(fact.sql.drop, {key, video.id.db()}));
  }
  if (changed == 0) return false;
  FILOSCOPE_DO(add_count(session, fact.count, on ? 1 : -1, video.id, video.owner));
  return true;
}

Result<Counts> SocialImpl::set_fact(const Fact& fact, std::int64_t key,
                                    const accounts::Viewer& viewer, VideoId video_id, bool on,
                                    const Origin& origin) {
  FILOSCOPE_TRY(const auto video, parts_.catalog.visible_entry(viewer, video_id));
  FILOSCOPE_DO(parts_.accounts.keep_guest(viewer));
  Counted counted;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(parts_.accounts.need_person(session, viewer.person));
    FILOSCOPE_TRY(const bool changed, write_fact(session, fact, key, video, on));
    if (changed) {
      FILOSCOPE_DO(append_event(session, viewer, video_id, on ? fact.on : fact.off, origin));
      if (!fact.notice.empty()) {
        const Notice notice{fact.notice, viewer.account, video_id, {}, ""};
        FILOSCOPE_DO(on ? write_notice(session, video.owner, notice)
                        : drop_notice(session, notice));
      }
    }
    FILOSCOPE_TRY(counted, read_counts(session, video_id));
    return {};
  }));
  counts_.put(video_id, counted.counts, counted.version);
  return counted.counts;
}

Result<Counts> SocialImpl::set_account_fact(const Fact& fact, const accounts::Viewer& viewer,
                                            VideoId video, bool on, const Origin& origin) {
  FILOSCOPE_DO(need_account(viewer));
  return set_fact(fact, viewer.account.db(), viewer, video, on, origin);
}

Result<Counts> SocialImpl::set_like(const accounts::Viewer& viewer, VideoId video, bool on,
                                    const Origin& origin) {
  static constexpr Fact fact{
      {"INSERT INTO social_likes (account, video, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
       "DELETE FROM social_likes WHERE account = ? AND video = ?"},
      "UPDATE social_counts SET likes = likes + ?, author = ?, version = version + 1 WHERE "
      "video = ? AND removed = 0",
      EventType::like,
      EventType::unlike,
      "like"};
  return set_account_fact(fact, viewer, video, on, origin);
}

Result<Counts> SocialImpl::set_save(const accounts::Viewer& viewer, VideoId video, bool on,
                                    const Origin& origin) {
  static constexpr Fact fact{
      {"INSERT INTO social_saves (account, video, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
       "DELETE FROM social_saves WHERE account = ? AND video = ?"},
      "UPDATE social_counts SET saves = saves + ?, author = ?, version = version + 1 WHERE "
      "video = ? AND removed = 0",
      EventType::save,
      EventType::unsave,
      ""};
  return set_account_fact(fact, viewer, video, on, origin);
}

Result<void> SocialImpl::set_not_interested(const accounts::Viewer& viewer, VideoId video, bool on,
                                            const Origin& origin) {
  static constexpr Fact fact{
      {"INSERT INTO social_not_interested (person, video, at_ms) VALUES (?, ?, ?) ON CONFLICT DO "
       "NOTHING",
       "DELETE FROM social_not_interested WHERE person = ? AND video = ?"},
      // Counted nowhere, but only for a video that is still there.
      "UPDATE social_counts SET views = views + 0 * ?, author = ? WHERE video = ? AND removed = 0",
      EventType::not_interested,
      EventType::undo_not_interested,
      ""};
  FILOSCOPE_DO(need_person(viewer));
  FILOSCOPE_DO(set_fact(fact, viewer.person.db(), viewer, video, on, origin));
  return {};
}

Result<Counts> SocialImpl::share(const accounts::Viewer& viewer, VideoId video,
                                 const Origin& origin) {
  static constexpr Fact fact{
      {"INSERT INTO social_shares (person, video, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
       ""},
      "UPDATE social_counts SET shares = shares + ?, author = ?, version = version + 1 WHERE "
      "video = ? AND removed = 0",
      EventType::share,
      EventType::share,
      ""};
  FILOSCOPE_DO(need_person(viewer));
  return set_fact(fact, viewer.person.db(), viewer, video, true, origin);
}

Result<void> SocialImpl::follow(const accounts::Viewer& viewer, AccountId other, bool on,
                                const Origin& origin) {
  FILOSCOPE_DO(need_account(viewer));
  FILOSCOPE_DO(
      parts_.accounts.set_follow_with(viewer, other, on, [&](Session& session) -> Result<void> {
        const Notice notice{"follow", viewer.account, {}, {}, ""};
        if (!on) {
          return drop_notices(session, "account = ? AND subject = ?",
                              {other.db(), subject_of(notice)});
        }
        FILOSCOPE_DO(write_notice(session, other, notice));
        if (!origin.video) return {};
        return append_event(session, viewer, origin.video, EventType::follow, origin);
      }));
  return {};
}

Result<std::string> SocialImpl::check_report(const accounts::Viewer& viewer, const Report& report) {
  const int named = (report.video ? 1 : 0) + (report.account ? 1 : 0) + (report.comment ? 1 : 0);
  if (named != 1) return Error(reason("not_one_report"));
  if (report.video) FILOSCOPE_DO(parts_.catalog.visible_entry(viewer, report.video));
  AccountId reported = report.account;
  if (report.comment) {
    FILOSCOPE_TRY(const auto comment, read_comment(report.comment));
    FILOSCOPE_DO(parts_.catalog.visible_entry(viewer, comment.video));
    reported = comment.author;
  }
  // Whom she blocked herself she may report; who blocked her does not exist for her.
  if (reported && parts_.accounts.relation(viewer, reported).blocked_by) {
    if (report.comment) return Error(reason("no_such_comment"));
    return Error(accounts::reason("no_such_account"));
  }
  if (report.account) {
    FILOSCOPE_DO(parts_.accounts.get(report.account));
    if (report.account == viewer.account) return Error(accounts::reason("own_account"));
  }
  FILOSCOPE_TRY(auto why, accounts::clean_text("reason", report.reason, accounts::Lines::one,
                                               kReasonCharactersMax));
  if (why.empty()) return Error(reason("report_reason_missing")).at("reason");
  return why;
}

Result<void> SocialImpl::report(const accounts::Viewer& viewer, const Report& report,
                                const Origin& origin) {
  FILOSCOPE_DO(need_person(viewer));
  FILOSCOPE_TRY(const auto why, check_report(viewer, report));
  FILOSCOPE_TRY(const auto text, accounts::clean_text("text", report.text, accounts::Lines::many,
                                                      kReportCharactersMax));
  FILOSCOPE_DO(parts_.accounts.keep_guest(viewer));
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(parts_.accounts.need_person(session, viewer.person));
    const auto now_ms = parts_.clock.now_ms();
    std::int64_t today_count = 0;
    FILOSCOPE_DO(session.query(
        "SELECT COUNT(*) FROM social_reports WHERE reporter = ? AND at_ms > ? AND at_ms <= ?",
        {viewer.person.db(), now_ms - kDayMs, now_ms},
        [&](const Row& row) { today_count = row.integer(0); }));
    if (today_count >= parts_.config[kReportsPerDayMax])
      return Error(reason("too_many_reports"), today_count);
    FILOSCOPE_TRY(const auto count,
                  session.execute("INSERT INTO social_reports (id, reporter, video, account, "
                                  "comment, reason, text, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                                  "ON CONFLICT DO NOTHING",
                                  {static_cast<std::int64_t>(new_id(now_ms)), viewer.person.db(),
                                   report.video.db(), report.account.db(), report.comment.db(), why,
                                   text, now_ms}));
    if (count == 0 || !report.video) return {};
    return append_event(session, viewer, report.video, EventType::report, origin);
  });
}

Result<void> SocialImpl::add_count(Session& session, std::string_view sql, std::int64_t amount,
                                   VideoId video, AccountId author) {
  FILOSCOPE_TRY(auto count, session.execute(sql, {amount, author.db(), video.db()}));
  if (count != 0) return {};
  FILOSCOPE_DO(session.execute(
      "INSERT INTO social_counts (video, author, removed, version, views, likes, comments, saves, "
      "shares) VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
      {video.db(), author.db()}));
  FILOSCOPE_TRY(count, session.execute(sql, {amount, author.db(), video.db()}));
  if (count == 0) return no_such_entry();
  return {};
}

}  // namespace filoscope::social
