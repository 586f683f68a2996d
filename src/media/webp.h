#pragma once

/// An animated WebP as packets of raw video, since FFmpeg 5.1 decodes only still ones.
/// Source: RFC 9649 (WebP), libwebp's demuxer and WebPAnimDecoder.

#include <memory>

#include "base/bytes.h"
#include "media/byte_source.h"
#include "media/ffmpeg.h"

struct WebPDemuxer;
struct WebPAnimDecoder;

namespace filoscope::media {

/// Threads: one.
class WebpFrames {
 public:
  /// Whether the head of the file says that it is an animation.
  static bool is_animation(const ByteSource& bytes);
  /// Reads the file into memory; decodes nothing yet. Errors: invalid_argument (damaged, cut off,
  /// too large), exhausted.
  static Result<std::unique_ptr<WebpFrames>> open(const ByteSource& bytes);
  ~WebpFrames();
  WebpFrames(const WebpFrames&) = delete;
  WebpFrames& operator=(const WebpFrames&) = delete;

  int width() const { return width_; }
  int height() const { return height_; }
  int frames_count() const { return frames_count_; }
  std::int64_t duration_ms() const { return duration_ms_; }

  /// The whole canvas as it is shown next, BGRA with straight alpha, times in milliseconds.
  /// As av_read_frame: 0, AVERROR_EOF, another error. A frame that cannot be decoded comes as a
  /// packet that cannot be, so that it is counted as lost.
  int read(AVPacket& packet);

 private:
  WebpFrames() = default;

  Bytes file_;
  WebPDemuxer* demuxer_ = nullptr;
  WebPAnimDecoder* decoder_ = nullptr;
  int width_ = 0;
  int height_ = 0;
  int frames_count_ = 0;
  std::int64_t duration_ms_ = 0;
  int given_ = 0;
  int end_ms_ = 0;             ///< of the frame given last, as the file counts
  std::int64_t shown_ms_ = 0;  ///< the same as browsers count
};

}  // namespace filoscope::media
