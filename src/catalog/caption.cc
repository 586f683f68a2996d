#include "catalog/caption.h"

#include <algorithm>
#include <optional>

#include "accounts/text.h"
#include "catalog/catalog.h"
#include "catalog/characters.h"

namespace filoscope::catalog {
namespace {

constexpr std::size_t kHashtagCharactersMax = 100;
constexpr std::size_t kTopDomainLettersMin = 2;
constexpr std::size_t kDomainCharactersMax = 253;

struct Character {
  UChar32 c = 0;
  std::size_t at = 0;  ///< byte
};

bool is_hash(UChar32 c) { return c == '#' || c == 0xFF03 || c == 0xFE5F; }
bool is_at(UChar32 c) { return c == '@' || c == 0xFF20 || c == 0xFE6B; }
bool is_joiner(UChar32 c) { return c == 0x200C || c == 0x200D; }

/// Signs inside of words: never at the beginning or end of a hashtag (UAX #31 table 3a).
bool is_medial(UChar32 c) {
  switch (c) {
    case 0xB7:  // Catalan: col·lecció
    case 0x387:
    case 0x2027:
    case 0x30FB:  // Katakana: ハリー・ポッター
    case 0xFF65:
    case 0x30A0:
    case 0x5F3:  // geresh and gershayim
    case 0x5F4:
    case 0xF0B:  // tsheg
      return true;
    default:
      return false;
  }
}

bool is_tag_letter(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_ID_CONTINUE) && !is_medial(c); }

/// Behind an emoji, or a digit that is shown as one: what styles it.
bool is_emoji_component(UChar32 c) {
  return c == 0xFE0E || c == 0xFE0F || c == 0x20E3 || (c >= 0x1F3FB && c <= 0x1F3FF) ||
         (c >= 0xE0020 && c <= 0xE007F);
}

bool is_handle_character(UChar32 c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

/// A letter or digit that makes one word with a neighbour.
bool is_of_a_word(UChar32 c) { return (u_isalnum(c) || is_mark(c) || c == '_') && !is_unspaced(c); }

bool ends_address(UChar32 c) {
  return u_isUWhiteSpace(c) || c == '<' || c == '>' || c == '"' || (c >= 0x3000 && c <= 0x303F) ||
         (c >= 0xFF00 && c <= 0xFFEF);
}

class Grammar {
 public:
  explicit Grammar(std::string_view text) : text_(text) {
    characters_.reserve(text.size() + 1);
    for (Reader reader(text); !reader.at_end();) {
      const auto at = reader.position();
      characters_.push_back({reader.next(), at});
    }
    count_ = characters_.size();
    characters_.push_back({0, text.size()});
  }

  std::vector<Span> spans() {
    for (std::size_t i = 0; i < count_;) {
      const UChar32 c = character(i);
      if (is_hash(c)) {
        i = take_hashtag(i);
      } else if (is_at(c)) {
        i = take_mention(i);
      } else if (u_isalnum(c)) {
        i = skip_word(i);
      } else {
        ++i;
      }
    }
    return std::move(spans_);
  }

 private:
  UChar32 character(std::size_t i) const { return characters_[std::min(i, count_)].c; }

  /// Whether what begins at `i` is not the rest of a word.
  bool stands_apart(std::size_t i) const {
    while (i > 0 && (is_mark(character(i - 1)) || is_joiner(character(i - 1)))) --i;
    return i == 0 || !is_of_a_word(character(i - 1));
  }

  /// Past the letters of a word, or past the whole address that begins with it.
  std::size_t skip_word(std::size_t i) {
    // A script without spaces: the next character may begin another word.
    if (is_unspaced(character(i))) return i + 1;
    if (i >= run_.end) run_ = run_from(i);
    const bool is_name = run_.end - i <= kDomainCharactersMax;
    if (is_name && (run_.has_scheme || (run_.is_domain && run_.dot > i)))
      return address_end(run_.end);
    return word_end(i);
  }

  /// Characters that the name in an address may have, and what they mean to what begins in them.
  struct Run {
    std::size_t end = 0;      ///< the first character that no name has
    std::size_t dot = 0;      ///< the last one in it; 0: none
    bool has_scheme = false;  ///< "://" follows
    bool is_domain = false;   ///< a path follows, and letters stand behind the dot
  };

  Run run_from(std::size_t i) const {
    Run run;
    for (run.end = i; run.end < count_; ++run.end) {
      const UChar32 c = character(run.end);
      if (c == '.' && run.end > i && character(run.end - 1) != '.') {
        run.dot = run.end;
      } else if (!u_isalnum(c) && !is_mark(c) && c != '-') {
        break;
      }
    }
    const auto next = character(run.end);
    run.has_scheme = next == ':' && character(run.end + 1) == '/' && character(run.end + 2) == '/';
    run.is_domain = (next == '/' || next == '?') && run.dot != 0 &&
                    run.end - run.dot > kTopDomainLettersMin && is_letters(run.dot + 1, run.end);
    return run;
  }

  bool is_letters(std::size_t from, std::size_t to) const {
    return std::all_of(characters_.begin() + static_cast<std::ptrdiff_t>(from),
                       characters_.begin() + static_cast<std::ptrdiff_t>(to),
                       [](const Character& one) { return u_isalpha(one.c); });
  }

  std::size_t word_end(std::size_t i) const {
    do ++i;
    while (i < count_ && is_of_a_word(character(i)));
    return i;
  }

  std::size_t address_end(std::size_t i) const {
    while (i < count_ && !ends_address(character(i))) ++i;
    return i;
  }

  /// Returns where to go on.
  std::size_t take_hashtag(std::size_t sign) {
    const bool in_reference = sign > 0 && character(sign - 1) == '&' &&
                              (u_isdigit(character(sign + 1)) || character(sign + 1) == 'x');
    if (in_reference || (sign != tag_end_ && !stands_apart(sign))) return sign + 1;
    std::size_t end = sign + 1;
    UChar32 base = 0;
    bool says_something = false;
    for (std::size_t i = end; i < count_; ++i) {
      const UChar32 c = character(i), next = character(i + 1);
      const bool more = is_tag_letter(next) || is_emoji(next);
      if (is_tag_letter(c) || is_emoji(c)) {
        if (is_mark(c) && base == 0) break;
        if (!is_mark(c)) base = c;
        says_something = says_something || u_isalnum(c) || is_emoji(c);
        end = i + 1;
      } else if (is_emoji_component(c) && base != 0) {
        end = i + 1;
      } else if (!(is_medial(c) && base != 0 && more) &&
                 !(is_joiner(c) && more &&
                   accounts::joiner_fits(
                       static_cast<char32_t>(c), static_cast<char32_t>(character(i - 1)),
                       static_cast<char32_t>(base), static_cast<char32_t>(next)))) {
        break;
      }
    }
    if (!says_something) return sign + 1;
    tag_end_ = end;
    if (end - sign - 1 <= kHashtagCharactersMax)
      add(Span::Kind::hashtag, sign, end, accounts::fold_text(text_between(sign + 1, end)));
    return end;
  }

  std::size_t take_mention(std::size_t sign) {
    std::size_t end = sign + 1;
    while (is_handle_character(character(end)) &&
           !(character(end) == '.' && character(end + 1) == '.'))
      ++end;
    while (end > sign + 1 && character(end - 1) == '.') --end;
    const auto next = character(end);
    const auto handle = text_between(sign + 1, end);
    if (stands_apart(sign) && !is_of_a_word(next) && !is_at(next) &&
        handle.size() >= accounts::kHandleCharactersMin &&
        handle.size() <= accounts::kHandleCharactersMax && handle.front() != '.' &&
        handle.find_first_not_of("._") != std::string_view::npos)
      add(Span::Kind::mention, sign, end, std::string(handle));
    return end;
  }

  std::string_view text_between(std::size_t from, std::size_t to) const {
    return text_.substr(characters_[from].at, characters_[to].at - characters_[from].at);
  }

  void add(Span::Kind kind, std::size_t from, std::size_t to, std::string value) {
    spans_.push_back({kind, characters_[from].at, characters_[to].at, std::move(value)});
  }

  const std::string_view text_;
  std::vector<Character> characters_;  ///< and one behind the end
  std::size_t count_ = 0;
  std::size_t tag_end_ = 0;  ///< behind the last hashtag
  Run run_;                  ///< the last one; each is looked at once
  std::vector<Span> spans_;
};

void add_unique(std::vector<std::string>& texts, std::string text) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

}  // namespace

std::vector<Span> spans_of(std::string_view text) {
  // Most texts have none, and answers ask for those of every clip.
  if (text.find_first_of("#@\xEF") == std::string_view::npos) return {};
  return Grammar(text).spans();
}

CaptionParts parse_caption(std::string_view caption) {
  CaptionParts parts;
  for (auto& span : spans_of(caption)) {
    auto& texts = span.kind == Span::Kind::hashtag ? parts.hashtags : parts.mentions;
    add_unique(texts, std::move(span.value));
  }
  return parts;
}

Result<std::string> clean_caption(const Config& config, std::string_view caption) {
  return accounts::clean_text("caption", caption, accounts::Lines::paragraphs,
                              static_cast<std::size_t>(config[kCaptionCharactersMax]));
}

}  // namespace filoscope::catalog
