#pragma once

/// Clips like a phone's, made by the program `ffmpeg`, for benches without clips of their own.

#include <filesystem>

#include "app/commands.h"
#include "base/result.h"

namespace filoscope::app {

/// As displayed; stored lying on its side with a rotation mark, as phones do.
struct ClipPlan {
  const char* name = "";
  int width = 1080, height = 1920, fps = 30, seconds = 10;
  int bitrate_kbps = 17'000;  ///< of the picture
};

/// The picture: two detailed still pictures (parts of the Mandelbrot set), one before the other,
/// both moving on their own under a camera that sways, with noise that changes in every frame; the
/// sound: pink noise with a tone. H.264 High without B-frames, one key frame a second, AAC.
/// Shows progress. Errors: unavailable (no ffmpeg), internal.
Result<std::filesystem::path> make_clip(const ClipPlan& plan, const std::filesystem::path& folder);

/// Clips for what the whole pipeline takes: those named, else real ones beside this checkout, else
/// made ones in `folder`. Errors: those of make_clip.
Result<std::vector<std::filesystem::path>> ladder_clips(const BenchOptions& options,
                                                        const std::filesystem::path& folder);

}  // namespace filoscope::app
