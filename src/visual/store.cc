#include "visual/store.h"

#include "vision/checked_file.h"
#include "visual/schema.h"

namespace filoscope::visual {
namespace {

constexpr std::array<Migration, 1> kMigrations{{
    {1, R"sql(
      CREATE TABLE visual_makers (
        id BIGINT NOT NULL PRIMARY KEY,
        learned_count BIGINT NOT NULL,
        active BIGINT NOT NULL,
        projection BYTEA NOT NULL
      );
      CREATE TABLE visual_clips (
        video BIGINT NOT NULL PRIMARY KEY,
        everyone BIGINT NOT NULL,
        maker BIGINT NOT NULL,
        tries_count BIGINT NOT NULL,
        failed BIGINT NOT NULL
      );
      CREATE INDEX visual_clips_maker ON visual_clips (maker, tries_count, video, everyone);
      CREATE INDEX visual_clips_failed ON visual_clips (video) WHERE failed = 1;
      CREATE TABLE visual_moments (
        maker BIGINT NOT NULL,
        video BIGINT NOT NULL,
        moments BYTEA NOT NULL,
        PRIMARY KEY (maker, video)
      );
      CREATE INDEX visual_moments_video ON visual_moments (video);
    )sql"},
}};

constexpr std::string_view kMomentsFormat = "moments 1";
constexpr std::uint64_t kMomentsMax = 1'000;
/// Rows that one transaction takes away.
constexpr std::int64_t kRemovedAtOnce = 1'000;

Bytes encode_moments(std::span<const Moment> moments) {
  ByteWriter out;
  out.put_varint(moments.size());
  for (const auto& moment : moments) {
    out.put_varint(static_cast<std::uint64_t>(moment.at_ms));
    out.put_array(std::span<const std::int8_t>(moment.code));
  }
  return vision::seal(kMomentsFormat, out.bytes());
}

std::optional<std::vector<Moment>> decode_moments(const Bytes& stored) {
  const auto body = vision::unseal(kMomentsFormat, stored);
  if (!body) return std::nullopt;
  ByteReader in(*body);
  std::vector<Moment> moments;
  const auto count = in.get_varint();
  for (std::uint64_t i = 0; i < count && i < kMomentsMax && in.ok(); ++i) {
    Moment moment;
    moment.at_ms = static_cast<std::int64_t>(in.get_varint());
    const auto code = in.get_array<std::int8_t>();
    if (code.size() != moment.code.size()) return std::nullopt;
    std::ranges::copy(code, moment.code.begin());
    moments.push_back(moment);
  }
  if (!in.at_end()) return std::nullopt;
  return moments;
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<std::vector<StoredMaker>> Store::makers() const {
  std::vector<StoredMaker> out;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    out.clear();
    return session.query(
        "SELECT id, learned_count, active, projection FROM visual_makers ORDER BY id", {},
        [&](const Row& row) {
          out.push_back({row.integer(0), row.integer(1), row.integer(2) != 0, row.bytes(3)});
        });
  }));
  return out;
}

Result<void> Store::add_maker(const StoredMaker& maker) {
  return database_.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute(
        "INSERT INTO visual_makers (id, learned_count, active, projection) VALUES (?, ?, ?, ?)",
        {maker.id, maker.learned_count, std::int64_t{maker.active}, maker.projection}));
    return {};
  });
}

Result<void> Store::activate(MakerId maker) {
  FILOSCOPE_DO(database_.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM visual_makers WHERE id < ?", {maker}));
    FILOSCOPE_DO(session.execute("UPDATE visual_makers SET active = 1 WHERE id = ?", {maker}));
    return {};
  }));
  for (std::int64_t removed = kRemovedAtOnce; removed == kRemovedAtOnce;) {
    FILOSCOPE_TRY(removed, database_.write<std::int64_t>([&](Session& session) {
      return session.execute(
          "DELETE FROM visual_moments WHERE (maker, video) IN (SELECT maker, video FROM "
          "visual_moments WHERE maker < ? LIMIT ?)",
          {maker, kRemovedAtOnce});
    }));
  }
  return {};
}

Result<void> Store::remove_maker(MakerId maker, MakerId before) {
  return database_.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM visual_makers WHERE id = ?", {maker}));
    FILOSCOPE_DO(session.execute("DELETE FROM visual_moments WHERE maker = ?", {maker}));
    FILOSCOPE_DO(session.execute(
        "UPDATE visual_clips SET maker = ?, tries_count = 0, failed = 0 WHERE maker = ?",
        {before, maker}));
    return {};
  });
}

