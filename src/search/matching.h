#pragma once

/// A query against the postings: which entries have its words, and how well. Within a transaction.
/// Errors: those of the session.

#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "ports/database.h"

namespace filoscope::search {

struct Term {
  std::string word;
  bool prefix = false;
  std::int64_t videos_count = 0, public_count = 0;  ///< of all, and of those for everyone
  std::string end() const;                          ///< behind all words that it stands for
};
/// The last one stands for all words that begin so.
std::vector<Term> terms_of(std::vector<std::string> words);

/// An entry that matches.
struct Hit {
  EntryId entry;
  double text = 0;            ///< how well its words fit
  std::int64_t standing = 0;  ///< see standing_of
  double score() const;
};

/// Entries that have all words of a reading of `query` (catalog::query_readings_of), in no order.
Result<std::vector<Hit>> match_all(Session& session, std::string_view query);
/// Entries that have all words but one; nothing for a query of one word.
Result<std::vector<Hit>> match_partly(Session& session, std::string_view query);
/// `query` folded, with those of its words that nothing for everyone has (the last one: begins
/// with), as they probably were meant; "" when there is nothing to correct, or no telling.
Result<std::string> correct(Session& session, std::string_view query);
/// Whether each of its words is said by something that everyone may see.
Result<bool> is_known_to_all(Session& session, std::string_view query);
/// Whether sounds' titles have all of `terms`: true where all are whole words.
Result<std::unordered_map<SoundId, bool>> match_titles(Session& session,
                                                       const std::vector<Term>& terms);

}  // namespace filoscope::search
