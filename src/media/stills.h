#pragma once

/// Pictures taken out of the stream: one a second and the one wanted for covers and the tiny
/// placeholder, five a second for the clip's print.

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "media/ffmpeg.h"
#include "media/media.h"

namespace filoscope::media {

/// Of a frame with 8-bit luma.
prints::Grid grid_of(const AVFrame& frame);
/// Detail (mean gradient) times how well lit the picture is, times how many lights it has: few on a
/// slate or a card, which is letters on a flat ground. Of 8-bit luma.
double cover_score(const AVFrame& frame);
/// Baseline JPEG of a yuv420p frame in limited range and its `colorspace`; quality 2 (best) to 31.
Result<Bytes> encode_jpeg(const AVFrame& frame, int quality);
/// A "data:image/jpeg;base64,…" of at most 700 characters or so.
Result<std::string> make_placeholder(const AVFrame& frame);

/// Threads: one. Frames are upright yuv420p in presentation order.
class Stills {
 public:
  explicit Stills(std::optional<std::int64_t> cover_ms = {}) : cover_ms_(cover_ms) {}

  Result<void> offer(const AVFrame& frame, std::int64_t pts);
  /// Writes up to `covers.size()` covers and fills print, placeholder and covers_count. REQUIRES:
  /// one frame was offered.
  Result<void> finish(std::span<const int> covers, MediaFacts& facts);

 private:
  /// Keeps `frame` if it is the best so far: detail and light; black or flat pictures score low.
  void judge(const AVFrame& frame, std::int64_t pts);

  const std::optional<std::int64_t> cover_ms_;
  FramePtr wanted_;  ///< shown at `cover_ms_`, as far as frames have come
  prints::ClipPrinter printer_;
  std::vector<FramePtr> strip_;
  std::int64_t stride_ =
      1;  ///< seconds between those of the strip; doubles when there are too many
  std::int64_t next_strip_ = 0;  ///< pts
  FramePtr best_;
  double best_score_ = -1;
  std::int64_t next_judged_ = 0;
};

}  // namespace filoscope::media
