#pragma once

/// A log record as adapters of EventStream store it.

#include <string_view>

#include "base/log_record.h"
#include "ports/database.h"

namespace filoscope::records {

inline constexpr std::string_view kRecordColumns =
    "position, at_ms, kind, version, person, body, reader_version";

/// REQUIRES: the row begins with kRecordColumns.
LogRecord read_record(const Row& row);

}  // namespace filoscope::records
