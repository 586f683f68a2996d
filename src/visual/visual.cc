#include "visual/visual.h"

#include <fcntl.h>

#include <algorithm>

#include "base/log.h"
#include "base/sealed_memory.h"
#include "catalog/reasons.h"
#include "media/sandbox.h"
#include "vision/descriptor.h"
#include "vision/expansion.h"
#include "vision/models.h"
#include "vision/similar.h"
#include "visual/reasons.h"
#include "visual/schema.h"
#include "visual/visual_impl.h"

namespace filoscope::visual {
namespace {

constexpr double kPartLeast = .02;  ///< of a side
constexpr std::int64_t kMemoryMax = 3LL << 30, kLookerMemoryMax = 3LL << 29;
/// Of one process; fewer of one that strangers' pictures reach.
constexpr int kJobsMax = 500, kLookerJobsMax = 100;
/// Of those that somebody waits for: behind answers, before encoding.
constexpr int kAwaitedNice = 4;
/// Clips of one search that are asked whether they may be seen.
constexpr std::size_t kAskedMax = 2'000;

/// The query drawn toward the nearest moments of the two nearest clips; who asks may see them.
vision::PackedEmbedding moved(const vision::PackedEmbedding& query,
                              std::span<const NearClip> found) {
  std::vector<vision::Embedding> nearest;
  for (const auto& clip : found.first(std::min(found.size(), vision::kNeighbours)))
    nearest.push_back(vision::unpack(clip.code));
  return vision::pack(vision::expanded(vision::unpack(query), nearest));
}

Result<void> check_part(const vision::Crop& part) {
  const auto inside = [](double from, double length) {
    return from >= 0 && length >= 0 && from + length <= 1 + 1e-6;
  };
  if (!inside(part.x, part.width) || !inside(part.y, part.height))
    return Error(reason("crop_outside")).at("crop");
  if (part.width < kPartLeast || part.height < kPartLeast)
    return Error(reason("crop_too_small")).at("crop");
  return {};
}

}  // namespace

std::string model_path(const Config& config) {
  return vision::find_model(config[vision::kModels], vision::kNetworkEnding);
}

Result<std::unique_ptr<VisualSearch>> VisualSearch::open(const Parts& parts) {
  auto visual = std::make_unique<VisualImpl>(parts);
  FILOSCOPE_DO(visual->start());
  return std::unique_ptr<VisualSearch>(std::move(visual));
}

VisualImpl::VisualImpl(const Parts& parts)
    : parts_(parts),
      store_(parts.database),
      strangers_({.program = parts.program,
                  .model = model_path(parts.config),
                  .memory_max_bytes = kLookerMemoryMax,
                  .niceness = kAwaitedNice,
                  .jobs_max = kLookerJobsMax,
                  .stop = &stop_},
                 static_cast<std::size_t>(parts.config[kLookers]), 2),
      moments_({.program = parts.program,
                .model = model_path(parts.config),
                .memory_max_bytes = kMemoryMax,
                .niceness = kAwaitedNice,
                .jobs_max = kJobsMax,
                .stop = &stop_},
               1, 2),
      clips_({.program = parts.program,
              .model = model_path(parts.config),
              .memory_max_bytes = kMemoryMax,
              .niceness = media::kWorkerNice,
              .jobs_max = kJobsMax,
              .stop = &stop_},
             1, 1) {}

VisualImpl::~VisualImpl() { VisualImpl::stop(); }

void VisualImpl::stop() {
  stop_ = true;
  {
    Lock lock(mutex_);
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

Result<void> VisualImpl::start() {
  FILOSCOPE_DO(parts_.database.migrate("visual", migrations()));
  parts_.catalog.on_change(
      [this](Session& session, const catalog::Entry& entry) { return on_change(session, entry); });
  if (!parts_.looks) return {};
  FILOSCOPE_DO(load());
  thread_ = guarded_thread(
      "visual", [this] { run(); },
      [this] {
        Lock lock(mutex_);
        return !wake_.wait_for_ms(mutex_, 5'000, [&] { return stop_.load(); });
      });
  return {};
}

Result<void> VisualImpl::load() {
  FILOSCOPE_TRY(const auto makers, store_.makers());
  for (const auto& stored : makers) {
    auto projection = vision::Projection::decode(stored.projection);
    if (!projection) {
      log::warn("visual.projection_damaged", {{"maker", stored.id}});
      continue;
    }
    auto generation = std::make_shared<Generation>(parts_.config);
    generation->id = stored.id;
    generation->learned_count = stored.learned_count;
    generation->projection = *std::move(projection);
    FILOSCOPE_DO(load_moments(*generation));
    Lock lock(mutex_);
    (stored.active ? active_ : next_) = std::move(generation);
  }
  return {};
}

Result<void> VisualImpl::load_moments(Generation& generation) {
  return store_.each(generation.id, [&](VideoId video, auto moments) {
    if (moments) return generation.index.put(video, *moments);
    log::warn("visual.moments_damaged", {{"video", video.text()}});
    damaged_.push_back(video);
  });
}

Result<void> VisualImpl::on_change(Session& session, const catalog::Entry& entry) {
  if (entry.kind != catalog::Kind::video) return {};
  const VideoId video = entry.id;
  if (entry.state == catalog::State::published && !catalog::is_kept_back(entry)) {
    FILOSCOPE_DO(
        Store::add_clip(session, video, entry.visibility == catalog::Visibility::everyone));
    session.on_commit([this] {
      Lock lock(mutex_);
      changed_ = true;
      wake_.notify_all();
    });
    return {};
  }
  FILOSCOPE_DO(Store::remove_clip(session, video));
  session.on_commit([this, video] { forget(video); });
  return {};
}

void VisualImpl::forget(VideoId video) {
  for (const auto& maker : makers()) maker->index.erase(video);
}

std::vector<GenerationPtr> VisualImpl::makers() const {
  Lock lock(mutex_);
  std::vector<GenerationPtr> out;
  if (active_) out.push_back(active_);
  if (next_) out.push_back(next_);
  return out;
}

/// Before a worker has told what it makes, everything.
bool VisualImpl::is_offered(const Generation& generation) const {
  Lock lock(mutex_);
  return ready_.descriptors.empty() ||
         std::ranges::count(ready_.descriptors, generation.projection.info()) > 0;
}

/// The one that answers. Where its descriptor is gone (another model), what the next one has so
/// far.
GenerationPtr VisualImpl::serving() const {
  for (auto& maker : makers())
    if (is_offered(*maker)) return maker;
  return nullptr;
}

Result<vision::PackedEmbedding> VisualImpl::look(const Generation& by, lookers::Lookers& by_whom,
                                                 int fd, Look how, lookers::Ask ask) {
  ask.by = {by.projection.info()};
  std::optional<vision::PackedEmbedding> code;
  FILOSCOPE_DO(by_whom.with([&](lookers::Looker& looker) -> Result<void> {
    const auto begun_us = parts_.clock.mono_us();
    FILOSCOPE_TRY(const auto described, (looker.*how)(fd, ask));
    note_time(parts_.clock.mono_us() - begun_us);
    code = vision::pack(by.projection.embed(described.front().description));
    return {};
  }));
  return *code;
}

void VisualImpl::note_time(std::int64_t took_us) {
  constexpr double kNewShare = .05;
  const double ms = static_cast<double>(took_us) / 1000;
  Lock lock(mutex_);
  ms_per_picture_ = ms_per_picture_ ? *ms_per_picture_ + kNewShare * (ms - *ms_per_picture_) : ms;
}

Result<Found> VisualImpl::find(const Generation& by, const accounts::Viewer& viewer,
                               const vision::PackedEmbedding& query, std::size_t limit,
                               std::optional<VideoId> but) {
  Found found;
  std::unordered_map<VideoId, std::optional<catalog::Entry>> entries;  // none: may not be seen
  Result<void> problem;
  const auto takes = [&](VideoId video) {
    if (const auto asked = entries.find(video); asked != entries.end())
      return asked->second.has_value();
    if (video == but || !problem || entries.size() == kAskedMax) return false;
    auto entry = parts_.catalog.visible_entry(viewer, video);
    if (!entry && entry.error().code != Code::not_found) problem = entry.error();
    auto& kept = entries[video];
    if (entry) kept = *std::move(entry);
    return kept.has_value();
  };
  const float least = vision::least_similar(by.projection.info(), by.learned_count);
  auto near = by.index.search(query, std::max(limit, vision::kNeighbours), least, takes);
  if (!near.empty()) near = by.index.search(moved(query, near), limit, least, takes);
  FILOSCOPE_DO(std::move(problem));
  for (const auto& clip : near) {
    found.matches.push_back({*std::move(entries.at(clip.video)), clip.at_ms,
                             std::clamp(static_cast<double>(clip.cosine), 0.0, 1.0)});
  }
  FILOSCOPE_TRY(found.waiting_count, store_.waiting_count(by.id, Store::Whose::everyones));
  return found;
}

Result<Found> VisualImpl::by_picture(const accounts::Viewer& viewer,
                                     std::span<const std::uint8_t> picture,
                                     const vision::Crop& part, std::size_t limit) {
  FILOSCOPE_DO(check_part(part));
  const auto by = serving();
  if (!by) return nothing_yet();
  FILOSCOPE_TRY(const UniqueFd file, sealed_in_memory(picture));
  FILOSCOPE_TRY(const auto query,
                look(*by, strangers_, file.get(), &lookers::Looker::picture, {{}, 0, 1, part}));
  return find(*by, viewer, query, limit);
}

Result<Found> VisualImpl::by_moment(const accounts::Viewer& viewer, VideoId video,
                                    std::int64_t at_ms, const vision::Crop& part,
                                    std::size_t limit) {
  FILOSCOPE_DO(check_part(part));
  FILOSCOPE_TRY(const auto seen, parts_.catalog.get_visible(viewer, video));
  const auto by = serving();
  if (!by) return nothing_yet();
  FILOSCOPE_TRY(const UniqueFd file, clip_file(seen));
  FILOSCOPE_TRY(const auto query,
                look(*by, moments_, file.get(), &lookers::Looker::moment, {{}, at_ms, 1, part}));
  return find(*by, viewer, query, limit, video);
}

/// Before anything can be compared.
Result<Found> VisualImpl::nothing_yet() const {
  Found found;
  FILOSCOPE_TRY(found.waiting_count, store_.waiting_count(1, Store::Whose::everyones));
  return found;
}

/// The smallest rendition: its pictures are as large as is looked at.
Result<UniqueFd> VisualImpl::clip_file(const catalog::Video& video) const {
  if (video.renditions.empty()) return Error(catalog::reason("no_such_video"));
  const auto key = parts_.catalog.blob_key(video, video.renditions.back().name + ".mp4");
  FILOSCOPE_TRY(const auto blob, parts_.blobs.open(key));
  if (const auto* file = blob->native_file()) {
    UniqueFd copy(::fcntl(file->get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return errno_error("opening a clip");
    return copy;
  }
  FILOSCOPE_TRY(UniqueFd copy, parts_.blobs.make_temporary());
  constexpr std::int64_t kPieceBytes = 1 << 20;
  Bytes piece;
  for (std::int64_t at = 0; at < blob->size_bytes(); at += kPieceBytes) {
    piece.resize(static_cast<std::size_t>(std::min(kPieceBytes, blob->size_bytes() - at)));
    FILOSCOPE_DO(blob->read(piece, at));
    FILOSCOPE_DO(write_all(copy.get(), piece, at));
  }
  return copy;
}

Status VisualImpl::status() const {
  Status out;
  const auto all = makers();
  {
    Lock lock(mutex_);
    out.model_problem = ready_.model_problem;
    out.renewing = next_ != nullptr;
    out.ms_per_picture = ms_per_picture_;
  }
  auto answers = serving();
  if (!answers && !all.empty()) answers = all.front();
  out.waiting_count =
      store_.waiting_count(answers ? answers->id : 1, Store::Whose::all).value_or(0);
  out.failed_count = store_.failed_count().value_or(0);
  if (!answers) return out;
  out.descriptor = answers->projection.info().name;
  out.learned_count = answers->learned_count;
  out.clips_count = static_cast<std::int64_t>(answers->index.clips_count());
  out.moments_count = static_cast<std::int64_t>(answers->index.moments_count());
  for (const auto& one : all)
    out.memory_bytes += static_cast<std::int64_t>(one->index.memory_bytes());
  return out;
}

}  // namespace filoscope::visual
