#include "media/tone_map.h"

#include <algorithm>
#include <cmath>

#include "media/ladder.h"

extern "C" {
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/opt.h>
}

namespace filoscope::media {
namespace {

using Matrix = std::array<Triple, 3>;

constexpr double kPqMaxNits = 10'000, kHlgMaxNits = 1'000;
constexpr double kScreenGamma = 2.4;
constexpr double kPeakMinNits = 400, kPeakMaxNits = 4'000;  // what metadata may claim
constexpr double kAnchorShare = 0.8;  // of white's lightness: about where 709's red and blue end

constexpr Matrix kLms{{{1688.0 / 4096, 2146.0 / 4096, 262.0 / 4096},
                       {683.0 / 4096, 2951.0 / 4096, 462.0 / 4096},
                       {99.0 / 4096, 309.0 / 4096, 3688.0 / 4096}}};
constexpr Matrix kIctcp{{{0.5, 0.5, 0},
                         {6610.0 / 4096, -13613.0 / 4096, 7003.0 / 4096},
                         {17933.0 / 4096, -17390.0 / 4096, -543.0 / 4096}}};
constexpr Matrix k709To2020{{{0.627404, 0.329283, 0.043313},
                             {0.069097, 0.919540, 0.011362},
                             {0.016391, 0.088013, 0.895595}}};

Triple times(const Matrix& m, const Triple& v) {
  Triple out{};
  for (std::size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return out;
}

Matrix inverse(const Matrix& m) {
  Matrix out{};
  const auto cofactor = [&](std::size_t row, std::size_t column) {
    const std::size_t r1 = (row + 1) % 3, r2 = (row + 2) % 3;
    const std::size_t c1 = (column + 1) % 3, c2 = (column + 2) % 3;
    return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
  };
  const double determinant =
      m[0][0] * cofactor(0, 0) + m[0][1] * cofactor(0, 1) + m[0][2] * cofactor(0, 2);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) out[i][j] = cofactor(j, i) / determinant;
  }
  return out;
}

const Matrix kLmsInverse = inverse(kLms);
const Matrix kIctcpInverse = inverse(kIctcp);
const Matrix k2020To709 = inverse(k709To2020);

constexpr double kM1 = 2610.0 / 16384, kM2 = 2523.0 / 32;
constexpr double kC1 = 3424.0 / 4096, kC2 = 2413.0 / 128, kC3 = 2392.0 / 128;

double pq_of(double nits) {
  const double power = std::pow(std::max(nits, 0.0) / kPqMaxNits, kM1);
  return std::pow((kC1 + kC2 * power) / (1 + kC3 * power), kM2);
}

double nits_of(double pq) {
  const double power = std::pow(std::max(pq, 0.0), 1 / kM2);
  return kPqMaxNits * std::pow(std::max(power - kC1, 0.0) / (kC2 - kC3 * power), 1 / kM1);
}

double hlg_scene(double coded) {
  constexpr double kA = 0.17883277, kB = 0.28466892, kC = 0.55991073;
  return coded <= 0.5 ? coded * coded / 3 : (std::exp((coded - kC) / kA) + kB) / 12;
}

Triple light_of_ictcp(const Triple& ictcp) {
  Triple lms = times(kIctcpInverse, ictcp);
  for (double& value : lms) value = nits_of(value);
  return times(kLmsInverse, lms);
}

/// Lightness (PQ) on a screen that ends at kWhiteNits: BT.2390's EETF.
double bend(double lightness, double peak) {
  const double top = pq_of(kWhiteNits) / peak;
  if (top >= 1) return lightness;
  const double knee = 1.5 * top - 0.5;
  const double e = std::min(lightness / peak, 1.0);
  if (e < knee) return lightness;
  const double t = (e - knee) / (1 - knee), t2 = t * t, t3 = t2 * t;
  return peak *
         ((2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (3 * t2 - 2 * t3) * top);
}

/// Linear BT.709 of a colour that the curve has bent. One outside the gamut goes to its edge on a
/// straight line of its own hue: to the grey of its lightness, or to a darker one when it is
/// brighter than saturated colours can be.
Triple into_gamut(const Triple& ictcp) {
  const double grey = std::min(ictcp[0], kAnchorShare * pq_of(kWhiteNits));
  const auto at = [&](double share) {
    return rec709_of(
        light_of_ictcp({grey + (ictcp[0] - grey) * share, ictcp[1] * share, ictcp[2] * share}));
  };
  const auto inside = [](const Triple& linear) {
    return std::all_of(linear.begin(), linear.end(),
                       [](double value) { return value >= -1e-4 && value <= 1 + 1e-4; });
  };
  if (inside(at(1))) return at(1);
  double low = 0, high = 1;
  for (int step = 0; step < 14; ++step) {
    const double middle = (low + high) / 2;
    (inside(at(middle)) ? low : high) = middle;
  }
  return at(low);
}

Transfer transfer_of(const AVFrame& frame) {
  if (frame.color_trc == AVCOL_TRC_SMPTE2084) return Transfer::pq;
  return frame.color_trc == AVCOL_TRC_ARIB_STD_B67 ? Transfer::hlg : Transfer::standard;
}

/// The brightest light as the frame's metadata have it; 0 without any.
double claimed_peak_nits(const AVFrame& frame) {
  const auto data = [&](AVFrameSideDataType type) -> const void* {
    const auto* found = av_frame_get_side_data(&frame, type);
    return found != nullptr ? found->data : nullptr;
  };
  const auto* light =
      static_cast<const AVContentLightMetadata*>(data(AV_FRAME_DATA_CONTENT_LIGHT_LEVEL));
  if (light != nullptr && light->MaxCLL > 0) return light->MaxCLL;
  const auto* screen = static_cast<const AVMasteringDisplayMetadata*>(
      data(AV_FRAME_DATA_MASTERING_DISPLAY_METADATA));
  return screen != nullptr && screen->has_luminance != 0 && screen->max_luminance.den != 0
             ? av_q2d(screen->max_luminance)
             : 0;
}

SwsPtr make_scaler(AVPixelFormat from, int from_width, int from_height, AVPixelFormat to, int width,
                   int height, const char* flags) {
  SwsPtr scaler(sws_alloc_context());
  if (!scaler) return scaler;
  auto* sws = scaler.get();
  av_opt_set_int(sws, "srcw", from_width, 0);
  av_opt_set_int(sws, "srch", from_height, 0);
  av_opt_set_int(sws, "src_format", from, 0);
  av_opt_set_int(sws, "dstw", width, 0);
  av_opt_set_int(sws, "dsth", height, 0);
  av_opt_set_int(sws, "dst_format", to, 0);
  av_opt_set(sws, "sws_flags", flags, 0);
  return scaler;
}

Result<FramePtr> new_frame(AVPixelFormat format, int width, int height) {
  FramePtr frame = make_frame();
  frame->format = format;
  frame->width = width;
  frame->height = height;
  const int status = av_frame_get_buffer(frame.get(), 0);
  if (status < 0) return av_failure("tone mapping", status);
  return frame;
}

bool is_wide_gamut(const AVFrame& frame) {
  return frame.color_primaries == AVCOL_PRI_BT2020 || frame.colorspace == AVCOL_SPC_BT2020_NCL;
}

}  // namespace

bool is_tone_mapped(const AVFrame& frame) {
  return frame.color_trc == AVCOL_TRC_SMPTE2084 || frame.color_trc == AVCOL_TRC_ARIB_STD_B67 ||
         is_wide_gamut(frame);
}

Triple light_of(const Triple& coded, Transfer transfer) {
  Triple light{};
  for (std::size_t i = 0; i < 3; ++i) {
    light[i] = transfer == Transfer::pq    ? nits_of(coded[i])
               : transfer == Transfer::hlg ? hlg_scene(std::max(coded[i], 0.0))
                                           : kWhiteNits * std::pow(coded[i], kScreenGamma);
  }
  if (transfer != Transfer::hlg) return light;
  const double luminance = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2];
  for (double& value : light) value *= kHlgMaxNits * std::pow(luminance, 0.2);
  return light;
}

