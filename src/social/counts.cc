#include <algorithm>
#include <unordered_map>

#include "accounts/page_cursor.h"
#include "ports/in_list.h"
#include "social/social_impl.h"

namespace filoscope::social {
namespace {

constexpr std::size_t kBatch = 20;  // ids in one statement: a page of the feed

Counts counts_of_row(const Row& row, int first) {
  return {row.integer(first), row.integer(first + 1), row.integer(first + 2),
          row.integer(first + 3), row.integer(first + 4)};
}

/// Runs `sql`, which ends in kBatch placeholders, for all ids; the places left over hold 0, which
/// is no id.
Result<void> query_ids(Session& session, std::string_view sql, std::optional<std::int64_t> key,
                       std::span<const VideoId> ids, const std::function<void(const Row&)>& each) {
  for (std::size_t at = 0; at < ids.size(); at += kBatch) {
    std::vector<SqlValue> arguments;
    if (key) arguments.emplace_back(*key);
    for (std::size_t i = at; i < at + kBatch; ++i) {
      arguments.emplace_back(i < ids.size() ? ids[i].db() : std::int64_t{0});
    }
    FILOSCOPE_DO(session.query(sql, arguments, each));
  }
  return {};
}

#define FILOSCOPE_TWENTY "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

}  // namespace

Result<SocialImpl::Counted> SocialImpl::read_counts(Session& session, VideoId video) {
  Counted counted;
  FILOSCOPE_DO(session.query(
      "SELECT views, likes, comments, saves, shares, version FROM social_counts WHERE video = ?",
      {video.db()}, [&](const Row& row) {
        counted = {counts_of_row(row, 0), row.integer(5)};
      }));
  return counted;
}

Result<void> SocialImpl::count_view(Session& session, VideoId video) {
  constexpr std::string_view sql =
      "INSERT INTO social_counts (video, author, removed, version, views, likes, comments, saves, "
      "shares) VALUES (?, 0, 0, 1, 1, 0, 0, 0, 0) ON CONFLICT (video) DO UPDATE SET views = "
      "social_counts.views + 1, version = social_counts.version + 1 WHERE social_counts.removed = "
      "0";
  FILOSCOPE_DO(session.execute(sql, {video.db()}));
  session.on_commit([this, video] { counts_.add_view(video); });
  return {};
}

Result<std::vector<Counts>> SocialImpl::counts(std::span<const VideoId> videos) {
  std::vector<Counts> counts(videos.size());
  std::unordered_map<VideoId, Counted> missing;
  std::vector<VideoId> ids;
  for (std::size_t i = 0; i < videos.size(); ++i) {
    if (const auto cached = counts_.find(videos[i])) {
      counts[i] = *cached;
    } else if (missing.emplace(videos[i], Counted{}).second) {
      ids.push_back(videos[i]);
    }
  }
  if (ids.empty()) return counts;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return query_ids(
        session,
        "SELECT views, likes, comments, saves, shares, version, video FROM "
        "social_counts WHERE video IN " FILOSCOPE_TWENTY,
        std::nullopt, ids, [&](const Row& row) {
          missing[VideoId::from_db(row.integer(6))] = {counts_of_row(row, 0), row.integer(5)};
        });
  }));
  for (const auto& [video, counted] : missing) counts_.put(video, counted.counts, counted.version);
  for (std::size_t i = 0; i < videos.size(); ++i) {
    if (const auto found = missing.find(videos[i]); found != missing.end()) {
      counts[i] = found->second.counts;
    }
  }
  return counts;
}

Result<std::vector<Marks>> SocialImpl::marks(const accounts::Viewer& viewer,
                                             std::span<const VideoId> videos) {
  std::vector<Marks> marks(videos.size());
  if (!viewer.person || videos.empty()) return marks;
  const auto mark = [&](bool Marks::*field) {
    return [&, field](const Row& row) {
      const auto video = VideoId::from_db(row.integer(0));
      for (std::size_t i = 0; i < videos.size(); ++i) {
        if (videos[i] == video) marks[i].*field = true;
      }
    };
  };
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(query_ids(
        session,
        "SELECT video FROM social_not_interested WHERE person = ? AND video IN " FILOSCOPE_TWENTY,
        viewer.person.db(), videos, mark(&Marks::not_interested)));
    if (!viewer.account) return {};
    FILOSCOPE_DO(query_ids(
        session, "SELECT video FROM social_likes WHERE account = ? AND video IN " FILOSCOPE_TWENTY,
        viewer.account.db(), videos, mark(&Marks::liked)));
    return query_ids(
        session, "SELECT video FROM social_saves WHERE account = ? AND video IN " FILOSCOPE_TWENTY,
        viewer.account.db(), videos, mark(&Marks::saved));
  }));
  return marks;
}

#undef FILOSCOPE_TWENTY

Result<std::vector<std::int64_t>> SocialImpl::likes_received(std::span<const AccountId> owners) {
  return counts_by_id(
      parts_.database, owners,
      "SELECT author, CAST(SUM(likes) AS BIGINT) FROM social_counts WHERE removed = "
      "0 AND author IN ({}) GROUP BY author");
}

Result<catalog::EntryPage> SocialImpl::video_page(std::string_view sql,
                                                  const accounts::Viewer& viewer,
                                                  std::string_view cursor, int limit) {
  FILOSCOPE_DO(need_account(viewer));
  FILOSCOPE_DO(accounts::check_limit(limit));
  FILOSCOPE_TRY(auto after, accounts::PageCursor::parse(cursor));
  catalog::EntryPage page;
  for (int round = 0; round < kListRoundsMax; ++round) {
    const auto wanted = static_cast<std::size_t>(limit) - page.items.size();
    std::vector<accounts::PageCursor> rows;
    FILOSCOPE_DO(parts_.database.read([&](Session& session) {
      rows.clear();
      return session.query(sql,
                           {viewer.account.db(), after.at_ms, after.at_ms, after.id,
                            static_cast<std::int64_t>(wanted) + 1},
                           [&](const Row& row) {
                             rows.push_back({row.integer(1), row.integer(0)});
                           });
    }));
    const bool more = rows.size() > wanted;
    if (more) rows.pop_back();
    std::vector<VideoId> ids;
    for (const auto& row : rows) ids.push_back(VideoId::from_db(row.id));
    FILOSCOPE_TRY(auto videos, parts_.catalog.entries(ids));
    for (auto& video : videos) {
      if (parts_.catalog.may_see(viewer, video)) page.items.push_back(std::move(video));
    }
    page.next_cursor = more ? rows.back().text() : "";
    if (!more || page.items.size() == static_cast<std::size_t>(limit)) break;
    after = rows.back();
  }
  return page;
}

Result<catalog::EntryPage> SocialImpl::liked(const accounts::Viewer& viewer,
                                             std::string_view cursor, int limit) {
  return video_page(
      "SELECT video, at_ms FROM social_likes WHERE account = ? AND (at_ms < ? OR (at_ms = ? AND "
      "video < ?)) ORDER BY at_ms DESC, video DESC LIMIT ?",
      viewer, cursor, limit);
}

Result<catalog::EntryPage> SocialImpl::saved(const accounts::Viewer& viewer,
                                             std::string_view cursor, int limit) {
  return video_page(
      "SELECT video, at_ms FROM social_saves WHERE account = ? AND (at_ms < ? OR (at_ms = ? AND "
      "video < ?)) ORDER BY at_ms DESC, video DESC LIMIT ?",
      viewer, cursor, limit);
}

}  // namespace filoscope::social
