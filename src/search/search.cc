#include "search/search.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "accounts/reasons.h"
#include "catalog/text.h"
#include "ports/in_list.h"
#include "search/schema.h"

namespace filoscope::search {
namespace {

constexpr std::size_t kQueryTermsMax = 12;
constexpr std::size_t kQueryBytesMax = 512;
constexpr std::size_t kTermsPerVideoMax = 400;
/// Most common words that a prefix stands for.
constexpr std::int64_t kExpansionsMax = 64;
/// Newest videos of the rarest term that are ranked.
constexpr std::int64_t kCandidatesMax = 4000;
constexpr std::size_t kLookUpMax = 64;
constexpr std::size_t kReindexBatch = 200;
constexpr int kLimitMax = 50;
constexpr std::int64_t kCaptionWeight = 2;
constexpr std::int64_t kHashtagWeight = 3;
/// Scores are compared and paged as whole numbers.
constexpr double kScoreUnit = 1000;
/// Behind every character.
constexpr const char* kLast = "\U0010FFFF";

/// How much a sound matches by its title, a whole word or a beginning, by whose it is, and by what
/// is said of its videos.
constexpr double kWholeTitleMatch = 4, kTitleMatch = 3, kOwnerMatch = 2, kVideoMatch = 1;
constexpr int kSoundOwnersMax = 20, kSoundsOfOwnersMax = 200;

constexpr std::array<Migration, 2> kMigrations{{
    {1, R"sql(
      CREATE TABLE search_postings (
        word TEXT NOT NULL,
        video BIGINT NOT NULL,
        weight BIGINT NOT NULL,
        PRIMARY KEY (word, video)
      );
      CREATE INDEX search_postings_video ON search_postings (video, word, weight);
      CREATE TABLE search_words (
        word TEXT NOT NULL PRIMARY KEY,
        videos_count BIGINT NOT NULL
      );
    )sql"},
    {2, R"sql(
      CREATE TABLE search_sounds (
        word TEXT NOT NULL,
        sound BIGINT NOT NULL,
        PRIMARY KEY (word, sound)
      );
      CREATE INDEX search_sounds_sound ON search_sounds (sound);
    )sql"},
}};

struct Term {
  std::string word;
  bool prefix = false;
  std::int64_t videos_count = 0;
  std::string end() const { return word + (prefix ? kLast : "\x01"); }
};

bool before(std::int64_t rank_a, VideoId a, std::int64_t rank_b, VideoId b) {
  return rank_a != rank_b ? rank_a > rank_b : a > b;
}

struct Cursor {
  std::int64_t rank = std::numeric_limits<std::int64_t>::max();
  VideoId video;
  static Result<Cursor> parse(std::string_view text) {
    Cursor cursor;
    if (text.empty()) return cursor;
    const auto dash = text.find('-');
    const auto rank = text.substr(0, dash);
    const auto video =
        dash == std::string_view::npos ? std::nullopt : VideoId::parse(text.substr(dash + 1));
    const auto [end, problem] =
        std::from_chars(rank.data(), rank.data() + rank.size(), cursor.rank);
    if (!video || problem != std::errc() || end != rank.data() + rank.size())
      return Error(accounts::reason("not_a_cursor")).at("cursor");
    cursor.video = *video;
    return cursor;
  }
  std::string text() const { return std::to_string(rank) + "-" + video.text(); }
};

std::vector<Term> terms_of(std::vector<std::string> words) {
  if (words.size() > kQueryTermsMax) words.resize(kQueryTermsMax);
  std::vector<Term> terms;
  for (const auto& word : words)
    terms.push_back({word, catalog::single_unspaced_character(word), 0});
  if (!terms.empty()) terms.back().prefix = true;
  return terms;
}

std::unordered_map<std::string, std::int64_t> weights_of(const catalog::Entry& video) {
  std::unordered_map<std::string, std::int64_t> weights;
  for (auto& word : catalog::index_terms_of(video.caption)) {
    if (weights.size() == kTermsPerVideoMax) break;
    weights.emplace(std::move(word), kCaptionWeight);
  }
  for (const auto& tag : video.hashtags) {
    for (auto& word : catalog::index_terms_of(tag)) weights[std::move(word)] = kHashtagWeight;
    weights[catalog::hashtag_term_of(tag)] = kHashtagWeight;
  }
  return weights;
}

/// Replaces what is stored of a video; inside its transaction.
Result<void> index(Session& session, const catalog::Entry& video) {
  const std::int64_t id = video.id.db();
  FILOSCOPE_DO(
      session.execute("UPDATE search_words SET videos_count = videos_count - 1 WHERE word IN "
                      "(SELECT word FROM search_postings WHERE video = ?)",
                      {id}));
  FILOSCOPE_DO(
      session.execute("DELETE FROM search_words WHERE videos_count = 0 AND word IN "
                      "(SELECT word FROM search_postings WHERE video = ?)",
                      {id}));
  FILOSCOPE_DO(session.execute("DELETE FROM search_postings WHERE video = ?", {id}));
  if (video.state != catalog::State::published || catalog::is_kept_back(video)) return {};
  for (const auto& [word, weight] : weights_of(video)) {
    FILOSCOPE_DO(session.execute(
        "INSERT INTO search_postings (word, video, weight) VALUES (?, ?, ?)", {word, id, weight}));
    FILOSCOPE_DO(session.execute(
        "INSERT INTO search_words (word, videos_count) VALUES (?, 1) ON CONFLICT (word) DO "
        "UPDATE SET videos_count = search_words.videos_count + 1",
        {word}));
  }
  return {};
}

/// Replaces what is stored of a sound's title; inside its transaction.
Result<void> index_title(Session& session, const catalog::Sound& sound) {
  FILOSCOPE_DO(session.execute("DELETE FROM search_sounds WHERE sound = ?", {sound.id.db()}));
  if (sound.videos_count == 0) return {};
  std::set<std::string> words;
  for (auto& word : catalog::index_terms_of(sound.title)) words.insert(std::move(word));
  for (const auto& word : words) {
    FILOSCOPE_DO(session.execute("INSERT INTO search_sounds (word, sound) VALUES (?, ?)",
                                 {word, sound.id.db()}));
  }
  return {};
}

/// The sounds whose titles have all of `terms`; true where all are whole words of it.
Result<std::unordered_map<SoundId, bool>> find_titles(Session& session,
                                                      const std::vector<Term>& terms) {
  std::unordered_map<SoundId, bool> found;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    std::unordered_map<SoundId, bool> kept;
    FILOSCOPE_DO(session.query(
        "SELECT sound, MAX(CASE WHEN word = ? THEN 1 ELSE 0 END) FROM search_sounds WHERE word >= "
        "? AND word < ? GROUP BY sound ORDER BY sound DESC LIMIT ?",
        {terms[i].word, terms[i].word, terms[i].end(), kCandidatesMax}, [&](const Row& row) {
          const auto sound = SoundId::from_db(row.integer(0));
          const bool whole = row.integer(1) != 0;
          const auto before = found.find(sound);
          if (i == 0) kept[sound] = whole;
          if (i > 0 && before != found.end()) kept[sound] = whole && before->second;
        }));
    found = std::move(kept);
    if (found.empty()) break;
  }
  return found;
}

/// How much a word tells: the logarithm of how rare it is, against a catalogue of a million.
double rarity(std::int64_t videos_count) {
  return std::log(1 + 1e6 / static_cast<double>(videos_count));
}

/// The newest videos that have the rarest term.
Result<void> first_term(Session& session, const Term& term,
                        std::unordered_map<VideoId, double>& scores) {
  std::vector<std::string> words{term.word};
  if (term.prefix) {
    words.clear();
    FILOSCOPE_DO(session.query(
        "SELECT word FROM search_words WHERE word >= ? AND word < ? ORDER BY word = ? DESC, "
        "videos_count DESC LIMIT ?",
        {term.word, term.end(), term.word, kExpansionsMax},
        [&](const Row& row) { words.push_back(row.text(0)); }));
  }
  for (const auto& word : words) {
    // The whole word counts for more than a beginning.
    const double worth = rarity(term.videos_count) * (word == term.word ? 1.5 : 1);
    FILOSCOPE_DO(session.query(
        "SELECT video, weight FROM search_postings WHERE word = ? ORDER BY video DESC LIMIT ?",
        {word, kCandidatesMax}, [&](const Row& row) {
          auto& score = scores[VideoId::from_db(row.integer(0))];
          score = std::max(score, worth * static_cast<double>(row.integer(1)));
        }));
    if (scores.size() >= static_cast<std::size_t>(kCandidatesMax)) break;
  }
  return {};
}

/// Keeps the videos that have this term too.
Result<void> further_term(Session& session, const Term& term,
                          std::unordered_map<VideoId, double>& scores) {
  std::vector<VideoId> ids;
  for (const auto& [video, score] : scores) ids.push_back(video);
  std::unordered_map<VideoId, double> kept;
  const std::string sql =
      "SELECT video, CASE WHEN word = ? THEN 1 ELSE 0 END, weight FROM search_postings WHERE "
      "word >= ? AND word < ? AND "
      "video IN (" +
      placeholders(kLookUpMax) + ")";
  for (std::size_t at = 0; at < ids.size(); at += kLookUpMax) {
    std::vector<SqlValue> arguments{term.word, term.word, term.end()};
    for (std::size_t i = 0; i < kLookUpMax; ++i)
      arguments.emplace_back(ids[std::min(at + i, ids.size() - 1)].db());
    FILOSCOPE_DO(session.query(sql, arguments, [&](const Row& row) {
      const auto video = VideoId::from_db(row.integer(0));
      const double worth = rarity(term.videos_count) * (row.integer(1) != 0 ? 1.5 : 1);
      auto& score = kept[video];
      score = std::max(score, scores[video] + worth * static_cast<double>(row.integer(2)));
    }));
  }
  scores = std::move(kept);
  return {};
}

/// The videos that have all of `terms`.
Result<std::unordered_map<VideoId, double>> find_all(Session& session, std::vector<Term> terms) {
  std::unordered_map<VideoId, double> scores;
  for (auto& term : terms) {
    FILOSCOPE_DO(session.query(
        "SELECT COALESCE(SUM(videos_count), 0) FROM search_words WHERE word >= ? AND word < ?",
        {term.word, term.end()}, [&](const Row& row) { term.videos_count = row.integer(0); }));
    if (term.videos_count == 0) return scores;
  }
  if (terms.empty()) return scores;
  std::sort(terms.begin(), terms.end(),
            [](const Term& a, const Term& b) { return a.videos_count < b.videos_count; });
  FILOSCOPE_DO(first_term(session, terms.front(), scores));
  for (std::size_t i = 1; i < terms.size() && !scores.empty(); ++i)
    FILOSCOPE_DO(further_term(session, terms[i], scores));
  return scores;
}

Result<std::vector<Hit>> find(Session& session, std::string_view query) {
  std::unordered_map<VideoId, double> best;
  for (auto& words : catalog::query_readings_of(query.substr(0, kQueryBytesMax))) {
    FILOSCOPE_TRY(const auto scores, find_all(session, terms_of(std::move(words))));
    for (const auto& [video, score] : scores) {
      auto& known = best[video];
      known = std::max(known, score);
    }
  }
  std::vector<Hit> hits;
  hits.reserve(best.size());
  for (const auto& [video, score] : best) hits.push_back({video, score});
  return hits;
}

}  // namespace

