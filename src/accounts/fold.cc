#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>

#include "accounts/accounts.h"
#include "accounts/text.h"
#include "accounts/text_impl.h"

namespace filoscope::accounts {
namespace {

constexpr std::size_t kSearchWordsMax = 64;
constexpr std::uint8_t kNukta = 7;  // canonical combining class
constexpr UChar32 kTatweel = 0x640;

UScriptCode script_of(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const auto script = uscript_getScript(c, &status);
  return U_SUCCESS(status) ? script : USCRIPT_UNKNOWN;
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
  const auto script = script_of(base);
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

struct Fold {
  UChar32 from;
  const char16_t* to;
};

/// Further letters, each as a searcher types it; in order.
constexpr Fold kSearchLetters[] = {
    {0xF0, u"d"},                                                // ð
    {0xFE, u"th"},                                               // þ
    {0x127, u"h"},                                               // ħ
    {0x14B, u"ng"},                                              // ŋ
    {0x167, u"t"},                                               // ŧ
    {0x192, u"f"},                                               // ƒ
    {0x199, u"k"},                                               // ƙ
    {0x253, u"b"},                                               // ɓ
    {0x257, u"d"},                                               // ɗ
    {0x259, u"e"},                                               // ə
    {0x629, u"\u0647"},                                          // teh marbuta: heh
    {kTatweel, u""},                                             // tatweel
    {0x649, u"\u064A"},                                          // alef maksura: yeh
    {0x671, u"\u0627"},                                          // alef wasla
    {0x672, u"\u0627"}, {0x673, u"\u0627"}, {0x6A9, u"\u0643"},  // Persian kaf
    {0x6AA, u"\u0643"}, {0x6BA, u"\u0646"},                      // noon ghunna
    {0x6BE, u"\u0647"},                                          // heh of two eyes
    {0x6C1, u"\u0647"},                                          // heh goal
    {0x6C3, u"\u0647"}, {0x6CC, u"\u064A"},                      // Persian yeh
    {0x6D2, u"\u064A"},                                          // yeh barree
    {0x6D5, u"\u0647"}, {0x901, u"\u0902"},                      // candrabindu: anusvara
    {0x981, u"\u0982"}, {0xA81, u"\u0A82"},
};

/// A mark that a searcher leaves out.
bool is_left_out(UChar32 mark, UChar32 base) {
  if (u_getCombiningClass(mark) == kNukta) return true;
  if (mark == 0x301 || mark == 0x300) return script_of(base) == USCRIPT_CYRILLIC;  // stress
  if (mark == 0x308) return base == 0x435;                                         // ё
  const auto script = script_of(base);
  return script == USCRIPT_ARABIC || script == USCRIPT_HEBREW || script == USCRIPT_SYRIAC;
}

bool is_skin_tone(UChar32 c) { return c >= 0x1F3FB && c <= 0x1F3FF; }

void append_folded(icu::UnicodeString& text, UChar32 c) {
  if (is_skin_tone(c)) return;
  if (u_charType(c) == U_DECIMAL_DIGIT_NUMBER) {
    text.append(static_cast<UChar32>('0' + u_charDigitValue(c)));
    return;
  }
  const auto* found =
      std::lower_bound(std::begin(kSearchLetters), std::end(kSearchLetters), c,
                       [](const Fold& fold, UChar32 letter) { return fold.from < letter; });
  if (found != std::end(kSearchLetters) && found->from == c) {
    text.append(found->to, -1);
  } else {
    text.append(c);
  }
}

/// What a keyboard or a typesetter makes of an apostrophe or a hyphen, in one form each.
UChar32 plain_sign(UChar32 c) {
  switch (c) {
    case 0x60:
    case 0xB4:
    case 0x2B9:
    case 0x2BB:
    case 0x2BC:
    case 0x2BD:
    case 0x2BE:
    case 0x2BF:
    case 0x2018:
    case 0x2019:
    case 0x201B:
    case 0x2032:
    case 0x55A:   // Armenian
    case 0x5F3:   // geresh
    case 0x5F4:   // gershayim: צה״ל
    case 0xA78C:  // saltillo
    case 0xFF07:
    case 0xB7:  // Catalan: col·lecció
    case 0x387:
    case 0x2027:
      return '\'';
    case 0x58A:  // Armenian
    case 0x5BE:  // maqaf
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2212:
    case 0x30A0:
    case 0x30FB:  // Katakana's middle dot
    case 0xFE58:
    case 0xFE63:
    case 0xFF0D:
    case 0xFF65:
      return '-';
    default:
      return c;
  }
}

icu::UnicodeString with_plain_signs(const icu::UnicodeString& text) {
  icu::UnicodeString plain;
  UChar32 before = 0;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    const bool in_acronym = c == '"' && script_of(before) == USCRIPT_HEBREW &&
                            script_of(text.char32At(i + 1)) == USCRIPT_HEBREW;
    plain.append(in_acronym ? static_cast<UChar32>('\'') : plain_sign(c));
    before = c;
  }
  return plain;
}

/// `each` gets every word of a folded text with its apostrophes and hyphens inside.
template <typename Each>
void each_word(const icu::UnicodeString& folded, Each each) {
  icu::UnicodeString word;
  const auto finish = [&] {
    while (!word.isEmpty() && joins_words(word[word.length() - 1]))
      word.truncate(word.length() - 1);
    if (!word.isEmpty()) each(word);
    word.remove();
  };
  for (std::int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 c = folded.char32At(i);
    const bool inside = joins_words(static_cast<char32_t>(c));
    if (inside && word.isEmpty()) continue;
    if (u_isUWhiteSpace(c) || (!inside && u_ispunct(c) && c != '_' && c != '.')) {
      finish();
    } else {
      word.append(c);
    }
  }
  finish();
}

std::string without_signs(const icu::UnicodeString& word) {
  icu::UnicodeString plain;
  for (std::int32_t i = 0; i < word.length(); ++i)
    if (!joins_words(word[i])) plain.append(word[i]);
  return to_utf8(plain);
}

bool enters_anywhere(UChar32 c) {
  return u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) ||
         u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH) == U_EA_WIDE;
}

}  // namespace

