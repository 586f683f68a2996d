#pragma once

/// Words that are spelt nearly so: symmetric deletion (W. Garbe, SymSpell, 2012). A word is kept
/// under the hashes of what is left of its first kSpellingPrefix characters when up to `edits` of
/// them go; two words within that many edits share one. Threads: any.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/database.h"

namespace filoscope::search {

inline constexpr std::size_t kSpellingPrefix = 7;

/// Insertions, deletions, replacements and swaps of neighbours that may lie between a word of so
/// many characters and what was meant: none under 4, one under 8, else two.
int edits_allowed(std::size_t characters);
/// The optimal string alignment distance, in characters; more than `max`: max + 1.
int spelling_distance(std::u32string_view a, std::u32string_view b, int max);
/// What a word is kept under; nothing for a word that is not corrected (short, long, with digits,
/// of a script without spaces).
std::vector<std::int64_t> spelling_pieces(std::string_view word);

/// All within a transaction. Errors: those of the session.
Result<void> add_spelling(Session& session, const std::string& word);
Result<void> remove_spelling(Session& session, const std::string& word);
/// The word that most likely was meant: the nearest, of those the one that most videos for everyone
/// have. None: nothing is near enough.
Result<std::optional<std::string>> nearest_word(Session& session, std::string_view word);

}  // namespace filoscope::search
