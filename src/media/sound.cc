#include "media/sound.h"

#include <algorithm>
#include <cmath>

#include "media/source.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace filoscope::media {
namespace {

constexpr int kChannels = 2;
constexpr int kFrameSamples = 1024;
constexpr std::int64_t kBitRate = 128'000;
constexpr std::int64_t kWaitingMaxBytes = 64 << 20;  // of sound before the first picture
constexpr double kTargetLufs = -14;
constexpr double kPeakMaxDb = -1;
constexpr double kSilentLufs = -70;
constexpr double kGainMaxDb = 20;
// A print's first value takes 2.6 s of sound, each further one 0.12 s.
constexpr int kLoopedBelowS = 4, kLoopedToS = 6;
// Time stamps rounded to milliseconds wander by less; a real gap or overlap is larger.
constexpr std::int64_t kJitterMs = 40;
constexpr std::int64_t kLateSMax = 1;  // of sound past the limit that is left out

}  // namespace

void SharedSound::add(SamplePtr sample) {
  const Lock lock(mutex_);
  samples_.push_back(std::move(sample));
}

void SharedSound::end() {
  const Lock lock(mutex_);
  ended_ = true;
}

std::vector<SamplePtr> SharedSound::from(std::size_t index, bool& ended) const {
  const Lock lock(mutex_);
  ended = ended_;
  return {samples_.begin() + static_cast<std::ptrdiff_t>(std::min(index, samples_.size())),
          samples_.end()};
}

Result<std::unique_ptr<Sound>> Sound::open(const AVStream& stream, std::int64_t duration_max_ms,
                                           SharedSound& out) {
  std::unique_ptr<Sound> sound(new Sound(stream, duration_max_ms, out));
  FILOSCOPE_DO(sound->open_decoder());
  FILOSCOPE_DO(sound->open_encoder());
  FILOSCOPE_DO(sound->open_measures());
  return sound;
}

Sound::~Sound() {
  if (loudness_ != nullptr) ebur128_destroy(&loudness_);
  if (print_ != nullptr) chromaprint_free(print_);
  av_channel_layout_uninit(&swr_layout_);
}

Result<void> Sound::open_decoder() {
  const AVCodec* codec = find_decoder(stream_);
  decoder_.reset(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!decoder_) return av_failure("sound decoder", AVERROR(ENOMEM));
  avcodec_parameters_to_context(decoder_.get(), stream_.codecpar);
  decoder_->pkt_timebase = stream_.time_base;
  decoder_->codec_whitelist = av_strdup(kDecoders);
  decoder_->thread_count = 1;
  const int status = avcodec_open2(decoder_.get(), codec, nullptr);
  if (status == AVERROR(ENOMEM)) return av_failure("sound decoder", status);
  if (status < 0)
    return bad_file("the sound is damaged: its description cannot be read", advice::kCopyAgain);
  return {};
}

Result<void> Sound::open_encoder() {
  const AVCodec* codec = avcodec_find_encoder_by_name("aac");
  encoder_.reset(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!encoder_) return Error{Code::internal, "no AAC encoder"};
  track_.sample_rate = stream_.codecpar->sample_rate == 44'100 ? 44'100 : 48'000;
  track_.channels_count = kChannels;
  encoder_->sample_fmt = AV_SAMPLE_FMT_FLTP;
  encoder_->sample_rate = track_.sample_rate;
  encoder_->bit_rate = kBitRate;
  encoder_->time_base = AVRational{1, track_.sample_rate};
  encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  encoder_->thread_count = 1;
  av_channel_layout_default(&encoder_->ch_layout, kChannels);
  const int status = avcodec_open2(encoder_.get(), codec, nullptr);
  if (status < 0) return av_failure("AAC encoder", status);
  track_.priming_samples = encoder_->initial_padding;
  track_.specific_config.assign(encoder_->extradata,
                                encoder_->extradata + encoder_->extradata_size);
  return {};
}

