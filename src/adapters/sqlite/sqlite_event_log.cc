#include "adapters/sqlite/sqlite_event_log.h"

#include <algorithm>
#include <array>
#include <string>

#include "adapters/records/cursors.h"
#include "adapters/records/record_row.h"
#include "adapters/records/stream_hub.h"
#include "adapters/sqlite/sqlite_session.h"
#include "ports/reasons.h"

namespace filoscope {

using sqlite::SqliteSession;

namespace {

constexpr std::array kMigrations = {
    Migration{1, R"(
  CREATE TABLE event_log (
    position INTEGER PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    kind INTEGER NOT NULL,
    version INTEGER NOT NULL,
    person BIGINT NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX event_log_person ON event_log (person) WHERE person <> 0;
  CREATE TABLE event_log_floor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL,
    at_ms BIGINT NOT NULL
  );
)"},
    Migration{2, "ALTER TABLE event_log ADD COLUMN reader_version INTEGER NOT NULL DEFAULT 1"},
    Migration{3, R"(
  CREATE TABLE event_log_end (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL,
    at_ms BIGINT NOT NULL
  );
  INSERT INTO event_log_end (id, position, at_ms) VALUES (1, 0, 0);
  UPDATE event_log_end SET (position, at_ms) = (
    SELECT position, at_ms FROM (
      SELECT 0 AS position, 0 AS at_ms
      UNION ALL SELECT position, at_ms FROM event_log_floor
      UNION ALL SELECT * FROM (SELECT position, at_ms FROM event_log ORDER BY position DESC LIMIT 1)
    ) ORDER BY position DESC LIMIT 1);
  DROP TABLE event_log_floor;
)"},
    Migration{4, records::kCursorsTable}};

/// The end of the log as the session's transaction sees it: a row, so that what is dropped never
/// moves it, and what is undone gives its positions back.
struct End {
  LogPosition position = 0;
  std::int64_t at_ms = 0;
};

Result<End> find_end(Session& session) {
  End end;
  FILOSCOPE_DO(session.query("SELECT position, at_ms FROM event_log_end WHERE id = 1", {},
                             [&](const Row& row) {
                               end = {row.integer(0), row.integer(1)};
                             }));
  return end;
}

SqliteSession& own(Session& session) {
  auto* found = dynamic_cast<SqliteSession*>(&session);
  FILOSCOPE_CHECK(found != nullptr);
  return *found;
}

class SqliteEventLog final : public EventLog {
 public:
  explicit SqliteEventLog(Database& database)
      : database_(database),
        hub_([this](LogPosition after, std::size_t count) { return read(after, count); }) {}

  Result<OutboxToken> append(Session& session, std::span<const LogRecord> records) override;
  Result<std::vector<LogRecord>> read(LogPosition after, std::size_t count_max) override {
    return records::read_records(database_, after, count_max);
  }
  Result<LogPosition> last_position() override;
  Result<std::optional<LogRecord>> find(OutboxToken token) override;
  Result<OutboxToken> first_token(LogPosition after) override;
  std::unique_ptr<Subscription> subscribe(std::string_view consumer, LogPosition after,
                                          Awaited awaited, Take take) override {
    return hub_.subscribe(consumer, after, awaited, std::move(take));
  }
  bool keeps_up() const override { return hub_.keeps_up(); }
  Result<Next> read_next(std::string_view consumer, std::size_t count_max) override {
    return records::read_next(database_, consumer, count_max);
  }
  Result<void> set_cursor(Session& session, std::string_view consumer,
                          LogPosition position) override {
    return records::set_cursor(session, consumer, position);
  }
  Result<void> move_cursor(Session& session, std::string_view consumer, LogPosition from,
                           LogPosition to) override {
    return records::move_cursor(session, consumer, from, to);
  }
  Result<void> end_cursor(Session& session, std::string_view consumer) override {
    return records::end_cursor(session, consumer);
  }
  Result<Blanked> blank(Session& session, PersonKey person, LogPosition up_to,
                        std::int64_t count_max, std::uint16_t spared_kind) override;
  Result<std::int64_t> blank_kind(Session& session, std::uint16_t kind, LogPosition after,
                                  LogPosition up_to) override {
    return session.execute(
        "UPDATE event_log SET body = x'' WHERE position > ? AND position <= ? AND kind = ? AND "
        "length(body) > 0",
        {after, up_to, kind});
  }
  Result<OutboxToken> drop(Session& session, LogPosition up_to) override;

 private:
  Result<void> insert(SqliteSession& session, std::span<LogRecord> records, End& end);

