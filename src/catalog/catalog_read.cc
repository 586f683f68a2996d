#include <algorithm>
#include <bit>

#include "accounts/reasons.h"
#include "catalog/catalog_impl.h"
#include "catalog/reasons.h"
#include "catalog/text.h"
#include "catalog/video_row.h"
#include "ports/in_list.h"

namespace filoscope::catalog {
namespace {

constexpr std::size_t kLoadBatchMax = 64;
constexpr int kPageLimitMax = 100;
/// Rounds that one page may take over videos that may not be seen.
constexpr int kPageRoundsMax = 20;
constexpr int kOwnPageMax = 200;

Result<std::int64_t> cursor_id(std::string_view cursor) {
  if (cursor.empty()) return INT64_MAX;
  const auto id = VideoId::parse(cursor);
  if (!id) return Error(accounts::reason("not_a_cursor")).at("cursor");
  return id->db();
}

/// Tells all rows of which `condition` is true, oldest first, but those that only a newer release
/// knows.
Result<void> each_row(Database& database, const std::string& condition,
                      const std::function<Result<void>(const Video&)>& visit) {
  const std::string sql = std::string("SELECT ") + std::string(kVideoColumns) +
                          " FROM catalog_entries WHERE id > ? AND " + condition +
                          " ORDER BY id LIMIT 500";
  for (std::int64_t after = 0;;) {
    std::vector<Video> batch;
    std::int64_t last = 0;
    FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
      batch.clear();
      last = 0;
      Result<void> outcome;
      FILOSCOPE_DO(session.query(sql, {after}, [&](const Row& row) {
        last = row.integer(0);
        auto video = read_video(row);
        if (video) {
          batch.push_back(*std::move(video));
        } else if (video.error().code != Code::conflict) {
          outcome = video.error();
        }
      }));
      return outcome;
    }));
    if (last == 0) return {};
    for (const auto& video : batch) FILOSCOPE_DO(visit(video));
    after = last;
  }
}

}  // namespace

Result<Video> CatalogImpl::load_video(VideoId id) {
  FILOSCOPE_TRY(auto video, load(id));
  if (video.kind != Kind::video) return no_such_video();
  return video;
}

Result<Video> CatalogImpl::load(EntryId id) {
  std::unordered_map<VideoId, Video> found;
  FILOSCOPE_DO(load_many(std::span(&id, 1), found));
  if (found.empty()) return no_such_video();
  return std::move(found.begin()->second);
}

Result<void> CatalogImpl::load_many(std::span<const VideoId> ids,
                                    std::unordered_map<VideoId, Video>& found) {
  while (!ids.empty()) {
    const auto batch = ids.first(std::min(ids.size(), kLoadBatchMax));
    ids = ids.subspan(batch.size());
    const std::size_t slots = std::bit_ceil(batch.size());
    std::string sql = "SELECT ";
    sql.append(kVideoColumns).append(" FROM catalog_entries WHERE id IN (");
    sql.append(placeholders(slots)).append(")");
    std::vector<SqlValue> arguments(slots, SqlValue(batch.back().db()));
    for (std::size_t i = 0; i < batch.size(); ++i) arguments[i] = batch[i].db();
    FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
      Result<void> outcome;
      FILOSCOPE_DO(session.query(sql, arguments, [&](const Row& row) {
        auto video = read_video(row);
        if (!video) {
          if (video.error().code != Code::conflict) outcome = video.error();
          return;
        }
        found.insert_or_assign(video->id, *std::move(video));
      }));
      return outcome;
    }));
  }
  Lock lock(progress_mutex_);
  for (auto& [id, video] : found) {
    const auto at = progress_.find(id);
    if (at != progress_.end() && video.state == State::processing)
      video.progress_percent = at->second.percent;
  }
  return {};
}

Result<std::vector<VideoCache::Pointer>> CatalogImpl::find(std::span<const EntryId> ids) {
  std::vector<VideoCache::Pointer> found(ids.size());
  std::vector<EntryId> missing;
  std::vector<std::uint64_t> generations;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto generation = cache_.generation(ids[i]);
    found[i] = cache_.find(ids[i]);
    if (found[i]) continue;
    missing.push_back(ids[i]);
    generations.push_back(generation);
  }
  std::unordered_map<EntryId, Video> loaded;
  FILOSCOPE_DO(load_many(missing, loaded));
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const auto at = loaded.find(missing[i]);
    if (at == loaded.end() || at->second.state == State::removed) continue;
    const auto read = std::make_shared<const Video>(std::move(at->second));
    loaded.erase(at);
    if (read->state == State::published) cache_.fill(read, generations[i]);
    for (std::size_t place = 0; place < ids.size(); ++place) {  // an id may be asked for twice
      if (ids[place] == read->id) found[place] = read;
    }
  }
  std::erase(found, nullptr);
  return found;
}

