#pragma once

/// Whether bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF).

#include <string_view>

namespace filoscope {

bool is_valid_utf8(std::string_view text);
/// UTF-8 without zero bytes: what every database takes.
bool is_storable_text(std::string_view text);

}  // namespace filoscope
