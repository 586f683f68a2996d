#pragma once

/// Why this module refuses (docs/problems.md).

#include "base/reason.h"

namespace filoscope::simulate {

inline constexpr ErrorReason kReasons[] = {
    {"simulation_number_out_of_range", Code::invalid_argument,
     "{option} is {value}; it goes from {least} to {most}"},
    {"simulation_arm_unknown", Code::invalid_argument,
     "--arms: there is no arm \"{name}\"; there are {names}"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::simulate