Result<std::vector<Entry>> CatalogImpl::entries(std::span<const EntryId> ids) {
  FILOSCOPE_TRY(const auto found, find(ids));
  std::vector<Entry> entries;
  entries.reserve(found.size());
  for (const auto& each : found) entries.push_back(*each);
  return entries;
}

Result<Entry> CatalogImpl::entry(EntryId id) {
  FILOSCOPE_TRY(const auto found, find(std::span(&id, 1)));
  if (found.empty()) return no_such_entry();
  return Entry(*found.front());
}

Result<Entry> CatalogImpl::visible_entry(const accounts::Viewer& viewer, EntryId id) {
  FILOSCOPE_TRY(auto found, entry(id));
  if (!may_see(viewer, found)) return no_such_entry();
  return found;
}

Result<std::vector<Video>> CatalogImpl::get_many(std::span<const VideoId> ids) {
  FILOSCOPE_TRY(const auto found, find(ids));
  std::vector<Video> videos;
  videos.reserve(found.size());
  for (const auto& each : found) {
    if (each->kind == Kind::video) videos.push_back(*each);
  }
  return videos;
}

Result<Video> CatalogImpl::get(VideoId id) {
  FILOSCOPE_TRY(auto found, get_many(std::span(&id, 1)));
  if (found.empty()) return no_such_video();
  return std::move(found.front());
}

bool CatalogImpl::may_see(const accounts::Viewer& viewer, const Entry& entry) const {
  if (entry.state == State::removed) return false;
  if (viewer.account && viewer.account == entry.owner) return true;
  if (!is_out(entry, parts_.clock.now_ms())) return false;
  if (viewer.account && parts_.accounts.blocked(viewer.account, entry.owner)) return false;
  switch (entry.visibility) {
    case Visibility::everyone:
      return true;
    case Visibility::followers:
      return viewer.account && parts_.accounts.follows(viewer.account, entry.owner);
    case Visibility::only_me:
      return false;
  }
  return false;
}

Result<Video> CatalogImpl::get_visible(const accounts::Viewer& viewer, VideoId id) {
  FILOSCOPE_TRY(auto video, get(id));
  if (!may_see(viewer, video)) return no_such_video();
  return video;
}

Result<EntryPage> CatalogImpl::page(const accounts::Viewer& viewer, std::string_view sql,
                                    const SqlValue& key, std::string_view cursor, int limit) {
  FILOSCOPE_TRY(std::int64_t below, cursor_id(cursor));
  const auto wanted = static_cast<std::size_t>(std::clamp(limit, 1, kPageLimitMax));
  EntryPage answer;
  for (int round = 0; round < kPageRoundsMax; ++round) {
    std::vector<EntryId> ids;
    const auto asked = static_cast<std::int64_t>(wanted) + 1;
    FILOSCOPE_DO(parts_.database.read([&](Session& session) {
      ids.clear();
      return session.query(sql, {key, below, asked}, [&](const Row& row) {
        ids.push_back(EntryId::from_db(row.integer(0)));
      });
    }));
    const auto now_ms = parts_.clock.now_ms();
    FILOSCOPE_TRY(const auto found, find(ids));
    for (const auto& entry : found) {
      if (!is_out(*entry, now_ms) || !may_see(viewer, *entry)) continue;
      if (answer.items.size() == wanted) {
        answer.next_cursor = answer.items.back().id.text();
        return answer;
      }
      answer.items.push_back(*entry);
    }
    if (ids.size() < static_cast<std::size_t>(asked)) return answer;
    below = ids.back().db();
  }
  answer.next_cursor = EntryId::from_db(below).text();
  return answer;
}

Result<EntryPage> CatalogImpl::by_owner(const accounts::Viewer& viewer, AccountId owner,
                                        std::string_view cursor, int limit) {
  return page(viewer,
              "SELECT id FROM catalog_entries WHERE owner = ? AND id < ? AND state = 3 "
              "AND draft = 0 ORDER BY id DESC LIMIT ?",
              owner.db(), cursor, limit);
}

Result<EntryPage> CatalogImpl::by_hashtag(const accounts::Viewer& viewer, std::string_view tag,
                                          std::string_view cursor, int limit) {
  if (tag.starts_with('#')) tag.remove_prefix(1);
  return page(viewer,
              "SELECT video FROM catalog_video_hashtags WHERE tag = ? AND video < ? "
              "ORDER BY video DESC LIMIT ?",
              accounts::fold_text(tag), cursor, limit);
}

