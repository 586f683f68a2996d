#include "search/postings.h"

#include <cmath>
#include <map>
#include <set>

#include "catalog/text.h"
#include "search/spelling.h"

namespace filoscope::search {
namespace {

constexpr std::size_t kTermsPerVideoMax = 400;
/// Longer ones are nobody's query, and too long for an index of PostgreSQL.
constexpr std::size_t kWordBytesMax = 200;
constexpr std::size_t kSaidTermsMax = 2000, kSaidBytesMax = 512 << 10;
constexpr std::int64_t kSaidWeight = 1;
constexpr std::int64_t kCaptionWeight = 2;
constexpr std::int64_t kHashtagWeight = 3;
constexpr double kStepsOfDoubling = 4;

/// In the order of the words, in which all writers lock them.
using Weights = std::map<std::string, std::int64_t>;

Weights weights_of(const catalog::Entry& entry) {
  Weights weights;
  for (auto& word : catalog::index_terms_of(entry.caption)) {
    if (weights.size() == kTermsPerVideoMax) break;
    weights.emplace(std::move(word), kCaptionWeight);
  }
  for (const auto& tag : entry.hashtags) {
    for (auto& word : catalog::index_terms_of(tag)) weights[std::move(word)] = kHashtagWeight;
    weights[catalog::hashtag_term_of(tag)] = kHashtagWeight;
  }
  std::erase_if(weights, [](const auto& one) { return one.first.size() > kWordBytesMax; });
  return weights;
}

/// What search_videos says of an entry.
struct Known {
  bool indexed = false;
  std::int64_t public_count = 0;  ///< 1: everyone may see it
  std::int64_t standing = 0;
};

Result<Known> known_of(Session& session, std::int64_t id) {
  Known known;
  FILOSCOPE_DO(session.query("SELECT public, standing FROM search_videos WHERE video = ?", {id},
                             [&](const Row& row) {
                               known = {true, row.integer(0), row.integer(1)};
                             }));
  return known;
}

Result<void> remove_word(Session& session, std::int64_t id, const Known& known,
                         const std::string& word) {
  FILOSCOPE_DO(
      session.execute("DELETE FROM search_postings WHERE word = ? AND video = ?", {word, id}));
  std::int64_t left = 1;
  FILOSCOPE_DO(session.query(
      "UPDATE search_words SET videos_count = videos_count - 1, public_count = public_count - ? "
      "WHERE word = ? RETURNING videos_count",
      {known.public_count, word}, [&](const Row& row) { left = row.integer(0); }));
  if (left > 0) return {};
  FILOSCOPE_DO(remove_spelling(session, word));
  FILOSCOPE_DO(session.execute("DELETE FROM search_words WHERE word = ?", {word}));
  return {};
}

/// The words of an entry whose weights lie from `least` to `most`.
Result<Weights> stored_weights(Session& session, std::int64_t id, std::int64_t least,
                               std::int64_t most) {
  Weights stored;
  FILOSCOPE_DO(session.query(
      "SELECT word, weight FROM search_postings WHERE video = ? AND weight >= ? AND weight <= ?",
      {id, least, most}, [&](const Row& row) { stored[row.text(0)] = row.integer(1); }));
  return stored;
}

Result<void> add_word(Session& session, const std::string& word, std::int64_t public_count) {
  bool first = false;
  FILOSCOPE_DO(session.query(
      "INSERT INTO search_words (word, videos_count, public_count) VALUES (?, 1, ?) ON CONFLICT "
      "(word) DO UPDATE SET videos_count = search_words.videos_count + 1, public_count = "
      "search_words.public_count + excluded.public_count RETURNING videos_count",
      {word, public_count}, [&](const Row& row) { first = row.integer(0) == 1; }));
  if (!first) return {};
  return add_spelling(session, word);
}

Result<void> post(Session& session, std::int64_t id, const Known& known, const std::string& word,
                  std::int64_t weight) {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO search_postings (word, video, weight, standing) VALUES (?, ?, ?, ?)",
      {word, id, weight, known.standing}));
  return add_word(session, word, known.public_count);
}

