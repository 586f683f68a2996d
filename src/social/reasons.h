#pragma once

/// Why this module refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::social {

inline constexpr ErrorReason kReasons[] = {
    {"no_such_comment", Code::not_found, "there is no such comment"},
    {"comment_empty", Code::invalid_argument, "write something"},
    {"comment_delete_denied", Code::denied,
     "only its author and the video's author can delete a comment"},
    {"too_many_comments", Code::exhausted,
     "you wrote {count} comments in a minute, which is the most; wait a little", 60},
    {"not_one_report", Code::invalid_argument,
     "name one thing to report: a video, a person or a comment"},
    {"report_reason_missing", Code::invalid_argument, "say what is wrong with it"},
    {"too_many_reports", Code::exhausted,
     "you sent {count} reports in 24 hours, which is the most; try tomorrow", 24 * 3600},
    {"no_such_notification_kind", Code::invalid_argument, "there is no such kind of notification"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::social
