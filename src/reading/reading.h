#pragma once

/// What can be read in a clip: words laid over it, signs, slides, each with its time.

#include <memory>
#include <string>
#include <vector>

#include "base/config.h"
#include "catalog/catalog.h"
#include "ports/database.h"
#include "subtitles/cues.h"

namespace filoscope::reading {

inline const Setting<bool> kEnabled{
    "reading.enabled", true,
    "Read the words that stand in a clip's pictures, so that they are found."};
inline const Setting<std::string> kLanguages{
    "reading.languages", "eng",
    "Languages that are read, as Tesseract names them, joined by a plus: eng+deu. Each needs its "
    "package (tesseract-ocr-deu)."};
inline const Setting<std::int64_t> kFramesMax{"reading.frames_max", 4, 1, 32,
                                              "Scenes of a clip that are read, at most."};

/// Threads: any; calls may block on the database, `read` on a process that reads. Errors: those of
/// the database.
class Reading {
 public:
  /// All outlive it. `program` is run as `program vision-worker`, which must call looker_main().
  struct Parts {
    Database& database;
    catalog::Catalog& catalog;
    const Config& config;
    std::string program = "/proc/self/exe";
    std::size_t read_at_once = 1;  ///< clips; 0: nothing is read
  };
  static Result<std::unique_ptr<Reading>> open(const Parts& parts);
  virtual ~Reading() = default;
  /// Ends what waits for a process.
  virtual void stop() = 0;

  /// Of a rendition, which stays the caller's. Takes a second or so. Nothing where nothing stands,
  /// it is switched off, or it could not be read (said in the log). Errors: looking_busy (lookers;
  /// all is being stopped).
  virtual Result<std::vector<subtitles::Cue>> read(int rendition_fd) = 0;
  /// In the transaction that publishes the clip; read `shown` from its hooks.
  virtual Result<void> keep(Session& session, VideoId video,
                            const std::vector<subtitles::Cue>& shown) = 0;
  virtual Result<std::vector<subtitles::Cue>> shown(Session& session, VideoId video) = 0;
};

}  // namespace filoscope::reading
