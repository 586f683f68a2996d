#pragma once

/// `filoscope bench media.ladder`: the whole pipeline in its worker against one ffmpeg process that
/// makes the same rungs with a split filter.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace filoscope::media {

/// Called before each step with the share of all that is done and what comes.
using BenchProgress = std::function<void(double share, const std::string& what)>;

/// Alternates ours and the rival `rounds` times per clip and gives a JSON object: CPU seconds (user
/// + system of all children), their median ratio, SSIM and bytes beside each other, the limits, and
/// the rival's command line. The rival encodes the sound only once, as we do. Needs `ffmpeg` on
/// PATH and a quiet machine. May block for minutes. Errors: invalid_argument (no clips, rounds < 1,
/// a clip that is refused), unavailable (no ffmpeg), internal.
Result<std::string> bench_ladder(const std::vector<std::filesystem::path>& clips,
                                 const std::filesystem::path& work_folder,
                                 const BenchProgress& progress, int rounds = 5);

/// The best `count` clips of a folder for this bench: those with the most rungs first, then the
/// largest pictures, then the longest. Only what the rival can make the same of (8-bit, no HDR),
/// of at least two rungs and 2 to 30 s long; none when there are fewer than `count`.
std::vector<std::filesystem::path> choose_clips(const std::filesystem::path& folder,
                                                std::size_t count);

}  // namespace filoscope::media
