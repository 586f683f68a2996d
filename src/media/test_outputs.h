#pragma once

/// Runs the pipeline on a clip in memory and decodes what it made. Only for *_test.cc files.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "media/pipeline.h"
#include "media/source.h"
#include "media/test_clips.h"
#include "media/video_decoder.h"

namespace filoscope::media {

/// Outputs in memory files.
struct Outputs {
  std::array<UniqueFd, 3> renditions{file_of({}), file_of({}), file_of({})};
  std::vector<UniqueFd> covers;
  MediaOutputs fds;

  explicit Outputs(int covers_count = 3) {
    for (std::size_t i = 0; i < 3; ++i) fds.renditions[i] = renditions[i].get();
    for (int i = 0; i < covers_count; ++i) {
      covers.push_back(file_of({}));
      fds.covers.push_back(covers.back().get());
    }
  }
  Bytes rendition(const std::string& name) const {
    return content_of(renditions[name == "720" ? 0 : name == "540" ? 1 : 2].get());
  }
};

inline Result<MediaFacts> process(const Bytes& clip, const Outputs& outputs,
                                  const MediaOptions& options = {}) {
  silence_ffmpeg();
  return process_media(MemoryBytes(clip), options, outputs.fds);
}

inline std::string refusal(const Bytes& clip, const MediaOptions& options = {}) {
  const auto facts = process(clip, Outputs(), options);
  if (facts) return "it was accepted";
  EXPECT_EQ(facts.error().code, Code::invalid_argument) << facts.error().message;
  return facts.error().message;
}

/// Its reason's word.
inline std::string refused_for(const Bytes& clip, const MediaOptions& options = {}) {
  const auto facts = process(clip, Outputs(), options);
  return facts ? "it was accepted" : std::string(facts.error().reason);
}

/// A made file, decoded again.
struct Decoded {
  struct Picture {
    std::int64_t ms = 0;
    int width = 0;
    int height = 0;
    FramePtr frame;
  };
  std::vector<Picture> pictures;
  std::vector<float> sound;  ///< first channel, from 0, at `sample_rate`
  int sample_rate = 0;

  /// Loudness of a stretch as a root mean square.
  double level(double from_s, double to_s) const {
    const auto from = static_cast<std::size_t>(from_s * sample_rate);
    const auto to = std::min(sound.size(), static_cast<std::size_t>(to_s * sample_rate));
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += double{sound[i]} * double{sound[i]};
    return to > from ? std::sqrt(sum / static_cast<double>(to - from)) : 0;
  }
};

inline void decode_sound(AVCodecContext& decoder, const AVPacket* packet, AVRational base,
                         Decoded& out) {
  avcodec_send_packet(&decoder, packet);
  const FramePtr frame = make_frame();
  while (avcodec_receive_frame(&decoder, frame.get()) >= 0) {
    const auto at = av_rescale_q(frame->pts, base, AVRational{1, out.sample_rate});
    const auto* samples = reinterpret_cast<const float*>(frame->data[0]);
    for (int i = 0; i < frame->nb_samples; ++i) {
      if (at + i < 0) continue;  // priming
      out.sound.resize(std::max(out.sound.size(), static_cast<std::size_t>(at + i + 1)));
      out.sound[static_cast<std::size_t>(at + i)] = samples[i];
    }
    av_frame_unref(frame.get());
  }
}

inline Decoded decode(const Bytes& file) {
  Decoded out;
  const MemoryBytes bytes(file);
  auto source = Source::open(bytes, MediaLimits{});
  EXPECT_TRUE(source.has_value()) << source.error().message;
  if (!source) return out;
  const AVStream& video = *(*source)->video_stream();
  auto decoder = VideoDecoder::open(video, MediaLimits{}, 1);
  const AVStream* audio = (*source)->audio_stream();
  CodecPtr sound;
  if (audio != nullptr) {
    const AVCodec* codec = avcodec_find_decoder(AV_CODEC_ID_AAC);
    sound.reset(avcodec_alloc_context3(codec));
    avcodec_parameters_to_context(sound.get(), audio->codecpar);
    sound->pkt_timebase = audio->time_base;
    EXPECT_GE(avcodec_open2(sound.get(), codec, nullptr), 0);
    out.sample_rate = audio->codecpar->sample_rate;
  }
  const auto sink = [&](AVFrame& frame) -> Result<void> {
    const auto ms = av_rescale_q(frame.best_effort_timestamp, video.time_base, AVRational{1, 1000});
    out.pictures.push_back({ms, frame.width, frame.height, share_frame(frame)});
    return {};
  };
  const PacketPtr packet = make_packet();
  while ((*source)->read(*packet)) {
    if (packet->stream_index == video.index) {
      EXPECT_TRUE(decoder->push(packet.get(), sink).has_value());
    } else if (audio != nullptr && packet->stream_index == audio->index) {
      decode_sound(*sound, packet.get(), audio->time_base, out);
    }
    av_packet_unref(packet.get());
  }
  EXPECT_TRUE(decoder->push(nullptr, sink).has_value());
  EXPECT_EQ(decoder->damage().bad_count(), 0);
  return out;
}

/// Mean red difference (V) of a corner: the clip's red square lies left above in its stored
/// picture.
inline int corner_red(const AVFrame& frame, bool right, bool below) {
  const int side = std::min(frame.width, frame.height) / 16;
  const int x0 = right ? frame.width / 2 - side - 2 : 2;
  const int y0 = below ? frame.height / 2 - side - 2 : 2;
  int sum = 0;
  for (int y = y0; y < y0 + side; ++y) {
    for (int x = x0; x < x0 + side; ++x) sum += frame.data[2][y * frame.linesize[2] + x];
  }
  return sum / (side * side);
}

}  // namespace filoscope::media
