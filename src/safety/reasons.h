#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::safety {

inline constexpr ErrorReason kReasons[] = {
    {"not_what_to_do_unlooked", Code::invalid_argument,
     "safety.unlooked is \"{given}\"; give publish, limit or hold"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::safety
