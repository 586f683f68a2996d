#pragma once

/// `eval visual --clips`: is the scene of a cropped, mirrored, darkened and recompressed frame
/// found?

#include "eval/visual.h"

namespace filoscope::eval {

/// Errors: as evaluate_visual.
Result<nlohmann::ordered_json> evaluate_clips(const VisualOptions& options, const Report& report);

/// How many frames of a clip are looked at.
inline constexpr int kFramesOfClip = 5;

}  // namespace filoscope::eval
