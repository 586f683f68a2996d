#pragma once

/// The one grammar of what people write: which parts of a caption, a comment or a bio are hashtags
/// and mentions. Everything that shows or stores them uses this result. accounts::kTextVersion
/// rises when it changes. Threads: any.
///
/// Hashtags are extended hashtag identifiers (UTS #31 section 6, UAX31-R8) in this profile: begun
/// by
/// #, ＃ or ﹟; ID_Continue and pictographs; inside also the middle dots of Catalan and Katakana,
/// Hebrew geresh and gershayim, Tibetan tsheg, and joiners where they show; no + and -, as
/// elsewhere on the web. At least one letter, digit or pictograph. No letter may stand before, but
/// for the end of another hashtag and scripts that write without spaces (今天#北京#美食).
///
/// Mentions are @ or ＠ and a handle. No letter may stand before, with the same exception
/// (今日は@maria), so that no part of an e-mail address is one; none behind either, but of such
/// scripts (@mariaさん), nor another @ (@maria@example.org lives elsewhere). Dots at the end are
/// the sentence's.
///
/// Addresses (https://…, www.…, example.org/…) hold neither.

#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"

namespace filoscope::catalog {

struct Span {
  enum class Kind { hashtag, mention };
  Kind kind = Kind::hashtag;
  std::size_t begin = 0, end = 0;  ///< bytes of UTF-8, with the sign
  std::string value;               ///< a hashtag folded, a handle as typed; without the sign
};

/// In order, not overlapping. O(text).
std::vector<Span> spans_of(std::string_view text);

struct CaptionParts {
  std::vector<std::string> hashtags;  ///< folded, unique
  std::vector<std::string> mentions;  ///< as typed, unique
};
CaptionParts parse_caption(std::string_view caption);

/// A caption as it is stored. Errors: invalid_argument (not UTF-8, too long when clean).
Result<std::string> clean_caption(const Config& config, std::string_view caption);

}  // namespace filoscope::catalog
