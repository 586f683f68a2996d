#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <optional>

#include "lookers/looker.h"
#include "media/byte_source.h"
#include "media/pipeline.h"
#include "media/reasons.h"
#include "media/rgb.h"
#include "media/sandbox.h"
#include "media/wire.h"
#include "vision/text_reader.h"

namespace filoscope::lookers {
namespace {

using media::wire::Kind;
using media::wire::kWorkerFd;

/// Of a rendition's frames; the smallest rendition is about as large.
constexpr int kFrameSidePx = 640;
/// Of a stranger's picture; a phone's have 12 million.
constexpr std::int64_t kPixelsMax = 24'000'000;
/// Of the whole life of a process.
constexpr int kCpuS = 3'600;

/// Made before it is locked in: models are files of the operator's.
struct Models {
  std::vector<std::unique_ptr<vision::Descriptor>> descriptors;
  std::unique_ptr<vision::SafetyNetwork> safety;  ///< or none
  std::unique_ptr<vision::TextReader> reader;     ///< too
  wire::Ready ready;

  void add(std::unique_ptr<vision::Descriptor> one) {
    ready.descriptors.push_back(one->info());
    descriptors.push_back(std::move(one));
  }
};

void add_network(Models& models, const std::string& path) {
  if (path.empty()) return;
  auto network = vision::load_network(path);
  if (network) return models.add(*std::move(network));
  models.ready.model_problem = network.error().message;
}

void add_safety(Models& models, const std::string& path) {
  if (path.empty()) return;
  auto network = vision::load_safety_network(path);
  if (!network) {
    models.ready.safety_problem = network.error().message;
    return;
  }
  models.ready.safety = (*network)->name();
  models.safety = *std::move(network);
}

void add_reader(Models& models, const std::string& languages) {
  if (languages.empty()) return;
  auto reader = vision::open_text_reader(languages);
  models.ready.reads = reader.has_value();
  if (!reader) {
    models.ready.text_problem = reader.error().message;
    return;
  }
  models.reader = *std::move(reader);
}

Models load_models(const wire::Start& start) {
  Models models;
  models.add(vision::make_builtin_descriptor());
  add_network(models, start.model);
  add_safety(models, start.safety);
  add_reader(models, start.text_languages);
  return models;
}

vision::Picture cropped(const media::RgbPicture& from, const vision::Crop& crop) {
  const auto pixels = [](double share, int side) {
    return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * side));
  };
  const int left = std::min(pixels(crop.x, from.width), from.width - 1);
  const int top = std::min(pixels(crop.y, from.height), from.height - 1);
  vision::Picture out;
  out.width = std::clamp(pixels(crop.width, from.width), 1, from.width - left);
  out.height = std::clamp(pixels(crop.height, from.height), 1, from.height - top);
  for (int y = 0; y < out.height; ++y) {
    const auto* row = from.rgb.data() + 3 * (std::ptrdiff_t{from.width} * (top + y) + left);
    out.rgb.insert(out.rgb.end(), row, row + std::ptrdiff_t{3} * out.width);
  }
  return out;
}

Result<void> describe(Models& models, const wire::Job& job, std::int64_t at_ms,
                      const media::RgbPicture& picture) {
  const vision::Picture part = cropped(picture, job.crop);
  for (const auto index : job.descriptors) {
    if (index >= models.descriptors.size()) return Error{Code::internal, "no such descriptor"};
    FILOSCOPE_TRY(auto description, models.descriptors[index]->describe(part));
    FILOSCOPE_DO(media::wire::send(
        kWorkerFd, Kind::description,
        wire::encode_described({job.number, at_ms, index, std::move(description)})));
  }
  return {};
}

Result<void> score(Models& models, const wire::Job& job, const media::ClipFrame& scene) {
  if (!models.safety) return Error{Code::internal, "no classifier"};
  FILOSCOPE_TRY(const auto scores, models.safety->score(cropped(scene.picture, {})));
  return media::wire::send(kWorkerFd, Kind::safety_scores,
                           wire::encode_scored({job.number, scene.at_ms, scores}));
}

