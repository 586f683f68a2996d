#include <algorithm>

#include "accounts/page_cursor.h"
#include "accounts/text.h"
#include "catalog/caption.h"
#include "social/reasons.h"
#include "social/social_impl.h"

namespace filoscope::social {
namespace {

constexpr std::size_t kMentionsMax = 10;  // of one comment, that are told
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::string_view kCountSql =
    "UPDATE social_counts SET comments = comments + ?, author = ?, version = version + 1 WHERE "
    "video = ? AND removed = 0";

Comment comment_of_row(const Row& row) {
  return {CommentId::from_db(row.integer(0)), VideoId::from_db(row.integer(1)),
          AccountId::from_db(row.integer(2)), row.text(3), row.integer(4)};
}

Error no_such_comment() { return Error(reason("no_such_comment")); }

}  // namespace

Result<void> SocialImpl::check_comment_rate(Session& session, AccountId author) {
  std::int64_t count = 0;
  const auto now_ms = parts_.clock.now_ms();  // what is dated later is from before a clock set back
  FILOSCOPE_DO(session.query(
      "SELECT COUNT(*) FROM social_comments WHERE author = ? AND at_ms > ? AND at_ms <= ?",
      {author.db(), now_ms - kMinuteMs, now_ms}, [&](const Row& row) { count = row.integer(0); }));
  if (count < parts_.config[kCommentsPerMinuteMax]) return {};
  return Error(reason("too_many_comments"), count);
}

Result<Comment> SocialImpl::comment(const accounts::Viewer& viewer, VideoId video_id,
                                    std::string_view text, const Origin& origin) {
  FILOSCOPE_DO(need_account(viewer));
  FILOSCOPE_TRY(const auto video, parts_.catalog.visible_entry(viewer, video_id));
  Comment comment;
  FILOSCOPE_TRY(comment.text, accounts::clean_text(
                                  "text", text, accounts::Lines::many,
                                  static_cast<std::size_t>(parts_.config[kCommentCharactersMax])));
  if (comment.text.empty()) return Error(reason("comment_empty")).at("text");
  comment.video = video_id;
  comment.author = viewer.account;
  comment.created_ms = parts_.clock.now_ms();
  comment.id = new_id_of<CommentId>(comment.created_ms);
  Counted counted;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(parts_.accounts.need_person(session, viewer.person));
    FILOSCOPE_DO(check_comment_rate(session, viewer.account));
    bool first = true;
    FILOSCOPE_DO(
        session.query("SELECT 1 FROM social_comments WHERE author = ? AND video = ? LIMIT 1",
                      {viewer.account.db(), video_id.db()}, [&](const Row&) { first = false; }));
    FILOSCOPE_DO(session.execute(
        "INSERT INTO social_comments (id, video, author, text, at_ms) VALUES (?, ?, ?, ?, ?)",
        {comment.id.db(), video_id.db(), viewer.account.db(), comment.text, comment.created_ms}));
    FILOSCOPE_DO(add_count(session, kCountSql, 1, video_id, video.owner));
    // What is learned is that she comments on this video, not how often.
    if (first) {
      FILOSCOPE_DO(append_event(session, viewer, video_id, engine::EventType::comment, origin));
    }
    FILOSCOPE_DO(notify_comment(session, video, comment));
    FILOSCOPE_TRY(counted, read_counts(session, video_id));
    return {};
  }));
  counts_.put(video_id, counted.counts, counted.version);
  return comment;
}

Result<void> SocialImpl::notify_comment(Session& session, const catalog::Entry& video,
                                        const Comment& comment) {
  Notice notice{"comment", comment.author, comment.video, comment.id, comment.text};
  FILOSCOPE_DO(write_notice(session, video.owner, notice));
  notice.kind = "mention";
  auto mentions = catalog::parse_caption(comment.text).mentions;
  if (mentions.size() > kMentionsMax) mentions.resize(kMentionsMax);
  for (const auto& handle : mentions) {
    const auto mentioned = parts_.accounts.find(handle);
    if (!mentioned || mentioned->id == video.owner) continue;  // the author was told above
    if (!parts_.catalog.may_see(viewer_of(mentioned->id), video)) continue;
    FILOSCOPE_DO(write_notice(session, mentioned->id, notice));
  }
  return {};
}

