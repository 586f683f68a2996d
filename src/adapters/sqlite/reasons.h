#pragma once

/// Why this adapter refuses or fails (docs/problems.md).

#include "base/reason.h"

namespace filoscope::sqlite {

inline constexpr ErrorReason kReasons[] = {
    {"contradicts_stored", Code::conflict, "this contradicts what is stored ({detail})"},
    {"change_not_stored", Code::unavailable, "the change could not be stored; try again"},
    {"too_many_changes_wait", Code::exhausted,
     "too many changes wait to be stored (the most is {most}); try again in a moment"},
    {"database_busy", Code::unavailable,
     "the database was busy with other reads for {waited} ms; try again"},
    {"database_locked", Code::unavailable,
     "another program has the database locked; close it or try again"},
    {"database_too_slow", Code::deadline, "the database took too long"},
    {"database_value_too_long", Code::invalid_argument,
     "a text or block is too long for the database"},
    {"log_record_too_large", Code::invalid_argument,
     "an event has {size} bytes; the most is {most}"},
    {"database_disk_failed", Code::unavailable,
     "the disk under the database failed ({detail}, {problem})"},
    {"database_not_opened", Code::unavailable,
     "the database cannot be opened: {detail}, {problem}"},
    {"database_file_too_new", Code::conflict, "{path} was made by a newer version of this program"},
    {"database_tables_too_new", Code::conflict,
     "the database was made by a newer version of this program ({module} is at {version}, this one "
     "knows {known})"},
    {"migration_changed", Code::conflict,
     "migration {version} of {module} was changed after it was applied; add a new one instead"},
};

consteval ErrorReason reason(std::string_view word) { return find_reason(kReasons, word); }

}  // namespace filoscope::sqlite
