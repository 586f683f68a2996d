#include "search/matching.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "accounts/text.h"
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
struct Most {
  std::int64_t newest, made_of;
};
constexpr Most kMostOfAll{2500, 750}, kMostOfPart{250, 125};
constexpr std::size_t kLookUpMax = 64;
constexpr double kWholeWord = 1.5;
/// A standing that doubles what a match is worth.
constexpr double kDoublingStanding = 40;
/// Behind every character.
constexpr const char* kLast = "\U0010FFFF";

using Hits = std::unordered_map<EntryId, Hit>;

/// How much a word tells: the logarithm of how rare it is, against a catalogue of a million. Scores
/// are told in cursors, so that only what everyone may see counts.
double rarity(const Term& term) {
  return std::log(1 + 1e6 / static_cast<double>(std::max<std::int64_t>(1, term.public_count)));
}

Result<void> count_videos(Session& session, std::vector<Term>& terms) {
  for (auto& term : terms) {
    FILOSCOPE_DO(session.query(
        "SELECT COALESCE(SUM(videos_count), 0), COALESCE(SUM(public_count), 0) FROM search_words "
        "WHERE word >= ? AND word < ?",
        {term.word, term.end()}, [&](const Row& row) {
          term.videos_count = row.integer(0);
          term.public_count = row.integer(1);
        }));
  }
  return {};
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
Result<Hits> match_first(Session& session, const Term& term, const Most& most) {
  Hits hits;
  std::vector<std::string> words{term.word};
  if (term.prefix) {
    FILOSCOPE_TRY(words, words_of_prefix(session, term));
  }
  for (const auto& word : words) {
    const double worth = rarity(term) * (word == term.word ? kWholeWord : 1);
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
        {word, most.newest}, take));
    if (hits.size() >= static_cast<std::size_t>(most.newest)) {
      FILOSCOPE_DO(session.query(
          "SELECT video, weight, standing FROM search_postings WHERE word = ? ORDER BY standing "
          "DESC, video DESC LIMIT ?",
          {word, most.made_of}, take));
      break;
    }
  }
  return hits;
}

/// What those of `hits` that have this term are worth by it.
Result<std::unordered_map<EntryId, double>> worth_by(Session& session, const Term& term,
                                                     const Hits& hits) {
  static const std::string kSql =
      "SELECT video, CASE WHEN word = ? THEN 1 ELSE 0 END, weight FROM search_postings WHERE "
      "word >= ? AND word < ? AND video IN (" +
      placeholders(kLookUpMax) + ")";
  std::vector<EntryId> ids;
  for (const auto& [entry, hit] : hits) ids.push_back(entry);
  std::unordered_map<EntryId, double> worth;
  for (std::size_t at = 0; at < ids.size(); at += kLookUpMax) {
    std::vector<SqlValue> arguments{term.word, term.word, term.end()};
    for (std::size_t i = 0; i < kLookUpMax; ++i)
      arguments.emplace_back(ids[std::min(at + i, ids.size() - 1)].db());
    FILOSCOPE_DO(session.query(kSql, arguments, [&](const Row& row) {
      const double found = rarity(term) * (row.integer(1) != 0 ? kWholeWord : 1) *
                           static_cast<double>(row.integer(2));
      double& best = worth[EntryId::from_db(row.integer(0))];
      best = std::max(best, found);
    }));
  }
  return worth;
}

/// Those of `hits` that have this term too.
Result<Hits> match_further(Session& session, const Term& term, const Hits& hits) {
  FILOSCOPE_TRY(const auto worth, worth_by(session, term, hits));
  Hits kept;
  for (const auto& [entry, by_term] : worth) {
    auto& hit = kept.emplace(entry, hits.at(entry)).first->second;
    hit.text += by_term;
  }
  return kept;
}

void sort_rarest_first(std::vector<Term>& terms) {
  std::ranges::sort(terms, {}, &Term::videos_count);
}

