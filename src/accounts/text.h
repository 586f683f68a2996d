#pragma once

/// Text that people type about themselves: what is allowed, and how it is made comparable (ICU).
/// Threads: any. Errors: invalid_argument, with the field's name first.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace filoscope::accounts {

inline constexpr std::size_t kHandleCharactersMin = 2, kHandleCharactersMax = 24;
inline constexpr std::size_t kNameCharactersMax = 50, kBioCharactersMax = 200;
inline constexpr std::size_t kPasswordCharactersMin = 8, kPasswordCharactersMax = 128;
inline constexpr std::uint8_t kAgeMin = 13;

/// Code points; nothing when `text` is not UTF-8.
Result<std::size_t> characters_count(std::string_view text);

enum class Lines {
  one,         ///< each run of white space becomes a space
  many,        ///< no empty lines
  paragraphs,  ///< at most one empty line in a row
};
/// The one way in for all text that people type: NFC without what deceives or cannot be seen
/// (control characters, bidirectional controls, zero-width spaces, private use), no more marks on a
/// character than writing needs, no white space at the ends and no runs of it. Joiners, variation
/// selectors and flag tags stay where they change what is seen (UAX #31 section 2.3, UTS #51),
/// marks only behind what carries them. Cleaning again changes nothing. Errors: invalid_argument
/// (not UTF-8, longer than `characters_max` when clean; `field` is named).
Result<std::string> clean_text(std::string_view field, std::string_view text, Lines lines,
                               std::size_t characters_max);
/// One line, for what people are called. Errors: as clean_text, and when something was given of
/// which nothing can be seen: blanks, lone marks.
Result<std::string> clean_name(std::string_view field, std::string_view text,
                               std::size_t characters_max);
/// What programs call files and themselves, as one line that can be shown: bytes that are not UTF-8
/// are read as Latin-1 (windows-1252), what is too long is cut. Never refused.
std::string shown_text(std::string_view bytes, std::size_t characters_max);
/// Whether a zero-width joiner (U+200D) or non-joiner (U+200C) between two characters shows: behind
/// or before a virama, between letters that join, between emoji. `base` is the last character that
/// is no mark up to `before`. Source: UAX #31 section 2.3.1, made lenient.
bool joiner_fits(char32_t joiner, char32_t before, char32_t base, char32_t after);

/// The handle as it is compared: ASCII lower case.
std::string fold_handle(std::string_view handle);
/// 2–24 of [A-Za-z0-9._], dots only single and inside, not reserved.
Result<void> check_handle(std::string_view handle);
/// A date that exists, not in the future, at least kAgeMin years ago.
Result<void> check_birth_date(std::string_view birth_date, std::int64_t now_ms);
/// Checks the length and gives the form that is hashed (NFKC, so that every keyboard's é is one é).
Result<std::string> prepare_password(std::string_view password,
                                     std::string_view field = "password");
/// Well-formed BCP 47, or "".
Result<void> check_language(std::string_view language);
/// "de" of "de-AT", lower case.
std::string primary_language(std::string_view language);
Result<void> check_email(std::string_view email);
Result<void> check_time_zone(std::string_view time_zone);

/// Raised with every change of what search_fold, the words below or the grammar of captions give:
/// what is stored is then read again in the background.
inline constexpr std::int64_t kTextVersion = 2;

/// The form in which search compares: fold_text, and what a searcher in each script leaves out or
/// types another way. Arabic marks, tatweel, forms of alef, hamza's carriers, teh marbuta, Persian
/// and Urdu letters; Hebrew points and accents; ё, and Cyrillic stress; Indic nukta and
/// candrabindu; digits of any script; apostrophes and hyphens in one form each ("'" and "-"), also
/// the dot of Catalan's l·l; skin tones. Never stored as a key: the engine's keys of words and
/// hashtags, mutes and the identity of hashtags stay fold_text's, since log records keep those of
/// long ago. Folding again changes nothing. Source: Lucene's ArabicNormalizer, PersianNormalizer
/// and IndicNormalizer as the practice; Unicode NFKC_Casefold.
std::string search_fold(std::string_view text);
/// A character that stands inside one word of a folded text: "'" or "-".
bool joins_words(char32_t c);

/// Folded words by whose beginnings a person is found; a word of Chinese, Japanese or Korean can be
/// entered at any of its characters, one with an apostrophe or hyphen at each part and as a whole.
std::vector<std::string> search_words(std::string_view handle, std::string_view display_name);
/// The folded words of a query, in order; apostrophes and hyphens inside them are left out.
std::vector<std::string> query_words(std::string_view text);
/// As query_words, but what an apostrophe or hyphen joins is words of their own.
std::vector<std::string> query_parts(std::string_view text);

}  // namespace filoscope::accounts
