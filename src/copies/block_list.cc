#include "copies/block_list.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "accounts/text.h"
#include "base/crypto.h"
#include "catalog/sound_match.h"
#include "copies/reasons.h"
#include "prints/reasons.h"

namespace filoscope::copies {
namespace {

constexpr std::array<std::string_view, 3> kKindNames{"clip", "picture", "sound"};
constexpr std::size_t kLikelyMax = 16;
/// Of 256 bits, and for how many frames of a fifth of a second.
constexpr int kPictureBits = 12;
constexpr std::size_t kPictureFrames = 3;
constexpr std::size_t kFields = 4;
/// A field that begins so would be run by a spreadsheet; an apostrophe stands before it.
constexpr std::string_view kRun = "=+-@";
constexpr std::string_view kHeader = "kind,reason,created,print";
constexpr std::size_t kSoundValuesMax = 12'000;  ///< twenty minutes

bool shows(const prints::ClipPrint& print, const prints::FrameHash& picture) {
  const auto turned = prints::mirrored(picture);
  for (const auto& view : print.views) {
    const auto frames = std::ranges::count_if(view.looks, [&](const prints::FrameHash& look) {
      return !prints::is_none(look) && std::min(prints::distance(look, picture),
                                                prints::distance(look, turned)) <= kPictureBits;
    });
    if (static_cast<std::size_t>(frames) >= std::min(kPictureFrames, view.looks.size()))
      return true;
  }
  return false;
}

/// REQUIRES: not empty.
void put_field(std::string& csv, std::string_view text) {
  csv += '"';
  if (kRun.find(text.front()) != std::string_view::npos) csv += '\'';
  for (const char c : text) csv += c == '"' ? std::string("\"\"") : std::string(1, c);
  csv += '"';
}

/// One record of RFC 4180 from the front; `lines` counts what was passed. Nothing where a quote is
/// not closed, or something stands behind one.
std::optional<std::vector<std::string>> take_record(std::string_view& csv, std::int64_t& lines) {
  std::vector<std::string> fields(1);
  bool quoted = false, closed = false;
  while (!csv.empty()) {
    const char c = csv.front();
    csv.remove_prefix(1);
    if (c == '\n') ++lines;
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (!csv.empty() && csv.front() == '"') {
        fields.back() += '"', csv.remove_prefix(1);
      } else {
        quoted = false, closed = true;
      }
    } else if (c == '\n') {
      return fields;
    } else if (c == ',') {
      if (fields.size() == kFields) return std::nullopt;
      fields.emplace_back(), closed = false;
    } else if (c == '"' && fields.back().empty() && !closed) {
      quoted = true;
    } else if (c != '\r') {
      if (closed || c == '"') return std::nullopt;
      fields.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  return fields;
}

Result<CsvLine> line_of(const std::vector<std::string>& fields, std::int64_t line) {
  const auto wrong = [line](const char* problem) {
    return Error(reason("block_list_line_wrong"), line, problem);
  };
  if (fields.size() != kFields) return wrong("it has not four fields");
  CsvLine out;
  const auto kind = parse_blocked_kind(fields[0]);
  if (!kind) return wrong("the kind is none of clip, picture and sound");
  out.kind = *kind, out.reason = fields[1];
  if (out.reason.size() > 1 && out.reason[0] == '\'' &&
      kRun.find(out.reason[1]) != std::string_view::npos)
    out.reason.erase(0, 1);
  const auto why = accounts::clean_name("reason", out.reason, kReasonCharactersMax);
  if (!why || why->empty()) return wrong("the reason is empty, too long or no UTF-8");
  out.reason = *why;
  const auto& created = fields[2];
  const auto [end, problem] =
      std::from_chars(created.data(), created.data() + created.size(), out.created_ms);
  if (problem != std::errc{} || end != created.data() + created.size() || out.created_ms < 0)
    return wrong("the time is no number of milliseconds");
  auto print = crypto::from_base64(fields[3]);
  if (!print || !decode_blocked(*kind, *print)) return wrong("the print is damaged");
  out.print = *std::move(print);
  return out;
}

}  // namespace

std::string_view to_string(BlockedKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<BlockedKind> parse_blocked_kind(std::string_view name) {
  const auto* found = std::ranges::find(kKindNames, name);
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<BlockedKind>(found - kKindNames.begin());
}

BlockedKind kind_of(const BlockedPrint& print) { return static_cast<BlockedKind>(print.index()); }

Bytes encode(const BlockedPrint& print) {
  if (const auto* clip = std::get_if<prints::ClipPrint>(&print)) return prints::encode(*clip);
  if (const auto* picture = std::get_if<prints::FrameHash>(&print))
    return prints::encode(prints::IndexEntry{*picture});
  ByteWriter out;
  out.put_array(std::span<const std::uint32_t>(std::get<std::vector<std::uint32_t>>(print)));
  return out.take();
}

Result<BlockedPrint> decode_blocked(BlockedKind kind, std::span<const std::uint8_t> bytes) {
  if (kind == BlockedKind::clip) {
    FILOSCOPE_TRY(auto clip, prints::decode_print(bytes));
    if (clip.frames_count() == 0) return Error(prints::reason("print_damaged"));
    return BlockedPrint(std::move(clip));
  }
  if (kind == BlockedKind::picture) {
    FILOSCOPE_TRY(const auto hashes, prints::decode_entry(bytes));
    if (hashes.size() != 1 || prints::is_none(hashes[0]))
      return Error(prints::reason("print_damaged"));
    return BlockedPrint(hashes[0]);
  }
  ByteReader in(bytes);
  auto values = in.get_array<std::uint32_t>();
  if (!in.at_end() || values.size() > kSoundValuesMax || catalog::lookup_values(values).empty())
    return Error(prints::reason("print_damaged"));
  return BlockedPrint(std::move(values));
}

void BlockList::put(BlockedId id, const BlockedPrint& print) {
  if (const auto* clip = std::get_if<prints::ClipPrint>(&print))
    return clips_.put(id.value, prints::index_entry(*clip));
  const std::unique_lock lock(mutex_);
  if (const auto* picture = std::get_if<prints::FrameHash>(&print)) pictures_[id] = *picture;
  const auto* sound = std::get_if<std::vector<std::uint32_t>>(&print);
  if (sound == nullptr) return;
  sounds_[id] = *sound;
  for (const auto value : catalog::lookup_values(*sound)) by_value_[value].push_back(id);
}

void BlockList::erase(BlockedId id) {
  clips_.erase(id.value);
  const std::unique_lock lock(mutex_);
  pictures_.erase(id);
  const auto sound = sounds_.find(id);
  if (sound == sounds_.end()) return;
  for (const auto value : catalog::lookup_values(sound->second)) std::erase(by_value_[value], id);
  sounds_.erase(sound);
}

std::vector<BlockedId> BlockList::shown_or_heard(const prints::ClipPrint& print,
                                                 SoundPrint sound) const {
  std::vector<BlockedId> out;
  const std::shared_lock lock(mutex_);
  for (const auto& [id, picture] : pictures_)
    if (shows(print, picture)) out.push_back(id);
  std::set<BlockedId> likely;
  for (const auto value : catalog::lookup_values(sound))
    if (const auto at = by_value_.find(value); at != by_value_.end())
      likely.insert(at->second.begin(), at->second.end());
  for (const auto id : likely) {
    const auto& known = sounds_.at(id);
    if (catalog::is_part_of(sound, known) || catalog::is_part_of(known, sound)) out.push_back(id);
  }
  return out;
}

std::vector<BlockedId> BlockList::likely_clips(const prints::ClipPrint& print) const {
  std::vector<BlockedId> out;
  const auto near = clips_.near(print, kLikelyMax);
  for (const auto& one : near) out.push_back(BlockedId{one.key});
  return out;
}

std::string to_csv(std::span<const CsvLine> lines) {
  std::string csv(kHeader);
  csv += "\r\n";
  for (const CsvLine& line : lines) {
    csv += to_string(line.kind);
    csv += ',';
    put_field(csv, line.reason);
    csv += ',' + std::to_string(line.created_ms) + ',' + crypto::base64(line.print) + "\r\n";
  }
  return csv;
}

Result<std::vector<CsvLine>> from_csv(std::string_view csv) {
  std::vector<CsvLine> out;
  std::int64_t lines = 0;
  for (bool first = true; !csv.empty(); first = false) {
    const auto line = lines + 1;
    const auto fields = take_record(csv, lines);
    if (!fields)
      return Error(reason("block_list_line_wrong"), line,
                   "a quote is not closed, or there are more than four fields");
    if (first && fields->at(0) == "kind") continue;
    if (fields->size() == 1 && fields->at(0).empty()) continue;
    FILOSCOPE_TRY(auto one, line_of(*fields, line));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace filoscope::copies
