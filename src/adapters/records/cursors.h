#pragma once

/// The places of consumers by name, as adapters of EventStream keep them, and what each reads next.

#include <string_view>
#include <vector>

#include "ports/event_stream.h"

namespace filoscope::records {

/// The adapter's own migration makes it.
inline constexpr std::string_view kCursorsTable =
    "CREATE TABLE event_cursors (consumer TEXT PRIMARY KEY, position BIGINT NOT NULL)";

/// As the calls of EventStream, from the tables event_cursors, event_log and event_log_end.
Result<void> set_cursor(Session& session, std::string_view consumer, LogPosition position);
Result<void> move_cursor(Session& session, std::string_view consumer, LogPosition from,
                         LogPosition to);
Result<void> end_cursor(Session& session, std::string_view consumer);
Result<EventStream::Next> read_next(Database& database, std::string_view consumer,
                                    std::size_t count_max);

/// Says in the log, when the drop is committed, whom it leaves behind. Within EventStream::drop.
Result<void> tell_outrun(Session& session, LogPosition up_to);

}  // namespace filoscope::records
