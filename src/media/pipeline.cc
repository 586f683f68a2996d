#include "media/pipeline.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

#include "media/ground.h"
#include "media/lent_sound.h"
#include "media/rung.h"
#include "media/video_decoder.h"

extern "C" {
#include <libavutil/log.h>
}

namespace filoscope::media {
namespace {

// Before or behind the picture, the filling of a sound encoder is shorter, and real sound longer.
constexpr std::int64_t kFillingMax = 60 * kTicksPerSecond / 1000;
// A picture that stands for longer is shown again and again, for players and even segments.
constexpr std::int64_t kStandMax = 3 * kTicksPerSecond / 2;
constexpr std::int64_t kHoldStep = kTicksPerSecond / 2;
constexpr std::int64_t kStepMax =
    86'400 * kTicksPerSecond;  // what a picture says beyond is no time
constexpr std::int64_t kDamagePercentMax = 5;
constexpr std::int64_t kLentOverMs = 2'000;  // no picture begins so far behind the longest length

HdrKind frame_hdr(const AVFrame& frame, HdrKind claimed) {
  if (frame.color_trc != AVCOL_TRC_SMPTE2084 && frame.color_trc != AVCOL_TRC_ARIB_STD_B67)
    return HdrKind::none;
  if (claimed != HdrKind::none) return claimed;
  return frame.color_trc == AVCOL_TRC_SMPTE2084 ? HdrKind::pq : HdrKind::hlg;
}

double plausible_fps(const AVStream& stream, int fps_max) {
  for (const AVRational rate : {stream.avg_frame_rate, stream.r_frame_rate}) {
    if (rate.num <= 0 || rate.den <= 0) continue;
    const double fps = av_q2d(rate);
    if (fps >= 1 && fps <= fps_max) return fps;
  }
  return 30;
}

class Processing {
 public:
  Processing(const MediaOptions& options, const MediaOutputs& outputs, const Progress& progress,
             const std::atomic<bool>* cancel)
      : options_(options),
        outputs_(outputs),
        progress_(progress),
        cancel_(cancel),
        stills_(options.cover_ms) {}

  Result<MediaFacts> run(const ByteSource& bytes);

 private:
  Result<void> open_sound(const ByteSource& bytes);
  /// The stream that is heard; REQUIRES: there is one.
  const AVStream& heard() const { return lent_ ? lent_->stream() : *source_->audio_stream(); }
  Result<void> read_all();
  Result<void> take_frame(AVFrame& frame);
  Result<void> start(const AVFrame& frame);
  std::int64_t first_time(std::int64_t picture) const;
  Result<void> start_rungs(const AVFrame& frame);
  Look look_of(const AVFrame& frame);
  Result<void> filter(const AVFrame& frame);
  Result<void> push_rungs(const AVFrame& frame);
  Result<void> hold_until(std::int64_t end);
  std::int64_t length_of(const AVFrame& frame);
  Result<void> check_damage();
  Result<void> check_rate();
  Result<void> check_length();
  Result<void> check_sound();
  Result<void> finish();
  void report(Stage stage, std::int64_t pts);
  int processors() const;

