#include "media/ground.h"

#include "media/picture.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace filoscope::media {
namespace {

const AVPixFmtDescriptor* description_of(const AVFrame& frame) {
  return av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
}

std::uint8_t mix(int value, int ground, int alpha) {
  return static_cast<std::uint8_t>((value * alpha + ground * (255 - alpha) + 127) / 255);
}

/// Four bytes a pixel, alpha last.
void blend_packed(AVFrame& frame) {
  for (int y = 0; y < frame.height; ++y) {
    std::uint8_t* pixel = frame.data[0] + y * std::ptrdiff_t{frame.linesize[0]};
    for (int x = 0; x < frame.width; ++x, pixel += 4) {
      for (int i = 0; i < 3; ++i) pixel[i] = mix(pixel[i], kGroundLuma, pixel[3]);
    }
  }
}

/// YUV 4:4:4 with a plane of alpha.
void blend_planes(AVFrame& frame) {
  const bool full = frame.color_range == AVCOL_RANGE_JPEG;
  const int luma = full ? kGroundLuma : 16 + (kGroundLuma * 219 + 127) / 255;
  for (int plane = 0; plane < 3; ++plane) {
    const int ground = plane == 0 ? luma : 128;
    for (int y = 0; y < frame.height; ++y) {
      std::uint8_t* row = frame.data[plane] + y * std::ptrdiff_t{frame.linesize[plane]};
      const std::uint8_t* alpha = frame.data[3] + y * std::ptrdiff_t{frame.linesize[3]};
      for (int x = 0; x < frame.width; ++x) row[x] = mix(row[x], ground, alpha[x]);
    }
  }
}

}  // namespace

bool has_alpha(const AVFrame& frame) {
  const auto* description = description_of(frame);
  return description != nullptr && (description->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
}

Result<FramePtr> Ground::convert(const AVFrame& frame, AVPixelFormat format) {
  FramePtr out = make_frame();
  out->format = format;
  out->width = frame.width;
  out->height = frame.height;
  int status = av_frame_get_buffer(out.get(), 0);
  if (status >= 0) status = av_frame_copy_props(out.get(), &frame);
  if (status >= 0 && format == frame.format) {
    status = av_frame_copy(out.get(), &frame);
    if (status < 0) return av_failure("transparency", status);
    return out;
  }
  if (status < 0) return av_failure("transparency", status);
  sws_.reset(sws_getCachedContext(sws_.release(), frame.width, frame.height,
                                  static_cast<AVPixelFormat>(frame.format), frame.width,
                                  frame.height, format, SWS_BILINEAR | SWS_ACCURATE_RND, nullptr,
                                  nullptr, nullptr));
  if (!sws_) return av_failure("transparency", AVERROR(ENOMEM));
  const int* matrix = sws_getCoefficients(colour_of(frame).matrix);
  const int full = frame.color_range == AVCOL_RANGE_JPEG ? 1 : 0;
  sws_setColorspaceDetails(sws_.get(), matrix, full, matrix, full, 0, 1 << 16, 1 << 16);
  status =
      sws_scale(sws_.get(), frame.data, frame.linesize, 0, frame.height, out->data, out->linesize);
  if (status < 0) return av_failure("transparency", status);
  return out;
}

Result<FramePtr> Ground::lay(const AVFrame& frame) {
  const auto* description = description_of(frame);
  const bool yuv = description->nb_components == 4 &&
                   (description->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) == 0;
  const bool bgra = frame.format == AV_PIX_FMT_BGRA;
  FILOSCOPE_TRY(FramePtr laid, convert(frame, yuv    ? AV_PIX_FMT_YUVA444P
                                              : bgra ? AV_PIX_FMT_BGRA
                                                     : AV_PIX_FMT_RGBA));
  if (yuv) {
    blend_planes(*laid);
    laid->data[3] = nullptr;
    laid->linesize[3] = 0;
  } else {
    blend_packed(*laid);
  }
  laid->format = yuv ? AV_PIX_FMT_YUV444P : bgra ? AV_PIX_FMT_BGR0 : AV_PIX_FMT_RGB0;
  return laid;
}

}  // namespace filoscope::media
