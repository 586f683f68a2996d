#pragma once

/// Text search over captions, hashtags and people: words and emoji in the form of
/// accounts::search_fold, overlapping bigrams for Chinese, Japanese and Korean, in a postings table
/// in plain SQL. A one-character query works by prefix; what a hyphen or apostrophe divides is
/// found together and apart.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"

namespace filoscope::search {

struct Suggestion {
  std::string kind;    ///< "hashtag" | "person"
  std::string text;    ///< "#ceramics", "@mara"
  std::string detail;  ///< "12 videos", "Mara Lind"
};

/// With a video of it that the searcher may hear.
struct FoundSound {
  catalog::Sound sound;
  catalog::Video source;
};

/// An entry that matches, and how well.
struct Hit {
  EntryId entry;
  double score = 0;
  std::int64_t rank() const;  ///< the score as it is compared and paged
};

/// Threads: any; calls may block on the database. Keeps its postings by Catalog::on_change, in the
/// same transaction.
class Search {
 public:
  struct Parts {
    Database& database;
    accounts::Accounts& accounts;
    catalog::Catalog& catalog;
    const Config& config;
  };
  static Result<std::unique_ptr<Search>> open(const Parts& parts);

  /// Entries of any kind that match all words (the last one by prefix), rarer words and caption
  /// hits weigh more, then newer first. Only what may be seen.
  Result<catalog::EntryPage> entries(const accounts::Viewer& viewer, std::string_view query,
                                     std::string_view cursor, int limit);
  Result<std::vector<accounts::Account>> people(const accounts::Viewer& viewer,
                                                std::string_view query, int limit);
  Result<std::vector<catalog::Catalog::HashtagCount>> hashtags(std::string_view query, int limit);
  /// Those of which the title, the owner, or the caption of a video says it, the better the match
  /// and the more videos the sooner. Only what may be heard.
  Result<std::vector<FoundSound>> sounds(const accounts::Viewer& viewer, std::string_view query,
                                         int limit);
  /// For `#…` and `@…` while typing.
  Result<std::vector<Suggestion>> suggest(const accounts::Viewer& viewer, std::string_view text,
                                          int limit);

 private:
  explicit Search(const Parts& parts) : parts_(parts) {}
  Result<void> start();
  Result<void> reindex_when_empty();
  /// How well each sound matches.
  using SoundMatches = std::unordered_map<SoundId, double>;
  Result<SoundMatches> match_sounds(const accounts::Viewer& viewer, std::string_view query);
  /// Those of `hits`, best first, that may be seen.
  Result<catalog::EntryPage> visible_page(const accounts::Viewer& viewer,
                                          const std::vector<Hit>& hits, std::size_t limit);

  const Parts parts_;
};

}  // namespace filoscope::search
