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
    FILOSCOPE_TRY(const auto some, entries({}, {.text = one.name, .limit = 1, .exact = true}));
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
  FILOSCOPE_TRY(const auto used, hashtags("", static_cast<int>(kHashtagsMax)));
  for (const auto& tag : used) {
    const bool there = std::any_of(list.begin(), list.end(),
                                   [&](const auto& other) { return other.tag == tag.tag; });
    if (!there && list.size() < kHashtagsMax) list.push_back({tag.tag, tag.videos_count, 0});
  }
  return list;
}

Result<std::vector<catalog::Entry>> Search::seen_of(const accounts::Viewer& viewer,
                                                    std::span<const EntryId> ids) {
  FILOSCOPE_TRY(auto entries, parts_.catalog.entries(ids));
  std::erase_if(entries, [&](const catalog::Entry& entry) {
    return !is_shown(parts_.catalog, viewer, entry) ||
           entry.visibility != catalog::Visibility::everyone;
  });
  return entries;
}

Result<std::vector<catalog::Entry>> Search::most_made_of(const accounts::Viewer& viewer) {
  std::vector<EntryId> ids;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    ids.clear();
    return session.query(
        "SELECT video FROM search_videos WHERE public = 1 AND standing > 0 ORDER BY standing DESC, "
        "video DESC LIMIT ?",
        {kMostLookedAt}, [&](const Row& row) { ids.push_back(EntryId::from_db(row.integer(0))); });
  }));
  return seen_of(viewer, ids);
}

Result<std::vector<catalog::Entry>> Search::newest(const accounts::Viewer& viewer) {
  FILOSCOPE_TRY(const auto videos, parts_.catalog.public_videos(0, kNewestLookedAt));
  std::vector<EntryId> ids;
  for (const auto& video : videos) ids.push_back(video.id);
  return seen_of(viewer, ids);
}

Result<std::vector<Start::ClipRow>> Search::begin_rows(
    const accounts::Viewer& viewer, const std::vector<Start::Hashtag>& hashtags) {
  std::vector<Start::ClipRow> rows;
  const auto add = [&](Start::RowKind kind, std::string tag, std::vector<catalog::Entry> entries,
                       std::size_t least) {
    if (entries.size() < least) return;
    if (entries.size() > kRowMax) entries.resize(kRowMax);
    rows.push_back({kind, std::move(tag), std::move(entries)});
  };
  for (const auto& one : hashtags) {
    if (rows.size() == kHashtagRowsMax) break;
    FILOSCOPE_TRY(auto page,
                  parts_.catalog.by_hashtag(viewer, one.tag, "", static_cast<int>(kRowMax)));
    add(Start::RowKind::hashtag, one.tag, std::move(page.items), kRowMin);
  }
  FILOSCOPE_TRY(auto popular, most_made_of(viewer));
  add(Start::RowKind::popular, "", std::move(popular), kRowMin);
  FILOSCOPE_TRY(auto newest, this->newest(viewer));
  add(Start::RowKind::newest, "", std::move(newest), 1);
  return rows;
}

Result<std::vector<AccountId>> Search::worth_following(const accounts::Viewer& viewer) {
  std::vector<AccountId> owners;
  FILOSCOPE_TRY(const auto popular, most_made_of({}));
  for (const auto& entry : popular) owners.push_back(entry.owner);
  FILOSCOPE_TRY(const auto videos, parts_.catalog.public_videos(0, kNewestLookedAt));
  for (const auto& video : videos) owners.push_back(video.owner);
  std::sort(owners.begin(), owners.end());
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  std::erase_if(owners, [&](AccountId owner) {
    const auto relation = parts_.accounts.relation(viewer, owner);
    return relation.self || relation.follows || relation.blocks || relation.blocked_by ||
           relation.mutes;
  });
  return owners;
}

Result<std::vector<accounts::Account>> Search::people_to_follow(const accounts::Viewer& viewer,
                                                                int limit) {
  FILOSCOPE_TRY(const auto owners, worth_following(viewer));
  std::map<AccountId, int> mutual;
  if (viewer.account && viewer.feed_mode == "for_you") {
    FILOSCOPE_TRY(const auto followed, parts_.accounts.following(viewer.account, "", kFollowedMax));
    for (const auto& friend_of_hers : followed.items)
      for (const auto owner : owners)
        mutual[owner] += parts_.accounts.follows(friend_of_hers.id, owner) ? 1 : 0;
  }
  FILOSCOPE_TRY(auto people, parts_.accounts.get_many(owners));
  const auto rank = [&](const accounts::Account& person) {
    return std::tuple(-mutual[person.id], -parts_.accounts.counts(person.id).followers, person.id);
  };
  std::sort(people.begin(), people.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  const auto count = static_cast<std::size_t>(std::max(limit, 0));
  if (people.size() > count)
    people.erase(people.begin() + static_cast<std::ptrdiff_t>(count), people.end());
  return people;
}

Result<Start> Search::start(const accounts::Viewer& viewer) {
  Start start;
  FILOSCOPE_TRY(start.searches, found_searches());
  FILOSCOPE_TRY(start.hashtags, begin_hashtags());
  FILOSCOPE_TRY(start.people, people_to_follow(viewer, static_cast<int>(kPeopleMax)));
  FILOSCOPE_TRY(start.rows, begin_rows(viewer, start.hashtags));
  return start;
}

}  // namespace filoscope::search
