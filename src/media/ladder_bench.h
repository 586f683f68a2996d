#pragma once

/// `filoscope bench media.ladder`: the whole pipeline in its worker against one ffmpeg process that
/// makes the same rungs with a split filter.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace filoscope::media {

/// Alternates ours and the rival `rounds` times per clip and gives a JSON object: CPU seconds (user
/// + system of all children), their median ratio with the limit 1.10, SSIM and bytes beside each
/// other, and the rival's command line. The rival encodes the sound only once, as we do. Needs
/// `ffmpeg` on PATH and a quiet machine. May block for minutes. Errors: invalid_argument (no clips,
/// rounds < 1, a clip that is refused), unavailable (no ffmpeg), internal.
Result<std::string> bench_ladder(const std::vector<std::filesystem::path>& clips, int rounds = 5);

}  // namespace filoscope::media
