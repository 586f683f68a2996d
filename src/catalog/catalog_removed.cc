#include "base/log.h"
#include "catalog/catalog_impl.h"
#include "catalog/reasons.h"
#include "catalog/video_row.h"
#include "ports/makes_space.h"

namespace filoscope::catalog {
namespace {

constexpr std::int64_t kRemovedListMax = 200;
constexpr std::size_t kSweptMax = 200;         // in one call
constexpr std::int64_t kSweepIdsMax = 10'000;  // damaged rows come first again and again
constexpr std::int64_t kMinuteMs = 60'000;

Error not_restorable() { return Error(reason("video_not_restorable")); }

bool is_removed(const Video& video) {
  return video.state == State::removed && video.removed_ms > 0;
}

}  // namespace

std::int64_t CatalogImpl::restorable_until_ms(const Video& video) const {
  return video.removed_ms + parts_.config[kRestorableMinutes] * kMinuteMs;
}

bool CatalogImpl::is_restorable(const Video& video) const {
  return is_removed(video) && parts_.clock.now_ms() < restorable_until_ms(video);
}

Result<void> CatalogImpl::set_aside(const Video& video) {
  const MakesSpace in_time;  // nobody may be kept from taking her video away
  Video after = video;
  after.state = State::removed;
  after.removed_ms = std::max<std::int64_t>(1, parts_.clock.now_ms());
  return commit(video, after, [&](Session& session) { return store(session, video, after); });
}

Result<Video> CatalogImpl::restore(AccountId owner, VideoId id) {
  Lock stripe(stripe_of(id));
  const auto before = load_video(id);
  if (!before || before->owner != owner || !is_restorable(*before)) return not_restorable();
  for (const auto& file : files_of(*before))
    if (!parts_.blobs.open(blob_key(*before, file))) return not_restorable();
  Video after = *before;
  after.state = State::published;
  after.progress_percent = 100;
  after.removed_ms = 0;
  settle_state(after);
  if (const auto read = set_caption(after, before->caption); !read) {
    // One from before a limit was lowered stays as it was.
    if (read.error().code != Code::invalid_argument) return read.error();
    after.caption = before->caption;
    after.hashtags = before->hashtags;
    after.mentions = before->mentions;
  }
  after.language = before->language;
  FILOSCOPE_DO(
      commit(*before, after, [&](Session& session) { return store(session, *before, after); }));
  return after;
}

Result<std::vector<Video>> CatalogImpl::removed(AccountId owner) {
  Result<void> damaged;  // what can't be read can't be brought back
  FILOSCOPE_TRY(auto videos,
                removed_where("owner = ? AND kind = 0 AND removed_ms > 0 ORDER BY removed_ms DESC",
                              {owner.db(), kRemovedListMax}, damaged));
  std::erase_if(videos, [&](const Video& video) { return !is_restorable(video); });
  return videos;
}

Result<std::vector<Video>> CatalogImpl::removed_where(std::string_view condition,
                                                      const std::vector<SqlValue>& arguments,
                                                      Result<void>& damaged) {
  std::string sql = "SELECT ";
  sql.append(kVideoColumns).append(" FROM catalog_entries WHERE ").append(condition);
  sql.append(" LIMIT ?");
  std::vector<Video> videos;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    videos.clear();
    return session.query(sql, arguments, [&](const Row& row) {
      auto video = read_video(row);
      if (video) {
        videos.push_back(*std::move(video));
      } else {
        damaged = video.error();
      }
    });
  }));
  return videos;
}

Result<void> CatalogImpl::remove_for_good(AccountId owner, VideoId id) {
  Lock stripe(stripe_of(id));
  const auto video = load_video(id);
  if (!video || video->owner != owner || !is_removed(*video)) return not_restorable();
  return remove_loaded(*video);
}

Result<void> CatalogImpl::sweep_removed() {
  const auto before_ms = parts_.clock.now_ms() - parts_.config[kRestorableMinutes] * kMinuteMs;
  std::vector<VideoId> due;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    due.clear();
    return session.query(
        "SELECT id FROM catalog_entries WHERE removed_ms > 0 AND removed_ms <= ? ORDER BY "
        "removed_ms LIMIT ?",
        {before_ms, kSweepIdsMax},
        [&](const Row& row) { due.push_back(VideoId::from_db(row.integer(0))); });
  }));
  Result<void> outcome;  // the last failure; the others are swept all the same
  std::size_t swept_count = 0;
  for (const auto id : due) {
    if (swept_count == kSweptMax) break;
    Lock stripe(stripe_of(id));
    const auto video = load(id);
    if (!video) {
      outcome = video.error();
      continue;
    }
    if (!is_removed(*video) || is_restorable(*video)) continue;
    ++swept_count;
    // Files first: on a full disk they make the room that the row's change needs.
    if (auto deleted = delete_files(video->media_key); !deleted) outcome = std::move(deleted);
    if (auto removed = remove_loaded(*video); !removed) outcome = std::move(removed);
  }
  return outcome;
}

Result<void> CatalogImpl::end_due() {
  std::vector<EntryId> due;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    due.clear();
    return session.query(
        "SELECT id FROM catalog_entries WHERE available_until_ms > 0 AND state = 3 AND "
        "available_until_ms <= ? AND draft = 0 ORDER BY available_until_ms LIMIT ?",
        {parts_.clock.now_ms(), kSweepIdsMax},
        [&](const Row& row) { due.push_back(EntryId::from_db(row.integer(0))); });
  }));
  Result<void> outcome;  // the last failure; the others end all the same
  for (const auto id : due) {
    Lock stripe(stripe_of(id));
    const auto before = load(id);
    if (!before) {
      outcome = before.error();
      continue;
    }
    Video after = *before;
    settle_state(after);
    if (after.state == before->state) continue;
    auto ended =
        commit(*before, after, [&](Session& session) { return store(session, *before, after); });
    if (!ended) outcome = std::move(ended);
  }
  return outcome;
}

}  // namespace filoscope::catalog
