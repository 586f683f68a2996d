#pragma once

/// Request targets: percent-encoding (RFC 3986), query strings, paths. Pure functions.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace filoscope::api {

inline constexpr std::size_t kTargetCharactersMax = 8000;
inline constexpr std::size_t kQueryFieldsMax = 64;

/// Nothing for a broken escape or a NUL. `plus_is_space` as in forms.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);  ///< all but unreserved characters

struct Target {
  std::string_view path;   ///< as sent, begins with '/'
  std::string_view query;  ///< as sent, without '?'
};
/// Origin form and absolute form (RFC 9112 section 3.2). Nothing when neither.
std::optional<Target> split_target(std::string_view target);

using Fields = std::map<std::string, std::string, std::less<>>;
/// Nothing for a broken escape or more than kQueryFieldsMax fields. The last of equal names wins.
std::optional<Fields> parse_query(std::string_view query);

}  // namespace filoscope::api
