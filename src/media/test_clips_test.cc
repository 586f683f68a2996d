#include "media/test_clips.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <numbers>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/opt.h>
}

namespace filoscope::media {
namespace {

class ClipMaker {
 public:
  explicit ClipMaker(const ClipOptions& options) : o_(options) {}

  Bytes make() {
    FILOSCOPE_CHECK(
        avformat_alloc_output_context2(&format_, nullptr, o_.container.c_str(), nullptr) >= 0);
    const FileSeeker file;  // MP4 needs to seek back: a memory file
    FILOSCOPE_CHECK(avio_open2(&format_->pb, file.url.c_str(), AVIO_FLAG_WRITE, nullptr, nullptr) >=
                    0);
    format_->url = av_strdup(file.url.c_str());  // the muxer reads it back to move the index
    for (const auto& [key, value] : o_.metadata)
      av_dict_set(&format_->metadata, key.c_str(), value.c_str(), 0);
    if (!o_.video_encoder.empty()) open_video();
    if (o_.sound) open_audio();
    if (o_.second_sound) open_second_audio();
    if (o_.cues_count > 0) open_cues();
    AVDictionary* flags = nullptr;
    if (!o_.muxer_flags.empty()) av_dict_set(&flags, "movflags", o_.muxer_flags.c_str(), 0);
    if (o_.first_pid != 0) av_dict_set_int(&flags, "mpegts_start_pid", o_.first_pid, 0);
    FILOSCOPE_CHECK(avformat_write_header(format_, &flags) >= 0);
    av_dict_free(&flags);
    if (video_) write_video();
    if (audio_) write_audio();
    if (cues_stream_ != nullptr) write_cues();
    FILOSCOPE_CHECK(av_write_trailer(format_) >= 0);
    avio_closep(&format_->pb);
    avformat_free_context(format_);
    return content_of(file.fd.get());
  }

 private:
  struct FileSeeker {
    UniqueFd fd{::memfd_create("clip", MFD_CLOEXEC)};
    std::string url = "file:/proc/self/fd/" + std::to_string(fd.get());
  };

  void open_video() {
    const AVCodec* codec = avcodec_find_encoder_by_name(o_.video_encoder.c_str());
    FILOSCOPE_CHECK(codec != nullptr);
    video_.reset(avcodec_alloc_context3(codec));
    video_->width = o_.width;
    video_->height = o_.height;
    video_->pix_fmt = o_.hdr10 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P;
    video_->time_base = o_.times_ms.empty() ? AVRational{1, o_.fps} : AVRational{1, 1000};
    video_->framerate = AVRational{o_.fps, 1};
    video_->sample_aspect_ratio = AVRational{o_.aspect_num, o_.aspect_den};
    video_->thread_count = 1;
    video_->bit_rate = 1'000'000;
    video_->colorspace = static_cast<AVColorSpace>(o_.matrix);
    if (o_.hdr10) {
      video_->color_primaries = AVCOL_PRI_BT2020;
      video_->color_trc = AVCOL_TRC_SMPTE2084;
      video_->colorspace = AVCOL_SPC_BT2020_NCL;
      video_->color_range = AVCOL_RANGE_MPEG;
    }
    if (o_.interlaced) video_->flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
    if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0)
      video_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (o_.video_encoder == "libx264") av_opt_set(video_->priv_data, "preset", "ultrafast", 0);
    video_->max_b_frames = o_.b_frames;
    FILOSCOPE_CHECK(avcodec_open2(video_.get(), codec, nullptr) >= 0);
    video_stream_ = avformat_new_stream(format_, nullptr);
    avcodec_parameters_from_context(video_stream_->codecpar, video_.get());
    video_stream_->time_base = video_->time_base;
    video_stream_->sample_aspect_ratio = video_->sample_aspect_ratio;
    if (o_.rotation_degrees != 0 || o_.mirrored) {
      auto* matrix = reinterpret_cast<std::int32_t*>(av_stream_new_side_data(
          video_stream_, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(std::int32_t)));
      av_display_rotation_set(matrix, o_.rotation_degrees);  // clockwise
      if (o_.mirrored) av_display_matrix_flip(matrix, 1, 0);
    }
  }

