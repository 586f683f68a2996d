#pragma once

/// Transparent pictures laid on a grey ground, since what lies under the alpha is whatever the
/// encoder left there.

#include "media/ffmpeg.h"

namespace filoscope::media {

/// The grey, as full-range luma, on which black and white both stand out at 4.5 : 1 or more
/// (WCAG 2.2, 1.4.3): drawings and letters of either colour stay readable.
inline constexpr int kGroundLuma = 117;

bool has_alpha(const AVFrame& frame);

/// Threads: one.
class Ground {
 public:
  /// The frame without alpha, its properties kept; REQUIRES: has_alpha(frame). RGB stays RGB, YUV
  /// becomes 4:4:4 of 8 bits. Errors: exhausted, internal.
  Result<FramePtr> lay(const AVFrame& frame);

 private:
  Result<FramePtr> convert(const AVFrame& frame, AVPixelFormat format);

  SwsPtr sws_;  ///< reused while the format stays
};

}  // namespace filoscope::media
