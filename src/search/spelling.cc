#include "search/spelling.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <tuple>

#include "base/crypto.h"
#include "catalog/characters.h"
#include "ports/in_list.h"

namespace filoscope::search {
namespace {

constexpr std::size_t kCharactersMax = 32;
constexpr std::int64_t kCandidatesOfPiecesMax = 4000;
/// Pieces of one word at most: itself, 7 of one deletion, 21 of two.
constexpr std::size_t kPiecesMax =
    1 + kSpellingPrefix + kSpellingPrefix * (kSpellingPrefix - 1) / 2;

std::int64_t hash_of(const std::u32string& piece) {
  static constexpr std::array<std::uint8_t, 16> kKey{};
  const std::string_view bytes(reinterpret_cast<const char*>(piece.data()),
                               piece.size() * sizeof(char32_t));
  return static_cast<std::int64_t>(crypto::siphash(kKey, bytes));
}

std::u32string characters_of(std::string_view word) {
  std::u32string characters;
  for (catalog::Reader reader(word); !reader.at_end();)
    characters.push_back(static_cast<char32_t>(reader.next()));
  return characters;
}

bool is_corrected(const std::u32string& characters) {
  if (edits_allowed(characters.size()) == 0 || characters.size() > kCharactersMax) return false;
  return std::all_of(characters.begin(), characters.end(), [](char32_t character) {
    const auto c = static_cast<UChar32>(character);
    return (u_isalpha(c) || catalog::is_mark(c)) && !catalog::is_unspaced(c);
  });
}

void add_deletions(const std::u32string& text, int edits, std::set<std::u32string>& out) {
  out.insert(text);
  if (edits == 0) return;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto shorter = text;
    shorter.erase(i, 1);
    add_deletions(shorter, edits - 1, out);
  }
}

/// Of one length, so that one statement is prepared.
std::vector<SqlValue> padded(const std::vector<std::int64_t>& pieces) {
  std::vector<SqlValue> arguments(kPiecesMax, SqlValue(pieces.back()));
  std::copy(pieces.begin(), pieces.end(), arguments.begin());
  return arguments;
}

std::string insert_of(std::size_t rows) {
  std::string sql = "INSERT INTO search_spellings (piece, word) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) sql += i == 0 ? "(?, ?)" : ", (?, ?)";
  return sql + " ON CONFLICT DO NOTHING";
}

}  // namespace

int edits_allowed(std::size_t characters) {
  if (characters < 4) return 0;
  return characters < 8 ? 1 : 2;
}

int spelling_distance(std::u32string_view a, std::u32string_view b, int max) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > static_cast<std::size_t>(max))
    return max + 1;
  std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int other = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + other});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last), std::swap(last, row);
  }
  return std::min(last.back(), max + 1);
}

std::vector<std::int64_t> spelling_pieces(std::string_view word) {
  const auto characters = characters_of(word);
  if (!is_corrected(characters)) return {};
  std::set<std::u32string> pieces;
  add_deletions(characters.substr(0, kSpellingPrefix), edits_allowed(characters.size()), pieces);
  std::vector<std::int64_t> hashes;
  for (const auto& piece : pieces) hashes.push_back(hash_of(piece));
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  return hashes;
}

Result<void> add_spelling(Session& session, const std::string& word) {
  const auto pieces = spelling_pieces(word);
  if (pieces.empty()) return {};
  static const std::string kFew = insert_of(1 + kSpellingPrefix), kMany = insert_of(kPiecesMax);
  const bool few = pieces.size() <= 1 + kSpellingPrefix;
  std::vector<SqlValue> arguments;
  for (std::size_t i = 0; i < (few ? 1 + kSpellingPrefix : kPiecesMax); ++i) {
    arguments.emplace_back(pieces[std::min(i, pieces.size() - 1)]);
    arguments.emplace_back(word);
  }
  FILOSCOPE_DO(session.execute(few ? kFew : kMany, arguments));
  return {};
}

Result<void> remove_spelling(Session& session, const std::string& word) {
  const auto pieces = spelling_pieces(word);
  if (pieces.empty()) return {};
  static const std::string kSql =
      "DELETE FROM search_spellings WHERE word = ? AND piece IN (" + placeholders(kPiecesMax) + ")";
  auto arguments = padded(pieces);
  arguments.insert(arguments.begin(), word);
  FILOSCOPE_DO(session.execute(kSql, arguments));
  return {};
}

Result<std::optional<std::string>> nearest_word(Session& session, std::string_view word) {
  const auto pieces = spelling_pieces(word);
  if (pieces.empty()) return std::optional<std::string>();
  const auto meant = characters_of(word);
  const int max = edits_allowed(meant.size());
  auto arguments = padded(pieces);
  arguments.emplace_back(kCandidatesOfPiecesMax);
  static const std::string kSql =
      "SELECT DISTINCT s.word, w.public_count FROM search_spellings s JOIN search_words w ON "
      "w.word = s.word WHERE w.public_count > 0 AND s.piece IN (" +
      placeholders(kPiecesMax) + ") LIMIT ?";
  // Nearer, then with the same beginning, then more used, then the same on every machine.
  using Rank = std::tuple<int, bool, std::int64_t, std::string>;
  std::optional<Rank> best;
  FILOSCOPE_DO(session.query(kSql, arguments, [&](const Row& row) {
    auto text = row.text(0);
    const auto characters = characters_of(text);
    const int distance = spelling_distance(meant, characters, max);
    if (distance == 0 || distance > max) return;
    Rank rank{distance, characters.front() != meant.front(), -row.integer(1), std::move(text)};
    if (!best || rank < *best) best = std::move(rank);
  }));
  if (!best) return std::optional<std::string>();
  return std::optional(std::get<std::string>(*best));
}

}  // namespace filoscope::search