std::string fold_text(std::string_view text) {
  if (is_ascii(text)) return ascii_lower(text);
  const auto folded = normalized(from_utf8(text), icu::Normalizer2::getNFKCCasefoldInstance);
  return to_utf8(without_accents(folded));
}

bool joins_words(char32_t c) { return c == U'\'' || c == U'-'; }

std::string search_fold(std::string_view text) {
  // Signs first: NFKC makes a space and an accent of ´.
  const auto folded = from_utf8(fold_text(to_utf8(with_plain_signs(from_utf8(text)))));
  const auto parts = normalized(folded, icu::Normalizer2::getNFDInstance);
  icu::UnicodeString plain;
  UChar32 base = 0;
  for (std::int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1)) {
    const UChar32 c = parts.char32At(i);
    if (u_charType(c) == U_NON_SPACING_MARK) {
      if (!is_left_out(c, base)) append_folded(plain, c);
      continue;
    }
    if (c != kTatweel) base = c;
    append_folded(plain, c);
  }
  return to_utf8(with_plain_signs(normalized(plain, icu::Normalizer2::getNFCInstance)));
}

std::vector<std::string> query_words(std::string_view text) {
  std::vector<std::string> words;
  each_word(from_utf8(search_fold(text)), [&](const icu::UnicodeString& word) {
    if (words.size() < kSearchWordsMax) words.push_back(without_signs(word));
  });
  return words;
}

std::vector<std::string> query_parts(std::string_view text) {
  auto apart = search_fold(text);
  std::replace_if(
      apart.begin(), apart.end(), [](char c) { return joins_words(static_cast<unsigned char>(c)); },
      ' ');
  return query_words(apart);
}

std::vector<std::string> search_words(std::string_view handle, std::string_view display_name) {
  std::vector<std::string> words;
  const auto name = fold_handle(handle);
  words.push_back(name);
  for (std::size_t i = 1; i < name.size(); ++i)
    if ((name[i - 1] == '.' || name[i - 1] == '_') && name[i] != '_')
      words.push_back(name.substr(i));
  each_word(from_utf8(search_fold(display_name)), [&](const icu::UnicodeString& word) {
    words.push_back(without_signs(word));
    for (std::int32_t i = word.moveIndex32(0, 1); i < word.length(); i = word.moveIndex32(i, 1)) {
      const bool behind_sign = joins_words(word[i - 1]) && !joins_words(word[i]);
      if (behind_sign || enters_anywhere(word.char32At(i)))
        words.push_back(without_signs(word.tempSubString(i)));
    }
  });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  if (words.size() > kSearchWordsMax) words.resize(kSearchWordsMax);
  return words;
}

}  // namespace filoscope::accounts