Result<void> Sound::open_measures() {
  loudness_ = ebur128_init(kChannels, static_cast<unsigned long>(track_.sample_rate),
                           EBUR128_MODE_I | EBUR128_MODE_SAMPLE_PEAK);
  print_ = chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT);
  if (loudness_ == nullptr || print_ == nullptr)
    return av_failure("sound measures", AVERROR(ENOMEM));
  if (chromaprint_start(print_, track_.sample_rate, kChannels) != 1) {
    return Error{Code::internal, "the sound print cannot be started"};
  }
  return {};
}

Result<void> Sound::start_at(std::int64_t zero) {
  zero_ = zero;
  started_ = true;
  for (const PacketPtr& packet : waiting_) FILOSCOPE_DO(decode(packet.get()));
  waiting_.clear();
  return {};
}

Result<void> Sound::push(const AVPacket& packet) {
  if (started_) return decode(&packet);
  waiting_bytes_ += packet.size;
  if (waiting_bytes_ > kWaitingMaxBytes)
    return bad_file("the file is damaged: no frame of its picture can be decoded",
                    advice::kCopyAgain);
  waiting_.emplace_back(av_packet_clone(&packet));
  if (!waiting_.back()) return av_failure("sound", AVERROR(ENOMEM));
  return {};
}

Result<void> Sound::drain() { return decode(nullptr); }

Result<void> Sound::decode(const AVPacket* packet) {
  int status = avcodec_send_packet(decoder_.get(), packet);
  if (status == AVERROR(ENOMEM)) return av_failure("sound", status);
  if (status < 0 && status != AVERROR_EOF) {
    ++errors_;
    return {};
  }
  const FramePtr frame = make_frame();
  while ((status = avcodec_receive_frame(decoder_.get(), frame.get())) >= 0) {
    if (frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0) ++errors_;
    ++frames_;
    FILOSCOPE_DO(take(*frame));
    av_frame_unref(frame.get());
  }
  if (status == AVERROR(ENOMEM)) return av_failure("sound", status);
  if (status != AVERROR(EAGAIN) && status != AVERROR_EOF) ++errors_;
  return {};
}

Result<void> Sound::convert(const AVFrame& frame) {
  const bool same = swr_ && frame.sample_rate == swr_rate_ && frame.format == swr_format_ &&
                    av_channel_layout_compare(&frame.ch_layout, &swr_layout_) == 0;
  if (!same) {
    AVChannelLayout layout{};
    if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
      av_channel_layout_default(&layout, frame.ch_layout.nb_channels);
    } else {
      av_channel_layout_copy(&layout, &frame.ch_layout);
    }
    SwrContext* swr = nullptr;
    int status = swr_alloc_set_opts2(
        &swr, &encoder_->ch_layout, AV_SAMPLE_FMT_FLT, track_.sample_rate, &layout,
        static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
    av_channel_layout_uninit(&layout);
    swr_.reset(swr);
    if (status >= 0) status = swr_init(swr_.get());
    if (status < 0) return av_failure("sound conversion", status);
    swr_rate_ = frame.sample_rate;
    swr_format_ = frame.format;
    av_channel_layout_uninit(&swr_layout_);
    av_channel_layout_copy(&swr_layout_, &frame.ch_layout);
  }
  const int room = swr_get_out_samples(swr_.get(), frame.nb_samples);
  block_.resize(static_cast<std::size_t>(std::max(room, 0)) * kChannels);
  auto* out = reinterpret_cast<std::uint8_t*>(block_.data());
  const int got =
      swr_convert(swr_.get(), &out, room, const_cast<const std::uint8_t**>(frame.extended_data),
                  frame.nb_samples);
  if (got < 0) return av_failure("sound conversion", got);
  block_.resize(static_cast<std::size_t>(got) * kChannels);
  for (float& value : block_) {
    if (!std::isfinite(value)) value = 0;  // float PCM may hold anything
    value = std::clamp(value, -4.0F, 4.0F);
  }
  return {};
}