Result<VideoPage> CatalogImpl::own(AccountId owner, std::string_view cursor, int limit) {
  FILOSCOPE_TRY(const std::int64_t below, cursor_id(cursor));
  const auto wanted = static_cast<std::size_t>(std::clamp(limit, 1, kOwnPageMax));
  std::vector<VideoId> ids;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    ids.clear();
    return session.query(
        "SELECT id FROM catalog_entries WHERE owner = ? AND kind = 0 AND state <> 5 AND id < ? "
        "ORDER BY id DESC LIMIT ?",
        {owner.db(), below, static_cast<std::int64_t>(wanted) + 1},
        [&](const Row& row) { ids.push_back(VideoId::from_db(row.integer(0))); });
  }));
  VideoPage answer;
  if (ids.size() > wanted) {
    ids.pop_back();
    answer.next_cursor = ids.back().text();
  }
  FILOSCOPE_TRY(answer.items, get_many(ids));
  return answer;
}

Result<std::vector<Catalog::HashtagCount>> CatalogImpl::hashtags(std::string_view prefix,
                                                                 int limit) {
  if (prefix.starts_with('#')) prefix.remove_prefix(1);
  const std::string tag = accounts::fold_text(prefix), term = hashtag_term_of(prefix);
  const std::int64_t count = std::clamp(limit, 1, kPageLimitMax);
  std::vector<HashtagCount> found;
  const auto take = [&](const Row& row) { found.push_back({row.text(0), row.integer(1)}); };
  if (term.empty() && !prefix.empty()) return found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    found.clear();
    if (term.empty()) {
      return session.query(
          "SELECT tag, videos_count FROM catalog_hashtags ORDER BY videos_count DESC, tag LIMIT ?",
          {count}, take);
    }
    // U+10FFFF is behind every character.
    return session.query(
        "SELECT tag, videos_count FROM catalog_hashtags WHERE (term >= ? AND term < ?) OR tag = ? "
        "ORDER BY CASE WHEN tag = ? THEN 0 ELSE 1 END, videos_count DESC, tag LIMIT ?",
        {term, term + "\U0010FFFF", tag, tag, count}, take);
  }));
  return found;
}

Result<std::vector<std::int64_t>> CatalogImpl::videos_counts(std::span<const AccountId> owners) {
  return counts_by_id(
      parts_.database, owners,
      "SELECT owner, count(*) FROM catalog_entries WHERE kind = 0 AND state = 3 AND "
      "draft = 0 AND visibility = 0 AND owner IN ({}) GROUP BY owner");
}

// An odd number of notices is sensitive (kSensitiveBit).
Result<std::vector<Catalog::PublicVideo>> CatalogImpl::public_videos(std::int64_t offset,
                                                                     std::int64_t limit) {
  std::vector<PublicVideo> found;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    found.clear();
    return session.query(
        "SELECT id, owner, published_ms FROM catalog_entries WHERE kind = 0 AND state = 3 AND "
        "draft = 0 AND visibility = 0 AND notices % 2 = 0 ORDER BY id DESC LIMIT ? OFFSET ?",
        {limit, offset}, [&](const Row& row) {
          found.push_back({VideoId::from_db(row.integer(0)), AccountId::from_db(row.integer(1)),
                           row.integer(2)});
        });
  }));
  return found;
}

Result<std::int64_t> CatalogImpl::public_videos_count() {
  std::int64_t count = 0;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query(
        "SELECT count(*) FROM catalog_entries WHERE kind = 0 AND state = 3 AND draft = 0 AND "
        "visibility = 0 AND notices % 2 = 0",
        {}, [&](const Row& row) { count = row.integer(0); });
  }));
  return count;
}

std::string CatalogImpl::media_url(const Video& video, std::string_view file,
                                   AccountId reader) const {
  const bool restricted = reach_of(video) != Reach::everyone;
  return media_.url(video.media_key, restricted ? reader : AccountId(), file);
}

Result<MediaFile> CatalogImpl::resolve_media(std::string_view path) const {
  return media_.resolve(path, [this](const MediaEntry& entry, AccountId reader) {
    if (reader == entry.owner) return true;
    return entry.followers && parts_.accounts.follows(reader, entry.owner) &&
           !parts_.accounts.blocked(reader, entry.owner);
  });
}

std::string CatalogImpl::blob_key(const Video& video, std::string_view file) const {
  return media_folder(video.media_key).append(file);
}

Result<void> CatalogImpl::each(const std::function<Result<void>(const Entry&)>& visit) {
  return each_row(parts_.database, "state = 3", visit);
}

Result<void> CatalogImpl::each_video(const std::function<Result<void>(const Video&)>& visit) {
  return each_row(parts_.database, "state IN (3, 6) AND kind = 0", visit);
}

}  // namespace filoscope::catalog