Result<Comment> SocialImpl::read_comment(CommentId id) {
  std::optional<Comment> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query("SELECT id, video, author, text, at_ms FROM social_comments WHERE id = ?",
                         {id.db()}, [&](const Row& row) { found = comment_of_row(row); });
  }));
  if (!found) return no_such_comment();
  return *std::move(found);
}

Result<void> SocialImpl::remove_comment(const accounts::Viewer& viewer, CommentId id) {
  FILOSCOPE_DO(need_account(viewer));
  FILOSCOPE_TRY(const auto comment, read_comment(id));
  FILOSCOPE_TRY(const auto video, parts_.catalog.entry(comment.video));
  if (comment.author != viewer.account && video.owner != viewer.account) {
    if (!parts_.catalog.may_see(viewer, video) || hidden_from(viewer, comment.author)) {
      return no_such_comment();
    }
    return Error(reason("comment_delete_denied"));
  }
  Counted counted;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto count,
                  session.execute("DELETE FROM social_comments WHERE id = ?", {id.db()}));
    if (count == 0) return no_such_comment();
    FILOSCOPE_DO(add_count(session, kCountSql, -1, comment.video, video.owner));
    FILOSCOPE_DO(drop_notices(session, "comment = ?", {id.db()}));
    FILOSCOPE_TRY(counted, read_counts(session, comment.video));
    return {};
  }));
  counts_.put(comment.video, counted.counts, counted.version);
  return {};
}

bool SocialImpl::hidden_from(const accounts::Viewer& viewer, AccountId author) const {
  const auto relation = parts_.accounts.relation(viewer, author);
  return relation.blocks || relation.blocked_by || relation.mutes;
}

Result<Comment> SocialImpl::find_comment(const accounts::Viewer& viewer, CommentId id) {
  FILOSCOPE_TRY(auto comment, read_comment(id));
  if (!parts_.catalog.visible_entry(viewer, comment.video) || hidden_from(viewer, comment.author)) {
    return no_such_comment();
  }
  return comment;
}

Result<CommentPage> SocialImpl::comments(const accounts::Viewer& viewer, VideoId video,
                                         std::string_view cursor, int limit) {
  FILOSCOPE_DO(accounts::check_limit(limit));
  FILOSCOPE_TRY(auto after, accounts::PageCursor::parse(cursor));
  FILOSCOPE_DO(parts_.catalog.visible_entry(viewer, video));
  CommentPage page;
  for (int round = 0; round < kListRoundsMax; ++round) {
    const auto wanted = static_cast<std::size_t>(limit) - page.items.size();
    std::vector<Comment> rows;
    FILOSCOPE_DO(parts_.database.read([&](Session& session) {
      rows.clear();
      return session.query(
          "SELECT id, video, author, text, at_ms FROM social_comments WHERE video = ? AND (at_ms < "
          "? OR (at_ms = ? AND id < ?)) ORDER BY at_ms DESC, id DESC LIMIT ?",
          {video.db(), after.at_ms, after.at_ms, after.id, static_cast<std::int64_t>(wanted) + 1},
          [&](const Row& row) { rows.push_back(comment_of_row(row)); });
    }));
    const bool more = rows.size() > wanted;
    if (more) rows.pop_back();
    if (more) after = {rows.back().created_ms, rows.back().id.db()};
    page.next_cursor = more ? after.text() : "";
    for (auto& comment : rows) {
      if (!hidden_from(viewer, comment.author)) page.items.push_back(std::move(comment));
    }
    if (!more || page.items.size() == static_cast<std::size_t>(limit)) break;
  }
  return page;
}

}  // namespace filoscope::social
