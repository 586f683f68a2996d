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

enum class Lines { one, many };
/// NFC without control, format and other invisible characters (bidirectional overrides, zero-width
/// spaces); joiners that scripts and emoji need stay. White space is trimmed, and with `Lines::one`
/// each run of it becomes a space. Errors: invalid_argument (not UTF-8, longer than
/// `characters_max`; `field` is named).
Result<std::string> clean_text(std::string_view field, std::string_view text, Lines lines,
                               std::size_t characters_max);

/// The handle as it is compared: ASCII lower case.
std::string fold_handle(std::string_view handle);
/// 2–24 of [A-Za-z0-9._], dots only single and inside, not reserved.
Result<void> check_handle(std::string_view handle);
/// A date that exists, not in the future, at least kAgeMin years ago.
Result<void> check_birth_date(std::string_view birth_date, std::int64_t now_ms);
/// Checks the length and gives the form that is hashed (NFKC, so that every keyboard's é is one é).
Result<std::string> prepare_password(std::string_view password);
/// Well-formed BCP 47, or "".
Result<void> check_language(std::string_view language);
/// "de" of "de-AT", lower case.
std::string primary_language(std::string_view language);
Result<void> check_email(std::string_view email);
Result<void> check_time_zone(std::string_view time_zone);

/// Folded words by whose beginnings a person is found; a word of Chinese, Japanese or Korean can be
/// entered at any of its characters.
std::vector<std::string> search_words(std::string_view handle, std::string_view display_name);
/// The folded words of a query, in order.
std::vector<std::string> query_words(std::string_view text);

}  // namespace filoscope::accounts