  void open_audio() {
    const bool mp4 = o_.container == "mp4" || o_.container == "mov" || o_.container == "matroska";
    const AVCodec* codec = o_.sound_encoder.empty()
                               ? avcodec_find_encoder(mp4 ? AV_CODEC_ID_AAC : AV_CODEC_ID_MP2)
                               : avcodec_find_encoder_by_name(o_.sound_encoder.c_str());
    FILOSCOPE_CHECK(codec != nullptr);
    audio_.reset(avcodec_alloc_context3(codec));
    audio_->sample_fmt = codec->sample_fmts[0];
    audio_->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    audio_->sample_rate = o_.sound_rate;
    audio_->time_base = AVRational{1, o_.sound_rate};
    audio_->bit_rate = o_.sound_encoder.empty() ? 128'000 : 768'000;
    av_channel_layout_default(&audio_->ch_layout, o_.sound_channels);
    if ((format_->oformat->flags & AVFMT_GLOBALHEADER) != 0)
      audio_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    FILOSCOPE_CHECK(avcodec_open2(audio_.get(), codec, nullptr) >= 0);
    audio_stream_ = avformat_new_stream(format_, nullptr);
    avcodec_parameters_from_context(audio_stream_->codecpar, audio_.get());
    audio_stream_->time_base = audio_->time_base;
  }

  void open_second_audio() {
    second_stream_ = avformat_new_stream(format_, nullptr);
    avcodec_parameters_copy(second_stream_->codecpar, audio_stream_->codecpar);
    second_stream_->time_base = audio_stream_->time_base;
    audio_stream_->disposition = AV_DISPOSITION_DEFAULT;
    second_stream_->disposition = 0;
  }

  void open_cues() {
    cues_stream_ = avformat_new_stream(format_, nullptr);
    cues_stream_->codecpar->codec_type = AVMEDIA_TYPE_SUBTITLE;
    cues_stream_->codecpar->codec_id =
        o_.container == "mp4" ? AV_CODEC_ID_MOV_TEXT : AV_CODEC_ID_SUBRIP;
    cues_stream_->time_base = AVRational{1, 1000};
  }

  void write_cues() {
    const AVRational step{o_.frames_count, o_.fps * o_.cues_count};
    for (int i = 0; i < o_.cues_count; ++i) {
      const PacketPtr packet = make_packet();
      FILOSCOPE_CHECK(av_new_packet(packet.get(), 4) >= 0);
      std::memcpy(packet->data, "\0\2hm", 4);  // of MOV_TEXT the length comes first
      packet->stream_index = cues_stream_->index;
      packet->pts = packet->dts = av_rescale_q(i, step, cues_stream_->time_base);
      packet->duration = av_rescale_q(1, step, cues_stream_->time_base);
      FILOSCOPE_CHECK(av_interleaved_write_frame(format_, packet.get()) >= 0);
    }
  }

  void set_pixel_row(AVFrame& frame, int plane, int y, int x0, int x1, int value) const {
    const int shift = o_.hdr10 ? 2 : 0;
    std::uint8_t* row = frame.data[plane] + y * std::ptrdiff_t{frame.linesize[plane]};
    for (int x = x0; x < x1; ++x) {
      if (o_.hdr10) {
        reinterpret_cast<std::uint16_t*>(row)[x] = static_cast<std::uint16_t>(value << shift);
      } else {
        row[x] = static_cast<std::uint8_t>(value);
      }
    }
  }

  /// By BT.601 in limited range; of each 2 by 2 pixels one gives the colour.
  void draw_picture(AVFrame& frame, const Bytes& rgb) const {
    for (int y = 0; y < o_.height; ++y) {
      for (int x = 0; x < o_.width; ++x) {
        const auto* pixel = rgb.data() + 3 * (std::ptrdiff_t{y} * o_.width + x);
        const auto mix = [&](double red, double green, double blue, int zero) {
          return zero + static_cast<int>(red * pixel[0] + green * pixel[1] + blue * pixel[2]);
        };
        set_pixel_row(frame, 0, y, x, x + 1, mix(.257, .504, .098, 16));
        if (x % 2 != 0 || y % 2 != 0) continue;
        set_pixel_row(frame, 1, y / 2, x / 2, x / 2 + 1, mix(-.148, -.291, .439, 128));
        set_pixel_row(frame, 2, y / 2, x / 2, x / 2 + 1, mix(.439, -.368, -.071, 128));
      }
    }
  }

