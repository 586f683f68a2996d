#pragma once

/// A log record as adapters of EventStream store it.

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/log_record.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope::records {

inline constexpr std::string_view kRecordColumns =
    "position, at_ms, kind, version, person, body, reader_version";

/// REQUIRES: the row begins with kRecordColumns.
LogRecord read_record(const Row& row);

/// As EventStream::read, from the table event_log.
Result<std::vector<LogRecord>> read_records(Database& database, LogPosition after,
                                            std::size_t count_max);

}  // namespace filoscope::records
