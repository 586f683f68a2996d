#pragma once

/// The tables of this module: which clips were looked at, what was seen, and by what it was made
/// comparable. What is seen of a clip goes with the clip, in one transaction.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/database.h"
#include "vision/projection.h"
#include "visual/moment_index.h"

namespace filoscope::visual {

/// The number of a projection: later ones are larger.
using MakerId = std::int64_t;

struct StoredMaker {
  MakerId id = 0;
  std::int64_t learned_count = 0;
  bool active = false;
  Bytes projection;
};

/// A clip that waits to be looked at.
struct WaitingClip {
  VideoId video;
  std::int64_t tries_count = 0;
};

/// Threads: any.
class Store {
 public:
  explicit Store(Database& database) : database_(database) {}

  Result<std::vector<StoredMaker>> makers() const;
  Result<void> add_maker(const StoredMaker& maker);
  /// Makes it the one that answers, and takes those before away with all they made.
  Result<void> activate(MakerId maker);
  /// Takes it away with all it made; its clips are as `before` (0: none) has seen them.
  Result<void> remove_maker(MakerId maker, MakerId before);
  /// Takes away what was left of makers that are gone.
  Result<void> remove_orphans();
  /// Larger than any that is or was.
  Result<MakerId> next_maker() const;

  /// Tells what each clip has of `maker`; nothing where it is damaged.
  Result<void> each(MakerId maker,
                    const std::function<void(VideoId, std::optional<std::vector<Moment>>)>& tell);

  /// Nothing new where it is known, but whether it is for everyone.
  static Result<void> add_clip(Session& session, VideoId video, bool everyone);
  static Result<void> remove_clip(Session& session, VideoId video);
  Result<bool> has_clip(VideoId video) const;
  /// Lets a clip wait as if it were new.
  Result<void> look_again(VideoId video);
  /// A clip that `newest` has not seen: first those that no maker has, and of them those that were
  /// tried least.
  Result<std::optional<WaitingClip>> next_waiting(MakerId newest) const;
  /// Clips that `maker` has not seen yet.
  enum class Whose : std::uint8_t { all, everyones };
  Result<std::int64_t> waiting_count(MakerId maker, Whose whose) const;
  /// Clips that were given up.
  Result<std::int64_t> failed_count() const;
  Result<void> count_try(VideoId video, std::int64_t tries_count);
  struct Seen {
    MakerId maker = 0;
    std::vector<Moment> moments;
  };
  /// Keeps what was seen of a clip, and calls `done` behind the commit, if the clip is still there.
  /// `newest` is the last maker that has seen it. Nothing seen: it is given up.
  Result<void> keep(VideoId video, MakerId newest, std::span<const Seen> seen,
                    const std::function<void()>& done);
  Result<std::vector<VideoId>> clips() const;

 private:
  Result<std::int64_t> count(std::string_view sql, std::initializer_list<SqlValue> arguments) const;

  Database& database_;
};

}  // namespace filoscope::visual