std::int64_t Hit::rank() const { return static_cast<std::int64_t>(score * kScoreUnit); }

Result<void> Search::start() {
  FILOSCOPE_DO(parts_.database.migrate("search", kMigrations));
  FILOSCOPE_DO(reindex_when_empty());
  parts_.catalog.on_change(
      [](Session& session, const catalog::Entry& video) { return index(session, video); });
  parts_.catalog.on_sound(
      [](Session& session, const catalog::Sound& sound) { return index_title(session, sound); });
  return {};
}

Result<catalog::EntryPage> Search::entries(const accounts::Viewer& viewer, std::string_view query,
                                           std::string_view cursor_text, int limit) {
  FILOSCOPE_TRY(const auto cursor, Cursor::parse(cursor_text));
  std::vector<Hit> hits;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(hits, find(session, query));
    return {};
  }));
  std::erase_if(hits, [&](const Hit& hit) {
    return !before(cursor.rank, cursor.video, hit.rank(), hit.entry);
  });
  std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    return before(a.rank(), a.entry, b.rank(), b.entry);
  });
  return visible_page(viewer, hits, static_cast<std::size_t>(std::clamp(limit, 1, kLimitMax)));
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
      FILOSCOPE_TRY(const auto titles, find_titles(session, terms_of(std::move(words))));
      for (const auto& [sound, whole] : titles) add(sound, whole ? kWholeTitleMatch : kTitleMatch);
    }
    return {};
  }));
  FILOSCOPE_TRY(const auto owners, people(viewer, query, kSoundOwnersMax));
  std::vector<AccountId> ids;
  for (const auto& owner : owners) ids.push_back(owner.id);
  FILOSCOPE_TRY(const auto theirs, parts_.catalog.sounds_of(ids, kSoundsOfOwnersMax));
  for (const auto& sound : theirs) add(sound.id, kOwnerMatch);
  FILOSCOPE_TRY(const auto videos, entries(viewer, query, "", kLimitMax));
  for (const auto& video : videos.items)
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

