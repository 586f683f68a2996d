#include "media/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "media/ladder.h"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace filoscope::media {
namespace {

constexpr int kTile =
    16;  // of 8-bit pixels: a tile of both pictures stays in the first-level cache

bool is_rgb(int format) {
  const auto* description = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
  return description != nullptr && (description->flags & AV_PIX_FMT_FLAG_RGB) != 0;
}

void turn_plane(const std::uint8_t* from, int from_stride, std::uint8_t* to, int to_stride,
                int width, int height, const Orientation& turn_by) {
  // `width` and `height` are those of the turned plane.
  const int from_width = turn_by.swap ? height : width;
  const int from_height = turn_by.swap ? width : height;
  // Stored position of a displayed pixel; the steps along display x and y are constant.
  const bool flip_column = turn_by.swap ? turn_by.flip_y : turn_by.flip_x;
  const bool flip_row = turn_by.swap ? turn_by.flip_x : turn_by.flip_y;
  const std::uint8_t* origin = from +
                               (flip_row ? (from_height - 1) * std::ptrdiff_t{from_stride} : 0) +
                               (flip_column ? from_width - 1 : 0);
  const std::ptrdiff_t column = flip_column ? -1 : 1;
  const std::ptrdiff_t row = flip_row ? -std::ptrdiff_t{from_stride} : std::ptrdiff_t{from_stride};
  const std::ptrdiff_t step_x = turn_by.swap ? row : column;
  const std::ptrdiff_t step_y = turn_by.swap ? column : row;
  for (int y0 = 0; y0 < height; y0 += kTile) {
    for (int x0 = 0; x0 < width; x0 += kTile) {
      const int y1 = std::min(y0 + kTile, height);
      const int x1 = std::min(x0 + kTile, width);
      for (int y = y0; y < y1; ++y) {
        std::uint8_t* out = to + y * std::ptrdiff_t{to_stride};
        const std::uint8_t* in = origin + y * step_y;
        for (int x = x0; x < x1; ++x) out[x] = in[x * step_x];
      }
    }
  }
}

/// A yuv420p frame turned upright.
Result<FramePtr> turn(FramePtr frame, const Orientation& orientation) {
  if (orientation.is_identity()) return frame;
  FramePtr out = make_frame();
  out->format = frame->format;
  out->width = orientation.swap ? frame->height : frame->width;
  out->height = orientation.swap ? frame->width : frame->height;
  const int status = av_frame_get_buffer(out.get(), 0);
  if (status < 0) return av_failure("turning a picture", status);
  for (int plane = 0; plane < 3; ++plane) {
    const int shift = plane == 0 ? 0 : 1;
    turn_plane(frame->data[plane], frame->linesize[plane], out->data[plane], out->linesize[plane],
               (out->width + shift) >> shift, (out->height + shift) >> shift, orientation);
  }
  out->pts = frame->pts;
  return out;
}

/// A black frame with `picture` at `area`.
Result<FramePtr> surround(const AVFrame& picture, const Area& area, int width, int height) {
  FramePtr out = make_frame();
  out->format = AV_PIX_FMT_YUV420P;
  out->width = width;
  out->height = height;
  const int status = av_frame_get_buffer(out.get(), 0);
  if (status < 0) return av_failure("framing a picture", status);
  for (int plane = 0; plane < 3; ++plane) {
    const int half = plane == 0 ? 0 : 1;
    const auto row = [&](int y) {
      return out->data[plane] + y * std::ptrdiff_t{out->linesize[plane]};
    };
    for (int y = 0; y < (height + half) >> half; ++y)
      std::memset(row(y), plane == 0 ? 16 : 128, static_cast<std::size_t>((width + half) >> half));
    for (int y = 0; y < area.height >> half; ++y) {
      std::memcpy(row((area.y >> half) + y) + (area.x >> half),
                  picture.data[plane] + y * std::ptrdiff_t{picture.linesize[plane]},
                  static_cast<std::size_t>(area.width >> half));
    }
  }
  return out;
}

}  // namespace

AVPixelFormat without_j(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    default:
      return static_cast<AVPixelFormat>(format);
  }
}