  void draw(AVFrame& frame, int index) const {
    if (!o_.pictures.empty()) {
      const auto stretch = index * std::ssize(o_.pictures) / o_.frames_count;
      return draw_picture(frame, o_.pictures[static_cast<std::size_t>(stretch)]);
    }
    const int corner = std::min(o_.width, o_.height) / 4;
    for (int y = 0; y < o_.height; ++y) {
      for (int bar = 0; bar < 8; ++bar) {
        set_pixel_row(frame, 0, y, bar * o_.width / 8, (bar + 1) * o_.width / 8,
                      60 + 16 * bar + y % 7);
      }
      if (y < corner) set_pixel_row(frame, 0, y, 0, corner, 81);
      if (y > o_.height / 2 && y < o_.height / 2 + corner / 2) {
        const int x = index * 5 % std::max(1, o_.width - corner / 2);
        set_pixel_row(frame, 0, y, x, x + corner / 2, 230);
      }
    }
    for (int y = 0; y < (o_.height + 1) / 2; ++y) {
      set_pixel_row(frame, 1, y, 0, (o_.width + 1) / 2, 128);
      set_pixel_row(frame, 2, y, 0, (o_.width + 1) / 2, 128);
      if (y < corner / 2)
        set_pixel_row(frame, 1, y, 0, corner / 2, 90),
            set_pixel_row(frame, 2, y, 0, corner / 2, 240);
      if (!o_.tints.empty()) set_pixel_row(frame, 2, y, 0, (o_.width + 1) / 2, tint(index));
    }
  }

  int tint(int index) const {
    const auto stretch = index * std::ssize(o_.tints) / o_.frames_count;
    return o_.tints[static_cast<std::size_t>(stretch)];
  }

  void write_packets(AVCodecContext& encoder, const AVFrame* frame, AVStream& stream) {
    FILOSCOPE_CHECK(avcodec_send_frame(&encoder, frame) >= 0);
    const PacketPtr packet = make_packet();
    while (avcodec_receive_packet(&encoder, packet.get()) >= 0) {
      packet->stream_index = stream.index;
      if (packet->duration == 0)
        packet->duration = av_rescale_q(1, AVRational{1, o_.fps}, encoder.time_base);
      const bool last = stream.index == 0 && o_.last_ms > 0 && packet->pts == o_.times_ms.back();
      if (last) packet->duration = o_.last_ms;
      av_packet_rescale_ts(packet.get(), encoder.time_base, stream.time_base);
      if (second_stream_ != nullptr && stream.index == audio_stream_->index) {
        const PacketPtr twin(av_packet_clone(packet.get()));
        twin->stream_index = second_stream_->index;
        FILOSCOPE_CHECK(av_interleaved_write_frame(format_, twin.get()) >= 0);
      }
      FILOSCOPE_CHECK(av_interleaved_write_frame(format_, packet.get()) >= 0);
    }
  }

  void write_video() {
    for (int i = 0; i < o_.frames_count; ++i) {
      const FramePtr frame = make_frame();
      frame->format = video_->pix_fmt;
      frame->width = o_.width;
      frame->height = o_.height;
      FILOSCOPE_CHECK(av_frame_get_buffer(frame.get(), 0) >= 0);
      draw(*frame, i);
      frame->pts = o_.times_ms.empty() ? i + o_.clock_ms * o_.fps / 1000
                                       : o_.times_ms[static_cast<std::size_t>(i)] + o_.clock_ms;
      if (o_.interlaced) frame->interlaced_frame = frame->top_field_first = 1;
      write_packets(*video_, frame.get(), *video_stream_);
    }
    write_packets(*video_, nullptr, *video_stream_);
  }

