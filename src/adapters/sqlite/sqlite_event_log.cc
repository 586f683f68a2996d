#include "adapters/sqlite/sqlite_event_log.h"

#include <algorithm>
#include <array>
#include <string>

#include "adapters/sqlite/reasons.h"
#include "adapters/sqlite/sqlite_session.h"

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
    Migration{2, "ALTER TABLE event_log ADD COLUMN reader_version INTEGER NOT NULL DEFAULT 1"}};

/// The end of the log as the session's transaction sees it. The table itself is the counter, so an
/// undone savepoint gives its positions back without any bookkeeping.
struct End {
  LogPosition position = 0;
  std::int64_t at_ms = 0;
};

Result<End> find_end(Session& session) {
  End end;
  bool found = false;
  const auto take = [&](const Row& row) {
    end = {row.integer(0), row.integer(1)};
    found = true;
  };
  FILOSCOPE_DO(session.query("SELECT position, at_ms FROM event_log ORDER BY position DESC LIMIT 1",
                             {}, take));
  if (!found) {
    FILOSCOPE_DO(
        session.query("SELECT position, at_ms FROM event_log_floor WHERE id = 1", {}, take));
  }
  return end;
}

SqliteSession& own(Session& session) {
  auto* found = dynamic_cast<SqliteSession*>(&session);
  FILOSCOPE_CHECK(found != nullptr);
  return *found;
}

class SqliteEventLog final : public EventLog {
 public:
  explicit SqliteEventLog(Database& database) : database_(database) {}

  Result<LogPosition> append(Session& session, std::span<LogRecord> records) override;
  void subscribe(Subscriber subscriber) override {
    FILOSCOPE_CHECK(!subscriber_);  // the one consumer
    subscriber_ = std::move(subscriber);
  }
  Result<std::vector<LogRecord>> read(LogPosition after, std::size_t count_max) override;
  Result<LogPosition> last_position() override;
  Result<void> blank(Session& session, PersonKey person) override;
  Result<void> drop(Session& session, LogPosition up_to) override;

 private:
  Database& database_;
  Subscriber subscriber_;  ///< set before the first append, read on the writer's thread
};

Result<LogPosition> SqliteEventLog::append(Session& session, std::span<LogRecord> records) {
  for (const auto& record : records) {
    if (record.body.size() > kEventBodyBytesMax) {
      return Error(sqlite::reason("log_record_too_large"), record.body.size(), kEventBodyBytesMax);
    }
  }
  FILOSCOPE_TRY(End end, find_end(session));
  if (records.empty()) return end.position;
  auto& inner = own(session);
  FILOSCOPE_TRY(auto insert, inner.connection().prepare(
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
  if (subscriber_) {
    inner.on_commit([this, stored = std::vector<LogRecord>(records.begin(), records.end())] {
      subscriber_(stored);
    });
  }
  return end.position;
}

Result<std::vector<LogRecord>> SqliteEventLog::read(LogPosition after, std::size_t count_max) {
  std::vector<LogRecord> records;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    return session.query(
        "SELECT position, at_ms, kind, version, person, body, reader_version FROM event_log "
        "WHERE position > ? ORDER BY position LIMIT ?",
        {after, static_cast<std::int64_t>(std::min(count_max, std::size_t{1} << 62))},
        [&](const Row& row) {
          LogRecord& record = records.emplace_back();
          record.position = row.integer(0);
          record.at_ms = row.integer(1);
          record.kind = static_cast<std::uint16_t>(row.integer(2));
          record.version = static_cast<std::uint16_t>(row.integer(3));
          record.person = PersonKey::from_db(row.integer(4));
          record.body = row.bytes(5);
          record.reader_version = static_cast<std::uint16_t>(row.integer(6));
        });
  }));
  return records;
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

Result<void> SqliteEventLog::blank(Session& session, PersonKey person) {
  auto& connection = own(session).connection();
  // Erased means erased: what is freed is overwritten with zeros, here regardless of the cost.
  FILOSCOPE_DO(connection.control("PRAGMA secure_delete = ON"));
  auto done = session.execute("UPDATE event_log SET body = x'' WHERE person = ? AND person <> 0",
                              {person.db()});
  FILOSCOPE_DO(connection.control("PRAGMA secure_delete = FAST"));
  own(session).erase_everywhere();
  FILOSCOPE_DO(std::move(done));
  return {};
}

Result<void> SqliteEventLog::drop(Session& session, LogPosition up_to) {
  FILOSCOPE_TRY(const End end, find_end(session));
  if (up_to >= end.position && end.position > 0) {  // nothing stays behind to continue from
    FILOSCOPE_DO(session.execute(
        "INSERT INTO event_log_floor (id, position, at_ms) VALUES (1, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET position = excluded.position, at_ms = excluded.at_ms",
        {end.position, end.at_ms}));
  }
  FILOSCOPE_DO(session.execute("DELETE FROM event_log WHERE position <= ?", {up_to}));
  return {};
}

}  // namespace

Result<std::unique_ptr<EventLog>> open_sqlite_event_log(Database& database) {
  FILOSCOPE_DO(database.migrate("event_log", kMigrations));
  return std::unique_ptr<EventLog>(std::make_unique<SqliteEventLog>(database));
}

}  // namespace filoscope
