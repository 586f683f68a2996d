#include "media/video_decoder.h"

#include <algorithm>

namespace filoscope::media {

std::int64_t Damage::expected_count() const { return std::max({packets, frames, std::int64_t{1}}); }

std::int64_t Damage::bad_count() const {
  const auto missing = counts_match ? std::max<std::int64_t>(packets - frames, 0) : 0;
  return std::max(missing, lost_packets) + broken_frames;
}

Result<VideoDecoder> VideoDecoder::open(const AVStream& stream, const MediaLimits& limits,
                                        int threads_count) {
  const AVCodec* codec = find_decoder(stream);
  CodecPtr context(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!context) return av_failure("decoder", AVERROR(ENOMEM));
  avcodec_parameters_to_context(context.get(), stream.codecpar);
  context->pkt_timebase = stream.time_base;
  context->codec_whitelist = av_strdup(kDecoders);
  context->thread_count = threads_count;
  // Coded sizes may exceed the shown one by a block.
  context->max_pixels =
      std::int64_t{limits.long_side_max_px + 64} * (limits.short_side_max_px + 64);
  const int status = avcodec_open2(context.get(), codec, nullptr);
  if (status == AVERROR(ENOMEM)) return av_failure("decoder", status);
  if (status < 0) return Error(reason("picture_description_damaged"));
  VideoDecoder decoder(std::move(context));
  const auto id = stream.codecpar->codec_id;
  decoder.damage_.counts_match =
      id == AV_CODEC_ID_H264 || id == AV_CODEC_ID_HEVC || id == AV_CODEC_ID_MPEG4;
  return decoder;
}

void VideoDecoder::judge(const AVFrame& frame) {
  ++damage_.frames;
  const bool broken = frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
  if (broken) ++damage_.broken_frames;
  if (frame.interlaced_frame != 0) damage_.counts_match = false;
}

Result<void> VideoDecoder::push(const AVPacket* packet, const Sink& each) {
  const FramePtr frame = make_frame();
  if (packet != nullptr && (packet->flags & AV_PKT_FLAG_DISCARD) == 0) ++damage_.packets;
  int status = avcodec_send_packet(context_.get(), packet);
  if (status == AVERROR(ENOMEM)) return av_failure("decoder", status);
  if (status < 0 && status != AVERROR_EOF) {
    ++damage_.lost_packets;
  }
  for (int errors = 0; errors < 64;) {
    status = avcodec_receive_frame(context_.get(), frame.get());
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return {};
    if (status == AVERROR(ENOMEM)) return av_failure("decoder", status);
    if (status < 0) {
      ++errors;
      ++damage_.lost_packets;
      continue;
    }
    judge(*frame);
    FILOSCOPE_DO(each(*frame));
    av_frame_unref(frame.get());
  }
  return {};
}

}  // namespace filoscope::media
