/// Arbitrary bytes as an upload: opened, checked and decoded a little, bounded in size, frames and
/// pictures.

#include <cstddef>
#include <cstdint>

#include "media/pipeline.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace filoscope::media;
  static const bool kQuiet = (silence_ffmpeg(), true);
  static_cast<void>(kQuiet);
  if (size > 1 << 20) return 0;
  MediaLimits limits;
  limits.long_side_max_px = 512;
  limits.short_side_max_px = 512;
  limits.duration_max_ms = 60'000;
  static_cast<void>(probe_media(MemoryBytes({data, size}), limits, 8));
  return 0;
}