bool is_full_range(const AVFrame& frame) {
  return frame.color_range == AVCOL_RANGE_JPEG || without_j(frame.format) != frame.format;
}

ColourTags colour_of(const AVFrame& frame) {
  ColourTags tags;
  const bool high_definition = frame.height >= 720 || frame.width >= 1280;
  const int guess = high_definition ? 1 : 6;
  const auto pick = [&](int value) {
    return value <= 0 || value == 2 || value == 3 || value > 18 ? guess : value;
  };
  if (is_rgb(frame.format)) return tags;
  tags.matrix = pick(frame.colorspace);
  tags.primaries = pick(frame.color_primaries);
  tags.transfer = pick(frame.color_trc);
  return tags;
}

Result<void> PreFilter::build(const AVFrame& frame, const Plan& plan) {
  graph_.reset(avfilter_graph_alloc());
  if (!graph_) return av_failure("filter", AVERROR(ENOMEM));
  graph_->nb_threads = plan.threads_count;
  const auto source = fmt::format("video_size={}x{}:pix_fmt={}:time_base=1/90000:pixel_aspect=1/1",
                                  frame.width, frame.height, frame.format);
  int status = avfilter_graph_create_filter(&in_, avfilter_get_by_name("buffer"), "in",
                                            source.c_str(), nullptr, graph_.get());
  if (status >= 0) {
    status = avfilter_graph_create_filter(&out_, avfilter_get_by_name("buffersink"), "out", nullptr,
                                          nullptr, graph_.get());
  }
  if (status < 0) return av_failure("filter", status);
  const std::string text = "bwdif=mode=send_frame:deint=interlaced";
  AVFilterInOut* inputs = avfilter_inout_alloc();
  AVFilterInOut* outputs = avfilter_inout_alloc();
  if (inputs != nullptr && outputs != nullptr) {
    *outputs = AVFilterInOut{av_strdup("in"), in_, 0, nullptr};
    *inputs = AVFilterInOut{av_strdup("out"), out_, 0, nullptr};
    status = avfilter_graph_parse_ptr(graph_.get(), text.c_str(), &inputs, &outputs, nullptr);
  } else {
    status = AVERROR(ENOMEM);
  }
  avfilter_inout_free(&inputs);
  avfilter_inout_free(&outputs);
  if (status >= 0) status = avfilter_graph_config(graph_.get(), nullptr);
  if (status < 0) return av_failure("filter " + text, status);
  plan_ = plan;
  source_width_ = frame.width;
  source_height_ = frame.height;
  source_format_ = frame.format;
  return {};
}

Result<void> PreFilter::tone_map(const AVFrame& frame, const Sink& each) {
  if (!plan_.tone_map) return each(frame);
  FILOSCOPE_TRY(const FramePtr mapped, tone_map_.apply(frame, plan_.width, plan_.height));
  return each(*mapped);
}

Result<void> PreFilter::push(const AVFrame& frame, const Plan& plan, const Sink& each) {
  if (!plan.deinterlace) {
    FILOSCOPE_DO(finish(each));
    plan_ = plan;
    return tone_map(frame, each);
  }
  const bool same = graph_ && plan == plan_ && frame.width == source_width_ &&
                    frame.height == source_height_ && frame.format == source_format_;
  if (!same) {
    FILOSCOPE_DO(finish(each));
    FILOSCOPE_DO(build(frame, plan));
  }
  const FramePtr copy = share_frame(frame);
  copy->sample_aspect_ratio = AVRational{1, 1};
  const int status = av_buffersrc_add_frame_flags(in_, copy.get(), 0);
  if (status < 0) return av_failure("filter", status);
  return pull(each);
}

Result<void> PreFilter::pull(const Sink& each) {
  const FramePtr frame = make_frame();
  for (;;) {
    const int status = av_buffersink_get_frame(out_, frame.get());
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return {};
    if (status < 0) return av_failure("filter", status);
    frame->pts = av_rescale_q(frame->pts, av_buffersink_get_time_base(out_), kTimeBase);
    FILOSCOPE_DO(tone_map(*frame, each));
    av_frame_unref(frame.get());
  }
}

