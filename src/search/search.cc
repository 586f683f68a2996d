#include "search/search.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "accounts/reasons.h"
#include "base/log.h"
#include "catalog/text.h"
#include "search/following.h"
#include "search/matching.h"
#include "search/postings.h"
#include "search/schema.h"
#include "search/shown.h"

namespace filoscope::search {
/// How a query is read; the letter begins the cursors of its pages.
enum class Reading : char { as_it_is = 0, corrected = 'c', partly = 'p' };

struct Cursor {
  Reading reading = Reading::as_it_is;
  std::int64_t rank = std::numeric_limits<std::int64_t>::max();
  EntryId entry;
  static Result<Cursor> parse(std::string_view text) {
    Cursor cursor;
    if (text.empty()) return cursor;
    for (const auto reading : {Reading::corrected, Reading::partly})
      if (text.front() == static_cast<char>(reading)) cursor.reading = reading;
    if (cursor.reading != Reading::as_it_is) text.remove_prefix(1);
    const auto dash = text.find('-');
    const auto rank = text.substr(0, dash);
    const auto entry =
        dash == std::string_view::npos ? std::nullopt : EntryId::parse(text.substr(dash + 1));
    const auto [end, problem] =
        std::from_chars(rank.data(), rank.data() + rank.size(), cursor.rank);
    if (!entry || problem != std::errc() || end != rank.data() + rank.size())
      return Error(accounts::reason("not_a_cursor")).at("cursor");
    cursor.entry = *entry;
    return cursor;
  }
  std::string text() const {
    const std::string letter(reading == Reading::as_it_is ? 0U : 1U, static_cast<char>(reading));
    return letter + std::to_string(rank) + "-" + entry.text();
  }
};

namespace {

constexpr std::size_t kQueryBytesMax = 512;
constexpr std::size_t kReindexBatch = 50;
constexpr std::int64_t kReindexTold = 10'000;
constexpr std::size_t kEntriesAtOnce = 64;
constexpr int kLimitMax = 50;
/// In place of a language, which it cannot be: what can be read.
constexpr const char* kShown = "";
/// Cues that are looked through for one page, and of one video.
constexpr std::size_t kCuesReadMax = 20'000, kCuesOfEntryMax = 5'000;
/// Scores are compared and paged as whole numbers.
constexpr double kScoreUnit = 1000;
/// The best by words and standing, whose order her taste changes, and by how much at most.
constexpr std::size_t kTastedMax = 256;
constexpr double kTasteWorth = 0.3;

/// How much a sound matches by its title, a whole word or a beginning, by whose it is, and by what
/// is said of its videos.
constexpr double kWholeTitleMatch = 4, kTitleMatch = 3, kOwnerMatch = 2, kVideoMatch = 1;
constexpr int kSoundOwnersMax = 20, kSoundsOfOwnersMax = 200;

bool before(std::int64_t rank_a, VideoId a, std::int64_t rank_b, VideoId b) {
  return rank_a != rank_b ? rank_a > rank_b : a > b;
}

/// An entry with the number by which it is compared.
struct Ranked {
  EntryId entry;
  std::int64_t rank = 0;
};

bool comes_first(const Ranked& a, const Ranked& b) {
  return before(a.rank, a.entry, b.rank, b.entry);
}

std::vector<Ranked> ranked(const std::vector<Hit>& hits) {
  std::vector<Ranked> list;
  list.reserve(hits.size());
  for (const auto& hit : hits)
    list.push_back({hit.entry, static_cast<std::int64_t>(hit.score() * kScoreUnit)});
  std::sort(list.begin(), list.end(), comes_first);
  return list;
}

Result<void> apply_taste(catalog::Catalog& catalog, const Taste& taste, std::vector<Ranked>& list) {
  if (!taste || list.empty()) return {};
  const auto count = std::min(list.size(), kTastedMax);
  std::vector<EntryId> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(list[i].entry);
  FILOSCOPE_TRY(const auto entries, catalog.entries(ids));
  std::unordered_map<EntryId, double> factors;
  for (const auto& entry : entries)
    factors[entry.id] = 1 + kTasteWorth * std::clamp(taste(entry), -1.0, 1.0);
  for (std::size_t i = 0; i < count; ++i) {
    const auto factor = factors.find(list[i].entry);
    if (factor == factors.end()) continue;
    list[i].rank = static_cast<std::int64_t>(static_cast<double>(list[i].rank) * factor->second);
  }
  std::sort(list.begin(), list.end(), comes_first);
  return {};
}

/// Those behind `cursor` that may be seen.
Result<catalog::EntryPage> visible_page(catalog::Catalog& catalog, const accounts::Viewer& viewer,
                                        const std::vector<Ranked>& list, Cursor cursor,
                                        std::size_t limit) {
  catalog::EntryPage page;
  const Ranked behind{cursor.entry, cursor.rank};
  auto at = std::find_if(list.begin(), list.end(),
                         [&](const Ranked& one) { return comes_first(behind, one); });
  while (at != list.end()) {
    const auto batch = std::span(at, std::min<std::ptrdiff_t>(kEntriesAtOnce, list.end() - at));
    at += std::ssize(batch);
    std::vector<EntryId> ids;
    for (const auto& one : batch) ids.push_back(one.entry);
    FILOSCOPE_TRY(auto entries, catalog.entries(ids));
    for (auto& entry : entries) {
      if (!is_shown(catalog, viewer, entry)) continue;
      if (page.items.size() == limit) {
        page.next_cursor = cursor.text();
        return page;
      }
      const auto one = std::find_if(batch.begin(), batch.end(),
                                    [&](const Ranked& ranked) { return ranked.entry == entry.id; });
      cursor.rank = one->rank, cursor.entry = one->entry;
      page.items.push_back(std::move(entry));
    }
  }
  return page;
}

/// How many of `terms` are among `words`.
std::size_t terms_in(const std::vector<std::string>& words, const std::vector<Term>& terms) {
  return static_cast<std::size_t>(std::ranges::count_if(terms, [&](const Term& term) {
    return std::ranges::any_of(words, [&](const std::string& word) {
      return term.prefix ? word.starts_with(term.word) : word == term.word;
    });
  }));
}

}  // namespace

Search::Search(const Parts& parts)
    : parts_(parts),
      topics_({parts.database, parts.accounts, parts.clock, parts.config, parts.key}),
      following_(std::make_unique<Following>(
          Following::Parts{parts.database, parts.stream, parts.catalog, parts.social, topics_})) {}

Search::~Search() = default;

Result<void> Search::open_index() {
  FILOSCOPE_DO(parts_.database.migrate("search", migrations()));
  FILOSCOPE_DO(index_all_once());
  parts_.catalog.on_change([this](Session& session, const catalog::Entry& entry) {
    return index_whole(session, entry);
  });
  parts_.subtitles.on_change([this](Session& session, VideoId video) -> Result<void> {
    FILOSCOPE_TRY(const auto words, words_in(session, video));
    return index_said(session, video, words);
  });
  parts_.catalog.on_sound(
      [](Session& session, const catalog::Sound& sound) { return index_title(session, sound); });
  FILOSCOPE_DO(following_->begin());
  if (parts_.follows) following_->start();
  return {};
}

Result<void> Search::index_whole(Session& session, const catalog::Entry& entry) {
  FILOSCOPE_DO(index(session, entry));
  if (entry.state != catalog::State::published || catalog::is_kept_back(entry)) return {};
  FILOSCOPE_TRY(const auto words, words_in(session, entry.id));
  return index_said(session, entry.id, words);
}

/// What is said in it, and behind that what can be read.
Result<std::vector<subtitles::Said>> Search::words_in(Session& session, EntryId entry) {
  FILOSCOPE_TRY(auto words, parts_.subtitles.said(session, entry));
  FILOSCOPE_TRY(auto shown, parts_.reading.shown(session, entry));
  if (!shown.empty()) words.push_back({kShown, std::move(shown)});
  return words;
}

Result<void> Search::catch_up() { return following_->catch_up(); }

Result<void> Search::find_said(std::string_view query, Found& found) {
  const auto terms = terms_of(catalog::query_readings_of(query).front());
  return parts_.database.read([&](Session& session) -> Result<void> {
    found.said.clear();
    std::size_t cues_left = kCuesReadMax;
    for (const auto& entry : found.page.items) {
      if (terms_in(catalog::index_terms_of(entry.caption), terms) == terms.size()) continue;
      FILOSCOPE_TRY(const auto said, words_in(session, entry.id));
      std::size_t best = 0, of_entry = 0;
      for (const auto& track : said)
        for (const auto& cue : track.cues) {
          if (cues_left == 0) return {};
          if (++of_entry > kCuesOfEntryMax) break;
          --cues_left;
          const auto count = terms_in(catalog::index_terms_of(cue.text), terms);
          if (count <= best) continue;
          best = count;
          found.said[entry.id] = {cue.from_ms, cue.text, track.language == kShown};
        }
    }
    return {};
  });
}

Result<Found> Search::read(const accounts::Viewer& viewer, const Query& query,
                           const Cursor& cursor) {
  const auto text = std::string_view(query.text).substr(0, kQueryBytesMax);
  Found found;
  std::vector<Hit> hits;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    if (cursor.reading == Reading::corrected) {
      FILOSCOPE_TRY(found.corrected, correct(session, text));
      if (found.corrected.empty()) return {};
    }
    const auto& meant = found.corrected.empty() ? text : std::string_view(found.corrected);
    FILOSCOPE_TRY(hits, cursor.reading == Reading::partly ? match_partly(session, text)
                                                          : match_all(session, meant));
    return {};
  }));
  auto list = ranked(hits);
  FILOSCOPE_DO(apply_taste(parts_.catalog, query.taste, list));
  const auto limit = static_cast<std::size_t>(std::clamp(query.limit, 1, kLimitMax));
  FILOSCOPE_TRY(found.page, visible_page(parts_.catalog, viewer, list, cursor, limit));
  found.partly = cursor.reading == Reading::partly;
  const auto said = found.corrected.empty() ? text : std::string_view(found.corrected);
  if (query.wants_said) FILOSCOPE_DO(find_said(said, found));
  return found;
}

