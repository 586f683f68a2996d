#include "subtitles/cues.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "accounts/text.h"
#include "subtitles/cue_text.h"
#include "subtitles/file_text.h"
#include "subtitles/reasons.h"

namespace filoscope::subtitles {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::string_view kArrow = "-->";
constexpr std::string_view kBlanks = " \t\f";
constexpr std::size_t kDigitsMax = 6;  ///< of hours, which fit many times over

std::string_view trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return line.substr(0, line.find_last_not_of(kBlanks) + 1);
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A line that is meant to say when a cue begins and ends, whether it can be read or not.
bool is_times(std::string_view line) {
  line = trimmed(line);
  const auto arrow = line.find(kArrow);
  if (arrow == std::string_view::npos || line.substr(0, arrow).find(':') == std::string_view::npos)
    return false;
  const auto first = line.substr(0, 1).find_first_of("0123456789-");
  return first != std::string_view::npos;
}

/// Takes "1:02:03,5" from the front of `line`: hours optional, as a fraction at most milliseconds.
std::optional<std::int64_t> take_time(std::string_view& line) {
  const auto size = std::min(line.find_first_not_of("0123456789:.,"), line.size());
  auto text = line.substr(0, size);
  line.remove_prefix(size);
  std::int64_t fraction_ms = 0;
  if (const auto point = text.find_first_of(".,"); point != std::string_view::npos) {
    const auto digits = text.substr(point + 1);
    if (!all_digits(digits)) return std::nullopt;
    for (std::size_t i = 0; i < 3; ++i)
      fraction_ms = fraction_ms * 10 + (i < digits.size() ? digits[i] - '0' : 0);
    text = text.substr(0, point);
  }
  std::int64_t seconds = 0;
  int parts = 0;
  for (bool more = true; more; ++parts) {
    const auto colon = text.find(':');
    const auto part = text.substr(0, colon);
    if (!all_digits(part) || part.size() > kDigitsMax) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : part) value = value * 10 + (c - '0');
    if (parts > 0 && value > 59) return std::nullopt;
    seconds = seconds * 60 + value;
    more = colon != std::string_view::npos;
    if (more) text.remove_prefix(colon + 1);
  }
  if (parts != 2 && parts != 3) return std::nullopt;
  return seconds * 1000 + fraction_ms;
}

/// "from --> to", whatever stands behind.
std::optional<std::pair<std::int64_t, std::int64_t>> times_of(std::string_view line) {
  line = trimmed(line);
  const auto from = take_time(line);
  line = trimmed(line);
  if (!from || !line.starts_with(kArrow)) return std::nullopt;
  line = trimmed(line.substr(kArrow.size()));
  const auto to = take_time(line);
  if (!to || (!line.empty() && kBlanks.find(line.front()) == std::string_view::npos))
    return std::nullopt;
  return std::pair(*from, *to);
}

/// Collects what is found; lines are numbered from 0.
class Reader {
 public:
  Reader(const Lines& lines, Format format) : lines_(lines), format_(format) {}
  Result<std::vector<Cue>> read() {
    FILOSCOPE_DO(format_ == Format::webvtt ? read_webvtt() : read_srt());
    std::stable_sort(cues_.begin(), cues_.end(), [](const Cue& one, const Cue& other) {
      return std::tie(one.from_ms, one.to_ms) < std::tie(other.from_ms, other.to_ms);
    });
    return std::move(cues_);
  }

 private:
  bool blank(std::size_t line) const { return trimmed(lines_[line]).empty(); }
  bool times(std::size_t line) const { return is_times(lines_[line]); }

  /// Blocks of lines between empty ones. Times stand in the first line of a cue or, behind its
  /// name, in the second; further ones begin another cue.
  Result<void> read_webvtt() {
    std::size_t at = 1;  // behind the signature
    while (at < lines_.size() && !blank(at) && !times(at)) ++at;
    while (at < lines_.size()) {
      if (blank(at)) {
        ++at;
      } else if (is_note(lines_[at])) {
        while (at < lines_.size() && !blank(at)) ++at;
      } else if (times(at)) {
        auto end = at + 1;
        while (end < lines_.size() && !blank(end) && !times(end)) ++end;
        FILOSCOPE_DO(take(at, end));
        at = end;
      } else {
        ++at;  // the name of a cue, or a line of a style or region
      }
    }
    return {};
  }

