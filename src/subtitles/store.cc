#include "subtitles/store.h"

#include <array>

#include "subtitles/schema.h"

namespace filoscope::subtitles {
namespace {

constexpr std::array<Migration, 1> kMigrations{{
    {1, R"sql(
      CREATE TABLE subtitles_tracks (
        video BIGINT NOT NULL,
        language TEXT NOT NULL,
        label TEXT NOT NULL,
        cues BYTEA NOT NULL,
        cues_count BIGINT NOT NULL,
        last_from_ms BIGINT NOT NULL,
        changed_ms BIGINT NOT NULL,
        revision TEXT NOT NULL,
        PRIMARY KEY (video, language)
      );
    )sql"},
}};

#define FILOSCOPE_TRACK_COLUMNS "language, label, cues_count, changed_ms, revision"
constexpr int kTrackColumnsCount = 5;
constexpr std::size_t kBatch = 20;  ///< placeholders below

Track track_of(const Row& row) {
  return {row.text(0), row.text(1), row.integer(2), row.integer(3), row.text(4)};
}

StoredTrack stored_of(const Row& row) {
  return {track_of(row), row.bytes(kTrackColumnsCount), row.integer(kTrackColumnsCount + 1)};
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

Result<void> Store::put(Session& session, VideoId video, const StoredTrack& stored) {
  const auto& track = stored.track;
  FILOSCOPE_DO(session.execute(
      "INSERT INTO subtitles_tracks (video, " FILOSCOPE_TRACK_COLUMNS
      ", cues, last_from_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (video, language) DO "
      "UPDATE SET label = EXCLUDED.label, cues = EXCLUDED.cues, cues_count = EXCLUDED.cues_count, "
      "last_from_ms = EXCLUDED.last_from_ms, changed_ms = EXCLUDED.changed_ms, revision = "
      "EXCLUDED.revision",
      {video.db(), track.language, track.label, track.cues_count, track.changed_ms, track.revision,
       stored.cues, stored.last_from_ms}));
  return {};
}

Result<bool> Store::remove(Session& session, VideoId video, std::string_view language) {
  FILOSCOPE_TRY(const auto count,
                session.execute("DELETE FROM subtitles_tracks WHERE video = ? AND language = ?",
                                {video.db(), std::string(language)}));
  return count > 0;
}

Result<std::int64_t> Store::forget(Session& session, VideoId video) {
  return session.execute("DELETE FROM subtitles_tracks WHERE video = ?", {video.db()});
}

Result<std::vector<std::string>> Store::languages(Session& session, VideoId video) {
  std::vector<std::string> languages;
  FILOSCOPE_DO(session.query("SELECT language FROM subtitles_tracks WHERE video = ?", {video.db()},
                             [&](const Row& row) { languages.push_back(row.text(0)); }));
  return languages;
}

Result<std::vector<StoredTrack>> Store::all(Session& session, VideoId video, std::int64_t from_ms) {
  std::vector<StoredTrack> tracks;
  FILOSCOPE_DO(session.query("SELECT " FILOSCOPE_TRACK_COLUMNS
                             ", cues, last_from_ms FROM subtitles_tracks WHERE video = ? AND "
                             "last_from_ms >= ? ORDER BY language",
                             {video.db(), from_ms},
                             [&](const Row& row) { tracks.push_back(stored_of(row)); }));
  return tracks;
}

Result<std::vector<std::vector<Track>>> Store::tracks(std::span<const VideoId> videos) const {
  std::vector<std::vector<Track>> tracks(videos.size());
  const auto take = [&](const Row& row) {
    const auto video = VideoId::from_db(row.integer(kTrackColumnsCount));
    for (std::size_t i = 0; i < videos.size(); ++i)
      if (videos[i] == video) tracks[i].push_back(track_of(row));
  };
  FILOSCOPE_DO(database_.read([&](Session& session) -> Result<void> {
    for (auto& list : tracks) list.clear();
    for (std::size_t at = 0; at < videos.size(); at += kBatch) {
      std::vector<SqlValue> arguments;
      for (std::size_t i = at; i < at + kBatch; ++i)
        arguments.emplace_back(i < videos.size() ? videos[i].db() : std::int64_t{0});
      FILOSCOPE_DO(session.query("SELECT " FILOSCOPE_TRACK_COLUMNS
                                 ", video FROM subtitles_tracks WHERE video IN (?, ?, ?, ?, ?, ?, "
                                 "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ORDER BY language",
                                 arguments, take));
    }
    return {};
  }));
  return tracks;
}

Result<std::optional<StoredTrack>> Store::find(VideoId video, std::string_view language) const {
  std::optional<StoredTrack> found;
  FILOSCOPE_DO(database_.read([&](Session& session) {
    found.reset();
    return session.query("SELECT " FILOSCOPE_TRACK_COLUMNS
                         ", cues, last_from_ms FROM subtitles_tracks WHERE video = ? AND language "
                         "= ?",
                         {video.db(), std::string(language)},
                         [&](const Row& row) { found = stored_of(row); });
  }));
  return found;
}

#undef FILOSCOPE_TRACK_COLUMNS

}  // namespace filoscope::subtitles
