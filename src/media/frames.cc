#include <algorithm>
#include <limits>
#include <optional>

#include "media/developer.h"
#include "media/pipeline.h"
#include "media/source.h"
#include "media/stills.h"
#include "media/video_decoder.h"

namespace filoscope::media {
namespace {

/// Frames that claim to lie further off are passed over.
constexpr std::int64_t kFurthestMs = 7LL * 24 * 3600 * 1000;
/// Between the frames that are looked at for scenes.
constexpr std::int64_t kSampleMs = 200;
/// Samples held; of more, those go that are most like another.
constexpr std::size_t kSamplesMax = 48;
/// Of the bits of a hash: nearer frames show one scene.
constexpr int kOneSceneBits = 40;
/// Mean steps of light that recompression changes, at most.
constexpr int kSameLight = 3;
/// Of the best score (cover_score): darker or emptier ones show nothing.
constexpr double kLeastScore = .05;

/// The frames of a video, one after the other. Threads: one.
class Frames {
 public:
  /// Whether more are wanted. `at_ms` counts from `begin_ms`, or the first frame given.
  using Each = std::function<Result<bool>(AVFrame& frame, std::int64_t at_ms)>;

  static Result<Frames> open(const ByteSource& bytes) {
    silence_ffmpeg();
    MediaLimits limits;  // how long a clip may be was asked when it came
    limits.duration_max_ms = kFurthestMs;
    FILOSCOPE_TRY(auto source, Source::open(bytes, limits));
    FILOSCOPE_TRY(auto decoder, VideoDecoder::open(*source->video_stream(), limits, 1));
    return Frames(std::move(source), std::move(decoder));
  }

  Source& source() { return *source_; }
  const Look& look() const { return source_->video().look; }

  Result<void> read(const Each& each, std::optional<std::int64_t> begin_ms = {}) {
    const AVRational base = source_->video_stream()->time_base;
    bool wanted = true;
    const auto sink = [&](AVFrame& frame) -> Result<void> {
      if (!wanted || frame.best_effort_timestamp == AV_NOPTS_VALUE) return {};
      const auto stamp_ms = av_rescale_q(frame.best_effort_timestamp, base, AVRational{1, 1000});
      if (!begin_ms) begin_ms = stamp_ms;
      const auto at_ms = stamp_ms - *begin_ms;
      if (at_ms < 0 || at_ms > kFurthestMs) return {};
      FILOSCOPE_TRY(wanted, each(frame, at_ms));
      return {};
    };
    const PacketPtr packet = make_packet();
    while (wanted && source_->read(*packet)) {
      const bool taken = packet->stream_index == source_->video().stream_index;
      Result<void> outcome = taken ? decoder_.push(packet.get(), sink) : Result<void>();
      av_packet_unref(packet.get());
      FILOSCOPE_DO(std::move(outcome));
    }
    return wanted ? decoder_.push(nullptr, sink) : Result<void>();
  }

 private:
  Frames(std::unique_ptr<Source> source, VideoDecoder decoder)
      : source_(std::move(source)), decoder_(std::move(decoder)) {}

  std::unique_ptr<Source> source_;
  VideoDecoder decoder_;
};

/// A frame that may stand for a scene.
struct SceneSample {
  FramePtr frame;
  std::int64_t at_ms = 0;
  prints::Grid grid;
  prints::FrameHash hash{};
  double score = 0;
};

/// Bits; none where every light is the same: of a drawing most waves are noise.
int scene_distance(const SceneSample& a, const SceneSample& b) {
  std::int64_t lights = 0;
  for (std::size_t i = 0; i < a.grid.luma.size(); ++i)
    lights += std::abs(int{a.grid.luma[i]} - int{b.grid.luma[i]});
  const bool same = lights <= kSameLight * std::ssize(a.grid.luma);
  return same ? 0 : prints::distance(a.hash, b.hash);
}

/// Takes away the later one of the two that are most alike.
void thin(std::vector<SceneSample>& samples) {
  std::size_t worst = 1;
  int least = std::numeric_limits<int>::max();
  for (std::size_t i = 1; i < samples.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const int distance = scene_distance(samples[i], samples[j]);
      if (distance < least) least = distance, worst = i;
    }
  }
  samples.erase(samples.begin() + static_cast<std::ptrdiff_t>(worst));
}

/// The one that shows most, then again and again the one that is least like those chosen.
/// Source: Gonzalez, Theoretical Computer Science 38 (1985) (farthest-first traversal).
std::vector<std::size_t> choose_scenes(const std::vector<SceneSample>& samples, std::size_t count) {
  const auto best = std::max_element(samples.begin(), samples.end(),
                                     [](auto& a, auto& b) { return a.score < b.score; });
  std::vector<int> distances(samples.size(), std::numeric_limits<int>::max());
  std::vector<std::size_t> chosen;
  auto next = static_cast<std::size_t>(best - samples.begin());
  while (chosen.size() < count && distances[next] >= kOneSceneBits) {
    chosen.push_back(next);
    for (std::size_t i = 0; i < samples.size(); ++i)
      distances[i] = samples[i].score < kLeastScore * best->score
                         ? 0
                         : std::min(distances[i], scene_distance(samples[i], samples[next]));
    next = static_cast<std::size_t>(std::ranges::max_element(distances) - distances.begin());
  }
  std::ranges::sort(chosen);
  return chosen;
}

}  // namespace

