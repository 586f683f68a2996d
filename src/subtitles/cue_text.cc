#include "subtitles/cue_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "subtitles/file_text.h"

namespace filoscope::subtitles {
namespace {

constexpr std::array<std::string_view, 15> kSrtTags = {
    "i", "b", "u", "s", "font", "c", "v", "lang", "ruby", "rt", "em", "strong", "span", "p", "br"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kNames = {
    {{"amp", "&"},
     {"lt", "<"},
     {"gt", ">"},
     {"quot", "\""},
     {"apos", "'"},
     {"nbsp", "\xC2\xA0"},
     {"lrm", "\xE2\x80\x8E"},
     {"rlm", "\xE2\x80\x8F"}}};
constexpr std::size_t kReferenceBytesMax = 12;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The name of the tag that begins behind '<', in lower case; "" for a timestamp or a class.
std::string name_of(std::string_view inside) {
  if (inside.starts_with('/')) inside.remove_prefix(1);
  std::string name;
  for (const char c : inside) {
    if (!is_letter(c)) break;
    name += static_cast<char>(c | 0x20);
  }
  return name;
}

/// `inside` is what stands between '<' and '>'.
bool is_tag(std::string_view inside, Format format) {
  const auto name = name_of(inside);
  if (format == Format::srt)
    return std::find(kSrtTags.begin(), kSrtTags.end(), name) != kSrtTags.end();
  return !name.empty() || inside == "/" || inside.starts_with('.') ||
         (inside.find(':') != std::string_view::npos && is_digit(inside.front()));
}

std::string without_tags(std::string_view text, Format format) {
  std::string out;
  while (!text.empty()) {
    const auto open = std::min(text.find('<'), text.size());
    out.append(text.substr(0, open));
    text.remove_prefix(open);
    if (text.empty()) break;
    const auto close = text.find_first_of("<>", 1);
    const bool closed = close != std::string_view::npos && text[close] == '>';
    const auto inside = closed ? text.substr(1, close - 1) : std::string_view();
    if (inside.empty() || !is_tag(inside, format)) {
      out += '<';
      text.remove_prefix(1);
      continue;
    }
    if (name_of(inside) == "br") out += '\n';
    text.remove_prefix(close + 1);
  }
  return out;
}

/// Commands of ASS, such as {\an8}.
std::string without_commands(std::string_view text) {
  std::string out;
  std::vector<std::size_t> begun;  // where in `out` a command began that has not ended
  for (const char c : text) {
    if (c == '\\' && out.ends_with('{')) begun.push_back(out.size() - 1);
    if (c != '}' || begun.empty()) {
      out += c;
      continue;
    }
    out.resize(begun.back());
    begun.pop_back();
  }
  return out;
}

/// What a character reference stands for, without '&' and ';'; "" for none.
std::string referred(std::string_view name) {
  for (const auto& [known, text] : kNames)
    if (name == known) return std::string(text);
  if (!name.starts_with('#')) return "";
  name.remove_prefix(1);
  const bool hex = name.starts_with('x') || name.starts_with('X');
  if (hex) name.remove_prefix(1);
  std::uint32_t value = 0;
  const auto read = std::from_chars(name.begin(), name.end(), value, hex ? 16 : 10);
  if (name.empty() || read.ec != std::errc() || read.ptr != name.end()) return "";
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value == 0 || value > 0x10FFFF || surrogate) return "";
  std::string text;
  append_utf8(text, static_cast<char32_t>(value));
  return text;
}

std::string with_characters(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto at = std::min(text.find('&'), text.size());
    out.append(text.substr(0, at));
    text.remove_prefix(at);
    if (text.empty()) break;
    const auto end = text.substr(0, kReferenceBytesMax).find(';');
    const auto character =
        end == std::string_view::npos ? std::string() : referred(text.substr(1, end - 1));
    out.append(character.empty() ? "&" : character);
    text.remove_prefix(character.empty() ? 1 : end + 1);
  }
  return out;
}

}  // namespace

std::string plain_text(std::string_view text, Format format) {
  return with_characters(without_commands(without_tags(text, format)));
}

}  // namespace filoscope::subtitles
