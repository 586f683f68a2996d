#pragma once

/// Where imported files go: a data folder, or a running server by tus 1.0.0.

#include <functional>
#include <memory>
#include <string>

#include "app/import_plan.h"
#include "base/result.h"

namespace filoscope::app {

struct ImportState {
  std::string state;
  int progress_percent = 0;
  std::string error;
};

/// Threads: one at a time. All calls may block.
class ImportTarget {
 public:
  using Sent = std::function<void(std::int64_t bytes)>;
  virtual ~ImportTarget() = default;
  /// The video that this content became (it may have failed: the same would again), or "".
  virtual Result<std::string> find(const std::string& mark) = 0;
  /// Sends it whole, or goes on where an earlier try was cut off. Returns the video's id.
  virtual Result<std::string> add(const ImportFile& file, const std::string& mark,
                                  const Sent& sent) = 0;
  virtual Result<ImportState> state(const std::string& video_id) = 0;
};

/// What was sent where is kept in $XDG_STATE_HOME/filoscope (or ~/.local/state), so that another
/// call adds nothing twice. Errors: invalid_argument, unauthenticated, unavailable.
Result<std::unique_ptr<ImportTarget>> open_http_target(const std::string& url,
                                                       const std::string& token);

}  // namespace filoscope::app