  const MediaOptions& options_;
  const MediaOutputs& outputs_;
  const Progress& progress_;
  const std::atomic<bool>* cancel_;
  std::unique_ptr<Source> source_;
  std::optional<VideoDecoder> decoder_;
  SharedSound shared_;
  std::optional<FileBytes> lent_bytes_;
  std::unique_ptr<LentSound> lent_;
  std::unique_ptr<Sound> sound_;
  std::int64_t sound_packets_ = 0;
  Stills stills_;
  FlashFinder flashes_;
  Ground ground_;
  PreFilter filter_;
  PreFilter::Plan filter_plan_;
  std::vector<RungPlan> plans_;
  std::vector<std::unique_ptr<Rung>> rungs_;
  AVRational first_aspect_{0, 1};
  Look look_;      ///< of what the filter holds
  FramePtr last_;  ///< as given to the rungs
  Look last_look_;
  bool started_ = false;
  std::int64_t zero_ = 0;
  std::int64_t last_pts_ = -1;
  std::int64_t end_ = 0;
  std::int64_t shortest_step_ = std::numeric_limits<std::int64_t>::max();  ///< between pictures
  std::int64_t frames_ = 0;
  std::int64_t lost_frames_ = 0;  ///< had no place on the time line
  double fps_ = 30;
  int percent_ = -1;
  MediaFacts facts_;
};

int Processing::processors() const {
  if (options_.threads_count > 0) return options_.threads_count;
  return static_cast<int>(std::clamp<long>(::sysconf(_SC_NPROCESSORS_ONLN), 1, 8));
}

void Processing::report(Stage stage, std::int64_t pts) {
  if (!progress_) return;
  const auto claimed = source_ ? source_->video().claimed_ms * 90 : 0;
  const int percent = stage == Stage::finishing ? 100
                      : claimed > 0
                          ? static_cast<int>(std::clamp<std::int64_t>(pts * 99 / claimed, 0, 99))
                          : 0;
  if (percent == percent_) return;
  percent_ = percent;
  progress_(percent, stage);
}

Result<MediaFacts> Processing::run(const ByteSource& bytes) {
  report(Stage::checking, 0);
  FILOSCOPE_TRY(source_, Source::open(bytes, options_.limits));
  FILOSCOPE_TRY(VideoDecoder decoder,
                VideoDecoder::open(*source_->video_stream(), options_.limits, processors()));
  decoder_.emplace(std::move(decoder));
  FILOSCOPE_DO(open_sound(bytes));
  fps_ = plausible_fps(*source_->video_stream(), options_.limits.fps_max);
  FILOSCOPE_DO(read_all());
  FILOSCOPE_DO(finish());
  return std::move(facts_);
}

Result<void> Processing::open_sound(const ByteSource& bytes) {
  const auto longest_ms = options_.limits.duration_max_ms;
  if (options_.sound_fd >= 0) {
    FILOSCOPE_TRY(FileBytes lent, FileBytes::open(options_.sound_fd));
    lent_bytes_.emplace(lent);
    FILOSCOPE_TRY(lent_, LentSound::open(*lent_bytes_, options_.limits));
    FILOSCOPE_TRY(const Loudness loudness, measure_loudness(*lent_bytes_, options_.limits));
    FILOSCOPE_TRY(sound_, Sound::open(heard(), longest_ms + kLentOverMs, loudness, shared_));
    return sound_->start_at(0);
  }
  const AVStream* own = source_->audio_stream();
  if (own == nullptr) return {};
  FILOSCOPE_TRY(const Loudness loudness, measure_loudness(bytes, options_.limits));
  FILOSCOPE_TRY(sound_, Sound::open(*own, longest_ms, loudness, shared_));
  return {};
}

Result<void> Processing::read_all() {
  const PacketPtr packet = make_packet();
  const auto sink = [this](AVFrame& frame) { return take_frame(frame); };
  while (source_->read(*packet)) {
    if (cancel_ != nullptr && cancel_->load()) return Error(reason("processing_cancelled"));
    Result<void> outcome;
    if (packet->stream_index == source_->video().stream_index) {
      outcome = decoder_->push(packet.get(), sink);
    } else if (sound_ && !lent_ && packet->stream_index == source_->audio_stream()->index) {
      ++sound_packets_;
      outcome = sound_->push(*packet);
    }
    av_packet_unref(packet.get());
    FILOSCOPE_DO(std::move(outcome));
  }
  FILOSCOPE_DO(decoder_->push(nullptr, sink));
  return filter_.finish([this](const AVFrame& frame) { return push_rungs(frame); });
}

/// Sound that leads the picture keeps its place.
std::int64_t Processing::first_time(std::int64_t picture) const {
  if (!sound_ || lent_) return picture;
  auto first = sound_->first_time();
  const AVStream& audio = *source_->audio_stream();
  if (!first && audio.start_time != AV_NOPTS_VALUE)
    first = av_rescale_q(audio.start_time, audio.time_base, kTimeBase);
  const auto lead = first ? picture - *first : 0;
  return lead > kFillingMax && lead < options_.limits.duration_max_ms * 90 ? *first : picture;
}

Result<void> Processing::start(const AVFrame& frame) {
  started_ = true;
  zero_ = first_time(frame.pts);
  FILOSCOPE_DO(start_rungs(frame));
  if (sound_ && !lent_) FILOSCOPE_DO(sound_->start_at(zero_));
  return {};
}

Result<void> Processing::start_rungs(const AVFrame& frame) {
  const VideoFacts& video = source_->video();
  look_ = last_look_ = look_of(frame);
  // Streams begin small where the line is slow: the file says what they grow to.
  const Area same = fit(look_.width, look_.height, video.look.width, video.look.height);
  const bool grows = video.look.width > look_.width && same.width == video.look.width &&
                     same.height == video.look.height;
  facts_.width = grows ? video.look.width : look_.width;
  facts_.height = grows ? video.look.height : look_.height;
  if (outputs_.late < 0) {
    plans_ = plan_rungs(facts_.width, facts_.height);
  } else if (auto late = plan_late_rung(facts_.width, facts_.height)) {
    plans_ = {*std::move(late)};
  } else {
    return Error(reason("picture_has_no_more_lines"));
  }
  filter_plan_.deinterlace = video.field_order_interlaced;
  filter_plan_.threads_count = processors();
  std::optional<AudioTrack> track;
  if (sound_) track = sound_->track();
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    RungOptions rung;
    rung.plan = plans_[i];
    if (!is_tone_mapped(frame)) rung.colour = colour_of(frame);
    rung.source_fps = fps_;
    // The largest takes over half of the work; more threads than processors only cost.
    rung.threads_count = i == 0 ? std::max(1, processors() * 5 / 8) : std::max(1, processors() / 4);
    rung.output_fd = outputs_.late >= 0
                         ? outputs_.late
                         : outputs_.renditions[static_cast<std::size_t>(plans_[i].output_index)];
    RungWatchers watchers;
    if (i == std::min<std::size_t>(1, plans_.size() - 1)) watchers.stills = &stills_;
    // The largest alone shows up to 60 a second: every second one of a fast strobe is no strobe.
    if (i == 0) watchers.flashes = &flashes_;
    FILOSCOPE_TRY(std::unique_ptr<Rung> started,
                  Rung::start(rung, track, sound_ ? &shared_ : nullptr, watchers));
    rungs_.push_back(std::move(started));
  }
  return {};
}

Result<void> Processing::take_frame(AVFrame& frame) {
  const AVStream& stream = *source_->video_stream();
  const auto time = frame.best_effort_timestamp;
  frame.pts = time != AV_NOPTS_VALUE ? av_rescale_q(time, stream.time_base, kTimeBase)
              : frames_ > 0          ? zero_ + end_
                                     : zero_;
  if (!started_) FILOSCOPE_DO(start(frame));
  frame.pts -= zero_;
  if (frames_ == 0 && frame.pts > 0) {  // what is heard before has the first picture
    const FramePtr held = share_frame(frame);
    held->pts = 0;
    FILOSCOPE_DO(filter(*held));
  }
  if (frame.pts <= last_pts_) {
    if (frame.pts < last_pts_) ++lost_frames_;  // else it stands for no time at all
    return {};
  }
  ++frames_;
  end_ = frame.pts + length_of(frame);
  last_pts_ = frame.pts;
  const auto& limits = options_.limits;
  if (frame.pts > limits.duration_max_ms * 90)
    return Error(reason("video_goes_on_too_long"), limits.duration_max_ms);
  report(Stage::encoding, frame.pts);
  if (lent_) FILOSCOPE_DO(lent_->feed(*sound_, frame.pts));
  return filter(frame);
}

/// How long a new picture stands: as long as it says; where files say nothing, or less than half of
/// any step so far, as long as the one before.
std::int64_t Processing::length_of(const AVFrame& frame) {
  const AVStream& stream = *source_->video_stream();
  const auto step = static_cast<std::int64_t>(static_cast<double>(kTicksPerSecond) / fps_);
  const auto before = frames_ > 1 ? frame.pts - last_pts_ : step;
  const auto claimed = source_->video().claimed_ms * 90 - frame.pts;
  auto length = av_rescale_q(frame.pkt_duration, stream.time_base, kTimeBase);
  if (frames_ > 1) shortest_step_ = std::min(shortest_step_, before);
  if (length < std::min(shortest_step_, step) / 2) length = before;
  // An edit list may end it earlier.
  if (source_->scan().iso_boxes && claimed >= step) length = std::min(length, claimed);
  return std::clamp<std::int64_t>(length, 1, kStepMax);
}

/// The container's word holds for pictures that say the same as the first.
Look Processing::look_of(const AVFrame& frame) {
  const VideoFacts& video = source_->video();
  if (!last_) first_aspect_ = frame.sample_aspect_ratio;
  const AVRational told = source_->video_stream()->sample_aspect_ratio;
  const bool as_told = told.num > 0 && av_cmp_q(frame.sample_aspect_ratio, first_aspect_) == 0;
  Orientation orientation = video.look.orientation;
  const auto* matrix = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
  if (!video.says_orientation && matrix != nullptr) {
    std::array<std::int32_t, 9> values{};
    std::memcpy(values.data(), matrix->data, std::min(sizeof values, matrix->size));
    orientation = orientation_of(values.data());
  }
  return media::look_of(frame.width, frame.height,
                        ratio_of(as_told ? told : frame.sample_aspect_ratio), orientation);
}

Result<void> Processing::filter(const AVFrame& frame) {
  // What AVI carries beside the colours is seldom alpha, and mostly nothing.
  if (has_alpha(frame) && source_->container() != "avi") {
    FILOSCOPE_TRY(const FramePtr laid, ground_.lay(frame));
    return filter(*laid);
  }
  const auto sink = [this](const AVFrame& done) { return push_rungs(done); };
  if (frame.interlaced_frame != 0) facts_.interlaced = filter_plan_.deinterlace = true;
  if (facts_.hdr == HdrKind::none) facts_.hdr = frame_hdr(frame, source_->video().hdr);
  filter_plan_.tone_map = is_tone_mapped(frame);
  const Look look = look_of(frame);
  if (look != look_ || !filter_plan_.is_needed()) FILOSCOPE_DO(filter_.finish(sink));
  look_ = look;
  if (!filter_plan_.is_needed()) return push_rungs(frame);
  const Area area = fit(look.width, look.height, plans_[0].width, plans_[0].height);
  filter_plan_.width = look.orientation.swap ? area.height : area.width;
  filter_plan_.height = look.orientation.swap ? area.width : area.height;
  return filter_.push(frame, filter_plan_, sink);
}

Result<void> Processing::push_rungs(const AVFrame& frame) {
  if (last_ && frame.pts - last_->pts > kStandMax) FILOSCOPE_DO(hold_until(frame.pts));
  for (const auto& rung : rungs_) FILOSCOPE_DO(rung->push(share_frame(frame), look_));
  last_ = share_frame(frame);
  last_look_ = look_;
  return {};
}

Result<void> Processing::hold_until(std::int64_t end) {
  const FramePtr held = share_frame(*last_);
  for (held->pts += kHoldStep; held->pts < end; held->pts += kHoldStep) {
    for (const auto& rung : rungs_) FILOSCOPE_DO(rung->push(share_frame(*held), last_look_));
  }
  return {};
}

Result<void> Processing::check_damage() {
  const Damage& damage = decoder_->damage();
  const auto claimed = source_->video().claimed_ms;
  const auto measured = end_ / 90;
  if (frames_ == 0) return Error(reason("picture_without_frames"));
  if (frames_ == 1 && source_->is_picture_file()) return Error(reason("file_still_picture"));
  if (source_->scan().cut_off && claimed > 0 &&
      measured * 100 < claimed * (100 - kDamagePercentMax))
    return Error(reason("file_cut_off"), measured, claimed);
  if (source_->is_joined()) return Error(reason("file_several_videos"));
  const auto expected = std::max(damage.expected_count(), std::int64_t{1});
  if (lost_frames_ * 100 > expected * kDamagePercentMax)
    return Error(reason("picture_clock_goes_back"), lost_frames_, expected);
  facts_.decode_errors = damage.bad_count() + lost_frames_;
  if (facts_.decode_errors * 100 > expected * kDamagePercentMax)
    return Error(reason("picture_frames_damaged"), facts_.decode_errors, expected);
  return {};
}

/// That of the whole clip: a part of it may be faster.
Result<void> Processing::check_rate() {
  const auto fps_max = options_.limits.fps_max;
  if (frames_ < 150 || frames_ * kTicksPerSecond <= end_ * fps_max) return {};
  return Error(reason("video_too_many_frames"), frames_ * kTicksPerSecond / end_, fps_max);
}

/// Of what was shown: the last picture as long as it stands.
Result<void> Processing::check_length() {
  const auto length_ms = (end_ + 45) / 90;
  if (length_ms <= options_.limits.duration_max_ms + kLengthOverMaxMs) return {};
  return too_long(length_ms, options_.limits);
}

Result<void> Processing::check_sound() {
  if (!sound_) return {};
  const auto errors = sound_->errors_count();
  const auto frames = sound_->frames_count();
  if ((frames == 0 && sound_packets_ > 0) ||
      (errors > 2 && errors * 100 > (frames + errors) * kDamagePercentMax)) {
    return Error(reason("sound_damaged"), std::min(errors, sound_packets_), sound_packets_);
  }
  facts_.decode_errors += errors;
  return {};
}

Result<void> Processing::finish() {
  FILOSCOPE_DO(check_damage());
  FILOSCOPE_DO(check_rate());
  FILOSCOPE_DO(check_length());
  if (sound_) {
    if (lent_) FILOSCOPE_DO(lent_->feed(*sound_, end_));
    FILOSCOPE_DO(sound_->drain());
    FILOSCOPE_DO(check_sound());
    const auto sound_end = std::min(sound_->end_time(), options_.limits.duration_max_ms * 90);
    // The last picture stays while the sound goes on.
    if (!lent_ && sound_end > end_ + kFillingMax) end_ = sound_end;
    FILOSCOPE_DO(sound_->finish(end_, facts_));
    facts_.has_audio = sound_->frames_count() > 0;
    facts_.audio_codec = avcodec_get_name(heard().codecpar->codec_id);
  }
  if (end_ - last_->pts > kStandMax) FILOSCOPE_DO(hold_until(end_));
  for (const auto& rung : rungs_) FILOSCOPE_DO(rung->end());
  for (const auto& rung : rungs_) {
    FILOSCOPE_TRY(Rendition rendition, rung->finish(end_));
    facts_.renditions.push_back(std::move(rendition));
  }
  report(Stage::finishing, end_);
  facts_.duration_ms = (end_ + 45) / 90;
  facts_.fps = static_cast<double>(frames_) * static_cast<double>(kTicksPerSecond) /
               static_cast<double>(end_);
  facts_.container = source_->container();
  facts_.video_codec = avcodec_get_name(source_->video_stream()->codecpar->codec_id);
  facts_.flashes = flashes_.finish();
  facts_.frames_decoded = decoder_->damage().frames;
  return stills_.finish(outputs_.covers, facts_);
}

}  // namespace