Result<std::vector<ClipFrame>> read_frames(const ByteSource& bytes, int count,
                                           const PictureLimits& limits) {
  FILOSCOPE_TRY(Frames frames, Frames::open(bytes));
  const std::int64_t length_ms = std::max<std::int64_t>(frames.source().video().claimed_ms, 1);
  Developer developer(limits);
  std::vector<ClipFrame> out;
  FramePtr first;
  int next = 0;  // of the stretches
  FILOSCOPE_DO(frames.read([&](AVFrame& frame, std::int64_t at_ms) -> Result<bool> {
    if (!first) first = share_frame(frame);
    if (at_ms * 2 * count < (2 * next + 1) * length_ms) return true;
    while (next < count && at_ms * 2 * count >= (2 * next + 1) * length_ms) ++next;
    FILOSCOPE_TRY(RgbPicture picture, developer.develop(frame, frames.look()));
    out.push_back({at_ms, std::move(picture)});
    return next < count;
  }));
  if (!first) return Error(reason("picture_without_frames"));
  if (!out.empty()) return out;
  FILOSCOPE_TRY(RgbPicture picture, developer.develop(*first, frames.look()));
  out.push_back({0, std::move(picture)});
  return out;
}

namespace {

/// Of five a second, until there are too many: then those that are least alike.
Result<std::vector<SceneSample>> read_all_samples(Frames& frames) {
  std::vector<SceneSample> samples;
  std::int64_t due_ms = 0;
  FILOSCOPE_DO(frames.read([&](AVFrame& frame, std::int64_t at_ms) -> Result<bool> {
    if (frame.format != AV_PIX_FMT_YUV420P)
      return Error{Code::internal, "scenes are looked for in renditions alone"};
    if (at_ms < due_ms) return true;
    due_ms = at_ms + kSampleMs;
    const auto grid = grid_of(frame);
    const auto hash = prints::signs(prints::waves_of(grid, prints::Area{}));
    samples.push_back({share_frame(frame), at_ms, grid, hash, cover_score(frame)});
    if (samples.size() > kSamplesMax) thin(samples);
    return true;
  }));
  if (samples.empty()) return Error(reason("picture_without_frames"));
  return samples;
}

Result<std::vector<ClipFrame>> developed(const std::vector<SceneSample>& samples,
                                         const std::vector<std::size_t>& chosen,
                                         const Frames& frames, const PictureLimits& limits) {
  Developer developer(limits);
  std::vector<ClipFrame> out;
  for (const auto i : chosen) {
    FILOSCOPE_TRY(RgbPicture picture, developer.develop(*samples[i].frame, frames.look()));
    out.push_back({samples[i].at_ms, std::move(picture)});
  }
  return out;
}

}  // namespace

Result<std::vector<ClipFrame>> read_scenes(const ByteSource& bytes, int count,
                                           const PictureLimits& limits) {
  FILOSCOPE_TRY(Frames frames, Frames::open(bytes));
  FILOSCOPE_TRY(const auto samples, read_all_samples(frames));
  return developed(samples, choose_scenes(samples, static_cast<std::size_t>(std::max(count, 1))),
                   frames, limits);
}

Result<std::vector<ClipFrame>> read_samples(const ByteSource& bytes, int count,
                                            const PictureLimits& limits) {
  FILOSCOPE_TRY(Frames frames, Frames::open(bytes));
  FILOSCOPE_TRY(const auto samples, read_all_samples(frames));
  const auto most = std::min(samples.size(), static_cast<std::size_t>(std::max(count, 1)));
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < most; ++i)
    chosen.push_back((2 * i + 1) * samples.size() / (2 * most));
  return developed(samples, chosen, frames, limits);
}

Result<RgbPicture> read_frame_at(const ByteSource& bytes, std::int64_t at_ms,
                                 const PictureLimits& limits) {
  FILOSCOPE_TRY(Frames frames, Frames::open(bytes));
  const AVStream& stream = *frames.source().video_stream();
  const auto start = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
  const auto begin_ms = av_rescale_q(start, stream.time_base, AVRational{1, 1000});
  if (at_ms > kSampleMs) frames.source().go_to(begin_ms + at_ms);
  FramePtr shown;
  FILOSCOPE_DO(frames.read(
      [&](AVFrame& frame, std::int64_t frame_ms) -> Result<bool> {
        if (!shown || frame_ms <= at_ms) shown = share_frame(frame);
        return frame_ms < at_ms;
      },
      begin_ms));
  if (!shown) return Error(reason("picture_without_frames"));
  return Developer(limits).develop(*shown, frames.look());
}

}  // namespace filoscope::media