Triple ictcp_of(const Triple& light) {
  Triple lms = times(kLms, light);
  for (double& value : lms) value = pq_of(value);
  return times(kIctcp, lms);
}

Triple rec709_of(const Triple& light) {
  Triple linear = times(k2020To709, light);
  for (double& value : linear) value /= kWhiteNits;
  return linear;
}

Triple light_of_709(const Triple& linear) {
  Triple light = times(k709To2020, linear);
  for (double& value : light) value *= kWhiteNits;
  return light;
}

void ToneMap::make_table(Transfer transfer, double peak_nits) {
  transfer_ = transfer;
  peak_nits_ = peak_nits;
  table_.resize(std::size_t{kNodes} * kNodes * kNodes);
  const double peak = pq_of(peak_nits);
  const auto coded = [](int node) { return std::min(1.0, node * kStep / 4095.0); };
  Node* out = table_.data();
  for (int r = 0; r < kNodes; ++r) {
    for (int g = 0; g < kNodes; ++g) {
      for (int b = 0; b < kNodes; ++b, ++out) {
        Triple colour = ictcp_of(light_of({coded(r), coded(g), coded(b)}, transfer));
        const double lightness = bend(colour[0], peak);
        const double share = colour[0] > 0 ? lightness / colour[0] : 1;
        colour = {lightness, colour[1] * share, colour[2] * share};
        const Triple linear = into_gamut(colour);
        for (std::size_t i = 0; i < 3; ++i) {
          const double value = std::pow(std::clamp(linear[i], 0.0, 1.0), 1 / kScreenGamma);
          (*out)[i] = static_cast<std::uint16_t>(std::lround(value * 4095 * 16));
        }
      }
    }
  }
}

