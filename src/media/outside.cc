#include "media/outside.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "media/byte_source.h"

namespace filoscope::media {
namespace {

constexpr std::int64_t kSegmentOverMs = 60'000;  // slack for the times of segments
constexpr int kSideMax = 1 << 16;
constexpr double kFpsMax = 100'000;
constexpr double kDbMax = 200;
constexpr std::int64_t kBitrateMax = 1'000'000'000;
constexpr std::int64_t kCoverBytesMax = 32 << 20;
constexpr std::size_t kNameMax = 32;
constexpr std::size_t kCodecsMax = 64;
constexpr std::size_t kPlaceholderMax = 2'000;
constexpr std::string_view kPlaceholderHead = "data:image/jpeg;base64,";
constexpr std::string_view kAlphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

bool is_within(double value, double least, double most) {
  return std::isfinite(value) && value >= least && value <= most;
}

bool is_made_of(std::string_view text, std::string_view others, std::size_t characters_max) {
  return text.size() <= characters_max && std::all_of(text.begin(), text.end(), [&](char c) {
           return kAlphanumeric.find(c) != text.npos || others.find(c) != text.npos;
         });
}

bool begins_with(const FileBytes& file, std::int64_t offset, std::string_view wanted) {
  std::array<std::uint8_t, 4> head{};
  const auto part = std::span(head).first(wanted.size());
  return file.read_at(offset, part) == std::ssize(part) &&
         std::memcmp(part.data(), wanted.data(), part.size()) == 0;
}

Error impossible(const char* what) {
  return {Code::internal, std::string("the media worker reported what cannot be: ") + what};
}

/// Segments follow the head without a gap up to the end of the file, and each other in time.
bool is_tiled(const Rendition& rendition, std::int64_t file_bytes, std::int64_t end_ms) {
  if (rendition.size_bytes != file_bytes || rendition.init_last < 0 ||
      rendition.init_last >= file_bytes || rendition.segments.empty())
    return false;
  std::int64_t next = rendition.init_last + 1;
  std::int64_t start_ms = 0;
  for (const Segment& segment : rendition.segments) {
    if (segment.offset != next || segment.size_bytes <= 0 ||
        segment.size_bytes > file_bytes - segment.offset)
      return false;
    if (segment.start_ms < start_ms || segment.start_ms > end_ms || segment.duration_ms < 0 ||
        segment.duration_ms > end_ms)
      return false;
    next += segment.size_bytes;
    start_ms = segment.start_ms;
  }
  return next == file_bytes;
}

Result<void> check_rendition(const Rendition& rendition, int fd, std::int64_t end_ms) {
  if (fd < 0) return impossible("a rendition that nobody asked for");
  const auto is_side = [](int px) { return px >= 2 && px <= kSideMax; };
  if (!is_side(rendition.width) || !is_side(rendition.height))
    return impossible("the size of a rendition");
  if (!is_within(rendition.fps, 0, kFpsMax)) return impossible("a frame rate");
  const auto is_rate = [](std::int64_t bps) { return bps >= 0 && bps <= kBitrateMax; };
  if (!is_rate(rendition.bitrate_bps) || !is_rate(rendition.peak_bps))
    return impossible("a bit rate");
  if (rendition.codecs.empty() || !is_made_of(rendition.codecs, ".,_-", kCodecsMax))
    return impossible("the codecs of a rendition");
  FILOSCOPE_TRY(const FileBytes file, FileBytes::open(fd));
  if (!is_tiled(rendition, file.size_bytes(), end_ms))
    return impossible("the segments of a rendition");
  if (!begins_with(file, 4, "ftyp")) return impossible("a rendition that is no MP4");
  return {};
}

bool is_possible(const Flashes& flashes, std::int64_t duration_ms) {
  const auto most = flashes.most_per_second;
  if (most <= kFlashesHarmless) return most >= 0 && flashes.first_ms == -1 && flashes.last_ms == -1;
  return most <= kFlashesMax && flashes.first_ms >= 0 && flashes.first_ms <= flashes.last_ms &&
         flashes.last_ms <= duration_ms;
}

/// The file that a rendition of this name was to go into; -1 when none was.
int output_of(std::string_view name, const MediaOutputs& outputs) {
  if (name == kLateName) return outputs.late;
  const auto* const at = std::find(kRenditionNames.begin(), kRenditionNames.end(), name);
  return at == kRenditionNames.end()
             ? -1
             : outputs.renditions[static_cast<std::size_t>(at - kRenditionNames.begin())];
}

Result<void> check_renditions(const MediaFacts& facts, const MediaOutputs& outputs) {
  if (facts.renditions.empty()) return impossible("a video without a rendition");
  const Rendition* before = nullptr;
  for (const Rendition& rendition : facts.renditions) {
    for (const Rendition* other = facts.renditions.data(); other != &rendition; ++other) {
      if (other->name == rendition.name) return impossible("two renditions of one name");
    }
    if (before != nullptr && before->height < rendition.height)
      return impossible("a ladder that goes up");
    before = &rendition;
    FILOSCOPE_DO(check_rendition(rendition, output_of(rendition.name, outputs),
                                 facts.duration_ms + kSegmentOverMs));
  }
  return {};
}

Result<void> check_covers(const MediaFacts& facts, const MediaOutputs& outputs) {
  if (facts.covers_count < 0 || facts.covers_count > std::ssize(outputs.covers))
    return impossible("the number of covers");
  for (int i = 0; i < facts.covers_count; ++i) {
    FILOSCOPE_TRY(const FileBytes file,
                  FileBytes::open(outputs.covers[static_cast<std::size_t>(i)]));
    if (file.size_bytes() > kCoverBytesMax || !begins_with(file, 0, "\xFF\xD8\xFF"))
      return impossible("a cover that is no JPEG");
  }
  const std::string_view placeholder = facts.placeholder;
  if (!placeholder.starts_with(kPlaceholderHead) ||
      !is_made_of(placeholder.substr(kPlaceholderHead.size()), "+/=", kPlaceholderMax))
    return impossible("a placeholder that is no JPEG");
  return {};
}

}  // namespace

Result<void> check_facts(const MediaFacts& facts, const MediaOptions& options,
                         const MediaOutputs& outputs) {
  const auto ms = facts.duration_ms;
  if (ms < 1 || ms > options.limits.duration_max_ms + kLengthOverMaxMs)
    return impossible("a length");
  if (facts.width < 1 || facts.width > kSideMax || facts.height < 1 || facts.height > kSideMax)
    return impossible("the size of the picture");
  if (!is_within(facts.fps, 0, kFpsMax)) return impossible("a frame rate");
  if (!is_within(facts.loudness_lufs, -kDbMax, kDbMax) ||
      !is_within(facts.gain_db, -kDbMax, kDbMax))
    return impossible("a loudness");
  if (facts.hdr > HdrKind::dolby_vision) return impossible("a kind of HDR");
  if (facts.frames_decoded < 0 || facts.decode_errors < 0) return impossible("a number of frames");
  for (const auto* name : {&facts.container, &facts.video_codec, &facts.audio_codec}) {
    if (!is_made_of(*name, "_", kNameMax)) return impossible("the name of a codec");
  }
  const auto seconds = static_cast<std::size_t>(ms / 1'000);
  if (facts.clip_print.frames_count() > prints::kFramesPerSecond * (seconds + 2) ||
      facts.sound_print.size() > 10 * seconds + 100)
    return impossible("the length of a print");
  if (!is_possible(facts.flashes, ms)) return impossible("the flashes");
  FILOSCOPE_DO(check_renditions(facts, outputs));
  return check_covers(facts, outputs);
}

}  // namespace filoscope::media