/// REQUIRES: the terms are counted.
Result<Hits> match_terms(Session& session, std::vector<Term> terms) {
  const bool none = std::any_of(terms.begin(), terms.end(),
                                [](const Term& term) { return term.videos_count == 0; });
  if (terms.empty() || none) return Hits();
  sort_rarest_first(terms);
  FILOSCOPE_TRY(auto hits, match_first(session, terms.front(), kMostOfAll));
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

/// Where a whole word stands in a folded text.
std::size_t find_word(const std::string& text, const std::string& word) {
  const auto in_word = [&](std::size_t i) {
    const auto c = static_cast<unsigned char>(text[i]);
    return c >= 0x80 || std::isalnum(c) != 0;
  };
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !in_word(at - 1)) && (end == text.size() || !in_word(end))) return at;
  }
  return std::string::npos;
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
    terms.push_back({std::move(word), prefix});
  }
  if (!terms.empty()) terms.back().prefix = true;
  return terms;
}

double Hit::score() const { return text * (1 + static_cast<double>(standing) / kDoublingStanding); }

Result<std::vector<Hit>> match_all(Session& session, std::string_view query) {
  Hits best;
  for (auto& words : catalog::query_readings_of(query)) {
    auto terms = terms_of(std::move(words));
    FILOSCOPE_DO(count_videos(session, terms));
    FILOSCOPE_TRY(const auto hits, match_terms(session, std::move(terms)));
    add_better(best, hits);
  }
  return list_of(best);
}

Result<std::vector<Hit>> match_partly(Session& session, std::string_view query) {
  auto terms = terms_of(catalog::query_readings_of(query).front());
  if (terms.size() < 2 || terms.size() > kPartlyTermsMax) return std::vector<Hit>();
  FILOSCOPE_DO(count_videos(session, terms));
  sort_rarest_first(terms);
  // What lacks one of them has one of the two rarest.
  Hits begun;
  std::unordered_map<EntryId, std::size_t> lacking;
  for (std::size_t i = 0; i < 2; ++i) {
    if (terms[i].videos_count == 0) continue;
    FILOSCOPE_TRY(const auto hits, match_first(session, terms[i], kMostOfPart));
    for (const auto& [entry, hit] : hits) begun.emplace(entry, hit);
  }
  for (auto& [entry, hit] : begun) hit.text = 0;
  for (const auto& term : terms) {
    FILOSCOPE_TRY(const auto worth, worth_by(session, term, begun));
    for (auto& [entry, hit] : begun) {
      const auto found = worth.find(entry);
      if (found == worth.end()) ++lacking[entry];
      if (found != worth.end()) hit.text += found->second;
    }
  }
  std::erase_if(begun, [&](const auto& one) { return lacking[one.first] > 1; });
  return list_of(begun);
}

Result<std::string> correct(Session& session, std::string_view query) {
  auto corrected = accounts::search_fold(query);
  auto terms = terms_of(catalog::query_readings_of(query).front());
  FILOSCOPE_DO(count_videos(session, terms));
  bool changed = false;
  for (const auto& term : terms) {
    if (term.public_count > 0) continue;
    FILOSCOPE_TRY(const auto nearest, nearest_word(session, term.word));
    const auto at = nearest ? find_word(corrected, term.word) : std::string::npos;
    if (at == std::string::npos) return std::string();
    corrected.replace(at, term.word.size(), *nearest);
    changed = true;
  }
  return changed ? corrected : std::string();
}

Result<bool> is_known_to_all(Session& session, std::string_view query) {
  auto terms = terms_of(catalog::query_readings_of(query).front());
  FILOSCOPE_DO(count_videos(session, terms));
  return !terms.empty() && std::all_of(terms.begin(), terms.end(),
                                       [](const Term& term) { return term.public_count > 0; });
}

Result<std::unordered_map<SoundId, bool>> match_titles(Session& session,
                                                       const std::vector<Term>& terms) {
  std::unordered_map<SoundId, bool> found;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    std::unordered_map<SoundId, bool> kept;
    FILOSCOPE_DO(session.query(
        "SELECT sound, MAX(CASE WHEN word = ? THEN 1 ELSE 0 END) FROM search_sounds WHERE word >= "
        "? AND word < ? GROUP BY sound ORDER BY sound DESC LIMIT ?",
        {terms[i].word, terms[i].word, terms[i].end(), kMostOfAll.newest}, [&](const Row& row) {
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