Result<std::vector<Suggestion>> Search::suggest(const accounts::Viewer& viewer,
                                                std::string_view text, int limit) {
  std::vector<Suggestion> suggestions;
  if (text.empty()) return suggestions;
  const bool only_people = text.front() == '@', only_tags = text.front() == '#';
  if (!only_people) {
    FILOSCOPE_TRY(const auto tags, hashtags(text, limit));
    for (const auto& tag : tags) {
      suggestions.push_back(
          {"hashtag", "#" + tag.tag,
           std::to_string(tag.videos_count) + (tag.videos_count == 1 ? " video" : " videos")});
    }
  }
  if (!only_tags) {
    FILOSCOPE_TRY(const auto found, people(viewer, text, limit));
    for (const auto& person : found)
      suggestions.push_back({"person", "@" + person.handle, person.display_name});
  }
  const auto count = static_cast<std::size_t>(std::clamp(limit, 1, kLimitMax));
  if (suggestions.size() > count) suggestions.resize(count);
  return suggestions;
}

/// A catalogue that is older than this index.
Result<void> Search::reindex_when_empty() {
  bool empty = true;
  FILOSCOPE_DO(parts_.database.read([&](Session& session) {
    return session.query("SELECT 1 FROM search_words LIMIT 1", {},
                         [&](const Row&) { empty = false; });
  }));
  if (!empty) return {};
  std::vector<catalog::Entry> batch;
  const auto flush = [&]() -> Result<void> {
    if (batch.empty()) return {};
    FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
      for (const auto& video : batch) FILOSCOPE_DO(index(session, video));
      return {};
    }));
    batch.clear();
    return {};
  };
  FILOSCOPE_DO(parts_.catalog.each([&](const catalog::Entry& video) -> Result<void> {
    batch.push_back(video);
    return batch.size() < kReindexBatch ? Result<void>() : flush();
  }));
  return flush();
}

