#pragma once

/// Characters of UTF-8 text and what kind they are of. Internal to catalog. Threads: any.

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <string_view>

namespace filoscope::catalog {

/// Code points of UTF-8 text; what is not UTF-8 comes as U+FFFD.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool at_end() const { return at_ >= text_.size(); }
  std::size_t position() const { return at_; }
  UChar32 next() {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text_.data());
    UChar32 c = 0;
    U8_NEXT(bytes, at_, text_.size(), c);
    return c < 0 ? 0xFFFD : c;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

inline UScriptCode script_of(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const auto script = uscript_getScript(c, &status);
  return U_FAILURE(status) ? USCRIPT_UNKNOWN : script;
}

inline bool is_mark(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }

/// Of a script that puts no spaces between words, or (Korean) hangs particles on them.
inline bool is_unspaced(UChar32 c) {
  if (c == 0x30FC || c == 0xFF70) return true;  // the long-vowel mark, whose script is "common"
  switch (script_of(c)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_BOPOMOFO:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return true;
    default:
      return false;
  }
}

/// A picture, not a sign of punctuation or trade that could also be shown as one (©, ‼).
inline bool is_emoji(UChar32 c) {
  if (u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR)) return true;
  return c > 0xFF && c != 0x2122 && !u_ispunct(c) &&
         u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC);
}

}  // namespace filoscope::catalog
