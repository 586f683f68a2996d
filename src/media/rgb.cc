#include "media/rgb.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include "media/geometry.h"
#include "media/ground.h"
#include "media/picture.h"
#include "media/pipeline.h"
#include "media/source.h"
#include "media/stills.h"
#include "media/tone_map.h"
#include "media/video_decoder.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace filoscope::media {
namespace {

AVCodecID picture_codec(std::span<const std::uint8_t> file) {
  const auto begins = [&](std::size_t at, std::string_view text) {
    return file.size() >= at + text.size() &&
           std::memcmp(file.data() + at, text.data(), text.size()) == 0;
  };
  if (begins(0, "\xFF\xD8\xFF")) return AV_CODEC_ID_MJPEG;
  if (begins(0, "\x89PNG\r\n\x1A\n")) return AV_CODEC_ID_PNG;
  if (begins(0, "RIFF") && begins(8, "WEBP")) return AV_CODEC_ID_WEBP;
  return AV_CODEC_ID_NONE;
}

struct StoredSize {
  std::int64_t width = 0, height = 0;
};

/// Of a JPEG, out of the first of its frame headers (ITU-T T.81, B.2.2).
StoredSize jpeg_size(std::span<const std::uint8_t> file) {
  for (std::size_t at = 2; at + 9 < file.size() && file[at] == 0xFF;) {
    const int marker = file[at + 1];
    const bool is_frame =
        marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    if (is_frame) return {file[at + 7] << 8 | file[at + 8], file[at + 5] << 8 | file[at + 6]};
    at += 2 + static_cast<std::size_t>(file[at + 2] << 8 | file[at + 3]);
  }
  return {};
}

/// What the head of a picture says, for the sentence about one that is too large; zeros where it
/// does not say.
StoredSize stored_size(AVCodecID id, std::span<const std::uint8_t> file) {
  if (id == AV_CODEC_ID_MJPEG) return jpeg_size(file);
  if (file.size() < 30) return {};
  const auto read = [&](std::size_t at, std::size_t count, bool big) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
      value = value << 8 | file[at + (big ? i : count - 1 - i)];
    return value;
  };
  if (id == AV_CODEC_ID_PNG) return {read(16, 4, true), read(20, 4, true)};
  if (file[15] == 'X') return {read(24, 3, false) + 1, read(27, 3, false) + 1};
  if (file[15] == 'L')
    return {(read(21, 2, false) & 0x3FFF) + 1, (read(22, 3, false) >> 6 & 0x3FFF) + 1};
  return {read(26, 2, false) & 0x3FFF, read(28, 2, false) & 0x3FFF};
}

Orientation told_orientation(const AVFrame& frame) {
  const auto* matrix = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
  std::array<std::int32_t, 9> values{};
  if (matrix == nullptr || matrix->size < sizeof values) return {};
  std::memcpy(values.data(), matrix->data, sizeof values);
  return orientation_of(values.data());
}

/// The stored picture in RGB of that size.
Result<Bytes> to_rgb(const AVFrame& frame, int width, int height) {
  const SwsPtr sws(sws_alloc_context());
  if (!sws) return av_failure("scaler", AVERROR(ENOMEM));
  const bool shrinks = width < frame.width || height < frame.height;
  av_opt_set_int(sws.get(), "srcw", frame.width, 0);
  av_opt_set_int(sws.get(), "srch", frame.height, 0);
  av_opt_set_int(sws.get(), "src_format", without_j(frame.format), 0);
  av_opt_set_int(sws.get(), "dstw", width, 0);
  av_opt_set_int(sws.get(), "dsth", height, 0);
  av_opt_set_int(sws.get(), "dst_format", AV_PIX_FMT_RGB24, 0);
  av_opt_set(sws.get(), "sws_flags",
             shrinks ? "area+accurate_rnd+full_chroma_int" : "bicubic+accurate_rnd+full_chroma_int",
             0);
  const int* matrix = sws_getCoefficients(colour_of(frame).matrix);
  sws_setColorspaceDetails(sws.get(), matrix, is_full_range(frame) ? 1 : 0, matrix, 1, 0, 1 << 16,
                           1 << 16);
  int status = sws_init_context(sws.get(), nullptr, nullptr);
  if (status < 0) return av_failure("scaler", status);
  FramePtr out = make_frame();
  out->format = AV_PIX_FMT_RGB24, out->width = width, out->height = height;
  status = av_frame_get_buffer(out.get(), 0);
  if (status >= 0)
    status =
        sws_scale(sws.get(), frame.data, frame.linesize, 0, frame.height, out->data, out->linesize);
  if (status < 0) return av_failure("scaler", status);
  const auto row_bytes = 3 * static_cast<std::size_t>(width);
  Bytes rgb(row_bytes * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y)
    std::memcpy(rgb.data() + static_cast<std::size_t>(y) * row_bytes,
                out->data[0] + y * std::ptrdiff_t{out->linesize[0]}, row_bytes);
  return rgb;
}

