#pragma once

/// Subtitle files to cues, and cues to WebVTT. Sources: W3C WebVTT (Candidate Recommendation of
/// 4 April 2019), section 6.1 for reading and 4.1 for writing; SRT as SubRip writes it and as
/// FFmpeg's libavformat/srtdec.c reads it. Threads: any.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace filoscope::subtitles {

inline constexpr std::size_t kFileBytesMax = 1 << 20;
inline constexpr std::size_t kCuesMax = 10'000;
inline constexpr std::size_t kCueCharactersMax = 500;

struct Cue {
  std::int64_t from_ms = 0, to_ms = 0;
  std::string text;  ///< plain, cleaned, lines divided by '\n'
  bool operator==(const Cue&) const = default;
};

/// In the order of their beginnings. A file that begins with WEBVTT is read as such, any other as
/// SRT. Left out: cues without words or of no length, notes, styles, regions, settings, markup.
/// Errors: invalid_argument (subtitles_too_large, subtitles_not_utf8, no_subtitles_in_file, and
/// with the number of a line: subtitle_times_unreadable, subtitle_ends_before_it_begins,
/// subtitle_too_long, subtitles_too_many_in_file).
Result<std::vector<Cue>> read_cues(std::string_view file);
/// That `read_cues` gives again.
std::string webvtt_of(std::span<const Cue> cues);

/// As they are stored.
Bytes encode_cues(std::span<const Cue> cues);
/// Errors: corrupt.
Result<std::vector<Cue>> decode_cues(std::span<const std::uint8_t> bytes);

}  // namespace filoscope::subtitles
