#include "feed/store.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/bytes.h"

namespace filoscope::feed {
namespace {

constexpr std::array kMigrations = {Migration{1, R"(
  CREATE TABLE feed_decisions (
    request BIGINT PRIMARY KEY,
    person BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    position BIGINT NOT NULL,
    mode INTEGER NOT NULL,
    asked BLOB NOT NULL
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
)"}};

constexpr std::int64_t kSweepRowsMax = 20'000;
constexpr std::uint8_t kAskedVersion = 1;

void put_videos(ByteWriter& writer, const std::vector<VideoId>& videos) {
  writer.put_varint(videos.size());
  for (const auto video : videos) writer.put(video.value);
}

bool get_videos(ByteReader& reader, std::vector<VideoId>& videos) {
  const auto count = reader.get_varint();
  if (count > reader.remaining() / sizeof(std::uint64_t)) return false;
  for (std::uint64_t i = 0; i < count; ++i) videos.push_back({reader.get<std::uint64_t>()});
  return reader.ok();
}

Bytes encode_asked(const engine::RankRequest& asked) {
  ByteWriter writer;
  writer.put(kAskedVersion);
  writer.put(static_cast<std::uint32_t>(asked.count));
  writer.put(asked.seed);
  writer.put(asked.at_ms);
  writer.put(asked.language);
  writer.put(asked.age);
  put_videos(writer, asked.held);
  put_videos(writer, asked.shown);
  writer.put_text(asked.cursor);
  return writer.take();
}

bool decode_asked(const Bytes& bytes, engine::RankRequest& asked) {
  ByteReader reader(bytes);
  if (reader.get<std::uint8_t>() != kAskedVersion) return false;
  asked.count = reader.get<std::uint32_t>();
  asked.seed = reader.get<std::uint64_t>();
  asked.at_ms = reader.get<std::int64_t>();
  asked.language = reader.get<std::uint64_t>();
  asked.age = reader.get<std::uint8_t>();
  if (!get_videos(reader, asked.held) || !get_videos(reader, asked.shown)) return false;
  asked.cursor = reader.get_text();
  return reader.at_end();
}

}  // namespace

Result<void> migrate_store(Database& database) { return database.migrate("feed", kMigrations); }

Result<void> insert_decision(Session& session, const DecisionRow& row) {
  FILOSCOPE_DO(
      session.execute("INSERT INTO feed_decisions (request, person, at_ms, position, mode, asked) "
                      "VALUES (?, ?, ?, ?, ?, ?)",
                      {row.asked.request.db(), row.asked.person.db(), row.at_ms, row.position,
                       static_cast<std::int64_t>(row.asked.mode), encode_asked(row.asked)}));
  return {};
}

Result<std::optional<DecisionRow>> find_decision(Database& database, RequestId request) {
  std::optional<DecisionRow> found;
  bool readable = true;
  FILOSCOPE_DO(database.read([&](Session& session) {
    return session.query(
        "SELECT person, at_ms, position, mode, asked FROM feed_decisions WHERE request = ?",
        {request.db()}, [&](const Row& row) {
          DecisionRow decision;
          decision.at_ms = row.integer(1);
          decision.position = row.integer(2);
          readable = decode_asked(row.bytes(4), decision.asked);
          decision.asked.request = request;
          decision.asked.person = PersonKey::from_db(row.integer(0));
          decision.asked.mode = static_cast<engine::Mode>(row.integer(3));
          found = std::move(decision);
        });
  }));
  if (!readable) {
    return Error(Code::corrupt, "the decision record " + request.text() + " cannot be read");
  }
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

Result<void> put_text(Session& session, const std::string& name, const std::string& value) {
  FILOSCOPE_DO(
      session.execute("INSERT INTO feed_state (name, value) VALUES (?, ?) "
                      "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                      {name, value}));
  return {};
}

Result<void> delete_person(Session& session, PersonKey person) {
  FILOSCOPE_DO(session.execute("DELETE FROM feed_decisions WHERE person = ?", {person.db()}));
  FILOSCOPE_DO(session.execute("DELETE FROM feed_event_ids WHERE person = ?", {person.db()}));
  FILOSCOPE_DO(session.execute("DELETE FROM feed_plays WHERE person = ?", {person.db()}));
  return {};
}

Result<bool> sweep_store(Database& database, const SweepTimes& before) {
  bool more = false;
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
