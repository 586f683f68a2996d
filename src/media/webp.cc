#include "media/webp.h"

#include <webp/demux.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace filoscope::media {
namespace {

constexpr std::int64_t kFileBytesMax = 512 << 20;  // it is decoded from memory
constexpr std::uint8_t kAnimationFlag = 2;

/// Browsers show a frame that wants to be gone at once for a tenth of a second, in every format.
int shown_ms(int duration_ms) { return duration_ms <= 10 ? 100 : duration_ms; }

}  // namespace

bool WebpFrames::is_animation(const ByteSource& bytes) {
  std::array<std::uint8_t, 21> head{};
  const auto is = [&](std::size_t at, const char* type) {
    return std::memcmp(head.data() + at, type, 4) == 0;
  };
  return bytes.read_at(0, head) == std::ssize(head) && is(0, "RIFF") && is(8, "WEBP") &&
         is(12, "VP8X") && (head[20] & kAnimationFlag) != 0;
}

Result<std::unique_ptr<WebpFrames>> WebpFrames::open(const ByteSource& bytes) {
  if (bytes.size_bytes() > kFileBytesMax)
    return Error(reason("webp_too_large"), bytes.size_bytes(), kFileBytesMax);
  std::unique_ptr<WebpFrames> self(new WebpFrames);
  self->file_.resize(static_cast<std::size_t>(bytes.size_bytes()));
  if (bytes.read_at(0, self->file_) != bytes.size_bytes())
    return Error{Code::internal, "reading the upload: it became shorter"};
  const WebPData data{self->file_.data(), self->file_.size()};
  WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
  self->demuxer_ = WebPDemuxPartial(&data, &state);
  if (self->demuxer_ == nullptr || state == WEBP_DEMUX_PARSE_ERROR)
    return Error(reason("file_streams_damaged"));
  if (state != WEBP_DEMUX_DONE) return Error(reason("file_end_missing"));
  self->width_ = static_cast<int>(WebPDemuxGetI(self->demuxer_, WEBP_FF_CANVAS_WIDTH));
  self->height_ = static_cast<int>(WebPDemuxGetI(self->demuxer_, WEBP_FF_CANVAS_HEIGHT));
  self->frames_count_ = static_cast<int>(WebPDemuxGetI(self->demuxer_, WEBP_FF_FRAME_COUNT));
  WebPIterator frame;
  for (int more = WebPDemuxGetFrame(self->demuxer_, 1, &frame); more != 0;
       more = WebPDemuxNextFrame(&frame)) {
    self->duration_ms_ += shown_ms(frame.duration);
  }
  WebPDemuxReleaseIterator(&frame);
  return self;
}

WebpFrames::~WebpFrames() {
  WebPAnimDecoderDelete(decoder_);
  WebPDemuxDelete(demuxer_);
}

int WebpFrames::read(AVPacket& packet) {
  if (given_ == frames_count_) return AVERROR_EOF;
  if (given_ == 0) {
    WebPAnimDecoderOptions options;
    if (WebPAnimDecoderOptionsInit(&options) == 0) return AVERROR_EXTERNAL;
    options.color_mode = MODE_BGRA;
    options.use_threads = 0;
    const WebPData data{file_.data(), file_.size()};
    decoder_ = WebPAnimDecoderNew(&data, &options);
    if (decoder_ == nullptr) return AVERROR(ENOMEM);
  }
  std::uint8_t* canvas = nullptr;
  int end_ms = 0;
  const bool decoded = WebPAnimDecoderGetNext(decoder_, &canvas, &end_ms) != 0;
  const int length = decoded ? shown_ms(end_ms - end_ms_) : shown_ms(0);
  const int size = decoded ? width_ * height_ * 4 : 1;
  if (const int status = av_new_packet(&packet, size); status < 0) return status;
  std::fill_n(packet.data, 1, std::uint8_t{0});
  if (decoded) std::memcpy(packet.data, canvas, static_cast<std::size_t>(size));
  packet.stream_index = 0;
  packet.pts = packet.dts = shown_ms_;
  packet.duration = length;
  packet.flags |= AV_PKT_FLAG_KEY;
  ++given_;
  if (decoded) end_ms_ = end_ms;
  shown_ms_ += length;
  return 0;
}

}  // namespace filoscope::media
