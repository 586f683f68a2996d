/// What search opens on.

#include <algorithm>
#include <map>
#include <tuple>

#include "search/search.h"
#include "search/shown.h"

namespace filoscope::search {
namespace {

constexpr std::size_t kSearchesMax = 8, kHashtagsMax = 10, kPeopleMax = 12;
constexpr std::size_t kHashtagRowsMax = 4, kRowMax = 12, kRowMin = 3;
/// Newest entries, and most made of, that are looked at for a row or for whose they are.
constexpr std::int64_t kNewestLookedAt = 200, kMostLookedAt = 200;
constexpr int kFollowedMax = 50;
constexpr std::int64_t kBeginMs = 5'000;

}  // namespace

std::string_view to_string(Start::RowKind kind) {
  switch (kind) {
    case Start::RowKind::hashtag:
      return "hashtag";
    case Start::RowKind::popular:
      return "popular";
    case Start::RowKind::newest:
      break;
  }
  return "newest";
}

/// Those that find something that everyone may see.
Result<std::vector<Rising>> Search::found_searches() {
  FILOSCOPE_TRY(auto rising, topics_.rising(TopicKind::search, kSearchesMax));
  std::vector<Rising> found;
  for (auto& one : rising) {
    FILOSCOPE_TRY(const auto some,
                  entries({}, {.text = one.name, .limit = 1, .exact = true, .wants_said = false}));
    if (!some.page.items.empty()) found.push_back(std::move(one));
  }
  return found;
}

/// Those that rise, then the most used.
Result<std::vector<Start::Hashtag>> Search::begin_hashtags() {
  std::vector<Start::Hashtag> list;
  FILOSCOPE_TRY(const auto rising, topics_.rising(TopicKind::hashtag, kHashtagsMax));
  for (const auto& one : rising) {
    FILOSCOPE_TRY(const auto tags, hashtags(one.name, 1));
    if (!tags.empty() && tags.front().tag == one.name)
      list.push_back({one.name, tags.front().videos_count, one.since_ms});
  }
  FILOSCOPE_TRY(const auto used, nearest_hashtags("", static_cast<int>(kHashtagsMax)));
  for (const auto& tag : used) {
    const bool there = std::any_of(list.begin(), list.end(),
                                   [&](const auto& other) { return other.tag == tag.tag; });
    if (!there && list.size() < kHashtagsMax) list.push_back({tag.tag, tag.videos_count, 0});
  }
  return list;
}

Result<std::vector<EntryId>> Search::most_made_of() {
  std::vector<EntryId> ids;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    ids.clear();
    return session.query(
        "SELECT video FROM search_videos WHERE public = 1 AND standing > 0 ORDER BY standing DESC, "
        "video DESC LIMIT ?",
        {kMostLookedAt}, [&](const Row& row) { ids.push_back(EntryId::from_db(row.integer(0))); });
  }));
  return ids;
}

Result<std::vector<EntryId>> Search::newest() {
  FILOSCOPE_TRY(const auto videos, parts_.catalog.public_videos(0, kNewestLookedAt));
  std::vector<EntryId> ids;
  for (const auto& video : videos) ids.push_back(video.id);
  return ids;
}

Result<std::shared_ptr<const Search::Begin>> Search::make_begin() {
  auto made = std::make_shared<Begin>();
  made->hidden_changes = topics_.hidden_changes();
  made->at_ms = parts_.clock.now_ms();
  FILOSCOPE_TRY(made->searches, found_searches());
  FILOSCOPE_TRY(made->hashtags, begin_hashtags());
  FILOSCOPE_TRY(made->most_made_of, most_made_of());
  FILOSCOPE_TRY(made->newest, newest());
  for (const auto* ids : {&made->most_made_of, &made->newest}) {
    FILOSCOPE_TRY(const auto entries, parts_.catalog.entries(*ids));
    for (const auto& entry : entries) made->owners.push_back(entry.owner);
  }
  std::sort(made->owners.begin(), made->owners.end());
  made->owners.erase(std::unique(made->owners.begin(), made->owners.end()), made->owners.end());
  return std::shared_ptr<const Begin>(std::move(made));
}

Result<std::shared_ptr<const Search::Begin>> Search::begin() {
  const auto fresh = [this]() -> std::shared_ptr<const Begin> {
    const auto now = parts_.clock.now_ms();
    Lock lock(mutex_);
    const bool good = begin_ && begin_->hidden_changes == topics_.hidden_changes() &&
                      now >= begin_->at_ms && now - begin_->at_ms < kBeginMs;
    return good ? begin_ : nullptr;
  };
  if (auto there = fresh()) return there;
  std::lock_guard alone(refreshing_);
  if (auto there = fresh()) return there;
  FILOSCOPE_TRY(auto made, make_begin());
  Lock lock(mutex_);
  begin_ = std::move(made);
  return begin_;
}