Result<void> read_text(Models& models, const wire::Job& job, const media::ClipFrame& scene) {
  if (!models.reader) return Error{Code::internal, "no text reader"};
  FILOSCOPE_TRY(const auto lines, models.reader->read(cropped(scene.picture, {})));
  std::string text;
  for (const auto& line : lines) {
    if (text.size() + line.size() >= wire::kTextBytesMax) break;
    if (!text.empty()) text += '\n';
    text += line;
  }
  return media::wire::send(kWorkerFd, Kind::scene_text,
                           wire::encode_text({job.number, scene.at_ms, std::move(text)}));
}

/// Of a clip: what the job is for.
Result<void> look_at(Models& models, media::wire::Kind kind, const wire::Job& job,
                     const media::ClipFrame& scene) {
  if (kind == Kind::safety_job) return score(models, job, scene);
  if (kind == Kind::text_job) return read_text(models, job, scene);
  return describe(models, job, scene.at_ms, scene.picture);
}

Result<void> done(const wire::Job& job) {
  return media::wire::send(kWorkerFd, Kind::done, wire::encode_done(job.number));
}

Result<void> do_job(Models& models, const media::wire::Message& message) {
  FILOSCOPE_TRY(const auto job, wire::decode_job(message.body));
  if (message.fds.size() != 1) return Error{Code::internal, "the worker lacks a descriptor"};
  FILOSCOPE_TRY(const auto bytes, media::FileBytes::open(message.fds[0].get()));
  media::PictureLimits frame;
  frame.long_side_px = kFrameSidePx;
  if (message.kind == Kind::picture_job) {
    media::PictureLimits limits;
    limits.pixels_max = kPixelsMax;
    FILOSCOPE_TRY(const auto picture, media::read_picture(bytes, limits));
    FILOSCOPE_DO(describe(models, job, 0, picture));
    return done(job);
  }
  if (message.kind == Kind::moment_job) {
    FILOSCOPE_TRY(const auto picture, media::read_frame_at(bytes, job.at_ms, frame));
    FILOSCOPE_DO(describe(models, job, job.at_ms, picture));
    return done(job);
  }
  // What a classifier is not shown it cannot see: no frame is left out for what it shows.
  FILOSCOPE_TRY(const auto scenes, message.kind == Kind::safety_job
                                       ? media::read_samples(bytes, job.count, frame)
                                       : media::read_scenes(bytes, job.count, frame));
  for (const auto& scene : scenes) FILOSCOPE_DO(look_at(models, message.kind, job, scene));
  return done(job);
}

Result<void> guarded_job(Models& models, const media::wire::Message& message) {
  try {
    return do_job(models, message);
  } catch (const std::bad_alloc&) {
    return Error(media::reason("processing_out_of_memory"));
  }
}

Result<void> lock_in(const wire::Start& start) {
  media::MediaLimits limits;
  limits.cpu_s = kCpuS;
  limits.memory_max_bytes = start.memory_max_bytes;
  return media::check_sandbox(
      media::enter_sandbox(limits, media::Serves::many_jobs, start.niceness));
}

void tell(const Error& error) {
  // When even this fails the parent sees a closed socket.
  static_cast<void>(media::wire::send(kWorkerFd, Kind::error, media::wire::encode_error(error)));
}

}  // namespace

int looker_main() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  media::silence_ffmpeg();
  const auto message = media::wire::receive(kWorkerFd);
  if (!message || !*message) return 2;
  const auto start = wire::decode_start((*message)->body);
  if (!start) return 2;
  Models models = load_models(*start);
  if (const auto locked = lock_in(*start); !locked) {
    tell(locked.error());
    ::_exit(0);
  }
  auto sent = media::wire::send(kWorkerFd, Kind::looker_ready, wire::encode_ready(models.ready));
  while (sent) {
    const auto job = media::wire::receive(kWorkerFd, 1);
    if (!job || !*job) break;
    if (const auto finished = guarded_job(models, **job); !finished) tell(finished.error());
  }
  ::_exit(0);  // no destructors in a locked-in process
}

}  // namespace filoscope::lookers