Result<Found> Search::entries(const accounts::Viewer& viewer, const Query& query) {
  FILOSCOPE_TRY(auto cursor, Cursor::parse(query.cursor));
  FILOSCOPE_TRY(auto found, read(viewer, query, cursor));
  if (!query.cursor.empty() || query.exact || !found.page.items.empty()) return found;
  for (const auto reading : {Reading::corrected, Reading::partly}) {
    cursor.reading = reading;
    FILOSCOPE_TRY(auto other, read(viewer, query, cursor));
    if (!other.page.items.empty()) return other;
  }
  return found;
}

Result<std::vector<accounts::Account>> Search::people(const accounts::Viewer& viewer,
                                                      std::string_view query, int limit) {
  if (query.starts_with('@')) query.remove_prefix(1);
  query = query.substr(0, kQueryBytesMax);
  const auto count = static_cast<std::size_t>(std::clamp(limit, 1, kLimitMax));
  FILOSCOPE_TRY(auto found, parts_.accounts.search(query, kLimitMax));
  std::erase_if(found, [&](const accounts::Account& person) {
    return viewer.account && parts_.accounts.blocked(viewer.account, person.id);
  });
  if (found.size() > count) found.erase(found.begin() + static_cast<int>(count), found.end());
  return found;
}

Result<std::vector<catalog::Catalog::HashtagCount>> Search::hashtags(std::string_view query,
                                                                     int limit) {
  return parts_.catalog.hashtags(query.substr(0, kQueryBytesMax), limit);
}

