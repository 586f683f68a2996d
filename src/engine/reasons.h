#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::engine {

inline constexpr ErrorReason kReasons[] = {
    {"feed_count_out_of_range", Code::invalid_argument, "ask for 1 to {most} items"},
    {"too_many_held_clips", Code::invalid_argument, "at most {most} held clips can be named"},
    {"too_many_shown_clips", Code::invalid_argument, "at most {most} shown clips can be named"},
    {"not_a_feed_cursor", Code::invalid_argument,
     "the cursor is not from an answer in this mode; leave it out to start anew"},
    {"no_such_event", Code::invalid_argument, "there is no event with this name"},
    {"no_such_wish_kind", Code::invalid_argument, "there is no such wish"},
    {"no_such_withdraw_kind", Code::invalid_argument,
     "that is not something that can be taken back"},

    {"engine_option_out_of_range", Code::invalid_argument,
     "{option} must lie between {least} and {most}"},
    {"engine_option_too_small", Code::invalid_argument, "{option} must be at least {least}"},
    {"snapshot_of_other_options", Code::invalid_argument,
     "the engine snapshot was made with other options (seed or limits)"},
    {"snapshot_too_new", Code::conflict,
     "a newer release wrote the engine snapshot ({part}); start that release, or a newer one"},
    {"log_record_too_new", Code::conflict,
     "the log record at position {position} (kind {kind}) has format {format}, and this program "
     "reads up to {known}; start the release that wrote it, or a newer one"},
    {"log_record_of_unknown_kind", Code::conflict,
     "the log record at position {position} is of kind {kind}, which this program does not know; "
     "start the release that wrote it, or a newer one"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::engine
