#pragma once

/// How every rung is encoded; the bench gives its rival the same numbers.

#include <cstdint>

namespace filoscope::media {

inline constexpr const char* kPreset = "veryfast";
inline constexpr double kCrf = 23;
inline constexpr int kBufferSeconds = 2;     ///< rate control buffer, of the capped rate
inline constexpr int kKeyIntervalMax = 600;  ///< frames; key frames are forced long before
inline constexpr std::int64_t kFirstKeyTicks = 90'000;  ///< second key frame at 1 s …
inline constexpr std::int64_t kNextKeyTicks = 180'000;  ///< … then every 2 s

}  // namespace filoscope::media
