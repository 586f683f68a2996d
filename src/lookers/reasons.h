#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::lookers {

inline constexpr ErrorReason kReasons[] = {
    {"picture_breaks_reader", Code::invalid_argument,
     "reading this picture broke off; save it again as JPEG and try with that"},
    {"picture_takes_too_long", Code::invalid_argument,
     "reading this picture takes too long; save it smaller and try with that"},
    {"looking_busy", Code::unavailable,
     "too many pictures are being looked at right now; try again in a moment", 3},
    {"model_not_there", Code::unavailable,
     "what pictures were compared by is not there any more; it is being replaced, try again later",
     60},
    {"looker_not_started", Code::unavailable,
     "the process that looks at pictures could not be started: {problem}"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::lookers
