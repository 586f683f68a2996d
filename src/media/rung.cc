#include "media/rung.h"

#include <algorithm>

#include "media/ladder.h"

namespace filoscope::media {
namespace {

constexpr std::size_t kQueueMax = 6;
constexpr std::int64_t kWaitMs =
    600'000;  // more than any frame takes; the parent's deadline comes first

}  // namespace

Rung::Rung(const RungOptions& options, const std::optional<AudioTrack>& track,
           const SharedSound* sound, const RungWatchers& watchers)
    : options_(options),
      track_(track),
      sound_(sound),
      watchers_(watchers),
      fitter_(options.plan.width, options.plan.height, options.colour.matrix),
      pacer_(options.plan.fps_max) {}

Result<std::unique_ptr<Rung>> Rung::start(const RungOptions& options,
                                          const std::optional<AudioTrack>& track,
                                          const SharedSound* sound, const RungWatchers& watchers) {
  std::unique_ptr<Rung> rung(new Rung(options, track, sound, watchers));
  FILOSCOPE_DO(rung->open_encoder());
  rung->thread_ = std::thread([raw = rung.get()] { raw->run(); });
  return rung;
}

Rung::~Rung() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> Rung::open_encoder() {
  const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
  encoder_.reset(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!encoder_) return Error{Code::internal, "no H.264 encoder"};
  AVCodecContext& e = *encoder_;
  const double fps = std::min(options_.source_fps, options_.plan.fps_max);
  e.width = options_.plan.width;
  e.height = options_.plan.height;
  e.pix_fmt = AV_PIX_FMT_YUV420P;
  e.time_base = kTimeBase;
  e.framerate = av_d2q(std::clamp(fps, 1.0, 61.0), 60'060);
  e.sample_aspect_ratio = AVRational{1, 1};
  e.color_primaries = static_cast<AVColorPrimaries>(options_.colour.primaries);
  e.color_trc = static_cast<AVColorTransferCharacteristic>(options_.colour.transfer);
  e.colorspace = static_cast<AVColorSpace>(options_.colour.matrix);
  e.color_range = AVCOL_RANGE_MPEG;
  e.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVDictionary* settings = nullptr;
  for (const auto& [name, value] :
       encoder_settings(rate_max_bps(options_.plan, fps), options_.threads_count)) {
    av_dict_set(&settings, name.c_str(), value.c_str(), 0);
  }
  const int status = avcodec_open2(&e, codec, &settings);
  av_dict_free(&settings);
  if (status < 0) return av_failure("H.264 encoder", status);
  VideoTrack video;
  video.width = e.width;
  video.height = e.height;
  video.colour = options_.colour;
  video.parameter_sets.assign(e.extradata, e.extradata + e.extradata_size);
  writer_.emplace(options_.output_fd, std::move(video), track_);
  return {};
}

Result<void> Rung::push(FramePtr frame, const Look& look) {
  mutex_.lock();
  const bool room = changed_.wait_for_ms(mutex_, kWaitMs, [&]() FILOSCOPE_REQUIRES(mutex_) {
    return queue_.size() < kQueueMax || error_ || done_;
  });
  std::optional<Error> error = error_;
  if (room && !error) queue_.push_back({std::move(frame), look});
  mutex_.unlock();
  if (error) return *error;
  if (!room) return Error(reason("processing_stood_still"));
  changed_.notify_all();
  return {};
}

Result<Rendition> Rung::finish(std::int64_t end) {
  thread_.join();
  {
    const Lock lock(mutex_);
    if (error_) return *error_;
  }
  FILOSCOPE_DO(take_sound());
  FILOSCOPE_TRY(Rendition rendition, writer_->finish(end));
  rendition.name = options_.plan.name;
  return rendition;
}

void Rung::run() {
  Result<void> outcome;
  try {
    outcome = work();
  } catch (const std::bad_alloc&) {
    outcome = av_failure("encoding", AVERROR(ENOMEM));
  }
  const Lock lock(mutex_);
  if (!outcome) error_ = outcome.error();
  done_ = true;
  changed_.notify_all();
}

Result<void> Rung::work() {
  for (;;) {
    Picture picture;
    {
      const Lock lock(mutex_);
      changed_.wait_for_ms(mutex_, kWaitMs, [&]() FILOSCOPE_REQUIRES(mutex_) {
        return !queue_.empty() || stopping_;
      });
      if (stopping_ || queue_.empty()) return Error{Code::internal, "encoding was stopped"};
      picture = std::move(queue_.front());
      queue_.pop_front();
    }
    changed_.notify_all();
    if (!picture.frame) return encode(nullptr);
    FILOSCOPE_DO(take(std::move(picture)));
  }
}

Result<void> Rung::take(Picture picture) {
  const auto pts = picture.frame->pts;
  if (left_out_.frame) {
    if (const auto at = pacer_.make_up(left_out_.frame->pts, pts))
      FILOSCOPE_DO(show(left_out_, *at));
    left_out_.frame.reset();
  }
  if (pacer_.wants(pts)) return show(picture, pts);
  left_out_ = std::move(picture);
  return {};
}

Result<void> Rung::show(const Picture& picture, std::int64_t pts) {
  FILOSCOPE_TRY(FramePtr upright, fitter_.put(*picture.frame, picture.look));
  upright->colorspace = static_cast<AVColorSpace>(options_.colour.matrix);
  if (watchers_.stills != nullptr) FILOSCOPE_DO(watchers_.stills->offer(*upright, pts));
  if (watchers_.flashes != nullptr) watchers_.flashes->add(*upright, pts * 1'000 / kTicksPerSecond);
  upright->pts = pts;
  upright->pict_type = AV_PICTURE_TYPE_NONE;
  if (pts >= next_key_) {
    upright->pict_type = AV_PICTURE_TYPE_I;
    while (next_key_ <= pts) next_key_ += next_key_ == 0 ? kFirstKeyTicks : kNextKeyTicks;
  }
  return encode(upright.get());
}

Result<void> Rung::encode(const AVFrame* frame) {
  int status = avcodec_send_frame(encoder_.get(), frame);
  if (status < 0) return av_failure("H.264 encoder", status);
  const PacketPtr packet = make_packet();
  bool segment_may_end = false;
  while ((status = avcodec_receive_packet(encoder_.get(), packet.get())) >= 0) {
    Sample sample;
    sample.data = annex_b_to_lengths({packet->data, static_cast<std::size_t>(packet->size)});
    sample.pts = packet->pts;
    sample.key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    segment_may_end = segment_may_end || sample.key;
    FILOSCOPE_DO(writer_->add_video(std::move(sample)));
    av_packet_unref(packet.get());
  }
  if (status != AVERROR(EAGAIN) && status != AVERROR_EOF)
    return av_failure("H.264 encoder", status);
  if (segment_may_end) return take_sound();
  return {};
}

Result<void> Rung::take_sound() {
  if (sound_ == nullptr) return {};
  bool ended = false;
  for (SamplePtr& sample : sound_->from(sound_taken_, ended)) {
    ++sound_taken_;
    FILOSCOPE_DO(writer_->add_audio(std::move(sample)));
  }
  if (ended) writer_->end_audio();
  return {};
}

}  // namespace filoscope::media