Result<catalog::EntryPage> Search::visible_page(const accounts::Viewer& viewer,
                                                const std::vector<Hit>& hits, std::size_t limit) {
  catalog::EntryPage page;
  std::vector<Hit> taken;
  for (std::size_t at = 0; at < hits.size(); at += kLookUpMax) {
    std::vector<VideoId> ids;
    for (std::size_t i = at; i < hits.size() && i < at + kLookUpMax; ++i)
      ids.push_back(hits[i].entry);
    FILOSCOPE_TRY(auto videos, parts_.catalog.entries(ids));
    for (auto& video : videos) {
      if (catalog::is_kept_back(video) || video.state != catalog::State::published ||
          !parts_.catalog.may_see(viewer, video))
        continue;
      if (page.items.size() == limit) {
        page.next_cursor = Cursor{taken.back().rank(), taken.back().entry}.text();
        return page;
      }
      taken.push_back(*std::find_if(hits.begin() + static_cast<std::ptrdiff_t>(at), hits.end(),
                                    [&](const Hit& hit) { return hit.entry == video.id; }));
      page.items.push_back(std::move(video));
    }
  }
  return page;
}

std::span<const Migration> migrations() { return kMigrations; }

Result<std::unique_ptr<Search>> Search::open(const Parts& parts) {
  std::unique_ptr<Search> search(new Search(parts));
  FILOSCOPE_DO(search->start());
  return std::unique_ptr<Search>(std::move(search));
}

}  // namespace filoscope::search
