#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::subtitles {

inline constexpr ErrorReason kReasons[] = {
    {"no_such_subtitles", Code::not_found, "this video has no subtitles in this language"},
    {"subtitles_without_language", Code::invalid_argument,
     "say which language the subtitles are in, such as \"en\" or \"pt-BR\""},
    {"too_many_subtitles", Code::conflict,
     "this video has subtitles in {most} languages, which is the most; take one away first"},
    {"subtitles_too_large", Code::invalid_argument,
     "the file has {size:bytes}; subtitles may have at most {most:bytes}"},
    {"subtitles_not_utf8", Code::invalid_argument,
     "line {line} is not text in UTF-8; open the file in a text editor, save it with the encoding "
     "UTF-8, and choose it again"},
    {"no_subtitles_in_file", Code::invalid_argument,
     "there are no subtitles in this file; WebVTT (.vtt) and SRT (.srt) are read"},
    {"subtitle_times_unreadable", Code::invalid_argument,
     "line {line}: these times cannot be read; they look like 00:01:02.500 --> 00:01:04.000"},
    {"subtitle_ends_before_it_begins", Code::invalid_argument,
     "line {line}: this subtitle ends before it begins"},
    {"subtitle_too_long", Code::invalid_argument,
     "line {line}: this subtitle has more than {most} characters; divide it"},
    {"subtitles_too_many_in_file", Code::invalid_argument,
     "line {line}: the subtitles before it are {most}, which is the most"},
    {"subtitles_behind_end", Code::invalid_argument,
     "all of these subtitles begin after the video is over, which is {duration:ms} long; they may "
     "belong to another one"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::subtitles
