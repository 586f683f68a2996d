#pragma once

/// Why this adapter refuses or fails, beside ports/reasons.h (docs/problems.md).

#include "base/reason.h"

namespace filoscope::sqlite {

inline constexpr ErrorReason kReasons[] = {
    {"database_locked", Code::unavailable,
     "another program has the database locked; close it or try again"},
    {"database_disk_failed", Code::unavailable,
     "the disk under the database failed ({detail}, {problem})"},
    {"database_not_opened", Code::unavailable,
     "the database cannot be opened: {detail}, {problem}"},
    {"database_file_too_new", Code::conflict, "{path} was made by a newer version of this program"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::sqlite
