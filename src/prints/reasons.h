#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::prints {

inline constexpr ErrorReason kReasons[] = {
    {"print_damaged", Code::corrupt, "what is kept to tell copies of a clip by is damaged"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::prints
