#pragma once

/// `filoscope eval copies`: are clips known again after somebody has passed them on, and are
/// different clips told apart?

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "eval/evaluation.h"

namespace filoscope::eval {

struct CopiesOptions {
  std::filesystem::path clips;
  double seconds_max = 30;  ///< of each clip
};

/// Every clip in nine changes, each compared with every clip: recall of each change, and pairs of
/// different clips that are taken for copies. Clips that are one file in two formats (nearly equal
/// without any change) count as one. Beside it the plain method: one hash a second, the whole
/// picture. Threads: its own. Errors: those of clip_files, eval_file_malformed.
Result<nlohmann::ordered_json> evaluate_copies(const CopiesOptions& options, const Report& report);

}  // namespace filoscope::eval
