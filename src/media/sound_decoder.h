#pragma once

/// The sound of a stream as interleaved stereo floats, whatever its layout, rate and format are or
/// become.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "media/ffmpeg.h"

namespace filoscope::media {

inline constexpr int kSoundChannels = 2;

/// Threads: one.
class SoundDecoder {
 public:
  /// `time` in the stream's time base, AV_NOPTS_VALUE when unknown. The block may be changed.
  using Sink = std::function<Result<void>(std::vector<float>& block, std::int64_t time)>;
  /// `stream` must outlive it. Errors: invalid_argument (cannot be decoded), internal.
  static Result<std::unique_ptr<SoundDecoder>> open(const AVStream& stream);
  ~SoundDecoder();
  SoundDecoder(const SoundDecoder&) = delete;
  SoundDecoder& operator=(const SoundDecoder&) = delete;

  int sample_rate() const { return sample_rate_; }  ///< of what comes out
  /// nullptr gives the rest. What is damaged is counted and left out. Errors: internal, of `each`.
  Result<void> push(const AVPacket* packet, const Sink& each);
  /// After the rest was given: what comes now begins anew.
  void begin_again();
  std::int64_t frames_count() const { return frames_; }
  std::int64_t errors_count() const { return errors_; }

 private:
  explicit SoundDecoder(const AVStream& stream);
  Result<void> open_decoder(const AVStream& stream);
  Result<void> take(const AVFrame& frame, const Sink& each);
  Result<void> prepare(const AVFrame& frame);
  Result<void> resample(const std::uint8_t** data, int samples);

  const int sample_rate_;
  CodecPtr decoder_;
  SwrPtr swr_;
  AVChannelLayout swr_layout_{};
  int swr_rate_ = 0;
  int swr_format_ = -1;
  std::vector<float> block_;
  std::int64_t frames_ = 0;
  std::int64_t errors_ = 0;
};

}  // namespace filoscope::media
