#include "catalog/text.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "catalog/catalog.h"

namespace filoscope::catalog {
namespace {

constexpr std::size_t kHashtagCharactersMax = 100;
constexpr std::size_t kHandleCharactersMin = 2;
constexpr std::size_t kHandleCharactersMax = 24;

/// Code points of UTF-8 text; what is not UTF-8 comes as U+FFFD.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  bool at_end() const { return at_ >= text_.size(); }
  std::size_t position() const { return at_; }
  void go_to(std::size_t position) { at_ = position; }
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

UScriptCode script_of(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const auto script = uscript_getScript(c, &status);
  return U_FAILURE(status) ? USCRIPT_UNKNOWN : script;
}

bool is_mark(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }
bool is_word_character(UChar32 c) { return u_isalnum(c) || is_mark(c) || c == 0x30FC; }
bool is_tag_character(UChar32 c) { return is_word_character(c) || c == '_'; }
bool is_ascii_word(UChar32 c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_handle_character(UChar32 c) { return is_ascii_word(c) || c == '.'; }

bool is_unspaced(UChar32 c) {
  if (c == 0x30FC) return true;  // the long-vowel mark, whose script is "common"
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

/// Keeps the first of equal texts.
class UniqueTexts {
 public:
  void add(std::string_view text) {
    if (!text.empty() && seen_.emplace(text).second) list_.emplace_back(text);
  }
  std::vector<std::string> take() { return std::move(list_); }
  std::size_t size() const { return list_.size(); }

 private:
  std::unordered_set<std::string> seen_;
  std::vector<std::string> list_;
};

/// `starts` holds where each character of the run begins in `text`, and its end.
void add_pairs(std::string_view text, const std::vector<std::size_t>& starts, bool with_tail,
               UniqueTexts& out) {
  const std::size_t characters = starts.size() - 1;
  if (characters == 1) return out.add(text.substr(starts[0], starts[1] - starts[0]));
  for (std::size_t i = 0; i + 2 < starts.size(); ++i)
    out.add(text.substr(starts[i], starts[i + 2] - starts[i]));
  if (with_tail)
    out.add(text.substr(starts[characters - 1], starts[characters] - starts[characters - 1]));
}

std::vector<std::string> terms_of(std::string_view text, bool with_tails) {
  const std::string folded = accounts::fold_text(text);
  UniqueTexts out;
  Reader reader(folded);
  std::vector<std::size_t> starts;
  enum class Run { none, word, pairs } run = Run::none;
  std::size_t begin = 0;
  const auto finish = [&](std::size_t end) {
    if (run == Run::word) out.add(std::string_view(folded).substr(begin, end - begin));
    if (run == Run::pairs) {
      starts.push_back(end);
      add_pairs(folded, starts, with_tails, out);
    }
    run = Run::none;
    starts.clear();
  };
  while (!reader.at_end()) {
    const std::size_t at = reader.position();
    const UChar32 c = reader.next();
    if (!is_word_character(c)) {
      finish(at);
      continue;
    }
    if (is_mark(c) && run != Run::none && script_of(c) == USCRIPT_INHERITED) continue;
    const Run kind = is_unspaced(c) ? Run::pairs : Run::word;
    if (kind != run) {
      finish(at);
      run = kind;
      begin = at;
    }
    if (kind == Run::pairs) starts.push_back(at);
  }
  finish(folded.size());
  return out.take();
}

/// Moves past characters that `accept` takes; returns how many.
template <typename Accept>
std::size_t skip(Reader& reader, Accept accept) {
  std::size_t count = 0;
  while (!reader.at_end()) {
    const std::size_t before = reader.position();
    if (!accept(reader.next())) {
      reader.go_to(before);
      break;
    }
    ++count;
  }
  return count;
}

struct ScriptLanguage {
  UScriptCode script;
  std::string_view language;                    ///< what the script mostly means
  std::array<std::string_view, 9> others = {};  ///< languages that are written in it too
};

constexpr std::array<ScriptLanguage, 18> kScripts{{
    {USCRIPT_CYRILLIC, "ru", {"uk", "bg", "sr", "be", "mk", "kk", "ky", "mn", "tg"}},
    {USCRIPT_ARABIC, "ar", {"fa", "ur", "ps", "ckb", "ug", "sd"}},
    {USCRIPT_HEBREW, "he", {"yi"}},
    {USCRIPT_GREEK, "el"},
    {USCRIPT_DEVANAGARI, "hi", {"mr", "ne", "sa"}},
    {USCRIPT_BENGALI, "bn", {"as"}},
    {USCRIPT_TAMIL, "ta"},
    {USCRIPT_TELUGU, "te"},
    {USCRIPT_GUJARATI, "gu"},
    {USCRIPT_GURMUKHI, "pa"},
    {USCRIPT_THAI, "th"},
    {USCRIPT_LAO, "lo"},
    {USCRIPT_KHMER, "km"},
    {USCRIPT_MYANMAR, "my"},
    {USCRIPT_GEORGIAN, "ka"},
    {USCRIPT_ARMENIAN, "hy"},
    {USCRIPT_ETHIOPIC, "am", {"ti"}},
    {USCRIPT_SINHALA, "si"},
}};

std::string_view primary_tag(std::string_view language) {
  return language.substr(0, language.find_first_of("-_"));
}

}  // namespace

std::optional<std::size_t> characters_count(std::string_view text) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    UChar32 c = 0;
    U8_NEXT(bytes, at, text.size(), c);
    if (c < 0 || c == 0x7F || (c < 0x20 && c != '\n' && c != '\r' && c != '\t'))
      return std::nullopt;
  }
  return count;
}

std::vector<std::string> words_of(std::string_view text) { return terms_of(text, false); }
std::vector<std::string> index_terms_of(std::string_view text) { return terms_of(text, true); }

bool single_unspaced_character(std::string_view term) {
  Reader reader(term);
  return !reader.at_end() && is_unspaced(reader.next()) && reader.at_end();
}

std::string guess_language(std::string_view caption, std::string_view author_language) {
  const std::string own(primary_tag(author_language));
  std::array<std::size_t, kScripts.size()> counts{};
  std::size_t latin = 0, han = 0, kana = 0, hangul = 0;
  for (Reader reader(caption); !reader.at_end();) {
    const UChar32 c = reader.next();
    if (!u_isalpha(c)) continue;
    const auto script = script_of(c);
    latin += script == USCRIPT_LATIN ? 1 : 0;
    han += script == USCRIPT_HAN ? 1 : 0;
    kana += script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA ? 1 : 0;
    hangul += script == USCRIPT_HANGUL ? 1 : 0;
    for (std::size_t i = 0; i < kScripts.size(); ++i)
      counts[i] += kScripts[i].script == script ? 1 : 0;
  }
  const auto best = std::max_element(counts.begin(), counts.end());
  // One character of these scripts says about as much as two or three letters.
  const std::size_t cjk = 2 * (han + kana + hangul);
  if (cjk > latin && cjk > *best) {
    if (hangul > han + kana) return "ko";
    if (kana > 0) return "ja";
    return own == "ja" || own == "yue" ? own : "zh";
  }
  if (*best <= latin) return own;
  const auto& found = kScripts[static_cast<std::size_t>(best - counts.begin())];
  const bool also_own = !own.empty() && std::find(found.others.begin(), found.others.end(), own) !=
                                            found.others.end();
  return also_own ? own : std::string(found.language);
}

CaptionParts parse_caption(std::string_view caption) {
  UniqueTexts hashtags, mentions;
  Reader reader(caption);
  UChar32 previous = ' ';
  while (!reader.at_end()) {
    const UChar32 c = reader.next();
    const std::size_t begin = reader.position();
    const bool may_begin = !is_ascii_word(previous) && previous != '/' && previous != '&';
    previous = c;
    if ((c == '#' || c == 0xFF03) && may_begin) {
      const std::size_t count = skip(reader, is_tag_character);
      if (count == 0) continue;
      if (count <= kHashtagCharactersMax)
        hashtags.add(accounts::fold_text(caption.substr(begin, reader.position() - begin)));
      previous = ' ';
    } else if ((c == '@' || c == 0xFF20) && may_begin) {
      skip(reader, is_handle_character);
      auto handle = caption.substr(begin, reader.position() - begin);
      while (!handle.empty() && handle.back() == '.') handle.remove_suffix(1);
      if (handle.size() >= kHandleCharactersMin && handle.size() <= kHandleCharactersMax)
        mentions.add(handle);
      if (reader.position() != begin) previous = 'a';
    }
  }
  return {hashtags.take(), mentions.take(), words_of(caption)};
}

}  // namespace filoscope::catalog
