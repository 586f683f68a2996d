#pragma once

/// Captions as text: folded words, overlapping bigrams for scripts that write without spaces
/// (Unicode UAX #24 scripts), and an honest guess of the language. Threads: any.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filoscope::catalog {

/// Number of code points; nothing when `text` is not UTF-8 or holds a control character other than
/// tab and line ends.
std::optional<std::size_t> characters_count(std::string_view text);

/// Folded words, in order, unique. A run of Chinese, Japanese, Korean, Thai, Lao, Khmer or Burmese
/// gives its overlapping pairs of characters; a run of one character gives that character.
std::vector<std::string> words_of(std::string_view text);
/// As words_of, and the last character of each such run: every character then begins a term, so
/// that a query of one character works by prefix.
std::vector<std::string> index_terms_of(std::string_view text);
/// Whether a term is a single character of a script without spaces.
bool single_unspaced_character(std::string_view term);

/// BCP 47 primary tag. A script that one language mostly uses gives that language, unless the
/// author's own language is written in it too; Latin and captions without letters give the author's
/// language; "" when unknown.
std::string guess_language(std::string_view caption, std::string_view author_language);

}  // namespace filoscope::catalog
