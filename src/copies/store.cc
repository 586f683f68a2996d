#include "copies/store.h"

#include <algorithm>
#include <array>

#include "base/log.h"
#include "copies/schema.h"

namespace filoscope::copies {
namespace {

constexpr std::array<Migration, 1> kMigrations{{
    {1, R"sql(
      CREATE TABLE copies_prints (
        video BIGINT NOT NULL PRIMARY KEY,
        root BIGINT NOT NULL,
        entry BYTEA NOT NULL,
        print BYTEA NOT NULL,
        sound BYTEA NOT NULL
      );
      CREATE TABLE copies_blocked (
        id BIGINT NOT NULL PRIMARY KEY,
        kind BIGINT NOT NULL,
        reason TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        print BYTEA NOT NULL
      );
      CREATE TABLE copies_held (
        video BIGINT NOT NULL PRIMARY KEY,
        blocked BIGINT NOT NULL,
        kind BIGINT NOT NULL,
        reason TEXT NOT NULL,
        held_ms BIGINT NOT NULL,
        removed BIGINT NOT NULL
      );
    )sql"},
}};

Blocked blocked_of(const Row& row, int first) {
  const auto kind = std::clamp<std::int64_t>(row.integer(first + 1), 0,
                                             static_cast<std::int64_t>(BlockedKind::sound));
  return {BlockedId::from_db(row.integer(first)), static_cast<BlockedKind>(kind),
          row.text(first + 2), row.integer(first + 3)};
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<void> Store::keep(Session& session, VideoId video, const StoredPrint& stored) {
  ByteWriter sound;
  sound.put_array(std::span<const std::uint32_t>(stored.sound));
  FILOSCOPE_DO(session.execute(
      "INSERT INTO copies_prints (video, root, entry, print, sound) VALUES (?, ?, ?, ?, ?) ON "
      "CONFLICT (video) DO UPDATE SET root = EXCLUDED.root, entry = EXCLUDED.entry, print = "
      "EXCLUDED.print, sound = EXCLUDED.sound",
      {video.db(), stored.root.db(), prints::encode(prints::index_entry(stored.print)),
       prints::encode(stored.print), sound.bytes()}));
  return {};
}

Result<void> Store::forget(Session& session, VideoId video) {
  FILOSCOPE_DO(session.execute("DELETE FROM copies_prints WHERE video = ?", {video.db()}));
  return {};
}

Result<std::optional<StoredPrint>> Store::print(VideoId video) const {
  std::optional<StoredPrint> out;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    out.reset();
    return session.query("SELECT root, print, sound FROM copies_prints WHERE video = ?",
                         {video.db()}, [&](const Row& row) {
                           auto print = prints::decode_print(row.bytes(1));
                           if (!print) {
                             log::warn("copies.print_damaged", {{"video", video.text()}});
                             return;
                           }
                           const auto sound = row.bytes(2);
                           ByteReader in(sound);
                           out = StoredPrint{VideoId::from_db(row.integer(0)), *std::move(print),
                                             in.get_array<std::uint32_t>()};
                         });
  }));
  return out;
}

Result<void> Store::each_entry(const std::function<void(VideoId, prints::IndexEntry)>& tell) const {
  return database_.read([&](Session& session) {
    return session.query("SELECT video, entry FROM copies_prints", {}, [&](const Row& row) {
      const auto video = VideoId::from_db(row.integer(0));
      auto entry = prints::decode_entry(row.bytes(1));
      if (entry) return tell(video, *std::move(entry));
      log::warn("copies.print_damaged", {{"video", video.text()}});
    });
  });
}

Result<bool> Store::add_blocked(std::span<const std::pair<Blocked, Bytes>> all,
                                std::int64_t blocked_max) const {
  bool fits = true;
  FILOSCOPE_DO(database_.write([&](Session& session) -> Result<void> {
    std::int64_t count = std::ssize(all);
    FILOSCOPE_DO(session.query("SELECT COUNT(*) FROM copies_blocked", {},
                               [&](const Row& row) { count += row.integer(0); }));
    fits = count <= blocked_max;
    if (!fits) return {};
    for (const auto& [one, print] : all)
      FILOSCOPE_DO(session.execute(
          "INSERT INTO copies_blocked (id, kind, reason, created_ms, print) VALUES (?, ?, ?, ?, ?)",
          {one.id.db(), static_cast<std::int64_t>(one.kind), one.reason, one.created_ms, print}));
    return {};
  }));
  return fits;
}

Result<bool> Store::remove_blocked(BlockedId id) const {
  std::int64_t removed = 0;
  FILOSCOPE_DO(database_.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(removed, session.execute("DELETE FROM copies_blocked WHERE id = ?", {id.db()}));
    return {};
  }));
  return removed > 0;
}

Result<std::optional<std::pair<Blocked, Bytes>>> Store::blocked(BlockedId id) const {
  std::optional<std::pair<Blocked, Bytes>> out;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    out.reset();
    return session.query(
        "SELECT id, kind, reason, created_ms, print FROM copies_blocked WHERE id = ?", {id.db()},
        [&](const Row& row) {
          out = {blocked_of(row, 0), row.bytes(4)};
        });
  }));
  return out;
}

Result<std::vector<Blocked>> Store::blocked(std::int64_t offset, std::int64_t limit) const {
  std::vector<Blocked> out;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    out.clear();
    return session.query(
        "SELECT id, kind, reason, created_ms FROM copies_blocked ORDER BY created_ms DESC, id DESC "
        "LIMIT ? OFFSET ?",
        {limit, offset}, [&](const Row& row) { out.push_back(blocked_of(row, 0)); });
  }));
  return out;
}

Result<void> Store::each_blocked(
    const std::function<void(const Blocked&, const Bytes&)>& tell) const {
  return database_.read([&](Session& session) {
    return session.query(
        "SELECT id, kind, reason, created_ms, print FROM copies_blocked ORDER BY id", {},
        [&](const Row& row) { tell(blocked_of(row, 0), row.bytes(4)); });
  });
}

}  // namespace filoscope::copies
