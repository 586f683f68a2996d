#include "media/stills.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/file.h"
#include "media/luma_weights.h"
#include "media/picture.h"
#include "media/rgb.h"

extern "C" {
#include <libavutil/base64.h>
}

namespace filoscope::media {
namespace {

constexpr int kScoreGrid = 64;
constexpr double kBlack = 16, kWhite = 235;  // luma in limited range
constexpr std::size_t kStripMax = 16;

constexpr int kPlaceholderLong = 20;                    // px
constexpr std::size_t kPlaceholderCharactersMax = 700;  // characters
constexpr int kCoverQuality = 5;

/// Until the next picture is looked at for the cover. The first seconds, where clips fade in and
/// slates stand, are looked at closely.
std::int64_t step_at(std::int64_t pts) {
  if (pts < kTicksPerSecond) return 1;
  return pts < 3 * kTicksPerSecond ? kTicksPerSecond / 10 : kTicksPerSecond;
}

/// Means of kSide × kSide areas of a picture, row by row; `at(x, y)` is its luma.
template <int kSide, typename Value, typename At>
void shrink_luma(int width, int height, const At& at, std::span<Value> grid) {
  for (int gy = 0; gy < kSide; ++gy) {
    const int y0 = gy * height / kSide;
    const int y1 = std::max(y0 + 1, (gy + 1) * height / kSide);
    for (int gx = 0; gx < kSide; ++gx) {
      const int x0 = gx * width / kSide;
      const int x1 = std::max(x0 + 1, (gx + 1) * width / kSide);
      std::int64_t sum = 0;
      for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x) sum += at(x, y);
      grid[static_cast<std::size_t>(gy * kSide + gx)] =
          static_cast<Value>(static_cast<float>(sum) / static_cast<float>((y1 - y0) * (x1 - x0)));
    }
  }
}

template <int kSide, typename Value>
void shrink_luma(const AVFrame& frame, std::span<Value> grid) {
  const auto at = [&](int x, int y) {
    return int{frame.data[0][y * std::ptrdiff_t{frame.linesize[0]} + x]};
  };
  shrink_luma<kSide>(frame.width, frame.height, at, grid);
}

/// From limited range in the frame's own matrix to what JPEG means: full range, BT.601 (JFIF 1.02).
class JpegColours {
 public:
  explicit JpegColours(AVColorSpace matrix) {
    const auto from = luma_weights(matrix);
    const LumaWeights to;
    // Red and blue less luma, for one unit of each chroma; luma changes by what they then weigh.
    const double red = 2 * (1 - from.red);
    const double blue = 2 * (1 - from.blue);
    const double luma_cr = red * (to.red - to.green() * from.red / from.green());
    const double luma_cb = blue * (to.blue - to.green() * from.blue / from.green());
    luma_ = {fixed(1.0 / 219), fixed(luma_cb / 224), fixed(luma_cr / 224)};
    cb_ = {0, fixed((blue - luma_cb) / (2 * (1 - to.blue)) / 224),
           fixed(-luma_cr / (2 * (1 - to.blue)) / 224)};
    cr_ = {0, fixed(-luma_cb / (2 * (1 - to.red)) / 224),
           fixed((red - luma_cr) / (2 * (1 - to.red)) / 224)};
  }
  std::uint8_t luma(int y, int cb, int cr) const { return mix(luma_, y, cb, cr, 0); }
  std::uint8_t cb(int cb, int cr) const { return mix(cb_, 0, cb, cr, 128); }
  std::uint8_t cr(int cb, int cr) const { return mix(cr_, 0, cb, cr, 128); }

 private:
  static constexpr int kOne = 1 << 16;
  using Factors = std::array<int, 3>;  ///< of y, cb and cr, in parts of kOne

  static int fixed(double part) { return static_cast<int>(std::lround(part * 255 * kOne)); }
  static std::uint8_t mix(const Factors& factors, int y, int cb, int cr, int zero) {
    const int sum = factors[0] * (y - 16) + factors[1] * (cb - 128) + factors[2] * (cr - 128);
    return static_cast<std::uint8_t>(std::clamp(((sum + kOne / 2) >> 16) + zero, 0, 255));
  }