  Database& database_;
  records::Hub hub_;
};

/// One transaction runs at a time here: the token is the position.
Result<OutboxToken> SqliteEventLog::append(Session& session, std::span<const LogRecord> records) {
  for (const auto& record : records) {
    if (record.body.size() > kEventBodyBytesMax) {
      return Error(ports::reason("log_record_too_large"), record.body.size(), kEventBodyBytesMax);
    }
  }
  if (records.empty()) return OutboxToken{0};
  FILOSCOPE_TRY(End end, find_end(session));
  std::vector<LogRecord> stored(records.begin(), records.end());
  FILOSCOPE_DO(insert(own(session), stored, end));
  own(session).when_stored([this, stored = std::move(stored)] { hub_.announce(stored); });
  session.wait_after_commit([this, last = end.position] {
    hub_.wait_taken(last, hub_.keeps_up() ? kTakenWaitMs : kBehindWaitMs);
  });
  return end.position;
}

Result<void> SqliteEventLog::insert(SqliteSession& session, std::span<LogRecord> records,
                                    End& end) {
  FILOSCOPE_TRY(auto insert, session.connection().prepare(
                                 "INSERT INTO event_log (position, at_ms, kind, version, person, "
                                 "body, reader_version) VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (auto& record : records) {
    record.position = ++end.position;
    record.at_ms = end.at_ms = std::max(end.at_ms, record.at_ms);
    insert.bind(1, record.position);
    insert.bind(2, record.at_ms);
    insert.bind(3, std::int64_t{record.kind});
    insert.bind(4, std::int64_t{record.version});
    insert.bind(5, record.person.db());
    insert.bind(6, std::span<const std::uint8_t>(record.body));
    insert.bind(7, std::int64_t{record.reader_version});
    FILOSCOPE_DO(insert.step());
    insert.reset();
  }
  FILOSCOPE_DO(session.execute("UPDATE event_log_end SET position = ?, at_ms = ? WHERE id = 1",
                               {end.position, end.at_ms}));
  return {};
}

Result<std::optional<LogRecord>> SqliteEventLog::find(OutboxToken token) {
  FILOSCOPE_TRY(auto records, read(token - 1, 1));
  if (records.empty() || records.front().position != token) return std::optional<LogRecord>();
  return std::optional(std::move(records.front()));
}

Result<OutboxToken> SqliteEventLog::first_token(LogPosition after) {
  FILOSCOPE_TRY(const auto records, read(after, 1));
  return records.empty() ? OutboxToken{0} : records.front().position;
}

Result<LogPosition> SqliteEventLog::last_position() {
  LogPosition last = 0;
  FILOSCOPE_DO(database_.read([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const End end, find_end(session));
    last = end.position;
    return {};
  }));
  return last;
}

Result<EventStream::Blanked> SqliteEventLog::blank(Session& session, PersonKey person,
                                                   LogPosition up_to, std::int64_t count_max,
                                                   std::uint16_t spared_kind) {
  if (!person) return Blanked();
  auto& connection = own(session).connection();
  // Erased means erased: what is freed is overwritten with zeros, here regardless of the cost.
  FILOSCOPE_DO(connection.control("PRAGMA secure_delete = ON"));
  const auto count = session.execute(
      "UPDATE event_log SET body = x'' WHERE position IN (SELECT position FROM event_log WHERE "
      "person = ? AND person <> 0 AND position <= ? AND kind <> ? AND length(body) > 0 LIMIT ?)",
      {person.db(), up_to, spared_kind, count_max});
  FILOSCOPE_DO(connection.control("PRAGMA secure_delete = FAST"));
  own(session).erase_everywhere();
  Blanked blanked;
  FILOSCOPE_TRY(blanked.count, count);
  FILOSCOPE_DO(session.query(
      "SELECT 1 FROM event_log WHERE person = ? AND person <> 0 AND position > ? AND kind <> ? AND "
      "length(body) > 0 LIMIT 1",
      {person.db(), up_to, spared_kind}, [&](const Row&) { blanked.left = true; }));
  return blanked;
}

Result<OutboxToken> SqliteEventLog::drop(Session& session, LogPosition up_to) {
  FILOSCOPE_DO(records::tell_outrun(session, up_to));
  FILOSCOPE_TRY(const auto count,
                session.execute("DELETE FROM event_log WHERE position <= ?", {up_to}));
  return count > 0 ? up_to : OutboxToken{0};
}

}  // namespace

std::span<const Migration> sqlite_event_log_migrations() { return kMigrations; }

Result<std::unique_ptr<EventLog>> open_sqlite_event_log(Database& database) {
  FILOSCOPE_DO(database.migrate("event_log", kMigrations));
  return std::unique_ptr<EventLog>(std::make_unique<SqliteEventLog>(database));
}

}  // namespace filoscope
