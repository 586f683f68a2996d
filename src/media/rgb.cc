#include "media/rgb.h"

#include <array>
#include <cstring>

#include "media/developer.h"
#include "media/picture.h"
#include "media/pipeline.h"
#include "media/source.h"
#include "media/stills.h"

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

}  // namespace filoscope::media
