#include "accounts/text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "accounts/accounts.h"

namespace filoscope::accounts {
namespace {

constexpr std::size_t kSearchWordsMax = 64;
constexpr int kAgeMax = 130;

Error invalid(std::string_view field, std::string_view what) {
  return Error(Code::invalid_argument, std::string(field) + ": " + std::string(what));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool ascii_letter(char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; }
bool ascii_digit(char c) { return c >= '0' && c <= '9'; }

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) c = ascii_lower(c);
  return lower;
}

const icu::Normalizer2& normalizer(const icu::Normalizer2* (*get)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* instance = get(status);
  FILOSCOPE_CHECK(U_SUCCESS(status) && instance != nullptr);  // the data is built into ICU
  return *instance;
}

icu::UnicodeString normalized(const icu::UnicodeString& text,
                              const icu::Normalizer2* (*get)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  auto result = normalizer(get).normalize(text, status);
  return U_SUCCESS(status) ? result : icu::UnicodeString();
}

icu::UnicodeString from_utf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

std::string to_utf8(const icu::UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

/// Letters with a stroke have no canonical decomposition; people type them without it.
const char16_t* plain_letter(UChar32 c) {
  switch (c) {
    case 0x131:
      return u"i";  // ı: so that the Turkish ISPARTA, ısparta and isparta meet
    case 0xF8:
      return u"o";  // ø
    case 0x142:
      return u"l";  // ł
    case 0x111:
      return u"d";  // đ
    case 0xE6:
      return u"ae";  // æ
    case 0x153:
      return u"oe";  // œ
    default:
      return nullptr;
  }
}

bool loses_marks(UChar32 base) {
  UErrorCode status = U_ZERO_ERROR;
  const auto script = uscript_getScript(base, &status);
  return script == USCRIPT_LATIN || script == USCRIPT_GREEK;
}

/// Marks are accents only on Latin and Greek letters: those of Japanese, Indic, Thai or Arabic
/// writing are letters of their own right.
icu::UnicodeString without_accents(const icu::UnicodeString& text) {
  const auto parts = normalized(text, icu::Normalizer2::getNFDInstance);
  icu::UnicodeString plain;
  bool strip = false;
  for (std::int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1)) {
    const UChar32 c = parts.char32At(i);
    if (u_charType(c) == U_NON_SPACING_MARK) {
      if (!strip) plain.append(c);
      continue;
    }
    strip = loses_marks(c);
    if (const auto* replacement = plain_letter(c)) {
      plain.append(replacement, -1);
    } else {
      plain.append(c);
    }
  }
  return normalized(plain, icu::Normalizer2::getNFCInstance);
}

/// Zero-width joiners and emoji style: part of words and pictures, nothing by themselves.
bool joiner(UChar32 c) { return c == 0x200C || c == 0x200D || c == 0xFE0E || c == 0xFE0F; }

bool visible(UChar32 c) {
  if (joiner(c)) return true;
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return false;
  switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR:
    case U_SURROGATE:
    case U_PRIVATE_USE_CHAR:
    case U_UNASSIGNED:
      return false;
    default:
      return true;
  }
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(at, count)) {
      if (!ascii_digit(c)) return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  return date.ok() ? std::optional(date) : std::nullopt;
}

/// Negative for a date in the future.
int full_years(const std::chrono::year_month_day& birth, std::int64_t now_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> now{std::chrono::milliseconds(now_ms)};
  const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now)};
  const int years = static_cast<int>(today.year()) - static_cast<int>(birth.year());
  const bool had_birthday =
      std::pair(today.month(), today.day()) >= std::pair(birth.month(), birth.day());
  return had_birthday ? years : years - 1;
}

constexpr auto kReserved = std::to_array<std::string_view>(
    {"about",    "account",   "accounts",      "admin",    "administrator", "api",     "app",
     "assets",   "auth",      "blog",          "comments", "explore",       "feed",    "filoscope",
     "hashtag",  "help",      "home",          "legal",    "live",          "login",   "me",
     "media",    "moderator", "notifications", "official", "privacy",       "root",    "search",
     "settings", "shop",      "signup",        "staff",    "status",        "support", "system",
     "terms",    "upload",    "videos"});

}  // namespace