  static bool is_note(std::string_view line) {
    return line.starts_with("NOTE") && (line.size() == 4 || line[4] == ' ' || line[4] == '\t');
  }

  /// What stands between two lines of times, also with empty lines in it, but for the number right
  /// above the second.
  Result<void> read_srt() {
    std::size_t at = 0;
    while (at < lines_.size() && !times(at)) ++at;
    while (at < lines_.size()) {
      auto next = at + 1;
      while (next < lines_.size() && !times(next)) ++next;
      const bool numbered =
          next < lines_.size() && next > at + 1 && all_digits(trimmed(lines_[next - 1]));
      FILOSCOPE_DO(take(at, numbered ? next - 1 : next));
      at = next;
    }
    return {};
  }

  /// The cue whose times stand in line `at`, and its words behind it, before line `end`.
  Result<void> take(std::size_t at, std::size_t end) {
    const auto number = static_cast<std::int64_t>(at) + 1;
    const auto span = times_of(lines_[at]);
    if (!span) return Error(reason("subtitle_times_unreadable"), number);
    if (span->second < span->first) return Error(reason("subtitle_ends_before_it_begins"), number);
    std::string raw;
    for (auto line = at + 1; line < end; ++line) raw.append(lines_[line]).append("\n");
    auto text = accounts::clean_text("text", plain_text(raw, format_), accounts::Lines::many,
                                     kCueCharactersMax);
    if (!text) return Error(reason("subtitle_too_long"), number, kCueCharactersMax);
    if (text->empty() || span->first == span->second) return {};
    if (cues_.size() == kCuesMax)
      return Error(reason("subtitles_too_many_in_file"), number, kCuesMax);
    cues_.push_back({span->first, span->second, *std::move(text)});
    return {};
  }

  const Lines& lines_;
  const Format format_;
  std::vector<Cue> cues_;
};

Format format_of(const Lines& lines) {
  constexpr std::string_view kSignature = "WEBVTT";
  const auto first = lines.front();
  const auto behind = first.substr(std::min(kSignature.size(), first.size())).substr(0, 1);
  const bool whole = behind.empty() || behind == " " || behind == "\t";
  return first.starts_with(kSignature) && whole ? Format::webvtt : Format::srt;
}

std::string time_text(std::int64_t ms) {
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60,
                     ms % 1000);
}

/// '{' too, where it would begin a command of another format.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '{') {
      out += "&#123;";
    } else {
      out += c;
    }
  }
}

}  // namespace

Result<std::vector<Cue>> read_cues(std::string_view file) {
  if (file.size() > kFileBytesMax)
    return Error(reason("subtitles_too_large"), file.size(), kFileBytesMax);
  FILOSCOPE_TRY(const auto text, text_of_file(file));
  const auto lines = lines_of(text);
  FILOSCOPE_TRY(auto cues, Reader(lines, format_of(lines)).read());
  if (cues.empty()) return Error(reason("no_subtitles_in_file"));
  return cues;
}

std::string webvtt_of(std::span<const Cue> cues) {
  std::string out = "WEBVTT\n";
  for (const auto& cue : cues) {
    out += fmt::format("\n{} {} {}\n", time_text(cue.from_ms), kArrow, time_text(cue.to_ms));
    append_escaped(out, cue.text);
    out += '\n';
  }
  return out;
}

Bytes encode_cues(std::span<const Cue> cues) {
  ByteWriter out;
  out.put_varint(cues.size());
  std::int64_t before_ms = 0;
  for (const auto& cue : cues) {
    out.put_varint(static_cast<std::uint64_t>(cue.from_ms - before_ms));
    out.put_varint(static_cast<std::uint64_t>(cue.to_ms - cue.from_ms));
    out.put_text(cue.text);
    before_ms = cue.from_ms;
  }
  return out.take();
}

Result<std::vector<Cue>> decode_cues(std::span<const std::uint8_t> bytes) {
  ByteReader in(bytes);
  std::vector<Cue> cues(std::min<std::uint64_t>(in.get_varint(), kCuesMax));
  std::uint64_t at_ms = 0;
  for (auto& cue : cues) {
    at_ms += in.get_varint();
    cue.from_ms = static_cast<std::int64_t>(at_ms);
    cue.to_ms = static_cast<std::int64_t>(at_ms + in.get_varint());
    cue.text = in.get_text();
  }
  if (!in.at_end()) return Error(Code::corrupt, "subtitles are cut off or longer than they say");
  return cues;
}

}  // namespace filoscope::subtitles
