#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::visual {

inline constexpr ErrorReason kReasons[] = {
    {"crop_outside", Code::invalid_argument,
     "the part must lie inside the picture; give its left and upper edge, its width and its height "
     "as shares of the picture's sides, between 0 and 1"},
    {"crop_too_small", Code::invalid_argument,
     "the part is too small to be looked at; take at least a fiftieth of each side"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::visual