Result<MediaFacts> process_media(const ByteSource& bytes, const MediaOptions& options,
                                 const MediaOutputs& outputs, const Progress& progress,
                                 const std::atomic<bool>* cancel) {
  try {
    return Processing(options, outputs, progress, cancel).run(bytes);
  } catch (const std::bad_alloc&) {
    return av_failure("processing", AVERROR(ENOMEM));
  } catch (const std::system_error& refused) {  // a thread whose stack finds no place
    if (refused.code() != std::errc::resource_unavailable_try_again) throw;
    return av_failure("processing", AVERROR(ENOMEM));
  }
}

Result<MediaFacts> probe_media(const ByteSource& bytes, const MediaLimits& limits, int frames_max) {
  FILOSCOPE_TRY(const std::unique_ptr<Source> source, Source::open(bytes, limits));
  FILOSCOPE_TRY(VideoDecoder decoder, VideoDecoder::open(*source->video_stream(), limits, 1));
  SharedSound shared;
  std::unique_ptr<Sound> sound;
  if (const AVStream* audio = source->audio_stream()) {
    FILOSCOPE_TRY(sound, Sound::open(*audio, limits.duration_max_ms, {}, shared));
    FILOSCOPE_DO(sound->start_at(0));
  }
  int frames = 0;
  const auto sink = [&](AVFrame&) -> Result<void> { return ++frames, Result<void>(); };
  const PacketPtr packet = make_packet();
  for (int packets = 0; packets < 4 * frames_max && frames < frames_max && source->read(*packet);
       ++packets) {
    Result<void> outcome;
    if (packet->stream_index == source->video().stream_index) {
      outcome = decoder.push(packet.get(), sink);
    } else if (sound && packet->stream_index == source->audio_stream()->index) {
      outcome = sound->push(*packet);
    }
    av_packet_unref(packet.get());
    FILOSCOPE_DO(std::move(outcome));
  }
  MediaFacts facts;
  facts.width = source->video().look.width;
  facts.height = source->video().look.height;
  facts.container = source->container();
  facts.frames_decoded = frames;
  return facts;
}

void silence_ffmpeg() { av_log_set_level(AV_LOG_QUIET); }

}  // namespace filoscope::media