  Factors luma_, cb_, cr_;
};

void fill_jpeg_frame(const AVFrame& frame, AVFrame& full) {
  const JpegColours colours(frame.colorspace);
  const auto row = [](const AVFrame& of, int plane, int y) {
    return of.data[plane] + y * std::ptrdiff_t{of.linesize[plane]};
  };
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* luma = row(frame, 0, y);
    const std::uint8_t* cb = row(frame, 1, y / 2);
    const std::uint8_t* cr = row(frame, 2, y / 2);
    std::uint8_t* out = row(full, 0, y);
    for (int x = 0; x < frame.width; ++x) out[x] = colours.luma(luma[x], cb[x / 2], cr[x / 2]);
    if (y % 2 != 0) continue;
    std::uint8_t* out_cb = row(full, 1, y / 2);
    std::uint8_t* out_cr = row(full, 2, y / 2);
    for (int x = 0; x < (frame.width + 1) / 2; ++x) {
      out_cb[x] = colours.cb(cb[x], cr[x]);
      out_cr[x] = colours.cr(cb[x], cr[x]);
    }
  }
}

}  // namespace

double cover_score(const AVFrame& frame) {
  std::array<float, std::size_t{kScoreGrid} * kScoreGrid> grid{};
  shrink_luma<kScoreGrid, float>(frame, grid);
  double detail = 0;
  double light = 0;
  std::array<int, 32> lights{};
  for (std::size_t y = 0; y + 1 < kScoreGrid; ++y) {
    for (std::size_t x = 0; x + 1 < kScoreGrid; ++x) {
      const float here = grid[y * kScoreGrid + x];
      detail += std::abs(here - grid[y * kScoreGrid + x + 1]) +
                std::abs(here - grid[(y + 1) * kScoreGrid + x]);
      light += here;
      ++lights[static_cast<std::size_t>(here) / 8];
    }
  }
  constexpr double kCount = (kScoreGrid - 1) * (kScoreGrid - 1);
  double entropy = 0;
  for (const int count : lights) {
    if (count > 0) entropy -= count / kCount * std::log2(count / kCount);
  }
  const double mean = light / kCount;
  const double lit = std::clamp(std::min(mean - kBlack, kWhite - mean) / 40, 0.01, 1.0);
  return (detail + 1) * lit * (entropy + 0.1);
}

prints::Grid grid_of(const AVFrame& frame) {
  prints::Grid grid;
  shrink_luma<prints::kGridSide, std::uint8_t>(frame, grid.luma);
  return grid;
}

prints::Grid grid_of(const RgbPicture& picture) {
  prints::Grid grid;
  const auto at = [&](int x, int y) {
    const auto* pixel = picture.rgb.data() + 3 * (std::ptrdiff_t{y} * picture.width + x);
    return (77 * pixel[0] + 150 * pixel[1] + 29 * pixel[2]) / 256;  // BT.601
  };
  shrink_luma<prints::kGridSide>(picture.width, picture.height, at,
                                 std::span<std::uint8_t>(grid.luma));
  return grid;
}

Result<Bytes> encode_jpeg(const AVFrame& frame, int quality) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  const CodecPtr encoder(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!encoder) return Error{Code::internal, "no JPEG encoder"};
  encoder->width = frame.width;
  encoder->height = frame.height;
  encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
  encoder->color_range = AVCOL_RANGE_JPEG;
  encoder->time_base = kTimeBase;
  encoder->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
  encoder->global_quality = quality * FF_QP2LAMBDA;
  encoder->thread_count = 1;
  int status = avcodec_open2(encoder.get(), codec, nullptr);
  if (status < 0) return av_failure("JPEG", status);

  const FramePtr full = make_frame();
  full->format = AV_PIX_FMT_YUVJ420P;
  full->width = frame.width;
  full->height = frame.height;
  full->quality = encoder->global_quality;
  if ((status = av_frame_get_buffer(full.get(), 0)) < 0) return av_failure("JPEG", status);
  fill_jpeg_frame(frame, *full);
  if ((status = avcodec_send_frame(encoder.get(), full.get())) < 0)
    return av_failure("JPEG", status);
  const PacketPtr packet = make_packet();
  if ((status = avcodec_receive_packet(encoder.get(), packet.get())) < 0)
    return av_failure("JPEG", status);
  return Bytes(packet->data, packet->data + packet->size);
}