Result<Search::SoundMatches> Search::match_sounds(const accounts::Viewer& viewer,
                                                  std::string_view query) {
  query = query.substr(0, kQueryBytesMax);
  SoundMatches matches;
  const auto add = [&](SoundId sound, double match) {
    auto& known = matches[sound];
    known = std::max(known, match);
  };
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    for (auto& words : catalog::query_readings_of(query)) {
      FILOSCOPE_TRY(const auto titles, match_titles(session, terms_of(std::move(words))));
      for (const auto& [sound, whole] : titles) add(sound, whole ? kWholeTitleMatch : kTitleMatch);
    }
    return {};
  }));
  FILOSCOPE_TRY(const auto owners, people(viewer, query, kSoundOwnersMax));
  std::vector<AccountId> ids;
  for (const auto& owner : owners) ids.push_back(owner.id);
  FILOSCOPE_TRY(const auto theirs, parts_.catalog.sounds_of(ids, kSoundsOfOwnersMax));
  for (const auto& sound : theirs) add(sound.id, kOwnerMatch);
  FILOSCOPE_TRY(const auto videos, entries(viewer, {.text = std::string(query),
                                                    .limit = kLimitMax,
                                                    .exact = true,
                                                    .wants_said = false}));
  for (const auto& video : videos.page.items)
    if (video.sound) add(video.sound, kVideoMatch);
  return matches;
}

