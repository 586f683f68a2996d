#include "media/sound.h"

#include <algorithm>
#include <cmath>

#include "media/source.h"

extern "C" {
#include <libavutil/intreadwrite.h>
}

namespace filoscope::media {
namespace {

constexpr int kChannels = kSoundChannels;
constexpr int kFrameSamples = 1024;
constexpr std::int64_t kBitRate = 128'000;
constexpr std::int64_t kWaitingMaxBytes = 64 << 20;  // of sound before the first picture
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
                                           const Loudness& loudness, SharedSound& out) {
  std::unique_ptr<Sound> sound(new Sound(stream, duration_max_ms, loudness, out));
  FILOSCOPE_TRY(sound->decoder_, SoundDecoder::open(stream));
  FILOSCOPE_DO(sound->open_encoder());
  FILOSCOPE_DO(sound->open_print());
  const int rate = sound->track_.sample_rate;
  sound->limiter_.emplace(rate, loudness.gain_db, kCeilingDb);
  sound->early_ = sound->limiter_->delay_samples();
  return sound;
}

Sound::~Sound() {
  if (print_ != nullptr) chromaprint_free(print_);
}

Result<void> Sound::open_encoder() {
  const AVCodec* codec = avcodec_find_encoder_by_name("aac");
  encoder_.reset(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!encoder_) return Error{Code::internal, "no AAC encoder"};
  track_.sample_rate = decoder_->sample_rate();
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

Result<void> Sound::open_print() {
  print_ = chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT);
  if (print_ == nullptr) return av_failure("sound print", AVERROR(ENOMEM));
  if (chromaprint_start(print_, track_.sample_rate, kChannels) != 1) {
    return Error{Code::internal, "the sound print cannot be started"};
  }
  return {};
}

std::optional<std::int64_t> Sound::first_time() const {
  if (waiting_.empty() || waiting_[0]->pts == AV_NOPTS_VALUE) return std::nullopt;
  const AVPacket& packet = *waiting_[0];
  std::size_t size = 0;
  const auto* skipped = av_packet_get_side_data(&packet, AV_PKT_DATA_SKIP_SAMPLES, &size);
  const auto filling = skipped != nullptr && size >= 4 ? AV_RL32(skipped) : 0;
  return av_rescale_q(packet.pts, stream_.time_base, kTimeBase) +
         filling * kTicksPerSecond / std::max(stream_.codecpar->sample_rate, 1);
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
  if (waiting_bytes_ > kWaitingMaxBytes) return Error(reason("picture_without_frames"));
  waiting_.emplace_back(av_packet_clone(&packet));
  if (!waiting_.back()) return av_failure("sound", AVERROR(ENOMEM));
  return {};
}

void Sound::end_at(std::int64_t end) {
  placed_max_ = av_rescale(end, track_.sample_rate, kTicksPerSecond);
}

void Sound::begin_again(std::int64_t zero) {
  decoder_->begin_again();
  at_start_ = true;
  zero_ = zero;
}

std::int64_t Sound::placed_time() const {
  return av_rescale(placed_, kTicksPerSecond, track_.sample_rate);
}

Result<void> Sound::drain() { return decode(nullptr); }

Result<void> Sound::decode(const AVPacket* packet) {
  return decoder_->push(packet, [this](std::vector<float>& block, std::int64_t time) {
    if (time == AV_NOPTS_VALUE) return place(block, placed_, false);
    const auto ticks = av_rescale_q(time, stream_.time_base, kTimeBase) - zero_;
    return place(block, av_rescale(ticks, track_.sample_rate, kTicksPerSecond), true);
  });
}

/// Sound that goes on past the limit, unlike a time stamp that cannot be.
Result<void> Sound::place_late(std::int64_t at, std::int64_t count) {
  if (at > placed_ + late_ + kLateSMax * track_.sample_rate) {
    ++errors_;
    return {};
  }
  late_ += count;
  if (late_ <= kLateSMax * track_.sample_rate) return {};
  return Error(reason("sound_goes_on_too_long"), duration_max_ms_);
}

/// Puts `block` on the time line: fills a gap with silence, cuts off what lies before the line's
/// start or overlaps.
Result<void> Sound::place(std::span<const float> block, std::int64_t at, bool known) {
  const std::int64_t count = std::ssize(block) / kChannels;
  if (at + count > duration_max_ms_ * track_.sample_rate / 1000) return place_late(at, count);
  std::int64_t drift = known ? at - placed_ : 0;
  if (!at_start_ && std::abs(drift) <= kJitterMs * track_.sample_rate / 1000) drift = 0;
  if (drift > 0) FILOSCOPE_DO(append_silence(drift));
  const std::int64_t cut = std::clamp<std::int64_t>(-drift, 0, count);
  const auto room = std::clamp<std::int64_t>(placed_max_ - placed_, 0, count - cut);
  const auto kept = block.subspan(static_cast<std::size_t>(cut) * kChannels,
                                  static_cast<std::size_t>(room) * kChannels);
  if (kept.empty()) return {};
  at_start_ = false;
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
  placed_ += std::ssize(interleaved) / kChannels;
  return limit(interleaved);
}

/// The limiter gives everything a little later: that much is left out at the start.
Result<void> Sound::limit(std::span<const float> interleaved) {
  limiter_->push(interleaved, fifo_);
  if (early_ > 0) {
    const auto cut = std::min(early_, fifo_.size() / kChannels);
    fifo_.erase(fifo_.begin(), fifo_.begin() + static_cast<std::ptrdiff_t>(cut * kChannels));
    early_ -= cut;
  }
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
    sample.pts = packet->pts;
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
  FILOSCOPE_DO(limit(std::vector<float>(limiter_->delay_samples() * kChannels)));
  FILOSCOPE_DO(encode_ready(true));
  FILOSCOPE_DO(encode(nullptr));
  out_.end();
  facts.loudness_lufs = loudness_.lufs;
  facts.gain_db = loudness_.gain_db;
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
