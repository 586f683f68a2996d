#pragma once

/// FFmpeg's C types with owners, and its errors as ours. Only for .cc files of this module and
/// their inner headers.

#include <sys/mman.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "media/reasons.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

namespace filoscope::media {

struct AvDeleter {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVFilterGraph* p) const { avfilter_graph_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
  void operator()(SwrContext* p) const { swr_free(&p); }
};
using CodecPtr = std::unique_ptr<AVCodecContext, AvDeleter>;
using FramePtr = std::unique_ptr<AVFrame, AvDeleter>;
using PacketPtr = std::unique_ptr<AVPacket, AvDeleter>;
using GraphPtr = std::unique_ptr<AVFilterGraph, AvDeleter>;
using SwsPtr = std::unique_ptr<SwsContext, AvDeleter>;
using SwrPtr = std::unique_ptr<SwrContext, AvDeleter>;

/// All times inside the module count in this unit.
inline constexpr AVRational kTimeBase{1, 90'000};
inline constexpr std::int64_t kTicksPerSecond = 90'000;

inline FramePtr make_frame() {
  FramePtr frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  return frame;
}
inline PacketPtr make_packet() {
  PacketPtr packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  return packet;
}
/// `frame` again, sharing its pixels.
inline FramePtr share_frame(const AVFrame& frame) {
  FramePtr copy(av_frame_clone(&frame));
  if (!copy) throw std::bad_alloc();
  return copy;
}

inline std::string av_error_text(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}
/// Whether the worker's limit leaves less than an encoder takes. Libraries under FFmpeg do not say
/// why they failed (AVERROR_EXTERNAL).
inline bool memory_is_short() {
  constexpr std::size_t kEncoderBytes = std::size_t{128} << 20;
  void* const room = ::mmap(nullptr, kEncoderBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return true;
  ::munmap(room, kEncoderBytes);
  return false;
}
/// An inner failure: not the file's fault. Out of memory has a code of its own.
inline Error av_failure(const std::string& what, int code) {
  if (code == AVERROR(ENOMEM) || (code == AVERROR_EXTERNAL && memory_is_short()))
    return Error(reason("processing_out_of_memory"));
  return {Code::internal, what + ": " + av_error_text(code)};
}

}  // namespace filoscope::media
