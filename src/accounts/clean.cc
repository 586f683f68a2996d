#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "accounts/reasons.h"
#include "accounts/text.h"
#include "accounts/text_impl.h"

namespace filoscope::accounts {
namespace {

/// Marks on one character. Pointed Hebrew with its accent has four, Arabic three.
constexpr std::size_t kMarksOnALetterMax = 5;
constexpr std::size_t kBytesPerCharacterMax = 16;
constexpr UChar32 kBlackFlag = 0x1F3F4, kTagsEnd = 0xE007F;
/// A flag such as Scotland's: five letters, and the end.
constexpr std::size_t kFlagTagsMax = 8;
constexpr int kRoundsMax = 8;
constexpr std::uint8_t kVirama = 9;  // canonical combining class

bool is_joiner(UChar32 c) { return c == 0x200C || c == 0x200D; }
bool is_tag(UChar32 c) { return c >= 0xE0020 && c <= kTagsEnd; }
bool is_mark(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }
/// Braille without a dot, which is used as a space that nobody cuts off.
bool is_space(UChar32 c) { return u_isUWhiteSpace(c) || c == 0x2800; }
bool is_line_end(UChar32 c) { return c == '\n' || c == 0x85 || c == 0x2028 || c == 0x2029; }

bool shapes_its_neighbours(UChar32 c) {
  switch (u_getIntPropertyValue(c, UCHAR_JOINING_TYPE)) {
    case U_JT_DUAL_JOINING:
    case U_JT_LEFT_JOINING:
    case U_JT_RIGHT_JOINING:
    case U_JT_JOIN_CAUSING:
      return true;
    default:
      return false;
  }
}

bool is_emoji(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC); }

/// Whether a variation selector can mean anything behind `before`.
bool selector_fits(UChar32 selector, UChar32 before) {
  if (selector == 0xFE0E || selector == 0xFE0F) return u_hasBinaryProperty(before, UCHAR_EMOJI);
  UErrorCode status = U_ZERO_ERROR;
  if (selector < 0x180F) return uscript_getScript(before, &status) == USCRIPT_MONGOLIAN;
  return u_hasBinaryProperty(before, UCHAR_IDEOGRAPHIC);
}

bool is_visible(UChar32 c) {
  if (u_hasBinaryProperty(c, UCHAR_PREPENDED_CONCATENATION_MARK)) return true;  // ؀, "number"
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) ||
      u_hasBinaryProperty(c, UCHAR_NONCHARACTER_CODE_POINT))
    return false;
  switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_FORMAT_CHAR:
    case U_SURROGATE:
    case U_PRIVATE_USE_CHAR:
      return false;
    default:  // also what this ICU does not know yet: next year's emoji
      return c != 0xFFFC && c != 0x1D159;  // an object that is not here; a note without a head
  }
}

/// Takes the characters of a text one by one and keeps what can be seen.
class Cleaner {
 public:
  Cleaner(const icu::UnicodeString& text, Lines lines) : text_(text), lines_(lines) {}

  icu::UnicodeString clean() {
    for (std::int32_t i = 0; i < text_.length(); i = text_.moveIndex32(i, 1)) {
      const UChar32 c = text_.char32At(i);
      if (is_space(c)) {
        take_space(c, i);
      } else if (c == kBlackFlag) {
        keep(c);
        i = take_flag(i);
      } else if (fits(c, i)) {
        keep(c);
      }
    }
    return clean_;
  }

 private:
  void take_space(UChar32 c, std::int32_t i) {
    const bool line_end =
        is_line_end(c) || (c == '\r' && text_.char32At(text_.moveIndex32(i, 1)) != '\n');
    if (line_end) ++line_ends_;
    if (space_ == 0) space_ = lines_ != Lines::one && (c == 0xA0 || c == 0x3000) ? c : ' ';
    before_ = base_ = 0;
  }

  void keep(UChar32 c) {
    if (space_ != 0 && !clean_.isEmpty()) {
      if (lines_ == Lines::one || line_ends_ == 0) {
        clean_.append(space_);
      } else {
        clean_.append(u'\n');
        if (lines_ == Lines::paragraphs && line_ends_ > 1) clean_.append(u'\n');
      }
    }
    space_ = 0;
    line_ends_ = 0;
    clean_.append(c);
    before_ = c;
    if (!is_mark(c) && !is_joiner(c) && is_visible(c)) base_ = c;
  }

