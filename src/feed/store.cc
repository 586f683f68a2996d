#include "feed/store.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "feed/schema.h"
#include "ports/makes_space.h"

namespace filoscope::feed {
namespace {

constexpr std::array kMigrations = {Migration{1, R"(
  CREATE TABLE feed_decisions (
    request BIGINT PRIMARY KEY,
    person BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    position BIGINT NOT NULL,
    mode INTEGER NOT NULL
  );
  CREATE INDEX feed_decisions_person ON feed_decisions (person);
  CREATE INDEX feed_decisions_at ON feed_decisions (at_ms);
  CREATE INDEX feed_decisions_position ON feed_decisions (position);
  CREATE TABLE feed_event_ids (
    person BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (person, event_id)
  );
  CREATE INDEX feed_event_ids_at ON feed_event_ids (at_ms);
  CREATE TABLE feed_plays (
    token BIGINT PRIMARY KEY,
    person BIGINT NOT NULL,
    video BIGINT NOT NULL,
    flags INTEGER NOT NULL,
    watch_ms BIGINT NOT NULL,
    at_ms BIGINT NOT NULL
  );
  CREATE INDEX feed_plays_person ON feed_plays (person, video);
  CREATE INDEX feed_plays_at ON feed_plays (at_ms);
  CREATE TABLE feed_state (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  );
)"},
                                    Migration{2, R"(
  ALTER TABLE feed_decisions RENAME COLUMN position TO token;
)"},
                                    Migration{3, R"(
  CREATE TABLE feed_erasures (
    person BIGINT PRIMARY KEY,
    due_ms BIGINT NOT NULL
  );
  CREATE INDEX feed_erasures_due ON feed_erasures (due_ms);
)"},
                                    Migration{4, R"(
  CREATE TABLE feed_weights (
    revision BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    account BIGINT NOT NULL,
    before TEXT NOT NULL,
    weights TEXT NOT NULL
  );
)"},
                                    Migration{5, R"(
  CREATE TABLE feed_wishes (
    person BIGINT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    level INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (person, kind, value)
  );
  CREATE INDEX feed_wishes_value ON feed_wishes (kind, value);
)"}};

constexpr std::int64_t kSweepRowsMax = 20'000;

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<void> migrate_store(Database& database) { return database.migrate("feed", kMigrations); }

Result<void> insert_decision(Session& session, const DecisionRow& row) {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO feed_decisions (request, person, at_ms, token, mode) VALUES (?, ?, ?, ?, ?)",
      {row.request.db(), row.person.db(), row.at_ms, row.token,
       static_cast<std::int64_t>(row.mode)}));
  return {};
}

Result<void> delete_decisions_up_to(Session& session, OutboxToken token) {
  FILOSCOPE_DO(session.execute("DELETE FROM feed_decisions WHERE token <= ?", {token}));
  return {};
}

Result<std::optional<DecisionRow>> find_decision(Database& database, RequestId request) {
  std::optional<DecisionRow> found;
  FILOSCOPE_DO(database.read([&](Session& session) {
    return session.query("SELECT person, mode, at_ms, token FROM feed_decisions WHERE request = ?",
                         {request.db()}, [&](const Row& row) {
                           found = DecisionRow{request, PersonKey::from_db(row.integer(0)),
                                               static_cast<engine::Mode>(row.integer(1)),
                                               row.integer(2), row.integer(3)};
                         });
  }));
  return found;
}

Result<bool> insert_event_id(Session& session, std::int64_t person, const std::string& event_id,
                             std::int64_t at_ms) {
  FILOSCOPE_TRY(const auto rows,
                session.execute("INSERT INTO feed_event_ids (person, event_id, at_ms) "
                                "VALUES (?, ?, ?) ON CONFLICT (person, event_id) DO NOTHING",
                                {person, event_id, at_ms}));
  return rows > 0;
}

Result<bool> has_event_id(Session& session, std::int64_t person, const std::string& event_id) {
  bool found = false;
  FILOSCOPE_DO(session.query("SELECT 1 FROM feed_event_ids WHERE person = ? AND event_id = ?",
                             {person, event_id}, [&](const Row&) { found = true; }));
  return found;
}

Result<Play> find_play(Session& session, std::int64_t token) {
  Play play;
  FILOSCOPE_DO(session.query("SELECT flags, watch_ms FROM feed_plays WHERE token = ?", {token},
                             [&](const Row& row) {
                               play.flags = row.integer(0);
                               play.watch_ms = row.integer(1);
                             }));
  return play;
}

Result<void> put_play(Session& session, std::int64_t token, PersonKey person, const Play& play,
                      std::int64_t at_ms) {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO feed_plays (token, person, video, flags, watch_ms, at_ms) "
      "VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (token) DO UPDATE SET flags = excluded.flags, watch_ms = excluded.watch_ms, "
      "at_ms = excluded.at_ms",
      {token, person.db(), play.video.db(), play.flags, play.watch_ms, at_ms}));
  return {};
}

