#include "media/developer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "media/picture.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace filoscope::media {
namespace {

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

Result<RgbPicture> finish(const AVFrame& frame, int width, int height, const Look& look) {
  FILOSCOPE_TRY(Bytes rgb, to_rgb(frame, width, height));
  return turned(std::move(rgb), width, height, look.orientation);
}

}  // namespace

Result<RgbPicture> Developer::develop(const AVFrame& frame, const Look& look) {
  if (has_alpha(frame)) {
    FILOSCOPE_TRY(const FramePtr laid, ground_.lay(frame));
    return develop(*laid, look);
  }
  const double scale =
      std::min(1.0, static_cast<double>(limits_.long_side_px) / std::max(look.width, look.height));
  const auto side = [&](int px) { return std::max(1, static_cast<int>(std::lround(px * scale))); };
  const int width = side(look.orientation.swap ? look.height : look.width);
  const int height = side(look.orientation.swap ? look.width : look.height);
  if (!is_tone_mapped(frame)) return finish(frame, width, height, look);
  FILOSCOPE_TRY(const FramePtr mapped,
                tone_map_.apply(frame, std::max(2, width & ~1), std::max(2, height & ~1)));
  return finish(*mapped, width, height, look);
}

}  // namespace filoscope::media
