#pragma once

/// How every rung is made; the bench gives its rival the same.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace filoscope::media {

inline constexpr const char* kScaling = "bicubic";      ///< `sws_flags` of swscale
inline constexpr std::int64_t kFirstKeyTicks = 90'000;  ///< second key frame at 1 s …
inline constexpr std::int64_t kNextKeyTicks = 180'000;  ///< … then every 2 s

/// Options of libx264 by the names that libavcodec and the `ffmpeg` program share. The buffer of
/// the rate control holds 2 s; key frames are forced long before the longest interval.
inline std::vector<std::pair<std::string, std::string>> encoder_settings(std::int64_t rate_max_bps,
                                                                         int threads_count) {
  return {{"preset", "veryfast"},
          {"profile", "high"},
          {"crf", "23"},
          {"maxrate", std::to_string(rate_max_bps)},
          {"bufsize", std::to_string(2 * rate_max_bps)},
          {"g", "600"},
          {"forced-idr", "1"},
          {"threads", std::to_string(threads_count)}};
}

}  // namespace filoscope::media
