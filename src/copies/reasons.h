#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::copies {

inline constexpr ErrorReason kReasons[] = {
    {"blocked_without_reason", Code::invalid_argument, "say why it is blocked"},
    {"no_such_blocked", Code::not_found, "there is no such entry in the block list"},
    {"no_print_to_block", Code::invalid_argument,
     "nothing is known of this video to tell copies by; it may have no sound, or come from an "
     "earlier release"},
    {"sound_too_plain_to_block", Code::invalid_argument,
     "there is too little to hear in this sound to tell it from others"},
    {"picture_too_plain_to_block", Code::invalid_argument,
     "there is too little to see on this picture to tell it from others"},
    {"block_list_full", Code::exhausted,
     "the block list is full ({max} entries); take some away first"},
    {"block_list_line_wrong", Code::invalid_argument,
     "line {line} of the list cannot be read: {problem}; nothing was taken over"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::copies