Result<std::string> make_placeholder(const AVFrame& frame) {
  const double factor = static_cast<double>(kPlaceholderLong) / std::max(frame.width, frame.height);
  const auto side = [&](int length) {
    return std::max(4, 2 * static_cast<int>(std::lround(length * factor / 2)));
  };
  Scaler scaler(side(frame.width), side(frame.height));
  FILOSCOPE_TRY(const FramePtr small, scaler.scale(frame));
  small->colorspace = frame.colorspace;
  std::string text;
  for (int quality = 4; quality <= 31; quality += 3) {
    FILOSCOPE_TRY(const Bytes jpeg, encode_jpeg(*small, quality));
    std::string base64(AV_BASE64_SIZE(jpeg.size()), '\0');
    av_base64_encode(base64.data(), static_cast<int>(base64.size()), jpeg.data(),
                     static_cast<int>(jpeg.size()));
    text = std::string("data:image/jpeg;base64,") + base64.c_str();
    if (text.size() <= kPlaceholderCharactersMax) break;
  }
  return text;
}

void Stills::judge(const AVFrame& frame, std::int64_t pts) {
  if (pts < next_judged_) return;
  next_judged_ = pts + step_at(pts);
  const double score = cover_score(frame);
  if (score <= best_score_) return;
  best_score_ = score;
  best_ = share_frame(frame);
  best_->pts = pts;
}

Result<void> Stills::offer(const AVFrame& frame, std::int64_t pts) {
  if (cover_ms_ && (!wanted_ || pts <= *cover_ms_ * kTicksPerSecond / 1'000)) {
    wanted_ = share_frame(frame);
    wanted_->pts = pts;
  }
  judge(frame, pts);
  const auto at_ms = pts * 1'000 / kTicksPerSecond;
  if (printer_.wants(at_ms)) printer_.add(grid_of(frame), at_ms);
  if (pts < next_strip_ && !strip_.empty()) return {};
  next_strip_ = (pts / kTicksPerSecond / stride_ + 1) * stride_ * kTicksPerSecond;
  strip_.push_back(share_frame(frame));
  strip_.back()->pts = pts;
  if (strip_.size() <= kStripMax) return {};
  for (std::size_t i = 0; 2 * i < strip_.size(); ++i) std::swap(strip_[i], strip_[2 * i]);
  strip_.resize((strip_.size() + 1) / 2);
  stride_ *= 2;
  return {};
}

Result<void> Stills::finish(std::span<const int> covers, MediaFacts& facts) {
  FILOSCOPE_CHECK(!strip_.empty());
  facts.clip_print = printer_.finish();
  const AVFrame& first = wanted_ ? *wanted_ : *best_;
  FILOSCOPE_TRY(facts.placeholder, make_placeholder(first));
  std::vector<const AVFrame*> chosen{&first};
  const auto strip_max = std::min(covers.size(), strip_.size());
  for (std::size_t i = 0; i < strip_max && chosen.size() < covers.size(); ++i) {
    const AVFrame* frame = strip_[i * strip_.size() / strip_max].get();
    if (frame->pts != first.pts) chosen.push_back(frame);
  }
  for (std::size_t i = 0; i < std::min(chosen.size(), covers.size()); ++i) {
    FILOSCOPE_TRY(const Bytes jpeg, encode_jpeg(*chosen[i], kCoverQuality));
    FILOSCOPE_DO(write_all(covers[i], jpeg, 0));
    facts.covers_count = static_cast<int>(i) + 1;
  }
  return {};
}

}  // namespace filoscope::media
