#include "search/postings.h"

#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "catalog/text.h"
#include "search/spelling.h"

namespace filoscope::search {
namespace {

constexpr std::size_t kTermsPerVideoMax = 400;
constexpr std::size_t kSaidTermsMax = 2000;
constexpr std::int64_t kSaidWeight = 1;
constexpr std::int64_t kCaptionWeight = 2;
constexpr std::int64_t kHashtagWeight = 3;
constexpr double kStepsOfDoubling = 4;

std::unordered_map<std::string, std::int64_t> weights_of(const catalog::Entry& entry) {
  std::unordered_map<std::string, std::int64_t> weights;
  for (auto& word : catalog::index_terms_of(entry.caption)) {
    if (weights.size() == kTermsPerVideoMax) break;
    weights.emplace(std::move(word), kCaptionWeight);
  }
  for (const auto& tag : entry.hashtags) {
    for (auto& word : catalog::index_terms_of(tag)) weights[std::move(word)] = kHashtagWeight;
    weights[catalog::hashtag_term_of(tag)] = kHashtagWeight;
  }
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

/// Takes the words of an entry away whose weight is at most `weight_max`.
Result<void> drop_words(Session& session, std::int64_t id, const Known& known,
                        std::int64_t weight_max) {
  static const std::string kTheirs =
      "word IN (SELECT word FROM search_postings WHERE video = ? AND weight <= ?)";
  FILOSCOPE_DO(session.execute(
      "UPDATE search_words SET videos_count = videos_count - 1, public_count = public_count - ? "
      "WHERE " +
          kTheirs,
      {known.public_count, id, weight_max}));
  std::vector<std::string> unused;
  FILOSCOPE_DO(session.query("SELECT word FROM search_words WHERE videos_count = 0 AND " + kTheirs,
                             {id, weight_max},
                             [&](const Row& row) { unused.push_back(row.text(0)); }));
  for (const auto& word : unused) {
    FILOSCOPE_DO(remove_spelling(session, word));
    FILOSCOPE_DO(session.execute("DELETE FROM search_words WHERE word = ?", {word}));
  }
  FILOSCOPE_DO(session.execute("DELETE FROM search_postings WHERE video = ? AND weight <= ?",
                               {id, weight_max}));
  return {};
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

/// The first different words that are said, but those of `there`.
std::vector<std::string> words_of(std::span<const subtitles::Said> said,
                                  std::unordered_set<std::string> there) {
  std::vector<std::string> words;
  for (const auto& track : said)
    for (const auto& cue : track.cues)
      for (auto& word : catalog::index_terms_of(cue.text)) {
        if (words.size() == kSaidTermsMax) return words;
        if (there.insert(word).second) words.push_back(std::move(word));
      }
  return words;
}

}  // namespace

int standing_of(double acts) {
  return static_cast<int>(kStepsOfDoubling * std::log2(1 + std::max(0.0, acts)));
}

Result<void> index(Session& session, const catalog::Entry& entry) {
  const std::int64_t id = entry.id.db();
  FILOSCOPE_TRY(auto known, known_of(session, id));
  FILOSCOPE_DO(drop_words(session, id, known, kHashtagWeight));
  FILOSCOPE_DO(session.execute("DELETE FROM search_videos WHERE video = ?", {id}));
  if (entry.state != catalog::State::published || catalog::is_kept_back(entry)) return {};
  known.public_count = entry.visibility == catalog::Visibility::everyone ? 1 : 0;
  FILOSCOPE_DO(
      session.execute("INSERT INTO search_videos (video, public, standing) VALUES (?, ?, ?)",
                      {id, known.public_count, known.standing}));
  for (const auto& [word, weight] : weights_of(entry))
    FILOSCOPE_DO(post(session, id, known, word, weight));
  return {};
}

Result<void> index_said(Session& session, EntryId entry, std::span<const subtitles::Said> said) {
  const std::int64_t id = entry.db();
  FILOSCOPE_TRY(const auto known, known_of(session, id));
  if (!known.indexed) return {};
  FILOSCOPE_DO(drop_words(session, id, known, kSaidWeight));
  std::unordered_set<std::string> there;
  FILOSCOPE_DO(session.query("SELECT word FROM search_postings WHERE video = ?", {id},
                             [&](const Row& row) { there.insert(row.text(0)); }));
  const auto words = words_of(said, std::move(there));
  for (const auto& word : words) FILOSCOPE_DO(post(session, id, known, word, kSaidWeight));
  return {};
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