RgbPicture turned(Bytes stored, int width, int height, const Orientation& by) {
  if (by.is_identity()) return {width, height, std::move(stored)};
  RgbPicture out{by.swap ? height : width, by.swap ? width : height, Bytes(stored.size())};
  std::uint8_t* to = out.rgb.data();
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x, to += 3) {
      int column = by.swap ? y : x, row = by.swap ? x : y;
      // A flip belongs to a displayed axis, whichever stored one it comes from.
      if (by.swap ? by.flip_y : by.flip_x) column = width - 1 - column;
      if (by.swap ? by.flip_x : by.flip_y) row = height - 1 - row;
      std::memcpy(
          to, stored.data() + 3 * (std::size_t(row) * std::size_t(width) + std::size_t(column)), 3);
    }
  }
  return out;
}

/// What a decoder gave, brought to `look`. Threads: one.
class Developer {
 public:
  explicit Developer(const PictureLimits& limits) : limits_(limits) {}

  Result<RgbPicture> develop(const AVFrame& frame, const Look& look) {
    if (has_alpha(frame)) {
      FILOSCOPE_TRY(const FramePtr laid, ground_.lay(frame));
      return develop(*laid, look);
    }
    const double scale = std::min(
        1.0, static_cast<double>(limits_.long_side_px) / std::max(look.width, look.height));
    const auto side = [&](int px) {
      return std::max(1, static_cast<int>(std::lround(px * scale)));
    };
    const int width = side(look.orientation.swap ? look.height : look.width);
    const int height = side(look.orientation.swap ? look.width : look.height);
    if (!is_tone_mapped(frame)) return finish(frame, width, height, look);
    FILOSCOPE_TRY(const FramePtr mapped,
                  tone_map_.apply(frame, std::max(2, width & ~1), std::max(2, height & ~1)));
    return finish(*mapped, width, height, look);
  }

 private:
  static Result<RgbPicture> finish(const AVFrame& frame, int width, int height, const Look& look) {
    FILOSCOPE_TRY(Bytes rgb, to_rgb(frame, width, height));
    return turned(std::move(rgb), width, height, look.orientation);
  }

  const PictureLimits limits_;
  Ground ground_;
  ToneMap tone_map_;
};

Result<FramePtr> decode_still(const Bytes& file, const PictureLimits& limits) {
  const AVCodecID id = picture_codec(file);
  if (id == AV_CODEC_ID_NONE) return Error(reason("picture_file_unknown"));
  const auto [width, height] = stored_size(id, file);
  if (width * height > limits.pixels_max)
    return Error(reason("picture_too_many_pixels"), width, height, limits.pixels_max / 1'000'000);
  const AVCodec* codec = avcodec_find_decoder(id);
  const CodecPtr context(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  const PacketPtr packet = make_packet();
  if (!context || av_new_packet(packet.get(), static_cast<int>(file.size())) < 0)
    return av_failure("reading a picture", AVERROR(ENOMEM));
  std::memcpy(packet->data, file.data(), file.size());
  context->thread_count = 1;
  context->err_recognition = AV_EF_EXPLODE;
  context->max_pixels = limits.pixels_max;
  int status = avcodec_open2(context.get(), codec, nullptr);
  if (status >= 0) status = avcodec_send_packet(context.get(), packet.get());
  if (status >= 0) status = avcodec_send_packet(context.get(), nullptr);
  FramePtr frame = make_frame();
  if (status >= 0) status = avcodec_receive_frame(context.get(), frame.get());
  if (status == AVERROR(ENOMEM)) return av_failure("reading a picture", status);
  if (status < 0 || frame->decode_error_flags != 0) return Error(reason("picture_file_damaged"));
  return frame;
}

}  // namespace