/// Brings what is stored of some words of an entry to what it is to be.
Result<void> store_weights(Session& session, std::int64_t id, const Known& known,
                           const Weights& stored, const Weights& wanted) {
  for (const auto& [word, weight] : stored)
    if (!wanted.contains(word)) FILOSCOPE_DO(remove_word(session, id, known, word));
  for (const auto& [word, weight] : wanted) {
    const auto before = stored.find(word);
    if (before == stored.end()) {
      FILOSCOPE_DO(post(session, id, known, word, weight));
    } else if (before->second != weight) {
      FILOSCOPE_DO(
          session.execute("UPDATE search_postings SET weight = ? WHERE word = ? AND video = ?",
                          {weight, word, id}));
    }
  }
  return {};
}

/// The first different words that are said, but those of `there`.
Weights said_weights(std::span<const subtitles::Said> said, const Weights& there) {
  Weights weights;
  std::size_t bytes = 0;
  for (const auto& track : said)
    for (const auto& cue : track.cues) {
      bytes += cue.text.size();
      if (bytes > kSaidBytesMax) return weights;
      for (auto& word : catalog::index_terms_of(cue.text)) {
        if (weights.size() == kSaidTermsMax) return weights;
        if (word.size() <= kWordBytesMax && !there.contains(word))
          weights.emplace(std::move(word), kSaidWeight);
      }
    }
  return weights;
}

/// Everyone may see it from now on, or not any more.
Result<void> set_public(Session& session, std::int64_t id, Known& known,
                        std::int64_t public_count) {
  const auto change = public_count - known.public_count;
  known.public_count = public_count;
  if (change == 0) return {};
  FILOSCOPE_DO(session.execute(
      "UPDATE search_words SET public_count = public_count + ? WHERE word IN (SELECT word FROM "
      "search_postings WHERE video = ?)",
      {change, id}));
  FILOSCOPE_DO(
      session.execute("UPDATE search_videos SET public = ? WHERE video = ?", {public_count, id}));
  return {};
}

}  // namespace

int standing_of(double acts) {
  return static_cast<int>(kStepsOfDoubling * std::log2(1 + std::max(0.0, acts)));
}

Result<void> index(Session& session, const catalog::Entry& entry) {
  const std::int64_t id = entry.id.db();
  FILOSCOPE_TRY(auto known, known_of(session, id));
  if (entry.state != catalog::State::published || catalog::is_kept_back(entry)) {
    if (!known.indexed) return {};
    FILOSCOPE_TRY(const auto stored, stored_weights(session, id, kSaidWeight, kHashtagWeight));
    FILOSCOPE_DO(store_weights(session, id, known, stored, {}));
    FILOSCOPE_DO(session.execute("DELETE FROM search_videos WHERE video = ?", {id}));
    return {};
  }
  if (!known.indexed) {
    FILOSCOPE_DO(session.execute(
        "INSERT INTO search_videos (video, public, standing) VALUES (?, 0, 0)", {id}));
  }
  FILOSCOPE_DO(
      set_public(session, id, known, entry.visibility == catalog::Visibility::everyone ? 1 : 0));
  FILOSCOPE_TRY(auto stored, stored_weights(session, id, kSaidWeight, kHashtagWeight));
  const auto wanted = weights_of(entry);
  // What is said stays, unless it is written too.
  std::erase_if(stored, [&](const auto& one) {
    return one.second == kSaidWeight && !wanted.contains(one.first);
  });
  return store_weights(session, id, known, stored, wanted);
}

Result<void> index_said(Session& session, EntryId entry, std::span<const subtitles::Said> said) {
  const std::int64_t id = entry.db();
  FILOSCOPE_TRY(const auto known, known_of(session, id));
  if (!known.indexed) return {};
  FILOSCOPE_TRY(const auto stored, stored_weights(session, id, kSaidWeight, kSaidWeight));
  FILOSCOPE_TRY(const auto there, stored_weights(session, id, kCaptionWeight, kHashtagWeight));
  return store_weights(session, id, known, stored, said_weights(said, there));
}

Result<void> set_standing(Session& session, EntryId entry, int standing) {
  FILOSCOPE_DO(session.execute("UPDATE search_videos SET standing = ? WHERE video = ?",
                               {std::int64_t{standing}, entry.db()}));
  FILOSCOPE_DO(session.execute("UPDATE search_postings SET standing = ? WHERE video = ?",
                               {std::int64_t{standing}, entry.db()}));
  return {};
}

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

}  // namespace filoscope::search
