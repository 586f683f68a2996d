#pragma once

/// The text of a subtitle file, whatever saved it. Sources: RFC 3629 (UTF-8), RFC 2781 (UTF-16);
/// W3C WebVTT, section 4.1 (what ends a line). Threads: any.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace filoscope::subtitles {

/// UTF-8 without its byte order mark; UTF-16 that begins with one is converted, half a surrogate
/// pair becomes U+FFFD. Errors: subtitles_not_utf8, with the first line that is not.
Result<std::string> text_of_file(std::string_view bytes);
/// One character in UTF-8. REQUIRES: c is a Unicode scalar value.
void append_utf8(std::string& text, char32_t c);
/// Divided at CR LF, LF and CR, which are left out. `text` outlives them.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace filoscope::subtitles