Result<RgbPicture> read_picture(const ByteSource& bytes, const PictureLimits& limits) {
  silence_ffmpeg();
  if (bytes.size_bytes() == 0) return Error(reason("picture_file_empty"));
  if (bytes.size_bytes() > limits.size_max_bytes)
    return Error(reason("picture_file_too_large"), bytes.size_bytes(), limits.size_max_bytes);
  Bytes file(static_cast<std::size_t>(bytes.size_bytes()));
  if (bytes.read_at(0, file) != bytes.size_bytes())
    return Error{Code::internal, "a picture's file cannot be read"};
  FILOSCOPE_TRY(const FramePtr frame, decode_still(file, limits));
  const Look look = look_of(frame->width, frame->height, ratio_of(frame->sample_aspect_ratio),
                            told_orientation(*frame));
  return Developer(limits).develop(*frame, look);
}

Result<Bytes> jpeg_of(const RgbPicture& picture, int quality) {
  FramePtr frame = make_frame();
  frame->format = AV_PIX_FMT_RGB24;
  frame->width = picture.width, frame->height = picture.height;
  const int status = av_frame_get_buffer(frame.get(), 0);
  if (status < 0) return av_failure("writing a picture", status);
  const auto row_bytes = 3 * static_cast<std::size_t>(picture.width);
  for (int y = 0; y < picture.height; ++y)
    std::memcpy(frame->data[0] + y * std::ptrdiff_t{frame->linesize[0]},
                picture.rgb.data() + static_cast<std::size_t>(y) * row_bytes, row_bytes);
  constexpr int kMatrix = AVCOL_SPC_BT709;
  FILOSCOPE_TRY(const FramePtr coded, Scaler(picture.width, picture.height, kMatrix).scale(*frame));
  coded->colorspace = AVCOL_SPC_BT709;
  return encode_jpeg(*coded, quality);
}

/// Frames that claim to lie further off are passed over.
constexpr std::int64_t kFurthestMs = 7LL * 24 * 3600 * 1000;

Result<std::vector<ClipFrame>> read_frames(const ByteSource& bytes, int count,
                                           const PictureLimits& limits) {
  silence_ffmpeg();
  const MediaLimits media;
  FILOSCOPE_TRY(const std::unique_ptr<Source> source, Source::open(bytes, media));
  FILOSCOPE_TRY(VideoDecoder decoder, VideoDecoder::open(*source->video_stream(), media, 1));
  const AVRational base = source->video_stream()->time_base;
  const std::int64_t length_ms = std::max<std::int64_t>(source->video().claimed_ms, 1);
  Developer developer(limits);
  std::vector<ClipFrame> out;
  std::optional<std::int64_t> begin_ms;
  FramePtr first;
  int next = 0;  // of the stretches
  const auto sink = [&](AVFrame& frame) -> Result<void> {
    if (frame.best_effort_timestamp == AV_NOPTS_VALUE) return {};
    const auto stamp_ms = av_rescale_q(frame.best_effort_timestamp, base, AVRational{1, 1000});
    if (!begin_ms) begin_ms = stamp_ms, first = share_frame(frame);
    const auto at_ms = stamp_ms - *begin_ms;
    if (next >= count || at_ms < 0 || at_ms > kFurthestMs) return {};
    if (at_ms * 2 * count < (2 * next + 1) * length_ms) return {};
    while (next < count && at_ms * 2 * count >= (2 * next + 1) * length_ms) ++next;
    FILOSCOPE_TRY(RgbPicture picture, developer.develop(frame, source->video().look));
    out.push_back({at_ms, std::move(picture)});
    return {};
  };
  const PacketPtr packet = make_packet();
  while (next < count && source->read(*packet)) {
    const bool taken = packet->stream_index == source->video().stream_index;
    Result<void> outcome = taken ? decoder.push(packet.get(), sink) : Result<void>();
    av_packet_unref(packet.get());
    FILOSCOPE_DO(std::move(outcome));
  }
  if (next < count) FILOSCOPE_DO(decoder.push(nullptr, sink));
  if (!first) return Error(reason("picture_without_frames"));
  if (!out.empty()) return out;
  FILOSCOPE_TRY(RgbPicture picture, developer.develop(*first, source->video().look));
  out.push_back({0, std::move(picture)});
  return out;
}

}  // namespace filoscope::media
