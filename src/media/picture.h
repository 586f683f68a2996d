#pragma once

/// Frames made ready to encode: deinterlaced and tone-mapped where needed, scaled to a rung, turned
/// upright, 8-bit limited-range 4:2:0.

#include <functional>
#include <optional>

#include "media/ffmpeg.h"
#include "media/geometry.h"
#include "media/media.h"
#include "media/mp4_writer.h"
#include "media/tone_map.h"

namespace filoscope::media {

/// What a frame's picture is coded in, with the gaps filled as players do: 709 from 720 lines up,
/// else 601.
ColourTags colour_of(const AVFrame& frame);

/// The pixel format without the range that FFmpeg's old formats of JPEG imply, and that range.
AVPixelFormat without_j(int format);
bool is_full_range(const AVFrame& frame);

/// Deinterlacing (bwdif, by a libavfilter graph), then HDR and BT.2020 to BT.709; times in
/// 1/90000 s are kept. Threads: one.
class PreFilter {
 public:
  struct Plan {
    bool deinterlace = false;
    bool tone_map = false;
    int width = 0;  ///< of the tone-mapped picture, still in stored orientation
    int height = 0;
    int threads_count = 1;
    bool is_needed() const { return deinterlace || tone_map; }
    bool operator==(const Plan&) const = default;
  };
  using Sink = std::function<Result<void>(const AVFrame&)>;
  /// Calls `each` with what is finished, now or later. The graph is rebuilt when plan or format
  /// change. Errors: internal.
  Result<void> push(const AVFrame& frame, const Plan& plan, const Sink& each);
  /// Gives the rest.
  Result<void> finish(const Sink& each);

 private:
  Result<void> build(const AVFrame& frame, const Plan& plan);
  Result<void> pull(const Sink& each);
  Result<void> tone_map(const AVFrame& frame, const Sink& each);

  ToneMap tone_map_;
  GraphPtr graph_;
  AVFilterContext* in_ = nullptr;
  AVFilterContext* out_ = nullptr;
  Plan plan_;
  int source_width_ = 0;
  int source_height_ = 0;
  int source_format_ = -1;
};

/// Scales into one size. Threads: one.
class Scaler {
 public:
  /// Into the colour matrix (ITU-T H.273) of that number, or into that of each frame.
  Scaler(int width, int height, std::optional<int> matrix = {})
      : width_(width), height_(height), matrix_(matrix) {}
  /// A frame of the size in yuv420p, limited range. The same frame when nothing is to be done.
  Result<FramePtr> scale(const AVFrame& frame);

 private:
  Result<void> prepare(const AVFrame& frame);
  int matrix_of(const AVFrame& frame) const;

  const int width_;
  const int height_;
  const std::optional<int> matrix_;
  SwsPtr sws_;
  int source_width_ = 0;
  int source_height_ = 0;
  int source_format_ = -1;
  int source_range_ = -1;
  int source_matrix_ = -1;
};

/// Puts pictures of any look upright into frames of one size and colour matrix, with black beside
/// those of another shape. Threads: one.
class Fitter {
 public:
  Fitter(int width, int height, int matrix) : width_(width), height_(height), matrix_(matrix) {}
  Result<FramePtr> put(const AVFrame& frame, const Look& look);

 private:
  const int width_;
  const int height_;
  const int matrix_;
  Look look_;
  Area area_;
  std::optional<Scaler> scaler_;
};

}  // namespace filoscope::media
