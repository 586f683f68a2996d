#pragma once

/// The tables: judgements of clips, and what is held. Internal to safety.

#include <vector>

#include "copies/copies.h"
#include "ports/database.h"
#include "safety/judging.h"

namespace filoscope::safety {

/// Errors: those of the database.
class Store {
 public:
  explicit Store(Database& database) : database_(database) {}

  static Result<void> keep(Session& session, VideoId video, const Judgement& judgement);
  static Result<void> hold(Session& session, VideoId video,
                           const std::optional<copies::Blocked>& matched, std::int64_t now_ms);
  /// It is held no more.
  static Result<void> let_go(Session& session, VideoId video);
  /// While it can be restored it is on no list.
  static Result<void> set_removed(Session& session, VideoId video, bool removed);
  static Result<void> forget(Session& session, VideoId video);

  /// None where there was no classifier.
  Result<std::optional<Judgement>> judgement(VideoId video) const;
  struct HeldRow {
    VideoId video;
    std::optional<copies::Blocked> matched;
    std::int64_t held_ms = 0;
  };
  /// Oldest first.
  Result<std::vector<HeldRow>> held(std::int64_t limit) const;
  Result<std::int64_t> held_count() const;

 private:
  Database& database_;
};

}  // namespace filoscope::safety
