#pragma once

/// Bytes with the name of their format before them and a checksum behind, so that what is damaged
/// or of another release is told before it is used.

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace filoscope::vision {

Bytes seal(std::string_view format, std::span<const std::uint8_t> body);
/// The body inside `file`. Errors: corrupt (another format, cut off, changed).
Result<std::span<const std::uint8_t>> unseal(std::string_view format,
                                             std::span<const std::uint8_t> file);

}  // namespace filoscope::vision