Result<void> PreFilter::finish(const Sink& each) {
  if (!graph_) return {};
  const int status = av_buffersrc_add_frame_flags(in_, nullptr, 0);
  if (status < 0 && status != AVERROR_EOF) return av_failure("filter", status);
  FILOSCOPE_DO(pull(each));
  graph_.reset();
  return {};
}

/// What says nothing is taken for what is wanted.
int Scaler::matrix_of(const AVFrame& frame) const {
  const bool told = frame.colorspace > 0 && frame.colorspace != AVCOL_SPC_UNSPECIFIED;
  return matrix_ && !told && !is_rgb(frame.format) ? *matrix_ : colour_of(frame).matrix;
}

Result<void> Scaler::prepare(const AVFrame& frame) {
  sws_.reset(sws_alloc_context());
  if (!sws_) return av_failure("scaler", AVERROR(ENOMEM));
  auto* sws = sws_.get();
  const auto format = without_j(frame.format);
  av_opt_set_int(sws, "srcw", frame.width, 0);
  av_opt_set_int(sws, "srch", frame.height, 0);
  av_opt_set_int(sws, "src_format", format, 0);
  av_opt_set_int(sws, "dstw", width_, 0);
  av_opt_set_int(sws, "dsth", height_, 0);
  av_opt_set_int(sws, "dst_format", AV_PIX_FMT_YUV420P, 0);
  av_opt_set(sws, "sws_flags", kScaling, 0);
  av_opt_set_int(sws, "src_range", is_full_range(frame) ? 1 : 0, 0);
  av_opt_set_int(sws, "dst_range", 0, 0);
  if (format == AV_PIX_FMT_YUV420P) av_opt_set_int(sws, "src_v_chr_pos", 128, 0);
  av_opt_set_int(sws, "dst_v_chr_pos", 128, 0);
  const int matrix = matrix_of(frame);
  sws_setColorspaceDetails(sws, sws_getCoefficients(matrix), is_full_range(frame) ? 1 : 0,
                           sws_getCoefficients(matrix_.value_or(matrix)), 0, 0, 1 << 16, 1 << 16);
  const int status = sws_init_context(sws, nullptr, nullptr);
  if (status < 0) return av_failure("scaler", status);
  source_width_ = frame.width;
  source_height_ = frame.height;
  source_format_ = frame.format;
  source_range_ = is_full_range(frame) ? 1 : 0;
  source_matrix_ = matrix;
  return {};
}

Result<FramePtr> Scaler::scale(const AVFrame& frame) {
  const bool ready = frame.width == width_ && frame.height == height_ &&
                     frame.format == AV_PIX_FMT_YUV420P && !is_full_range(frame) &&
                     matrix_of(frame) == matrix_.value_or(matrix_of(frame));
  if (ready) return share_frame(frame);
  const bool same = sws_ && frame.width == source_width_ && frame.height == source_height_ &&
                    frame.format == source_format_ &&
                    source_range_ == (is_full_range(frame) ? 1 : 0) &&
                    source_matrix_ == matrix_of(frame);
  if (!same) FILOSCOPE_DO(prepare(frame));
  FramePtr out = make_frame();
  out->format = AV_PIX_FMT_YUV420P;
  out->width = width_;
  out->height = height_;
  int status = av_frame_get_buffer(out.get(), 0);
  if (status < 0) return av_failure("scaler", status);
  status =
      sws_scale(sws_.get(), frame.data, frame.linesize, 0, frame.height, out->data, out->linesize);
  if (status < 0) return av_failure("scaler", status);
  out->pts = frame.pts;
  return out;
}

Result<FramePtr> Fitter::put(const AVFrame& frame, const Look& look) {
  if (!scaler_ || look != look_) {
    look_ = look;
    area_ = fit(look.width, look.height, width_, height_);
    const bool swap = look.orientation.swap;
    scaler_.emplace(swap ? area_.height : area_.width, swap ? area_.width : area_.height, matrix_);
  }
  FILOSCOPE_TRY(FramePtr scaled, scaler_->scale(frame));
  FILOSCOPE_TRY(FramePtr upright, turn(std::move(scaled), look.orientation));
  if (area_.width == width_ && area_.height == height_) return upright;
  return surround(*upright, area_, width_, height_);
}

}  // namespace filoscope::media