Result<std::vector<FoundSound>> Search::sounds(const accounts::Viewer& viewer,
                                               std::string_view query, int limit) {
  const auto count = static_cast<std::size_t>(std::clamp(limit, 1, kLimitMax));
  FILOSCOPE_TRY(const auto matches, match_sounds(viewer, query));
  std::vector<SoundId> ids;
  for (const auto& [sound, match] : matches) ids.push_back(sound);
  FILOSCOPE_TRY(auto sounds, parts_.catalog.sounds(ids));
  std::erase_if(sounds, [](const catalog::Sound& sound) { return sound.videos_count == 0; });
  const auto rank = [&](const catalog::Sound& sound) {
    return matches.at(sound.id) * (1 + std::log2(static_cast<double>(sound.videos_count)));
  };
  std::sort(sounds.begin(), sounds.end(), [&](const auto& a, const auto& b) {
    const auto rank_a = rank(a), rank_b = rank(b);
    return rank_a != rank_b ? rank_a > rank_b : a.id > b.id;
  });
  std::vector<FoundSound> found;
  for (auto& sound : sounds) {
    if (found.size() == count) break;
    auto source = parts_.catalog.sound_source(viewer, sound.id);
    if (source) {
      found.push_back({std::move(sound), *std::move(source)});
    } else if (source.error().code != Code::not_found) {
      return source.error();
    }
  }
  return found;
}

/// Those that begin so; if none does, so as it probably was meant.
Result<std::vector<catalog::Catalog::HashtagCount>> Search::nearest_hashtags(std::string_view text,
                                                                             int limit) {
  FILOSCOPE_TRY(auto tags, hashtags(text, limit));
  if (tags.empty()) {
    std::string meant;
    FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
      FILOSCOPE_TRY(meant, correct(session, text));
      return {};
    }));
    if (meant.empty()) return tags;
    FILOSCOPE_TRY(tags, hashtags(meant, limit));
  }
  std::vector<catalog::Catalog::HashtagCount> shown;
  for (auto& tag : tags) {
    FILOSCOPE_TRY(const bool hidden, topics_.is_hidden({TopicKind::hashtag, tag.tag}));
    if (!hidden) shown.push_back(std::move(tag));
  }
  return shown;
}

Result<std::vector<Suggestion>> Search::suggest(const accounts::Viewer& viewer,
                                                std::string_view text, int limit) {
  std::vector<Suggestion> suggestions;
  text = text.substr(0, kQueryBytesMax);
  if (text.empty()) return suggestions;
  const bool only_people = text.front() == '@', only_tags = text.front() == '#';
  const auto count = static_cast<std::size_t>(std::clamp(limit, 1, kLimitMax));
  const int of_each = only_people || only_tags ? limit : std::max(1, limit / 3);
  if (!only_people && !only_tags) {
    FILOSCOPE_TRY(const auto searches,
                  topics_.completions(text, static_cast<std::size_t>(of_each)));
    for (const auto& one : searches) suggestions.push_back({"search", one, ""});
  }
  if (!only_people) {
    FILOSCOPE_TRY(const auto tags, nearest_hashtags(text, of_each));
    for (const auto& tag : tags) {
      suggestions.push_back(
          {"hashtag", "#" + tag.tag,
           std::to_string(tag.videos_count) + (tag.videos_count == 1 ? " video" : " videos")});
    }
  }
  if (!only_tags) {
    FILOSCOPE_TRY(const auto found, people(viewer, text, of_each));
    for (const auto& person : found)
      suggestions.push_back({"person", "@" + person.handle, person.display_name});
  }
  if (suggestions.size() > count) suggestions.resize(count);
  return suggestions;
}

/// A catalogue that is older than this index.
Result<void> Search::index_all_once() {
  bool whole = false;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query("SELECT 1 FROM search_indexed LIMIT 1", {},
                         [&](const Row&) { whole = true; });
  }));
  if (whole) return {};
  std::vector<catalog::Entry> batch;
  const auto flush = [&]() -> Result<void> {
    if (batch.empty()) return {};
    std::vector<EntryId> ids;
    for (const auto& entry : batch) ids.push_back(entry.id);
    FILOSCOPE_TRY(const auto counts, parts_.social.counts(ids));
    FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
      for (const auto& entry : batch) FILOSCOPE_DO(index_whole(session, entry));
      return store_standings(session, ids, counts);
    }));
    batch.clear();
    return {};
  };
  std::int64_t count = 0;
  FILOSCOPE_DO(parts_.catalog.each([&](const catalog::Entry& entry) -> Result<void> {
    if (++count % kReindexTold == 0) log::info("search.indexing", {{"videos", count}});
    batch.push_back(entry);
    return batch.size() < kReindexBatch ? Result<void>() : flush();
  }));
  FILOSCOPE_DO(flush());
  return parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(
        session.execute("INSERT INTO search_indexed (at_ms) VALUES (?) ON CONFLICT DO NOTHING",
                        {parts_.clock.now_ms()}));
    return {};
  });
}

Result<std::unique_ptr<Search>> Search::open(const Parts& parts) {
  std::unique_ptr<Search> search(new Search(parts));
  FILOSCOPE_DO(search->open_index());
  return std::unique_ptr<Search>(std::move(search));
}

}  // namespace filoscope::search
