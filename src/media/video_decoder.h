#pragma once

/// Decodes the picture and keeps account of what was damaged, since a decoder conceals errors and
/// goes on.

#include <functional>

#include "media/ffmpeg.h"
#include "media/source.h"

namespace filoscope::media {

struct Damage {
  std::int64_t packets = 0;
  std::int64_t frames = 0;
  std::int64_t lost_packets = 0;   ///< the decoder refused them
  std::int64_t broken_frames = 0;  ///< flagged by the decoder
  bool counts_match =
      true;  ///< one packet should give one frame (no hidden frames, no single fields)

  /// Of all frames that there should be, how many never came or came broken.
  std::int64_t bad_count() const;
  std::int64_t expected_count() const;
};

/// Threads: one (its own inside the decoder).
class VideoDecoder {
 public:
  using Sink = std::function<Result<void>(AVFrame&)>;
  /// Errors: invalid_argument, internal.
  static Result<VideoDecoder> open(const AVStream& stream, const MediaLimits& limits,
                                   int threads_count);
  /// nullptr gives the rest.
  Result<void> push(const AVPacket* packet, const Sink& each);
  const Damage& damage() const { return damage_; }

 private:
  explicit VideoDecoder(CodecPtr context) : context_(std::move(context)) {}
  void judge(const AVFrame& frame);

  CodecPtr context_;
  Damage damage_;
};

}  // namespace filoscope::media
