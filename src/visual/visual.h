#pragma once

/// Visual search: which clips of the catalogue show what a picture shows, and when. Looks at every
/// published clip behind its publication, in the background; learns how to compare from what the
/// catalogue holds, and again as it grows (vision::Projection).

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "accounts/accounts.h"
#include "base/config.h"
#include "catalog/catalog.h"
#include "ports/database.h"
#include "vision/picture.h"
#include "visual/lesson.h"

namespace filoscope::visual {

inline const Setting<std::int64_t> kFramesMax{
    "visual.frames_max", 8, 1, 32,
    "Scenes of a clip that visual search knows, at most; what is already known of a clip stays."};
inline const Setting<std::int64_t> kLookers{
    "visual.lookers", 2, 1, 64, "Processes that look at pictures which people search with."};
inline const Setting<std::int64_t> kGraphFrom{
    "visual.graph_from", 200'000, 1, 1'000'000'000,
    "Scenes from which on visual search walks along a graph of near ones; with fewer it compares "
    "with all of them."};

/// Where the network comes from: as set, or what lies beside a checkout; empty: nowhere.
std::string model_path(const Config& config);

/// How far the catalogue is known, and what makes it comparable.
struct Status {
  std::string descriptor;          ///< "builtin-1"; empty: nothing was looked at yet
  std::string model_problem;       ///< why the network that is set is not used
  std::int64_t learned_count = 0;  ///< pictures that the projection was learned from; 0: drawn
  bool renewing = false;           ///< another projection is made ready behind the one in use
  std::int64_t clips_count = 0;
  std::int64_t moments_count = 0;
  std::int64_t waiting_count = 0;  ///< clips that wait to be looked at
  std::int64_t failed_count = 0;   ///< clips that could not be
  std::int64_t memory_bytes = 0;
  std::optional<double> ms_per_picture;  ///< of a search, a running mean; none before the first
};

struct Match {
  catalog::Entry entry;
  std::int64_t at_ms = 0;
  double similarity = 0;  ///< 0..1
};

struct Found {
  std::vector<Match> matches;  ///< the most similar first, a clip once; none: nothing is similar
  std::int64_t waiting_count = 0;  ///< clips for everyone that are not known yet
};

/// Threads: any; calls may block on the database and on a process that looks at the picture.
class VisualSearch {
 public:
  /// All outlive it. `program` is run as `program vision-worker`, which must call looker_main().
  struct Parts {
    Database& database;
    catalog::Catalog& catalog;
    BlobStore& blobs;
    const Clock& clock;
    const Config& config;
    std::string program = "/proc/self/exe";
    bool looks = true;  ///< at new clips, on a thread of its own; else only what changes is noted,
                        ///< and nothing is found
    std::span<const std::int64_t> lessons = kLearnedFrom;
  };
  /// Errors: those of the database.
  static Result<std::unique_ptr<VisualSearch>> open(const Parts& parts);
  virtual ~VisualSearch() = default;

  /// Clips that `viewer` may see and that show what `part` of a JPEG, PNG or WebP shows. The
  /// picture is not kept. Errors: those of media::read_picture, of reasons.h.
  virtual Result<Found> by_picture(const accounts::Viewer& viewer,
                                   std::span<const std::uint8_t> picture, const vision::Crop& part,
                                   std::size_t limit) = 0;
  /// The same for what a clip shows at `at_ms`; without that clip. Errors: not_found (there is none
  /// that `viewer` may see), as above.
  virtual Result<Found> by_moment(const accounts::Viewer& viewer, VideoId video, std::int64_t at_ms,
                                  const vision::Crop& part, std::size_t limit) = 0;
  virtual Status status() const = 0;
  /// Ends what is under way: whoever asks is told looking_busy from now on.
  virtual void stop() = 0;
  /// Waits until nothing is left to be looked at or learned, or the time is over; for tests and
  /// tools.
  virtual bool settle(std::int64_t deadline_ms) = 0;
};

}  // namespace filoscope::visual