Result<std::vector<Play>> find_plays(Database& database, PersonKey person,
                                     std::span<const VideoId> videos) {
  std::vector<Play> plays;
  FILOSCOPE_DO(database.read([&](Session& session) -> Result<void> {
    plays.clear();
    for (const auto video : videos) {
      Play& all = plays.emplace_back();
      all.video = video;
      FILOSCOPE_DO(
          session.query("SELECT flags, watch_ms FROM feed_plays WHERE person = ? AND video = ?",
                        {person.db(), video.db()}, [&](const Row& row) {
                          all.flags |= row.integer(0);
                          all.watch_ms = std::max(all.watch_ms, row.integer(1));
                        }));
    }
    return {};
  }));
  return plays;
}

Result<std::string> find_text(Database& database, const std::string& name) {
  std::string value;
  FILOSCOPE_DO(database.read([&](Session& session) {
    return session.query("SELECT value FROM feed_state WHERE name = ?", {name},
                         [&](const Row& row) { value = row.text(0); });
  }));
  return value;
}

Result<std::int64_t> find_number(Database& database, const std::string& name) {
  FILOSCOPE_TRY(const std::string value, find_text(database, name));
  return value.empty() ? std::int64_t{0} : std::int64_t{std::strtoll(value.c_str(), nullptr, 10)};
}

Result<LogPosition> replay_base(Session& session) {
  LogPosition base = 0;
  FILOSCOPE_DO(session.query(
      "SELECT value FROM feed_state WHERE name = ?", {std::string(kReplayBase)},
      [&](const Row& row) { base = std::strtoll(row.text(0).c_str(), nullptr, 10); }));
  return base;
}

Result<void> put_text(Session& session, const std::string& name, const std::string& value) {
  FILOSCOPE_DO(
      session.execute("INSERT INTO feed_state (name, value) VALUES (?, ?) "
                      "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                      {name, value}));
  return {};
}

Result<void> delete_person(Session& session, PersonKey person, std::int64_t due_ms) {
  FILOSCOPE_DO(session.execute("DELETE FROM feed_decisions WHERE person = ?", {person.db()}));
  FILOSCOPE_DO(session.execute("DELETE FROM feed_event_ids WHERE person = ?", {person.db()}));
  FILOSCOPE_DO(session.execute("DELETE FROM feed_plays WHERE person = ?", {person.db()}));
  FILOSCOPE_DO(session.execute("DELETE FROM feed_wishes WHERE person = ?", {person.db()}));
  FILOSCOPE_DO(
      session.execute("INSERT INTO feed_erasures (person, due_ms) VALUES (?, ?) "
                      "ON CONFLICT (person) DO UPDATE SET due_ms = excluded.due_ms",
                      {person.db(), due_ms}));
  return {};
}

Result<bool> has_erasures(Database& database, std::int64_t due_ms) {
  bool found = false;
  FILOSCOPE_DO(database.read([&](Session& session) {
    return session.query("SELECT 1 FROM feed_erasures WHERE due_ms <= ? LIMIT 1", {due_ms},
                         [&](const Row&) { found = true; });
  }));
  return found;
}

Result<std::vector<PersonKey>> find_erasures(Database& database) {
  std::vector<PersonKey> people;
  FILOSCOPE_DO(database.read([&](Session& session) {
    people.clear();
    return session.query(
        "SELECT person FROM feed_erasures ORDER BY person", {},
        [&](const Row& row) { people.push_back(PersonKey::from_db(row.integer(0))); });
  }));
  return people;
}

Result<void> end_erasure(Session& session, PersonKey person) {
  FILOSCOPE_DO(session.execute("DELETE FROM feed_erasures WHERE person = ?", {person.db()}));
  return {};
}

Result<void> put_off_erasure(Session& session, PersonKey person, std::int64_t due_ms) {
  FILOSCOPE_DO(session.execute("UPDATE feed_erasures SET due_ms = ? WHERE person = ?",
                               {due_ms, person.db()}));
  return {};
}

Result<bool> sweep_store(Database& database, const SweepTimes& before) {
  bool more = false;
  const MakesSpace rows_of_the_past;
  FILOSCOPE_DO(database.write([&](Session& session) -> Result<void> {
    more = false;
    const struct {
      const char* sql;
      std::int64_t before_ms;
    } sweeps[] = {
        {"DELETE FROM feed_event_ids WHERE (person, event_id) IN (SELECT person, event_id FROM "
         "feed_event_ids WHERE at_ms < ? LIMIT ?)",
         before.event_ids_ms},
        {"DELETE FROM feed_plays WHERE token IN (SELECT token FROM feed_plays WHERE at_ms < ? "
         "LIMIT ?)",
         before.plays_ms},
        {"DELETE FROM feed_decisions WHERE request IN (SELECT request FROM feed_decisions WHERE "
         "at_ms < ? LIMIT ?)",
         before.decisions_ms},
    };
    for (const auto& sweep : sweeps) {
      FILOSCOPE_TRY(const auto rows, session.execute(sweep.sql, {sweep.before_ms, kSweepRowsMax}));
      more = more || rows >= kSweepRowsMax;
    }
    return {};
  }));
  return more;
}

}  // namespace filoscope::feed