Result<void> Sound::take(const AVFrame& frame) {
  if (frame.sample_rate <= 0 || frame.nb_samples <= 0 || frame.ch_layout.nb_channels <= 0)
    return {};
  FILOSCOPE_DO(convert(frame));
  const auto time = frame.best_effort_timestamp;
  if (time == AV_NOPTS_VALUE) return place(placed_, false);
  const auto ticks = av_rescale_q(time, stream_.time_base, kTimeBase) - zero_;
  return place(av_rescale(ticks, track_.sample_rate, kTicksPerSecond), true);
}

/// Sound that goes on past the limit, unlike a time stamp that cannot be.
Result<void> Sound::place_late(std::int64_t at, std::int64_t count) {
  if (at > placed_ + late_ + kLateSMax * track_.sample_rate) {
    ++errors_;
    return {};
  }
  late_ += count;
  if (late_ <= kLateSMax * track_.sample_rate) return {};
  return bad_file(
      "the sound goes on longer than the longest allowed, " + duration_text(duration_max_ms_),
      advice::kCut);
}

/// Puts `block_` on the time line: fills a gap with silence, cuts off what lies before the line's
/// start or overlaps.
Result<void> Sound::place(std::int64_t at, bool known) {
  const std::int64_t count = std::ssize(block_) / kChannels;
  if (at + count > duration_max_ms_ * track_.sample_rate / 1000) return place_late(at, count);
  std::int64_t drift = known ? at - placed_ : 0;
  const bool first = placed_ == 0;
  if (!first && std::abs(drift) <= kJitterMs * track_.sample_rate / 1000) drift = 0;
  if (drift > 0) FILOSCOPE_DO(append_silence(drift));
  const std::int64_t cut = std::clamp<std::int64_t>(-drift, 0, count);
  const auto kept =
      std::span<const float>(block_).subspan(static_cast<std::size_t>(cut) * kChannels);
  if (kept.empty()) return {};
  const auto frames = kept.size() / kChannels;
  ebur128_add_frames_float(loudness_, kept.data(), frames);
  integers_.resize(kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    integers_[i] =
        static_cast<std::int16_t>(std::lrintf(std::clamp(kept[i], -1.0F, 1.0F) * 32'767.0F));
  }
  FILOSCOPE_DO(feed_print(integers_));
  const auto loop_max = static_cast<std::size_t>(kLoopedBelowS * track_.sample_rate * kChannels);
  if (loop_.size() < loop_max) loop_.insert(loop_.end(), integers_.begin(), integers_.end());
  FILOSCOPE_DO(append(kept));
  real_end_ = placed_;
  return {};
}

Result<void> Sound::feed_print(std::span<const std::int16_t> interleaved) {
  if (chromaprint_feed(print_, interleaved.data(), static_cast<int>(interleaved.size())) != 1)
    return Error{Code::internal, "the sound print failed"};
  return {};
}

/// A clip too short for a print is heard as it is played: again and again.
Result<void> Sound::loop_print() {
  const auto samples_of = [&](int seconds) {
    return static_cast<std::size_t>(seconds * track_.sample_rate * kChannels);
  };
  if (loop_.empty() || loop_.size() >= samples_of(kLoopedBelowS)) return {};
  for (std::size_t fed = loop_.size(); fed < samples_of(kLoopedToS); fed += loop_.size())
    FILOSCOPE_DO(feed_print(loop_));
  return {};
}

Result<void> Sound::append(std::span<const float> interleaved) {
  fifo_.insert(fifo_.end(), interleaved.begin(), interleaved.end());
  placed_ += std::ssize(interleaved) / kChannels;
  return encode_ready(false);
}

Result<void> Sound::append_silence(std::int64_t samples) {
  static constexpr std::array<float, 4096 * kChannels> kSilence{};
  while (samples > 0) {
    const auto part = std::min<std::int64_t>(samples, 4096);
    FILOSCOPE_DO(append(std::span(kSilence).first(static_cast<std::size_t>(part) * kChannels)));
    samples -= part;
  }
  return {};
}

Result<void> Sound::encode_ready(bool last) {
  constexpr std::size_t kFrameFloats = std::size_t{kFrameSamples} * kChannels;
  while (fifo_.size() - fifo_at_ >= kFrameFloats || (last && fifo_.size() > fifo_at_)) {
    const FramePtr frame = make_frame();
    frame->format = AV_SAMPLE_FMT_FLTP;
    frame->sample_rate = track_.sample_rate;
    frame->nb_samples = kFrameSamples;
    av_channel_layout_copy(&frame->ch_layout, &encoder_->ch_layout);
    const int status = av_frame_get_buffer(frame.get(), 0);
    if (status < 0) return av_failure("sound", status);
    const std::size_t have = std::min(kFrameFloats, fifo_.size() - fifo_at_);
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      auto* out = reinterpret_cast<float*>(frame->extended_data[channel]);
      for (std::size_t i = 0; i < kFrameSamples; ++i) {
        out[i] = i * kChannels < have ? fifo_[fifo_at_ + i * kChannels + channel] : 0.0F;
      }
    }
    fifo_at_ += have;
    frame->pts = encoded_;
    encoded_ += kFrameSamples;
    FILOSCOPE_DO(encode(frame.get()));
  }
  if (fifo_at_ > kFrameFloats * 16) {
    fifo_.erase(fifo_.begin(), fifo_.begin() + static_cast<std::ptrdiff_t>(fifo_at_));
    fifo_at_ = 0;
  }
  return {};
}

Result<void> Sound::encode(const AVFrame* frame) {
  int status = avcodec_send_frame(encoder_.get(), frame);
  if (status < 0) return av_failure("AAC encoder", status);
  const PacketPtr packet = make_packet();
  while ((status = avcodec_receive_packet(encoder_.get(), packet.get())) >= 0) {
    Sample sample;
    sample.data.assign(packet->data, packet->data + packet->size);
    sample.pts = sample.dts = packet->pts;
    sample.key = true;
    out_.add(std::make_shared<const Sample>(std::move(sample)));
    av_packet_unref(packet.get());
  }
  if (status != AVERROR(EAGAIN) && status != AVERROR_EOF) return av_failure("AAC encoder", status);
  return {};
}

std::int64_t Sound::end_time() const {
  return av_rescale(real_end_, kTicksPerSecond, track_.sample_rate);
}

Result<void> Sound::finish(std::int64_t end, MediaFacts& facts) {
  const auto end_samples = av_rescale(end, track_.sample_rate, kTicksPerSecond);
  FILOSCOPE_DO(append_silence(end_samples - placed_));
  FILOSCOPE_DO(encode_ready(true));
  FILOSCOPE_DO(encode(nullptr));
  out_.end();

  double lufs = kSilentLufs;
  if (ebur128_loudness_global(loudness_, &lufs) != EBUR128_SUCCESS || !std::isfinite(lufs))
    lufs = kSilentLufs;
  facts.loudness_lufs = std::max(lufs, kSilentLufs);
  double peak = 0;
  for (unsigned channel = 0; channel < kChannels; ++channel) {
    double value = 0;
    if (ebur128_sample_peak(loudness_, channel, &value) == EBUR128_SUCCESS)
      peak = std::max(peak, value);
  }
  if (facts.loudness_lufs > kSilentLufs && peak > 0) {
    const double room = kPeakMaxDb - 20 * std::log10(peak);
    facts.gain_db = std::min({kTargetLufs - facts.loudness_lufs, room, kGainMaxDb});
  }
  FILOSCOPE_DO(loop_print());
  std::uint32_t* values = nullptr;
  int count = 0;
  if (facts.loudness_lufs > kSilentLufs && chromaprint_finish(print_) == 1 &&
      chromaprint_get_raw_fingerprint(print_, &values, &count) == 1) {
    facts.sound_print.assign(values, values + count);
    chromaprint_dealloc(values);
  }
  return {};
}

}  // namespace filoscope::media
