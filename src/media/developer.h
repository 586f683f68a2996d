#pragma once

/// From a decoder's frame to plain RGB.

#include "media/geometry.h"
#include "media/ground.h"
#include "media/rgb.h"
#include "media/tone_map.h"

namespace filoscope::media {

/// Brings frames to a size of at most `limits.long_side_px`, upright, tone-mapped where needed, on
/// grey where transparent. Threads: one.
class Developer {
 public:
  explicit Developer(const PictureLimits& limits) : limits_(limits) {}
  /// `look` is how the frame is meant to be seen. Errors: processing_out_of_memory, internal.
  Result<RgbPicture> develop(const AVFrame& frame, const Look& look);

 private:
  const PictureLimits limits_;
  Ground ground_;
  ToneMap tone_map_;
};

}  // namespace filoscope::media