Result<void> Store::remove_orphans() {
  return database_.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute(
        "DELETE FROM visual_moments WHERE maker NOT IN (SELECT id FROM visual_makers)"));
    return {};
  });
}

Result<MakerId> Store::next_maker() const {
  return count(
      "SELECT 1 + COALESCE((SELECT MAX(id) FROM visual_makers), 0) + COALESCE((SELECT MAX(maker) "
      "FROM visual_clips), 0)",
      {});
}

Result<void> Store::each(
    MakerId maker, const std::function<void(VideoId, std::optional<std::vector<Moment>>)>& tell) {
  return database_.read([&](Session& session) {
    return session.query("SELECT video, moments FROM visual_moments WHERE maker = ?", {maker},
                         [&](const Row& row) {
                           tell(VideoId::from_db(row.integer(0)), decode_moments(row.bytes(1)));
                         });
  });
}

Result<void> Store::add_clip(Session& session, VideoId video, bool everyone) {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO visual_clips (video, everyone, maker, tries_count, failed) VALUES (?, ?, 0, 0, "
      "0) ON CONFLICT (video) DO UPDATE SET everyone = EXCLUDED.everyone",
      {video.db(), std::int64_t{everyone}}));
  return {};
}

Result<void> Store::remove_clip(Session& session, VideoId video) {
  FILOSCOPE_DO(session.execute("DELETE FROM visual_clips WHERE video = ?", {video.db()}));
  FILOSCOPE_DO(session.execute("DELETE FROM visual_moments WHERE video = ?", {video.db()}));
  return {};
}

Result<bool> Store::has_clip(VideoId video) const {
  FILOSCOPE_TRY(const auto found,
                count("SELECT COUNT(*) FROM visual_clips WHERE video = ?", {video.db()}));
  return found != 0;
}

Result<void> Store::look_again(VideoId video) {
  return database_.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute(
        "UPDATE visual_clips SET maker = 0, tries_count = 0, failed = 0 WHERE video = ?",
        {video.db()}));
    return {};
  });
}

Result<std::optional<WaitingClip>> Store::next_waiting(MakerId newest) const {
  std::optional<WaitingClip> found;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    found.reset();
    return session.query(
        "SELECT video, tries_count FROM visual_clips WHERE maker < ? ORDER BY maker, tries_count, "
        "video LIMIT 1",
        {newest}, [&](const Row& row) {
          found = WaitingClip{VideoId::from_db(row.integer(0)), row.integer(1)};
        });
  }));
  return found;
}

Result<std::int64_t> Store::count(std::string_view sql,
                                  std::initializer_list<SqlValue> arguments) const {
  std::int64_t count = 0;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    return session.query(sql, arguments, [&](const Row& row) { count = row.integer(0); });
  }));
  return count;
}

Result<std::int64_t> Store::waiting_count(MakerId maker, Whose whose) const {
  return count("SELECT COUNT(*) FROM visual_clips WHERE maker < ? AND everyone >= ?",
               {maker, std::int64_t{whose == Whose::everyones}});
}

Result<std::int64_t> Store::failed_count() const {
  return count("SELECT COUNT(*) FROM visual_clips WHERE failed = 1", {});
}

Result<void> Store::count_try(VideoId video, std::int64_t tries_count) {
  return database_.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE visual_clips SET tries_count = ? WHERE video = ?",
                                 {tries_count, video.db()}));
    return {};
  });
}

Result<void> Store::keep(VideoId video, MakerId newest, std::span<const Seen> seen,
                         const std::function<void()>& done) {
  return database_.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(
        const auto changed,
        session.execute(
            "UPDATE visual_clips SET maker = ?, tries_count = 0, failed = ? WHERE video = ?",
            {newest, std::int64_t{seen.empty()}, video.db()}));
    if (changed == 0) return {};  // removed meanwhile
    for (const auto& one : seen) {
      FILOSCOPE_DO(session.execute(
          "INSERT INTO visual_moments (maker, video, moments) VALUES (?, ?, ?) ON CONFLICT (maker, "
          "video) DO UPDATE SET moments = EXCLUDED.moments",
          {one.maker, video.db(), encode_moments(one.moments)}));
    }
    session.on_commit(done);
    return {};
  });
}

Result<std::vector<VideoId>> Store::clips() const {
  std::vector<VideoId> out;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    out.clear();
    return session.query("SELECT video FROM visual_clips ORDER BY video", {},
                         [&](const Row& row) { out.push_back(VideoId::from_db(row.integer(0))); });
  }));
  return out;
}

}  // namespace filoscope::visual
