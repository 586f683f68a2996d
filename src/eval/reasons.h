#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::eval {

inline constexpr ErrorReason kReasons[] = {
    {"eval_file_not_read", Code::not_found, "{file}: {problem}"},
    {"eval_line_malformed", Code::invalid_argument, "{file}, line {line}: {problem}"},
    {"eval_file_malformed", Code::invalid_argument, "{file}: {problem}"},
    {"eval_option_wrong", Code::invalid_argument, "{option}: {problem}"},
    {"eval_nothing_to_measure", Code::invalid_argument, "there is nothing to measure: {problem}"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::eval
