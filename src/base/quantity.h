#pragma once

/// Numbers as a person reads them. The web app says sizes the same way (`i18n.size`).

#include <cstdint>
#include <string>
#include <utility>

namespace filoscope {

/// "999 bytes", "12 kB", "8.4 MB", "2.15 GB": powers of ten, as phones and disks count.
std::string size_text(std::int64_t bytes);

/// Two different sizes that do not read the same: where rounding makes them equal, both in bytes.
std::pair<std::string, std::string> sizes_apart(std::int64_t bytes, std::int64_t others);

/// "9.5 s", "12 min 4 s", "2 h 5 min".
std::string duration_text(std::int64_t ms);

/// Two different durations that do not read the same: where rounding makes them equal, to the
/// millisecond.
std::pair<std::string, std::string> durations_apart(std::int64_t ms, std::int64_t others_ms);

}  // namespace filoscope
