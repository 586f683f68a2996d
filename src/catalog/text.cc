#include "catalog/text.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "accounts/accounts.h"
#include "accounts/text.h"
#include "catalog/characters.h"

namespace filoscope::catalog {
namespace {

bool is_word_character(UChar32 c) { return u_isalnum(c) || is_mark(c) || c == 0x30FC; }

/// Keeps the first of equal texts.
class UniqueTexts {
 public:
  void add(std::string_view text) {
    if (!text.empty() && seen_.emplace(text).second) list_.emplace_back(text);
  }
  std::vector<std::string> take() { return std::move(list_); }

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

enum class Run { none, word, pairs, emoji };

/// A run of word characters of one kind in a folded text.
struct Token {
  Run run = Run::none;
  std::vector<std::size_t> starts;  ///< of each character, and the end
  bool joined = false;              ///< an apostrophe or hyphen is all that is before it
  std::string_view of(std::string_view text) const {
    return text.substr(starts.front(), starts.back() - starts.front());
  }
  std::size_t characters_count() const { return starts.size() - 1; }
};

class Tokens {
 public:
  explicit Tokens(std::string_view folded) : reader_(folded), size_(folded.size()) {
    while (!reader_.at_end()) {
      const std::size_t at = reader_.position();
      take(reader_.next(), at);
    }
    finish(size_);
  }
  std::vector<Token> list;

 private:
  void take(UChar32 c, std::size_t at) {
    if (is_emoji(c)) return take_emoji(c, at);
    if (!is_word_character(c)) {
      const bool after_word = run_ == Run::word;
      finish(at);
      joins_ = after_word && accounts::joins_words(static_cast<char32_t>(c));
      return;
    }
    const bool in_word = run_ == Run::word || run_ == Run::pairs;
    if (in_word && is_mark(c) && script_of(c) == USCRIPT_INHERITED) return;
    begin(is_unspaced(c) ? Run::pairs : Run::word, at);
    starts_.push_back(at);
  }

  /// Two regional indicators are one flag.
  void take_emoji(UChar32 c, std::size_t at) {
    const bool indicator = u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR);
    if (indicator && flag_) {
      flag_ = false;
      return;
    }
    finish(at);
    flag_ = indicator;
    run_ = Run::emoji;
    starts_.push_back(at);
  }

  void begin(Run run, std::size_t at) {
    if (run == run_) return;
    const bool joins = run_ == Run::none && joins_;
    finish(at);
    joins_ = joins;
    run_ = run;
  }

  void finish(std::size_t end) {
    if (run_ != Run::none) {
      starts_.push_back(end);
      list.push_back({run_, std::move(starts_), run_ == Run::word && joins_});
    }
    run_ = Run::none;
    joins_ = flag_ = false;
    starts_.clear();
  }

  Reader reader_;
  const std::size_t size_;
  Run run_ = Run::none;
  std::vector<std::size_t> starts_;
  bool joins_ = false;  ///< a sign that joins words is all that is before
  bool flag_ = false;   ///< half of a flag is before
};

/// Of each word that apostrophes or hyphens divide: its whole, and its neighbouring parts.
void add_compounds(std::string_view text, const std::vector<Token>& tokens, UniqueTexts& out) {
  std::string whole;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].joined) {
      out.add(std::string(tokens[i - 1].of(text)).append(tokens[i].of(text)));
    } else {
      out.add(std::exchange(whole, {}));
    }
    whole.append(tokens[i].of(text));
  }
  out.add(whole);
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

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  const auto folded = accounts::fold_text(text);
  UniqueTexts out;
  for (const auto& token : Tokens(folded).list) {
    if (token.run == Run::word) out.add(token.of(folded));
    if (token.run == Run::pairs) add_pairs(folded, token.starts, false, out);
  }
  return out.take();
}

std::vector<std::string> index_terms_of(std::string_view text) {
  const auto folded = accounts::search_fold(text);
  const auto tokens = Tokens(folded).list;
  UniqueTexts out;
  std::vector<Token> words;
  for (const auto& token : tokens) {
    if (token.run == Run::pairs) {
      add_pairs(folded, token.starts, true, out);
    } else {
      out.add(token.of(folded));
    }
    if (token.run == Run::word) words.push_back(token);
  }
  add_compounds(folded, words, out);
  return out.take();
}

std::vector<std::vector<std::string>> query_readings_of(std::string_view text) {
  const auto folded = accounts::search_fold(text);
  const auto tokens = Tokens(folded).list;
  UniqueTexts apart, joined;
  std::string word;  // of `joined`, not yet added
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto& token = tokens[i];
    if (token.run == Run::pairs) {
      add_pairs(folded, token.starts, false, apart);
      joined.add(std::exchange(word, {}));
      add_pairs(folded, token.starts, false, joined);
      continue;
    }
    apart.add(token.of(folded));
    // "e mail" may mean "email".
    const bool behind_a_letter =
        i > 0 && token.run == Run::word && tokens[i - 1].run == Run::word &&
        tokens[i - 1].characters_count() == 1 && folded[tokens[i - 1].starts.back()] == ' ';
    if (!token.joined && !behind_a_letter) joined.add(std::exchange(word, {}));
    word.append(token.of(folded));
  }
  joined.add(word);
  std::vector<std::vector<std::string>> readings{apart.take()};
  if (auto other = joined.take(); other != readings.front()) readings.push_back(std::move(other));
  return readings;
}

std::string hashtag_term_of(std::string_view tag) {
  auto term = accounts::search_fold(tag);
  std::erase_if(term, [](char c) {
    return c == '_' || accounts::joins_words(static_cast<unsigned char>(c));
  });
  return term;
}

bool single_unspaced_character(std::string_view term) {
  Reader reader(term);
  return !reader.at_end() && is_unspaced(reader.next()) && reader.at_end();
}

std::string guess_language(std::string_view caption, std::string_view author_language) {
  const std::string own = accounts::primary_language(author_language);
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

}  // namespace filoscope::catalog
