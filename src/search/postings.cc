#include "search/postings.h"

#include <cmath>
#include <set>
#include <unordered_map>

#include "catalog/text.h"
#include "search/spelling.h"

namespace filoscope::search {
namespace {

constexpr std::size_t kTermsPerVideoMax = 400;
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
  std::int64_t public_count = 0;  ///< 1: everyone may see it
  std::int64_t standing = 0;
};

Result<Known> known_of(Session& session, std::int64_t id) {
  Known known;
  FILOSCOPE_DO(session.query("SELECT public, standing FROM search_videos WHERE video = ?", {id},
                             [&](const Row& row) {
                               known = {row.integer(0), row.integer(1)};
                             }));
  return known;
}

Result<void> forget_unused_words(Session& session, std::int64_t id) {
  std::vector<std::string> unused;
  FILOSCOPE_DO(session.query(
      "SELECT word FROM search_words WHERE videos_count = 0 AND word IN (SELECT word FROM "
      "search_postings WHERE video = ?)",
      {id}, [&](const Row& row) { unused.push_back(row.text(0)); }));
  for (const auto& word : unused) {
    FILOSCOPE_DO(remove_spelling(session, word));
    FILOSCOPE_DO(session.execute("DELETE FROM search_words WHERE word = ?", {word}));
  }
  return {};
}

Result<void> unindex(Session& session, std::int64_t id, const Known& known) {
  FILOSCOPE_DO(session.execute(
      "UPDATE search_words SET videos_count = videos_count - 1, public_count = public_count - ? "
      "WHERE word IN (SELECT word FROM search_postings WHERE video = ?)",
      {known.public_count, id}));
  FILOSCOPE_DO(forget_unused_words(session, id));
  FILOSCOPE_DO(session.execute("DELETE FROM search_postings WHERE video = ?", {id}));
  FILOSCOPE_DO(session.execute("DELETE FROM search_videos WHERE video = ?", {id}));
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

}  // namespace

int standing_of(double acts) {
  return static_cast<int>(kStepsOfDoubling * std::log2(1 + std::max(0.0, acts)));
}

Result<void> index(Session& session, const catalog::Entry& entry) {
  const std::int64_t id = entry.id.db();
  FILOSCOPE_TRY(auto known, known_of(session, id));
  FILOSCOPE_DO(unindex(session, id, known));
  if (entry.state != catalog::State::published || catalog::is_kept_back(entry)) return {};
  known.public_count = entry.visibility == catalog::Visibility::everyone ? 1 : 0;
  FILOSCOPE_DO(
      session.execute("INSERT INTO search_videos (video, public, standing) VALUES (?, ?, ?)",
                      {id, known.public_count, known.standing}));
  for (const auto& [word, weight] : weights_of(entry)) {
    FILOSCOPE_DO(session.execute(
        "INSERT INTO search_postings (word, video, weight, standing) VALUES (?, ?, ?, ?)",
        {word, id, weight, known.standing}));
    FILOSCOPE_DO(add_word(session, word, known.public_count));
  }
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