std::string fold_text(std::string_view text) {
  if (is_ascii(text)) return ascii_lower(text);
  const auto folded = normalized(from_utf8(text), icu::Normalizer2::getNFKCCasefoldInstance);
  return to_utf8(without_accents(folded));
}

std::uint8_t age_years(std::string_view birth_date, std::int64_t now_ms) {
  const auto birth = parse_date(birth_date);
  if (!birth) return 0;
  const int years = full_years(*birth, now_ms);
  return years < 0 || years > kAgeMax ? std::uint8_t{0} : static_cast<std::uint8_t>(years);
}

Result<std::size_t> characters_count(std::string_view text) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  std::size_t count = 0;
  for (std::int32_t i = 0; i < size; ++count) {
    UChar32 c = 0;
    U8_NEXT(data, i, size, c);
    if (c < 0) return Error(Code::invalid_argument, "this is not text in UTF-8");
  }
  return count;
}

Result<std::string> clean_text(std::string_view field, std::string_view text, Lines lines,
                               std::size_t characters_max) {
  if (text.size() > characters_max * 16 || !characters_count(text)) {
    return invalid(field, text.size() > characters_max * 16
                              ? "longer than " + std::to_string(characters_max) + " characters"
                              : "this is not text in UTF-8");
  }
  const auto composed = normalized(from_utf8(text), icu::Normalizer2::getNFCInstance);
  icu::UnicodeString clean;
  UChar32 gap = 0;  // white space seen and not yet written
  for (std::int32_t i = 0; i < composed.length(); i = composed.moveIndex32(i, 1)) {
    const UChar32 c = composed.char32At(i);
    if (u_isUWhiteSpace(c)) {
      const bool newline = c == '\n' || c == 0x2028 || c == 0x2029;
      gap = lines == Lines::many && (newline || gap == '\n') ? '\n' : ' ';
    } else if (visible(c)) {
      if (gap != 0 && !clean.isEmpty()) clean.append(gap);
      gap = 0;
      if (!clean.isEmpty() || !joiner(c)) clean.append(c);
    }
  }
  const auto count = static_cast<std::size_t>(clean.countChar32());
  if (count > characters_max) {
    return invalid(field, std::to_string(count) + " characters; the most is " +
                              std::to_string(characters_max));
  }
  return to_utf8(clean);
}

std::string fold_handle(std::string_view handle) { return ascii_lower(handle); }

Result<void> check_handle(std::string_view handle) {
  if (handle.size() < kHandleCharactersMin || handle.size() > kHandleCharactersMax) {
    return invalid("handle", "use " + std::to_string(kHandleCharactersMin) + " to " +
                                 std::to_string(kHandleCharactersMax) + " characters");
  }
  for (const char c : handle) {
    if (!ascii_letter(c) && !ascii_digit(c) && c != '.' && c != '_') {
      return invalid("handle",
                     "use only the letters a to z, digits, dots and underscores; a "
                     "display name may have any script");
    }
  }
  if (handle.front() == '.' || handle.back() == '.' ||
      handle.find("..") != std::string_view::npos) {
    return invalid("handle", "a dot stands alone between other characters");
  }
  if (std::none_of(handle.begin(), handle.end(),
                   [](char c) { return ascii_letter(c) || ascii_digit(c); })) {
    return invalid("handle", "use at least one letter or digit");
  }
  if (std::find(kReserved.begin(), kReserved.end(), fold_handle(handle)) != kReserved.end()) {
    return invalid("handle", "this one is reserved; choose another");
  }
  return {};
}

Result<void> check_birth_date(std::string_view birth_date, std::int64_t now_ms) {
  const auto birth = parse_date(birth_date);
  if (!birth) return invalid("birth_date", "give a day that exists, as YYYY-MM-DD");
  const int years = full_years(*birth, now_ms);
  if (years < 0) return invalid("birth_date", "this day is in the future");
  if (years > kAgeMax) return invalid("birth_date", "this day is too long ago");
  if (years < kAgeMin) {
    return invalid("birth_date",
                   "you have to be at least " + std::to_string(kAgeMin) + " years old");
  }
  return {};
}

