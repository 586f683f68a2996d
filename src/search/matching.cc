#include "search/matching.h"

#include <algorithm>
#include <cmath>

#include "catalog/text.h"
#include "ports/in_list.h"
#include "search/spelling.h"

namespace filoscope::search {
namespace {

constexpr std::size_t kQueryTermsMax = 12;
constexpr std::size_t kPartlyTermsMax = 6;
/// Most common words that a prefix stands for.
constexpr std::int64_t kExpansionsMax = 64;
/// Of the rarest term: its newest entries, and those that most is made of.
constexpr std::int64_t kNewestMax = 4000, kMostMadeOfMax = 1000;
constexpr std::size_t kLookUpMax = 64;
constexpr double kWholeWord = 1.5;
/// A standing that doubles what a match is worth.
constexpr double kDoublingStanding = 40;
/// Behind every character.
constexpr const char* kLast = "\U0010FFFF";

using Hits = std::unordered_map<EntryId, Hit>;

/// How much a word tells: the logarithm of how rare it is, against a catalogue of a million.
double rarity(std::int64_t videos_count) {
  return std::log(1 + 1e6 / static_cast<double>(videos_count));
}

Result<std::int64_t> count_videos(Session& session, const Term& term, const char* of) {
  std::int64_t count = 0;
  FILOSCOPE_DO(session.query(std::string("SELECT COALESCE(SUM(") + of +
                                 "), 0) FROM search_words WHERE word >= ? AND word < ?",
                             {term.word, term.end()},
                             [&](const Row& row) { count = row.integer(0); }));
  return count;
}

Result<std::vector<std::string>> words_of_prefix(Session& session, const Term& term) {
  std::vector<std::string> words;
  FILOSCOPE_DO(session.query(
      "SELECT word FROM search_words WHERE word >= ? AND word < ? ORDER BY CASE WHEN word = ? THEN "
      "0 ELSE 1 END, videos_count DESC LIMIT ?",
      {term.word, term.end(), term.word, kExpansionsMax},
      [&](const Row& row) { words.push_back(row.text(0)); }));
  return words;
}

/// Entries that have the rarest term.
Result<Hits> match_first(Session& session, const Term& term) {
  Hits hits;
  std::vector<std::string> words{term.word};
  if (term.prefix) {
    FILOSCOPE_TRY(words, words_of_prefix(session, term));
  }
  for (const auto& word : words) {
    const double worth = rarity(term.videos_count) * (word == term.word ? kWholeWord : 1);
    const auto take = [&](const Row& row) {
      const auto entry = EntryId::from_db(row.integer(0));
      auto& hit = hits[entry];
      hit.entry = entry;
      hit.text = std::max(hit.text, worth * static_cast<double>(row.integer(1)));
      hit.standing = row.integer(2);
    };
    FILOSCOPE_DO(session.query(
        "SELECT video, weight, standing FROM search_postings WHERE word = ? ORDER BY video DESC "
        "LIMIT ?",
        {word, kNewestMax}, take));
    if (hits.size() >= static_cast<std::size_t>(kNewestMax)) {
      FILOSCOPE_DO(session.query(
          "SELECT video, weight, standing FROM search_postings WHERE word = ? ORDER BY standing "
          "DESC, video DESC LIMIT ?",
          {word, kMostMadeOfMax}, take));
      break;
    }
  }
  return hits;
}

/// Those of `hits` that have this term too.
Result<Hits> match_further(Session& session, const Term& term, const Hits& hits) {
  static const std::string kSql =
      "SELECT video, CASE WHEN word = ? THEN 1 ELSE 0 END, weight FROM search_postings WHERE "
      "word >= ? AND word < ? AND video IN (" +
      placeholders(kLookUpMax) + ")";
  std::vector<EntryId> ids;
  for (const auto& [entry, hit] : hits) ids.push_back(entry);
  Hits kept;
  for (std::size_t at = 0; at < ids.size(); at += kLookUpMax) {
    std::vector<SqlValue> arguments{term.word, term.word, term.end()};
    for (std::size_t i = 0; i < kLookUpMax; ++i)
      arguments.emplace_back(ids[std::min(at + i, ids.size() - 1)].db());
    FILOSCOPE_DO(session.query(kSql, arguments, [&](const Row& row) {
      const auto& before = hits.at(EntryId::from_db(row.integer(0)));
      const double worth = rarity(term.videos_count) * (row.integer(1) != 0 ? kWholeWord : 1);
      auto& hit = kept.try_emplace(before.entry, before).first->second;
      hit.text = std::max(hit.text, before.text + worth * static_cast<double>(row.integer(2)));
    }));
  }
  return kept;
}

Result<Hits> match_terms(Session& session, std::vector<Term> terms) {
  for (auto& term : terms) {
    FILOSCOPE_TRY(term.videos_count, count_videos(session, term, "videos_count"));
    if (term.videos_count == 0) return Hits();
  }
  if (terms.empty()) return Hits();
  std::sort(terms.begin(), terms.end(),
            [](const Term& a, const Term& b) { return a.videos_count < b.videos_count; });
  FILOSCOPE_TRY(auto hits, match_first(session, terms.front()));
  for (std::size_t i = 1; i < terms.size() && !hits.empty(); ++i) {
    FILOSCOPE_TRY(hits, match_further(session, terms[i], hits));
  }
  return hits;
}

void add_better(Hits& best, const Hits& found) {
  for (const auto& [entry, hit] : found) {
    auto& known = best.try_emplace(entry, hit).first->second;
    if (hit.text > known.text) known = hit;
  }
}

std::vector<Hit> list_of(const Hits& hits) {
  std::vector<Hit> list;
  list.reserve(hits.size());
  for (const auto& [entry, hit] : hits) list.push_back(hit);
  return list;
}

}  // namespace

std::string Term::end() const { return word + (prefix ? kLast : "\x01"); }

std::vector<Term> terms_of(std::vector<std::string> words) {
  if (words.size() > kQueryTermsMax) words.resize(kQueryTermsMax);
  std::vector<Term> terms;
  for (auto& word : words) {
    const bool prefix = catalog::single_unspaced_character(word);
    terms.push_back({std::move(word), prefix, 0});
  }
  if (!terms.empty()) terms.back().prefix = true;
  return terms;
}

double Hit::score() const { return text * (1 + static_cast<double>(standing) / kDoublingStanding); }

Result<std::vector<Hit>> match_all(Session& session, std::string_view query) {
  Hits best;
  for (auto& words : catalog::query_readings_of(query)) {
    FILOSCOPE_TRY(const auto hits, match_terms(session, terms_of(std::move(words))));
    add_better(best, hits);
  }
  return list_of(best);
}

Result<std::vector<Hit>> match_partly(Session& session, std::string_view query) {
  const auto terms = terms_of(catalog::query_readings_of(query).front());
  if (terms.size() < 2 || terms.size() > kPartlyTermsMax) return std::vector<Hit>();
  Hits best;
  for (std::size_t left_out = 0; left_out < terms.size(); ++left_out) {
    auto some = terms;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(left_out));
    FILOSCOPE_TRY(const auto hits, match_terms(session, std::move(some)));
    add_better(best, hits);
  }
  return list_of(best);
}

Result<std::string> correct(Session& session, std::string_view query) {
  std::string corrected;
  bool changed = false;
  for (const auto& term : terms_of(catalog::query_readings_of(query).front())) {
    auto word = term.word;
    FILOSCOPE_TRY(const auto count, count_videos(session, term, "public_count"));
    if (count == 0) {
      FILOSCOPE_TRY(const auto nearest, nearest_word(session, term.word));
      if (!nearest) return std::string();
      word = *nearest;
      changed = true;
    }
    corrected += (corrected.empty() ? "" : " ") + word;
  }
  return changed ? corrected : std::string();
}

Result<std::unordered_map<SoundId, bool>> match_titles(Session& session,
                                                       const std::vector<Term>& terms) {
  std::unordered_map<SoundId, bool> found;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    std::unordered_map<SoundId, bool> kept;
    FILOSCOPE_DO(session.query(
        "SELECT sound, MAX(CASE WHEN word = ? THEN 1 ELSE 0 END) FROM search_sounds WHERE word >= "
        "? AND word < ? GROUP BY sound ORDER BY sound DESC LIMIT ?",
        {terms[i].word, terms[i].word, terms[i].end(), kNewestMax}, [&](const Row& row) {
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

}  // namespace filoscope::search
