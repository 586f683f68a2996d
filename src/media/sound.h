#pragma once

/// The sound of an upload: placed on the picture's time line with gaps filled; its print taken;
/// made as loud as others; encoded once as AAC for every rung.

#include <chromaprint.h>

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "media/ffmpeg.h"
#include "media/limiter.h"
#include "media/loudness.h"
#include "media/media.h"
#include "media/mp4_writer.h"
#include "media/sound_decoder.h"

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
                                             const Loudness& loudness, SharedSound& out);
  ~Sound();
  Sound(const Sound&) = delete;
  Sound& operator=(const Sound&) = delete;

  const AudioTrack& track() const { return track_; }
  /// Of the sound that came before start_at(), 1/90000 s of the file; none if none came.
  std::optional<std::int64_t> first_time() const;
  /// The time (1/90000 s, the file's) that becomes 0; sound before it is dropped. Packets given
  /// earlier wait.
  Result<void> start_at(std::int64_t zero);
  Result<void> push(const AVPacket& packet);
  /// What would be placed at `end` (1/90000 s) or behind is left out: an encoder's filling.
  void end_at(std::int64_t end);
  /// After drain(): its stream is given once more, and the time `zero` of it becomes 0.
  void begin_again(std::int64_t zero);
  /// How much of the time line is filled, 1/90000 s.
  std::int64_t placed_time() const;
  /// Decodes what the decoder still holds. Afterwards end_time() is final.
  Result<void> drain();
  /// Pads with silence to `end` (1/90000 s after zero) and finishes encoder and measures.
  Result<void> finish(std::int64_t end, MediaFacts& facts);

  std::int64_t end_time() const;  ///< of the real sound, 1/90000 s after zero
  std::int64_t frames_count() const { return decoder_->frames_count(); }
  std::int64_t errors_count() const { return errors_ + decoder_->errors_count(); }

 private:
  Sound(const AVStream& stream, std::int64_t duration_max_ms, const Loudness& loudness,
        SharedSound& out)
      : stream_(stream), duration_max_ms_(duration_max_ms), loudness_(loudness), out_(out) {}
  Result<void> open_encoder();
  Result<void> open_print();
  Result<void> decode(const AVPacket* packet);
  Result<void> place(std::span<const float> block, std::int64_t at, bool known);
  Result<void> place_late(std::int64_t at, std::int64_t count);
  Result<void> feed_print(std::span<const std::int16_t> interleaved);
  Result<void> loop_print();
  Result<void> append(std::span<const float> interleaved);
  Result<void> limit(std::span<const float> interleaved);
  Result<void> append_silence(std::int64_t samples);
  Result<void> encode_ready(bool last);
  Result<void> encode(const AVFrame* frame);

  const AVStream& stream_;
  const std::int64_t duration_max_ms_;
  const Loudness loudness_;
  SharedSound& out_;
  AudioTrack track_;
  std::unique_ptr<SoundDecoder> decoder_;
  CodecPtr encoder_;
  std::optional<Limiter> limiter_;
  std::size_t early_ = 0;  ///< samples of the limiter's delay still to be left out
  ChromaprintContext* print_ = nullptr;
  std::vector<PacketPtr> waiting_;
  std::int64_t waiting_bytes_ = 0;
  bool started_ = false;
  bool at_start_ = true;  ///< nothing of the stream is placed yet, and any drift is real
  std::int64_t zero_ = 0;
  std::vector<std::int16_t> integers_;  ///< a block for the print
  std::vector<std::int16_t> loop_;      ///< the start, kept for a print of a short clip
  std::vector<float> fifo_;             ///< not yet encoded, interleaved
  std::size_t fifo_at_ = 0;
  std::int64_t placed_ = 0;  ///< samples on the time line so far
  std::int64_t real_end_ = 0;
  std::int64_t placed_max_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t late_ = 0;  ///< samples past the limit
  std::int64_t encoded_ = 0;
  std::int64_t errors_ = 0;  ///< besides the decoder's
};

}  // namespace filoscope::media