  bool fits(UChar32 c, std::int32_t i) {
    if (is_joiner(c)) {
      return joiner_fits(static_cast<char32_t>(c), static_cast<char32_t>(before_),
                         static_cast<char32_t>(base_),
                         static_cast<char32_t>(text_.char32At(text_.moveIndex32(i, 1))));
    }
    if (u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR))
      return before_ != 0 && before_ == base_ && selector_fits(c, before_);
    if (!is_visible(c)) return false;
    if (!is_mark(c)) {
      marks_ = 0;
      return true;
    }
    return base_ != 0 && ++marks_ <= kMarksOnALetterMax;
  }

  /// The invisible letters behind a black flag that make it Scotland's; `i` is where the flag is.
  std::int32_t take_flag(std::int32_t i) {
    marks_ = 0;
    std::int32_t last = i;
    for (std::size_t count = 0; count < kFlagTagsMax; ++count) {
      const auto next = text_.moveIndex32(last, 1);
      if (next >= text_.length() || !is_tag(text_.char32At(next))) return i;
      last = next;
      if (text_.char32At(last) != kTagsEnd) continue;
      for (auto at = text_.moveIndex32(i, 1); at <= last; at = text_.moveIndex32(at, 1))
        clean_.append(text_.char32At(at));
      return last;
    }
    return i;
  }

  const icu::UnicodeString& text_;
  const Lines lines_;
  icu::UnicodeString clean_;
  UChar32 space_ = 0;  ///< seen and not yet written
  std::size_t line_ends_ = 0;
  UChar32 before_ = 0;  ///< what was kept last, and the last of it that is no mark; 0 after space
  UChar32 base_ = 0;
  std::size_t marks_ = 0;  ///< on `base_`
};

icu::UnicodeString cleaned(std::string_view text, Lines lines) {
  auto clean = normalized(from_utf8(text), icu::Normalizer2::getNFCInstance);
  // Again while it changes: what stood apart may compose, what leant on something has lost it.
  for (int round = 0; round < kRoundsMax; ++round) {
    const auto before = clean;
    clean = normalized(Cleaner(before, lines).clean(), icu::Normalizer2::getNFCInstance);
    if (clean == before) break;
  }
  return clean;
}

/// What the bytes 0x80 to 0x9F mean in windows-1252, which is what "Latin-1" is in practice (WHATWG
/// Encoding Standard).
constexpr std::array<char16_t, 32> kWindows1252{
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

std::string from_windows_1252(std::string_view bytes) {
  icu::UnicodeString text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.append(byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80U] : char16_t{byte});
  }
  return to_utf8(text);
}

}  // namespace

Result<std::size_t> characters_count(std::string_view text) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  std::size_t count = 0;
  for (std::int32_t i = 0; i < size; ++count) {
    UChar32 c = 0;
    U8_NEXT(data, i, size, c);
    if (c < 0) return Error(reason("text_not_utf8"));
  }
  return count;
}

bool joiner_fits(char32_t joiner, char32_t before, char32_t base, char32_t after) {
  const auto last = static_cast<UChar32>(before), letter = static_cast<UChar32>(base),
             next = static_cast<UChar32>(after);
  if (is_joiner(last) || letter == 0 || is_space(next)) return false;
  if (u_getCombiningClass(last) == kVirama) return u_isalnum(next) || is_mark(next);
  if (u_getCombiningClass(next) == kVirama) return true;
  if (shapes_its_neighbours(letter)) return shapes_its_neighbours(next) || is_mark(next);
  return joiner == 0x200D && (is_emoji(letter) || u_hasBinaryProperty(letter, UCHAR_EMOJI)) &&
         is_emoji(next);
}

Result<std::string> clean_text(std::string_view field, std::string_view text, Lines lines,
                               std::size_t characters_max) {
  const auto given_count = characters_count(text);
  if (!given_count) return Error(given_count.error()).at(field);
  if (text.size() > characters_max * kBytesPerCharacterMax)
    return Error(reason("text_too_long"), *given_count, characters_max).at(field);
  const auto clean = cleaned(text, lines);
  const auto count = static_cast<std::size_t>(clean.countChar32());
  if (count > characters_max)
    return Error(reason("text_too_long"), count, characters_max).at(field);
  return to_utf8(clean);
}

Result<std::string> clean_name(std::string_view field, std::string_view text,
                               std::size_t characters_max) {
  FILOSCOPE_TRY(auto name, clean_text(field, text, Lines::one, characters_max));
  if (!name.empty() || text.empty()) return name;
  return Error(reason("text_unseen")).at(field);
}

std::string shown_text(std::string_view bytes, std::size_t characters_max) {
  const auto is_text = [](std::string_view some) { return characters_count(some).has_value(); };
  if (const auto bytes_max = characters_max * kBytesPerCharacterMax; bytes.size() > bytes_max) {
    bytes = bytes.substr(0, bytes_max);
    for (std::size_t cut = 1; cut < 4 && !is_text(bytes); ++cut)  // inside a character
      if (const auto whole = bytes.substr(0, bytes_max - cut); is_text(whole)) bytes = whole;
  }
  auto text = cleaned(is_text(bytes) ? std::string(bytes) : from_windows_1252(bytes), Lines::one);
  const auto end = text.moveIndex32(0, static_cast<std::int32_t>(characters_max));
  text.truncate(end);
  return to_utf8(text);
}

}  // namespace filoscope::accounts
