#pragma once

/// FFmpeg's C types with owners, and its errors as ours. Only for .cc files of this module and
/// their inner headers.

#include <memory>
#include <string>

#include "base/result.h"

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
/// An inner failure: not the file's fault. Out of memory says so.
inline Error av_failure(const std::string& what, int code) {
  if (code == AVERROR(ENOMEM))
    return {Code::internal, "processing the video needs more memory than allowed"};
  return {Code::internal, what + ": " + av_error_text(code)};
}
/// What the uploader can do about a file that cannot become a video.
namespace advice {
inline constexpr std::string_view kChooseVideo = "choose a video";
inline constexpr std::string_view kChooseUnprotected = "choose one without copy protection";
inline constexpr std::string_view kCopyAgain =
    "copy it again from where it was made and upload that";
inline constexpr std::string_view kSaveAsMp4 = "save it as MP4 with H.264 and AAC and upload that";
inline constexpr std::string_view kSaveSmaller = "save it smaller and upload that";
inline constexpr std::string_view kSaveSlower = "save it with fewer and upload that";
inline constexpr std::string_view kCut = "cut it and upload a part";
}  // namespace advice

inline Error bad_file(std::string_view cause, std::string_view what_to_do) {
  return {Code::invalid_argument, std::string(cause).append("; ").append(what_to_do)};
}

}  // namespace filoscope::media
