#pragma once

/// Finding by words: videos, people, hashtags and sounds; what to begin with when nothing is asked
/// yet. Words and emoji in the form of accounts::search_fold, overlapping bigrams for Chinese,
/// Japanese and Korean, in a postings table in plain SQL. A one-character query works by prefix;
/// what a hyphen or apostrophe divides is found together and apart.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "ports/event_stream.h"
#include "reading/reading.h"
#include "search/topics.h"
#include "social/social.h"
#include "subtitles/subtitles.h"

namespace filoscope::search {

class Following;
struct Cursor;

struct Suggestion {
  std::string kind;    ///< "search" | "hashtag" | "person"
  std::string text;    ///< "clay bowl", "#ceramics", "@mara"
  std::string detail;  ///< "", "12 videos", "Mara Lind"
};

/// With a video of it that the searcher may hear.
struct FoundSound {
  catalog::Sound sound;
  catalog::Video source;
};

/// How much she likes entries like this one, -1 .. 1.
using Taste = std::function<double(const catalog::Entry&)>;

struct Query {
  std::string text, cursor{};
  int limit = 20;
  bool exact = false;      ///< only as it is spelt
  bool wants_said = true;  ///< also where it is said or shown
  Taste taste{};           ///< none: the order is the same for everybody
};

/// Where a video says or shows what was looked for.
struct SaidAt {
  std::int64_t at_ms = 0;
  std::string text;
  bool shown = false;  ///< it can be read there
};

struct Found {
  catalog::EntryPage page;
  /// Of those whose caption alone does not have all words, and in which some are said or shown.
  std::unordered_map<EntryId, SaidAt> said;
  std::string corrected;  ///< what was searched for in its place; "" when it is found as it is
  bool partly = false;    ///< nothing has all words; these have all but one
};

/// What search opens on.
struct Start {
  struct Hashtag {
    std::string tag;
    std::int64_t videos_count = 0;
    std::int64_t since_ms = 0;  ///< the hour in which it began to rise; 0: it is just much used
  };
  enum class RowKind { hashtag, popular, newest };
  struct ClipRow {
    RowKind kind = RowKind::newest;
    std::string tag;  ///< of hashtag alone
    std::vector<catalog::Entry> entries;
  };
  std::vector<Rising> searches;
  std::vector<Hashtag> hashtags;
  std::vector<accounts::Account> people;
  std::vector<ClipRow> rows;
};
std::string_view to_string(Start::RowKind kind);

/// Threads: any; calls may block on the database. Keeps its postings by Catalog::on_change, in the
/// same transaction; what depends on what people do follows the event stream within seconds.
class Search {
 public:
  struct Parts {
    Database& database;
    EventStream& stream;
    accounts::Accounts& accounts;
    catalog::Catalog& catalog;
    social::Social& social;
    subtitles::Subtitles& subtitles;
    reading::Reading& reading;
    const Clock& clock;
    const Config& config;
    crypto::Key key;
    bool follows = false;  ///< a thread of its own follows the stream
  };
  static Result<std::unique_ptr<Search>> open(const Parts& parts);
  ~Search();

  /// Entries of any kind that match all words (the last one by its beginning). Rarer words, caption
  /// and hashtag hits, what much is made of, and her taste weigh more; then newer first. Where
  /// nothing is found, as the words probably were meant; else what has all words but one. Only what
  /// may be seen. A page after the first may pass over, or repeat, what moved meanwhile.
  Result<Found> entries(const accounts::Viewer& viewer, const Query& query);
  Result<std::vector<accounts::Account>> people(const accounts::Viewer& viewer,
                                                std::string_view query, int limit);
  Result<std::vector<catalog::Catalog::HashtagCount>> hashtags(std::string_view query, int limit);
  /// Those of which the title, the owner, or the caption of a video says it, the better the match
  /// and the more videos the sooner. Only what may be heard.
  Result<std::vector<FoundSound>> sounds(const accounts::Viewer& viewer, std::string_view query,
                                         int limit);
  /// While typing: hashtags for `#…`, people for `@…`, else all of it.
  Result<std::vector<Suggestion>> suggest(const accounts::Viewer& viewer, std::string_view text,
                                          int limit);
  Result<Start> start(const accounts::Viewer& viewer);
  /// Whom those follow that she follows, then whom most follow; of those with a video for everyone,
  /// and nobody that she follows already.
  Result<std::vector<accounts::Account>> people_to_follow(const accounts::Viewer& viewer,
                                                          int limit);
  /// She looked for this, and it found something.
  void looked_for(const accounts::Viewer& viewer, std::string_view query) {
    topics_.looked_for(viewer, query);
  }
  Topics& topics() { return topics_; }
  /// Follows the stream to its end now.
  Result<void> catch_up();

 private:
  explicit Search(const Parts& parts);
  Result<void> open_index();
  Result<void> index_all_once();
  /// How well each sound matches.
  using SoundMatches = std::unordered_map<SoundId, double>;
  Result<SoundMatches> match_sounds(const accounts::Viewer& viewer, std::string_view query);
  Result<void> index_whole(Session& session, const catalog::Entry& entry);
  Result<std::vector<subtitles::Said>> words_in(Session& session, EntryId entry);
  Result<void> find_said(std::string_view query, Found& found);
  Result<Found> read(const accounts::Viewer& viewer, const Query& query, const Cursor& cursor);
  Result<std::vector<catalog::Catalog::HashtagCount>> nearest_hashtags(std::string_view text,
                                                                       int limit);
  // start.cc
  /// What of the start is the same for everybody, for some seconds.
  struct Begin {
    std::int64_t at_ms = 0, hidden_changes = 0;
    std::vector<Rising> searches;
    std::vector<Start::Hashtag> hashtags;
    std::vector<EntryId> most_made_of, newest;
    std::vector<AccountId> owners;  ///< of those
  };
  Result<std::vector<Rising>> found_searches();
  Result<std::vector<Start::Hashtag>> begin_hashtags();
  Result<std::vector<Start::ClipRow>> begin_rows(const accounts::Viewer& viewer,
                                                 const Begin& begin);
  Result<std::vector<EntryId>> most_made_of();
  Result<std::vector<EntryId>> newest();
  Result<std::vector<catalog::Entry>> seen_of(const accounts::Viewer& viewer,
                                              std::span<const EntryId> ids);

  Result<std::shared_ptr<const Begin>> begin();
  Result<std::shared_ptr<const Begin>> make_begin();

  const Parts parts_;
  Topics topics_;
  Mutex mutex_;
  std::shared_ptr<const Begin> begin_ FILOSCOPE_GUARDED_BY(mutex_);
  std::mutex refreshing_;  ///< one makes it anew, the others wait for that
  std::unique_ptr<Following> following_;
};

}  // namespace filoscope::search
