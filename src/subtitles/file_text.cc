#include "subtitles/file_text.h"

#include <cstdint>

#include "base/utf8.h"
#include "subtitles/reasons.h"

namespace filoscope::subtitles {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kLittleMark = "\xFF\xFE", kBigMark = "\xFE\xFF";

std::string from_utf16(std::string_view bytes, bool big_endian) {
  const auto unit = [&](std::size_t at) {
    const auto one = static_cast<std::uint8_t>(bytes[at]);
    const auto other = static_cast<std::uint8_t>(bytes[at + 1]);
    return static_cast<char32_t>(big_endian ? one << 8 | other : other << 8 | one);
  };
  const auto is_high = [](char32_t c) { return c >= 0xD800 && c <= 0xDBFF; };
  const auto is_low = [](char32_t c) { return c >= 0xDC00 && c <= 0xDFFF; };
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
    char32_t c = unit(at);
    if (is_high(c) && at + 4 <= bytes.size() && is_low(unit(at + 2))) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(at + 2) - 0xDC00);
      at += 2;
    } else if (is_high(c) || is_low(c)) {
      c = kReplacement;
    }
    append_utf8(text, c);
  }
  return text;
}

}  // namespace

void append_utf8(std::string& text, char32_t c) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  const auto rest = [&](int shift) { put(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | c >> 6), rest(0);
  if (c < 0x10000) return put(0xE0 | c >> 12), rest(6), rest(0);
  put(0xF0 | c >> 18), rest(12), rest(6), rest(0);
}

Result<std::string> text_of_file(std::string_view bytes) {
  if (bytes.starts_with(kLittleMark)) return from_utf16(bytes.substr(2), false);
  if (bytes.starts_with(kBigMark)) return from_utf16(bytes.substr(2), true);
  if (bytes.starts_with(kUtf8Mark)) bytes.remove_prefix(kUtf8Mark.size());
  if (is_valid_utf8(bytes)) return std::string(bytes);
  std::int64_t line = 1;
  for (const auto one : lines_of(bytes)) {
    if (!is_valid_utf8(one)) break;
    ++line;
  }
  return Error(reason("subtitles_not_utf8"), line);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find_first_of("\r\n", at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return lines;
}

}  // namespace filoscope::subtitles
