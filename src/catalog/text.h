#pragma once

/// Captions as words: folded, overlapping bigrams for scripts that write without spaces (Unicode
/// UAX #24 scripts), and an honest guess of the language. Threads: any.

#include <string>
#include <string_view>
#include <vector>

namespace filoscope::catalog {

/// What the engine knows a caption by: words in the form of accounts::fold_text, in order, unique.
/// A run of Chinese, Japanese, Korean, Thai, Lao, Khmer or Burmese gives its overlapping pairs of
/// characters; a run of one character gives that character. Their hashes are in log records: what
/// this gives for a text does not change.
std::vector<std::string> words_of(std::string_view text);
/// What search finds a caption by: as words_of in the form of accounts::search_fold, and emoji, the
/// last character of each run of pairs (every character then begins a term, so that a query of one
/// character works by prefix), and as one word what an apostrophe or hyphen divides.
std::vector<std::string> index_terms_of(std::string_view text);
/// The terms of a query, in order, in one or two readings: with what an apostrophe or hyphen joins
/// apart, and together. A caption that has all terms of either matches.
std::vector<std::vector<std::string>> query_readings_of(std::string_view text);
/// A hashtag as search compares it: search_fold without the signs inside.
std::string hashtag_term_of(std::string_view tag);
/// Whether a term is a single character of a script without spaces.
bool single_unspaced_character(std::string_view term);

/// BCP 47 primary tag. A script that one language mostly uses gives that language, unless the
/// author's own language is written in it too; Latin and captions without letters give the author's
/// language; "" when unknown.
std::string guess_language(std::string_view caption, std::string_view author_language);

}  // namespace filoscope::catalog
