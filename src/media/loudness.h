#pragma once

/// How loud a sound is, and the gain that makes it as loud as others: −14 LUFS, quiet ones raised.
/// Sources: EBU R 128, ITU-R BS.1770-4 (gated loudness).

#include "media/byte_source.h"
#include "media/media.h"

namespace filoscope::media {

inline constexpr double kSilentLufs = -70;
/// The limiter's; 1 dB under the −1 dBTP that nothing may pass, for what AAC adds.
inline constexpr double kCeilingDb = -2;

struct Loudness {
  double lufs = kSilentLufs;  ///< integrated, of the source; kSilentLufs when silent
  double gain_db = 0;         ///< before a Limiter at kCeilingDb
};

/// Decodes the sound of the file once, and up to three times more where the limiter will act and so
/// take loudness away. The gain is at most 20 dB, and falls to nothing for what is as quiet as a
/// room's noise. Errors: as of Source::open; internal.
Result<Loudness> measure_loudness(const ByteSource& bytes, const MediaLimits& limits);

}  // namespace filoscope::media