/// For everyone, and nothing of whom or what she muted, or that is sensitive unless she asked.
Result<std::vector<catalog::Entry>> Search::seen_of(const accounts::Viewer& viewer,
                                                    std::span<const EntryId> ids) {
  FILOSCOPE_TRY(auto entries, parts_.catalog.entries(ids));
  FILOSCOPE_TRY(const auto muted, parts_.accounts.mutes(viewer));
  std::erase_if(entries, [&](const catalog::Entry& entry) {
    const bool of_muted = std::ranges::any_of(entry.hashtags, [&](const std::string& tag) {
      return std::ranges::find(muted.hashtags, tag) != muted.hashtags.end();
    });
    return of_muted || (entry.sensitive && !viewer.sensitive) ||
           entry.visibility != catalog::Visibility::everyone ||
           !is_shown(parts_.catalog, viewer, entry) ||
           parts_.accounts.relation(viewer, entry.owner).mutes;
  });
  return entries;
}

Result<std::vector<Start::ClipRow>> Search::begin_rows(const accounts::Viewer& viewer,
                                                       const Begin& begin) {
  std::vector<Start::ClipRow> rows;
  const auto add = [&](Start::RowKind kind, const std::string& tag, std::span<const EntryId> ids,
                       std::size_t least) -> Result<void> {
    FILOSCOPE_TRY(auto entries, seen_of(viewer, ids));
    if (entries.size() < least) return {};
    if (entries.size() > kRowMax) entries.resize(kRowMax);
    rows.push_back({kind, tag, std::move(entries)});
    return {};
  };
  for (const auto& one : begin.hashtags) {
    if (rows.size() == kHashtagRowsMax) break;
    FILOSCOPE_TRY(const auto page,
                  parts_.catalog.by_hashtag(viewer, one.tag, "", static_cast<int>(kRowMax)));
    std::vector<EntryId> ids;
    for (const auto& entry : page.items) ids.push_back(entry.id);
    FILOSCOPE_DO(add(Start::RowKind::hashtag, one.tag, ids, kRowMin));
  }
  FILOSCOPE_DO(add(Start::RowKind::popular, "", begin.most_made_of, kRowMin));
  FILOSCOPE_DO(add(Start::RowKind::newest, "", begin.newest, 1));
  return rows;
}

Result<std::vector<accounts::Account>> Search::people_to_follow(const accounts::Viewer& viewer,
                                                                int limit) {
  FILOSCOPE_TRY(const auto begin, this->begin());
  auto owners = begin->owners;
  std::erase_if(owners, [&](AccountId owner) {
    const auto relation = parts_.accounts.relation(viewer, owner);
    return relation.self || relation.follows || relation.blocks || relation.blocked_by ||
           relation.mutes;
  });
  std::map<AccountId, int> mutual;
  if (viewer.account && viewer.feed_mode == "for_you") {
    FILOSCOPE_TRY(const auto followed, parts_.accounts.following(viewer.account, "", kFollowedMax));
    for (const auto& friend_of_hers : followed.items)
      for (const auto owner : owners)
        mutual[owner] += parts_.accounts.follows(friend_of_hers.id, owner) ? 1 : 0;
  }
  using Rank = std::tuple<int, std::int64_t, AccountId>;
  std::vector<Rank> ranks;
  for (const auto owner : owners)
    ranks.emplace_back(-mutual[owner], -parts_.accounts.counts(owner).followers, owner);
  std::sort(ranks.begin(), ranks.end());
  std::vector<AccountId> first;
  for (const auto& rank : ranks)
    if (std::ssize(first) < limit) first.push_back(std::get<AccountId>(rank));
  return parts_.accounts.get_many(first);
}

Result<Start> Search::start(const accounts::Viewer& viewer) {
  FILOSCOPE_TRY(const auto begin, this->begin());
  Start start;
  start.searches = begin->searches;
  start.hashtags = begin->hashtags;
  FILOSCOPE_TRY(start.people, people_to_follow(viewer, static_cast<int>(kPeopleMax)));
  FILOSCOPE_TRY(start.rows, begin_rows(viewer, *begin));
  return start;
}

}  // namespace filoscope::search