  void write_audio() {
    const double length =
        o_.sound_s > 0 ? o_.sound_s : static_cast<double>(o_.frames_count) / o_.fps;
    const int rate = o_.sound_rate;
    const auto count = static_cast<std::int64_t>(length * rate);
    const auto from = static_cast<std::int64_t>(o_.sound_from_s * rate) + o_.clock_ms * rate / 1000;
    for (std::int64_t at = 0; at < count; at += audio_->frame_size) {
      const FramePtr frame = make_frame();
      frame->format = audio_->sample_fmt;
      frame->sample_rate = rate;
      frame->nb_samples = audio_->frame_size;
      av_channel_layout_copy(&frame->ch_layout, &audio_->ch_layout);
      FILOSCOPE_CHECK(av_frame_get_buffer(frame.get(), 0) >= 0);
      for (int i = 0; i < audio_->frame_size; ++i) {
        const bool bang = o_.bangs && (at + i) % 48'000 < 960;
        const double value =
            (bang ? 1 : o_.sound_level) *
            std::sin(2 * std::numbers::pi * 440 * static_cast<double>(at + i) / rate);
        for (int channel = 0; channel < o_.sound_channels; ++channel) {
          if (audio_->sample_fmt == AV_SAMPLE_FMT_FLTP) {
            reinterpret_cast<float*>(frame->data[channel])[i] = static_cast<float>(value);
          } else if (audio_->sample_fmt == AV_SAMPLE_FMT_S32) {
            reinterpret_cast<std::int32_t*>(frame->data[0])[i * o_.sound_channels + channel] =
                static_cast<std::int32_t>(value * 2'147'483'647.0);
          } else {
            reinterpret_cast<std::int16_t*>(frame->data[0])[i * o_.sound_channels + channel] =
                static_cast<std::int16_t>(value * 32'767);
          }
        }
      }
      frame->pts = from + at;
      write_packets(*audio_, frame.get(), *audio_stream_);
    }
    write_packets(*audio_, nullptr, *audio_stream_);
  }

  const ClipOptions& o_;
  AVFormatContext* format_ = nullptr;
  CodecPtr video_;
  CodecPtr audio_;
  AVStream* video_stream_ = nullptr;
  AVStream* audio_stream_ = nullptr;
  AVStream* second_stream_ = nullptr;
  AVStream* cues_stream_ = nullptr;
};

}  // namespace

Bytes make_clip(const ClipOptions& options) { return ClipMaker(options).make(); }

Bytes joined(const std::vector<Bytes>& files) {
  Bytes all;
  for (const Bytes& file : files) all.insert(all.end(), file.begin(), file.end());
  return all;
}

FramePtr decode_jpeg(const Bytes& jpeg) {
  const AVCodec* codec = avcodec_find_decoder(AV_CODEC_ID_MJPEG);
  const CodecPtr decoder(avcodec_alloc_context3(codec));
  const PacketPtr packet = make_packet();
  FramePtr frame = make_frame();
  FILOSCOPE_CHECK(avcodec_open2(decoder.get(), codec, nullptr) == 0);
  FILOSCOPE_CHECK(av_new_packet(packet.get(), static_cast<int>(jpeg.size())) == 0);
  std::memcpy(packet->data, jpeg.data(), jpeg.size());
  FILOSCOPE_CHECK(avcodec_send_packet(decoder.get(), packet.get()) == 0);
  FILOSCOPE_CHECK(avcodec_receive_frame(decoder.get(), frame.get()) == 0);
  return frame;
}

UniqueFd file_of(const Bytes& content) {
  UniqueFd fd(::memfd_create("test", MFD_CLOEXEC));
  FILOSCOPE_CHECK(write_all(fd.get(), content, 0).has_value());
  return fd;
}

Bytes content_of(int fd) {
  struct stat info {};
  FILOSCOPE_CHECK(::fstat(fd, &info) == 0);
  Bytes content(static_cast<std::size_t>(info.st_size));
  FILOSCOPE_CHECK(::pread(fd, content.data(), content.size(), 0) == info.st_size);
  return content;
}

}  // namespace filoscope::media
