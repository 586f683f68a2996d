#include "adapters/records/cursors.h"

#include <optional>
#include <string>
#include <utility>

#include "adapters/records/record_row.h"
#include "base/log.h"
#include "ports/reasons.h"

namespace filoscope::records {
namespace {

Result<LogPosition> find_cursor(Session& session, std::string_view consumer) {
  std::optional<LogPosition> found;
  FILOSCOPE_DO(session.query("SELECT position FROM event_cursors WHERE consumer = ?",
                             {std::string(consumer)},
                             [&](const Row& row) { found = row.integer(0); }));
  if (!found) return Error(ports::reason("no_such_cursor"), consumer);
  return *found;
}

Result<LogPosition> find_end(Session& session) {
  LogPosition end = 0;
  FILOSCOPE_DO(session.query("SELECT position FROM event_log_end WHERE id = 1", {},
                             [&](const Row& row) { end = row.integer(0); }));
  return end;
}

}  // namespace

Result<void> set_cursor(Session& session, std::string_view consumer, LogPosition position) {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO event_cursors (consumer, position) VALUES (?, ?) ON CONFLICT (consumer) DO "
      "UPDATE SET position = excluded.position",
      {std::string(consumer), position}));
  return {};
}

Result<void> move_cursor(Session& session, std::string_view consumer, LogPosition from,
                         LogPosition to) {
  FILOSCOPE_TRY(const auto at, find_cursor(session, consumer));
  if (at != from) return Error(ports::reason("cursor_moved"), consumer, at, from);
  return set_cursor(session, consumer, to);
}

Result<void> end_cursor(Session& session, std::string_view consumer) {
  FILOSCOPE_DO(
      session.execute("DELETE FROM event_cursors WHERE consumer = ?", {std::string(consumer)}));
  return {};
}

/// Positions have no gaps: what does not follow the cursor at once stands behind what was dropped.
Result<EventStream::Next> read_next(Database& database, std::string_view consumer,
                                    std::size_t count_max) {
  FILOSCOPE_CHECK(count_max > 0);
  EventStream::Next next;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(next.after, find_cursor(session, consumer));
    FILOSCOPE_TRY(next.records, read_records(database, next.after, count_max));
    FILOSCOPE_TRY(const auto end, find_end(session));
    const auto first = next.records.empty() ? end + 1 : next.records.front().position;
    if (first <= next.after + 1) return {};
    return Error(ports::reason("cursor_outrun"), consumer, next.after, first);
  }));
  return next;
}

Result<void> tell_outrun(Session& session, LogPosition up_to) {
  std::vector<std::pair<std::string, LogPosition>> outrun;
  FILOSCOPE_DO(
      session.query("SELECT consumer, position FROM event_cursors WHERE position < ?", {up_to},
                    [&](const Row& row) { outrun.emplace_back(row.text(0), row.integer(1)); }));
  if (outrun.empty()) return {};
  session.on_commit([outrun = std::move(outrun), up_to] {
    for (const auto& [consumer, position] : outrun) {
      log::warn("stream.cursor_outrun",
                {{"consumer", consumer}, {"after", position}, {"up_to", up_to}});
    }
  });
  return {};
}

}  // namespace filoscope::records
