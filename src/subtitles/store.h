#pragma once

/// The table. Internal to subtitles. Threads: any; errors are those of the database.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/database.h"
#include "subtitles/subtitles.h"

namespace filoscope::subtitles {

struct StoredTrack {
  Track track;
  Bytes cues;  ///< encode_cues
  std::int64_t last_from_ms = 0;
};

class Store {
 public:
  explicit Store(Database& database) : database_(database) {}

  static Result<void> put(Session& session, VideoId video, const StoredTrack& stored);
  /// False where there is none.
  static Result<bool> remove(Session& session, VideoId video, std::string_view language);
  /// How many tracks went.
  static Result<std::int64_t> forget(Session& session, VideoId video);
  static Result<std::vector<std::string>> languages(Session& session, VideoId video);
  /// In the order of their languages; those alone that have a cue from `from_ms` on.
  static Result<std::vector<StoredTrack>> all(Session& session, VideoId video,
                                              std::int64_t from_ms = 0);

  /// In the order asked, each in the order of its languages.
  Result<std::vector<std::vector<Track>>> tracks(std::span<const VideoId> videos) const;
  Result<std::optional<StoredTrack>> find(VideoId video, std::string_view language) const;

 private:
  Database& database_;
};

}  // namespace filoscope::subtitles
