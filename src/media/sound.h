#pragma once

/// The sound of an upload: decoded once; placed on the picture's time line with gaps filled;
/// measured (R128, chromaprint); encoded once as AAC for every rung.

#include <chromaprint.h>
#include <ebur128.h>

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "media/ffmpeg.h"
#include "media/media.h"
#include "media/mp4_writer.h"

namespace filoscope::media {

/// Encoded sound on its way to the rungs. Threads: any.
class SharedSound {
 public:
  void add(SamplePtr sample);
  void end();
  /// Samples from `index` on; `ended` tells whether these are the last.
  std::vector<SamplePtr> from(std::size_t index, bool& ended) const;

 private:
  mutable Mutex mutex_;
  std::vector<SamplePtr> samples_ FILOSCOPE_GUARDED_BY(mutex_);
  bool ended_ FILOSCOPE_GUARDED_BY(mutex_) = false;
};

/// Threads: one.
class Sound {
 public:
  /// `out` must outlive it. Errors: invalid_argument (cannot be decoded), internal.
  /// Sound later than `duration_max_ms` is left out, up to a second; more is invalid_argument.
  static Result<std::unique_ptr<Sound>> open(const AVStream& stream, std::int64_t duration_max_ms,
                                             SharedSound& out);
  ~Sound();
  Sound(const Sound&) = delete;
  Sound& operator=(const Sound&) = delete;

  const AudioTrack& track() const { return track_; }
  /// The time (1/90000 s, the file's) that becomes 0; sound before it is dropped. Packets given
  /// earlier wait.
  Result<void> start_at(std::int64_t zero);
  Result<void> push(const AVPacket& packet);
  /// Decodes what the decoder still holds. Afterwards end_time() is final.
  Result<void> drain();
  /// Pads with silence to `end` (1/90000 s after zero) and finishes encoder and measures.
  Result<void> finish(std::int64_t end, MediaFacts& facts);

  std::int64_t end_time() const;  ///< of the real sound, 1/90000 s after zero
  std::int64_t frames_count() const { return frames_; }
  std::int64_t errors_count() const { return errors_; }

 private:
  Sound(const AVStream& stream, std::int64_t duration_max_ms, SharedSound& out)
      : stream_(stream), duration_max_ms_(duration_max_ms), out_(out) {}
  Result<void> open_decoder();
  Result<void> open_encoder();
  Result<void> open_measures();
  Result<void> decode(const AVPacket* packet);
  Result<void> take(const AVFrame& frame);
  Result<void> convert(const AVFrame& frame);
  Result<void> place(std::int64_t at, bool known);
  Result<void> place_late(std::int64_t at, std::int64_t count);
  Result<void> feed_print(std::span<const std::int16_t> interleaved);
  Result<void> loop_print();
  Result<void> append(std::span<const float> interleaved);
  Result<void> append_silence(std::int64_t samples);
  Result<void> encode_ready(bool last);
  Result<void> encode(const AVFrame* frame);

  const AVStream& stream_;
  const std::int64_t duration_max_ms_;
  SharedSound& out_;
  AudioTrack track_;
  CodecPtr decoder_;
  CodecPtr encoder_;
  SwrPtr swr_;
  AVChannelLayout swr_layout_{};
  int swr_rate_ = 0;
  int swr_format_ = -1;
  ebur128_state* loudness_ = nullptr;
  ChromaprintContext* print_ = nullptr;
  std::vector<PacketPtr> waiting_;
  std::int64_t waiting_bytes_ = 0;
  bool started_ = false;
  std::int64_t zero_ = 0;
  std::vector<float> block_;            ///< converted, interleaved
  std::vector<std::int16_t> integers_;  ///< the same for the print
  std::vector<std::int16_t> loop_;      ///< the start, kept for a print of a short clip
  std::vector<float> fifo_;             ///< not yet encoded, interleaved
  std::size_t fifo_at_ = 0;
  std::int64_t placed_ = 0;  ///< samples on the time line so far
  std::int64_t real_end_ = 0;
  std::int64_t late_ = 0;  ///< samples past the limit
  std::int64_t encoded_ = 0;
  std::int64_t frames_ = 0;
  std::int64_t errors_ = 0;
};

}  // namespace filoscope::media