/// Tetrahedral interpolation: from the cell's dark corner along the axis with the largest rest,
/// then the next. Greys stay grey.
void ToneMap::map_row(std::uint16_t* g, std::uint16_t* b, std::uint16_t* r, int width) const {
  struct Axis {
    unsigned rest;
    unsigned offset;
  };
  for (int x = 0; x < width; ++x) {
    const unsigned red = r[x], green = g[x], blue = b[x];
    Axis first{red % kStep, kNodes * kNodes}, second{green % kStep, kNodes}, third{blue % kStep, 1};
    const Node* node =
        table_.data() + red / kStep * first.offset + green / kStep * second.offset + blue / kStep;
    if (first.rest < second.rest) std::swap(first, second);
    if (second.rest < third.rest) std::swap(second, third);
    if (first.rest < second.rest) std::swap(first, second);
    const Node& n0 = node[0];
    const Node& n1 = node[first.offset];
    const Node& n2 = node[first.offset + second.offset];
    const Node& n3 = node[first.offset + second.offset + third.offset];
    const unsigned w0 = kStep - first.rest, w1 = first.rest - second.rest;
    const unsigned w2 = second.rest - third.rest, w3 = third.rest;
    const auto mixed = [&](std::size_t i) {
      const unsigned sum = n0[i] * w0 + n1[i] * w1 + n2[i] * w2 + n3[i] * w3;
      return static_cast<std::uint16_t>((sum + kStep * 8) / (kStep * 16));
    };
    r[x] = mixed(0);
    g[x] = mixed(1);
    b[x] = mixed(2);
  }
}

Result<void> ToneMap::prepare(const AVFrame& frame, int width, int height) {
  const bool full = frame.color_range == AVCOL_RANGE_JPEG;
  const std::array<int, 6> wanted{frame.width,  frame.height, frame.format,
                                  full ? 1 : 0, width,        height};
  if (to_rgb_ && prepared_ == wanted) return {};
  to_rgb_ = make_scaler(static_cast<AVPixelFormat>(frame.format), frame.width, frame.height,
                        AV_PIX_FMT_GBRP12LE, width, height, kScaling);
  to_yuv_ =
      make_scaler(AV_PIX_FMT_GBRP12LE, width, height, AV_PIX_FMT_YUV420P, width, height, kScaling);
  if (!to_rgb_ || !to_yuv_) return av_failure("tone mapping", AVERROR(ENOMEM));
  av_opt_set_int(to_yuv_.get(), "dst_v_chr_pos", 128, 0);
  const int* wide = sws_getCoefficients(SWS_CS_BT2020);
  const int* high = sws_getCoefficients(SWS_CS_ITU709);
  sws_setColorspaceDetails(to_rgb_.get(), wide, full ? 1 : 0, wide, 1, 0, 1 << 16, 1 << 16);
  sws_setColorspaceDetails(to_yuv_.get(), high, 1, high, 0, 0, 1 << 16, 1 << 16);
  for (SwsContext* sws : {to_rgb_.get(), to_yuv_.get()}) {
    const int status = sws_init_context(sws, nullptr, nullptr);
    if (status < 0) return av_failure("tone mapping", status);
  }
  prepared_ = wanted;
  return {};
}

Result<FramePtr> ToneMap::apply(const AVFrame& frame, int width, int height) {
  const Transfer transfer = transfer_of(frame);
  double peak_nits = transfer == Transfer::pq ? claimed_peak_nits(frame) : 0;
  if (peak_nits > 0) peak_nits = std::clamp(peak_nits, kPeakMinNits, kPeakMaxNits);
  if (peak_nits == 0)
    peak_nits = transfer == transfer_ && peak_nits_ > 0 ? peak_nits_
                : transfer == Transfer::standard        ? kWhiteNits
                                                        : kHlgMaxNits;
  if (table_.empty() || transfer != transfer_ || peak_nits != peak_nits_)
    make_table(transfer, peak_nits);
  FILOSCOPE_DO(prepare(frame, width, height));
  FILOSCOPE_TRY(const FramePtr rgb, new_frame(AV_PIX_FMT_GBRP12LE, width, height));
  int status = sws_scale(to_rgb_.get(), frame.data, frame.linesize, 0, frame.height, rgb->data,
                         rgb->linesize);
  if (status < 0) return av_failure("tone mapping", status);
  for (int y = 0; y < height; ++y) {
    const auto row = [&](int plane) {
      return reinterpret_cast<std::uint16_t*>(rgb->data[plane] +
                                              y * std::ptrdiff_t{rgb->linesize[plane]});
    };
    map_row(row(0), row(1), row(2), width);
  }
  FILOSCOPE_TRY(FramePtr out, new_frame(AV_PIX_FMT_YUV420P, width, height));
  status = sws_scale(to_yuv_.get(), rgb->data, rgb->linesize, 0, height, out->data, out->linesize);
  if (status < 0) return av_failure("tone mapping", status);
  out->pts = frame.pts;
  out->color_range = AVCOL_RANGE_MPEG;
  out->colorspace = AVCOL_SPC_BT709;
  out->color_primaries = AVCOL_PRI_BT709;
  out->color_trc = AVCOL_TRC_BT709;
  return out;
}

}  // namespace filoscope::media
