#pragma once

/// What a clip is looked at for before anybody is shown it, what is held, and what people who are
/// responsible for the server decide.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "catalog/catalog.h"
#include "copies/copies.h"
#include "ports/database.h"
#include "safety/judging.h"
#include "social/social.h"

namespace filoscope::safety {

inline const Setting<std::int64_t> kFramesMax{
    "safety.frames_max", 24, 1, 48, "Frames of a clip that the classifier looks at, at most."};
inline const Setting<double> kHoldFrom{
    "safety.hold_from", .95, 0, 2,
    "Share of what is explicit (porn and hentai together) in a scene from which on its clip is "
    "held for a moderator; 2: never."};
inline const Setting<double> kLimitFrom{
    "safety.limit_from", .8, 0, 2,
    "The same from which on a clip is limited: in nobody's feed who did not ask for such; 2: "
    "never."};
inline const Setting<double> kLimitSuggestiveFrom{
    "safety.limit_suggestive_from", .95, 0, 2,
    "Share of what is suggestive in a scene from which on its clip is limited; 2: never."};
inline const Setting<std::string> kUnlooked{
    "safety.unlooked", "publish",
    "What becomes of a clip that the classifier could not look at: publish, limit or hold."};

/// What looks.
struct Status {
  std::string classifier;  ///< SafetyNetwork::name; empty: none, nothing is judged
  std::string problem;     ///< why the one that is set is not used
  std::int64_t held_count = 0;
};

struct Held {
  catalog::Video video;
  std::optional<copies::Blocked> matched;  ///< of the block list, as it was then
  std::optional<Judgement> judgement;      ///< none where there is no classifier
  std::int64_t held_ms = 0;
};

/// Threads: any; calls may block on the database, `judge` on a process that looks. Errors, where
/// nothing else is said: those of the database.
class Safety {
 public:
  /// All outlive it. `program` is run as `program vision-worker`, which must call looker_main().
  struct Parts {
    Database& database;
    catalog::Catalog& catalog;
    social::Social& social;
    const Clock& clock;
    const Config& config;
    std::string program = "/proc/self/exe";
    std::size_t judged_at_once = 1;  ///< clips; 0: nothing is judged
  };
  /// Errors: not_what_to_do_unlooked.
  static Result<std::unique_ptr<Safety>> open(const Parts& parts);
  virtual ~Safety() = default;
  /// Ends what waits for a process.
  /// Threads: one.
  virtual void stop() = 0;

  /// Of a rendition, which stays the caller's. Takes a second or so. A clip that could not be
  /// looked at is judged as the setting says. Errors: unavailable (lookers: all is being stopped,
  /// or no process comes free; to be tried again).
  virtual Result<Judgement> judge(int rendition_fd) = 0;
  /// In the transaction that publishes the clip; held where the judgement says so or it matched.
  virtual Result<void> keep(Session& session, VideoId video, const Judgement& judgement,
                            const std::optional<copies::Blocked>& matched) = 0;
  virtual Result<std::optional<Judgement>> judgement_of(VideoId video) = 0;

  /// Oldest first, at most 200.
  virtual Result<std::vector<Held>> held() = 0;
  virtual Result<std::int64_t> held_count() = 0;
  // Its owner is told. Errors: not_held (catalog).
  /// `sensitive`: none leaves it as it was judged.
  virtual Result<void> release(VideoId video, std::optional<bool> sensitive) = 0;
  virtual Result<void> refuse(VideoId video) = 0;  ///< deleted, for good
  /// Whether a published one is for everyone; its owner is told that it is not. Errors:
  /// no_such_video (catalog).
  virtual Result<void> set_sensitive(VideoId video, bool sensitive) = 0;

  virtual Result<Status> status() = 0;
};

}  // namespace filoscope::safety
