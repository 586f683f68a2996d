#pragma once

/// What a key may be, and where its file lies. Internal to this adapter. Pure.

#include <string>
#include <string_view>

#include "base/result.h"

namespace filoscope::files {

inline constexpr std::size_t kKeyMax = 200;

/// `[a-z0-9/._-]`, 1 to 200 characters, parts between '/' neither empty nor "." nor holding "..".
/// Errors: invalid_argument, naming the rule.
Result<void> check_key(std::string_view key);
/// As above, for the beginning of a key: may be empty, and end in the middle of a part.
Result<void> check_prefix(std::string_view prefix);

/// The path below `objects/` and back; nothing for a name that is no blob's.
std::string path_of_key(std::string_view key);
std::string_view key_of_path(std::string_view path);

}  // namespace filoscope::files
