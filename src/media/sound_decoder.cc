#include "media/sound_decoder.h"

#include <algorithm>
#include <cmath>

#include "media/source.h"

namespace filoscope::media {

SoundDecoder::SoundDecoder(const AVStream& stream)
    : sample_rate_(stream.codecpar->sample_rate == 44'100 ? 44'100 : 48'000) {}

SoundDecoder::~SoundDecoder() { av_channel_layout_uninit(&swr_layout_); }

Result<std::unique_ptr<SoundDecoder>> SoundDecoder::open(const AVStream& stream) {
  std::unique_ptr<SoundDecoder> decoder(new SoundDecoder(stream));
  FILOSCOPE_DO(decoder->open_decoder(stream));
  return decoder;
}

Result<void> SoundDecoder::open_decoder(const AVStream& stream) {
  const AVCodec* codec = find_decoder(stream);
  decoder_.reset(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!decoder_) return av_failure("sound decoder", AVERROR(ENOMEM));
  avcodec_parameters_to_context(decoder_.get(), stream.codecpar);
  decoder_->pkt_timebase = stream.time_base;
  decoder_->codec_whitelist = av_strdup(kDecoders);
  decoder_->thread_count = 1;
  const int status = avcodec_open2(decoder_.get(), codec, nullptr);
  if (status == AVERROR(ENOMEM)) return av_failure("sound decoder", status);
  if (status < 0) return Error(reason("sound_description_damaged"));
  return {};
}

Result<void> SoundDecoder::push(const AVPacket* packet, const Sink& each) {
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
    FILOSCOPE_DO(take(*frame, each));
    av_frame_unref(frame.get());
  }
  if (status == AVERROR(ENOMEM)) return av_failure("sound", status);
  if (status != AVERROR(EAGAIN) && status != AVERROR_EOF) ++errors_;
  return {};
}

void SoundDecoder::begin_again() { avcodec_flush_buffers(decoder_.get()); }

Result<void> SoundDecoder::prepare(const AVFrame& frame) {
  const bool same = swr_ && frame.sample_rate == swr_rate_ && frame.format == swr_format_ &&
                    av_channel_layout_compare(&frame.ch_layout, &swr_layout_) == 0;
  block_.clear();
  if (same) return {};
  if (swr_) FILOSCOPE_DO(resample(nullptr, 0));
  AVChannelLayout stereo{}, layout{};
  av_channel_layout_default(&stereo, kSoundChannels);
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
    av_channel_layout_default(&layout, frame.ch_layout.nb_channels);
  } else {
    av_channel_layout_copy(&layout, &frame.ch_layout);
  }
  SwrContext* swr = nullptr;
  int status =
      swr_alloc_set_opts2(&swr, &stereo, AV_SAMPLE_FMT_FLT, sample_rate_, &layout,
                          static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
  av_channel_layout_uninit(&layout);
  swr_.reset(swr);
  if (status >= 0) status = swr_init(swr_.get());
  if (status < 0) return av_failure("sound conversion", status);
  swr_rate_ = frame.sample_rate;
  swr_format_ = frame.format;
  av_channel_layout_uninit(&swr_layout_);
  av_channel_layout_copy(&swr_layout_, &frame.ch_layout);
  return {};
}

/// Adds to `block_`; without data what the resampler still holds.
Result<void> SoundDecoder::resample(const std::uint8_t** data, int samples) {
  const auto at = block_.size();
  const int room = std::max(swr_get_out_samples(swr_.get(), samples), 0);
  block_.resize(at + static_cast<std::size_t>(room) * kSoundChannels);
  auto* out = reinterpret_cast<std::uint8_t*>(block_.data() + at);
  const int got = swr_convert(swr_.get(), &out, room, data, samples);
  if (got < 0) return av_failure("sound conversion", got);
  block_.resize(at + static_cast<std::size_t>(got) * kSoundChannels);
  return {};
}

Result<void> SoundDecoder::take(const AVFrame& frame, const Sink& each) {
  if (frame.sample_rate <= 0 || frame.nb_samples <= 0 || frame.ch_layout.nb_channels <= 0)
    return {};
  FILOSCOPE_DO(prepare(frame));
  FILOSCOPE_DO(resample(const_cast<const std::uint8_t**>(frame.extended_data), frame.nb_samples));
  for (float& value : block_) {
    if (!std::isfinite(value)) value = 0;  // float PCM may hold anything
    value = std::clamp(value, -4.0F, 4.0F);
  }
  return each(block_, frame.best_effort_timestamp);
}

}  // namespace filoscope::media
