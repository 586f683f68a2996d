#pragma once

/// The words of a cue without the markup of its format. Sources: W3C WebVTT, sections 4.2.2 and
/// 6.4 (tags, timestamps and character references in cue text); HTML, section 13.5, of whose names
/// those that WebVTT lists; for SRT, which has no standard, what FFmpeg's
/// libavcodec/htmlsubtitles.c knows: HTML's simplest tags, and commands of ASS in braces. Threads:
/// any.

#include <string>
#include <string_view>

namespace filoscope::subtitles {

enum class Format { webvtt, srt };

/// `text` is UTF-8, its lines divided by '\n'. Of WebVTT every tag goes, of SRT those that are
/// known: elsewhere it has "a < b". What is no tag and no reference stays as it is. O(text).
std::string plain_text(std::string_view text, Format format);

}  // namespace filoscope::subtitles