Result<std::string> prepare_password(std::string_view password) {
  if (password.size() > kPasswordCharactersMax * 4) {
    return invalid("password",
                   "use at most " + std::to_string(kPasswordCharactersMax) + " characters");
  }
  const auto count = characters_count(password);
  if (!count) return invalid("password", "this is not text in UTF-8");
  if (*count < kPasswordCharactersMin || *count > kPasswordCharactersMax) {
    return invalid("password", "use " + std::to_string(kPasswordCharactersMin) + " to " +
                                   std::to_string(kPasswordCharactersMax) + " characters");
  }
  if (is_ascii(password)) return std::string(password);
  return to_utf8(normalized(from_utf8(password), icu::Normalizer2::getNFKCInstance));
}

Result<void> check_language(std::string_view language) {
  if (language.empty()) return {};
  constexpr std::size_t kTagMax = 35, kPrimaryMin = 2, kPartMax = 8;
  bool good = language.size() <= kTagMax && language.back() != '-';
  std::size_t part = 0;
  bool primary = true;
  for (const char c : language) {
    if (c == '-') {
      good = good && part >= (primary ? kPrimaryMin : 1);
      primary = false;
      part = 0;
      continue;
    }
    good = good && ++part <= kPartMax && (ascii_letter(c) || (!primary && ascii_digit(c)));
  }
  if (primary) good = good && part >= kPrimaryMin;
  if (good) return {};
  return invalid("language", "give a language tag such as \"en\" or \"pt-BR\"");
}

std::string primary_language(std::string_view language) {
  return ascii_lower(language.substr(0, language.find('-')));
}

Result<void> check_email(std::string_view email) {
  if (email.empty()) return {};
  constexpr std::size_t kEmailMax = 254;  // RFC 5321, 4.5.3.1.3 without the angle brackets
  const auto at = email.find('@');
  const bool good = email.size() <= kEmailMax && at != std::string_view::npos && at > 0 &&
                    at + 1 < email.size() && email.find('@', at + 1) == std::string_view::npos &&
                    characters_count(email).has_value() &&
                    std::none_of(email.begin(), email.end(),
                                 [](char c) { return (c >= 0 && c <= ' ') || c == 0x7F; });
  if (good) return {};
  return invalid("email", "give an address such as name@example.org, or leave it out");
}

Result<void> check_time_zone(std::string_view time_zone) {
  constexpr std::size_t kTimeZoneMax = 64;
  const bool good =
      time_zone.size() <= kTimeZoneMax &&
      std::all_of(time_zone.begin(), time_zone.end(), [](char c) {
        return ascii_letter(c) || ascii_digit(c) || c == '_' || c == '/' || c == '+' || c == '-';
      });
  if (good) return {};
  return invalid("time_zone", "give a name such as \"Europe/Vienna\", or leave it out");
}

std::vector<std::string> query_words(std::string_view text) {
  const auto folded = from_utf8(fold_text(text));
  std::vector<std::string> words;
  icu::UnicodeString word;
  const auto finish = [&] {
    if (!word.isEmpty() && words.size() < kSearchWordsMax) words.push_back(to_utf8(word));
    word.remove();
  };
  for (std::int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 c = folded.char32At(i);
    if (u_isUWhiteSpace(c) || (u_ispunct(c) && c != '_' && c != '.')) {
      finish();
    } else {
      word.append(c);
    }
  }
  finish();
  return words;
}

std::vector<std::string> search_words(std::string_view handle, std::string_view display_name) {
  std::vector<std::string> words{fold_handle(handle)};
  for (const auto& word : query_words(display_name)) {
    const auto letters = from_utf8(word);
    words.push_back(word);
    for (std::int32_t i = letters.moveIndex32(0, 1); i < letters.length();
         i = letters.moveIndex32(i, 1)) {
      if (u_hasBinaryProperty(letters.char32At(i), UCHAR_IDEOGRAPHIC) ||
          u_getIntPropertyValue(letters.char32At(i), UCHAR_EAST_ASIAN_WIDTH) == U_EA_WIDE) {
        words.push_back(to_utf8(letters.tempSubString(i)));
      }
    }
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  if (words.size() > kSearchWordsMax) words.resize(kSearchWordsMax);
  return words;
}

}  // namespace filoscope::accounts
