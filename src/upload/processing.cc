#include <fcntl.h>
#include <unistd.h>

#include "base/guarded_thread.h"
#include "base/log.h"
#include "catalog/reasons.h"
#include "media/reasons.h"
#include "ports/makes_space.h"
#include "ports/reasons.h"
#include "upload/reasons.h"
#include "upload/upload_impl.h"

namespace filoscope::upload {
namespace {

constexpr std::int64_t kRetryDelayMs = 2'000;    ///< times the tries made
constexpr std::int64_t kNoSpaceDelayMs = 5'000;  ///< until disk and worker are looked at again
constexpr std::int64_t kPollMs = 250;            ///< while only postponed jobs wait
constexpr const char* kThread = "upload.worker";
constexpr const char* kMeasurer = "upload.measure";

catalog::Processed processed_of(const media::MediaFacts& facts) {
  catalog::Processed processed;
  processed.duration_ms = facts.duration_ms;
  processed.width = facts.width;
  processed.height = facts.height;
  processed.placeholder = facts.placeholder;
  processed.has_audio = facts.has_audio;
  processed.sound_print = facts.sound_print;
  for (const auto& from : facts.renditions) processed.renditions.push_back(rendition_of(from));
  processed.covers_count = facts.covers_count;
  // Names of codecs and containers are letters, digits and underscores (media checks that).
  processed.facts_json = "{\"container\":\"" + facts.container + "\",\"video_codec\":\"" +
                         facts.video_codec + "\",\"audio_codec\":\"" + facts.audio_codec +
                         "\",\"hdr\":" + std::to_string(static_cast<int>(facts.hdr)) +
                         ",\"interlaced\":" + (facts.interlaced ? "true" : "false") +
                         ",\"loudness_lufs\":" + std::to_string(facts.loudness_lufs) +
                         ",\"gain_db\":" + std::to_string(facts.gain_db) +
                         ",\"frames_decoded\":" + std::to_string(facts.frames_decoded) +
                         ",\"decode_errors\":" + std::to_string(facts.decode_errors) + "}";
  return processed;
}

Result<std::vector<UniqueFd>> temporaries(BlobStore& blobs, std::size_t count) {
  std::vector<UniqueFd> files;
  for (std::size_t i = 0; i < count; ++i) {
    FILOSCOPE_TRY(auto file, blobs.make_temporary());
    files.push_back(std::move(file));
  }
  return files;
}

/// The file of the smallest rendition.
int smallest_of(const media::MediaFacts& facts, const media::MediaOutputs& outputs) {
  const auto& names = media::kRenditionNames;
  const auto at = std::ranges::find(names, facts.renditions.back().name) - names.begin();
  return outputs.renditions[static_cast<std::size_t>(at)];
}

/// Why a video is given up after `tries_count` tries.
Error final_error(const UploadsImpl::Failure& failure, int tries_count) {
  const auto code = failure.problem.code;
  if (!failure.by_worker || code == Code::unavailable)
    return Error(reason("video_not_stored"), tries_count);
  if (code == Code::deadline) return Error(reason("video_took_too_long"), tries_count);
  if (code == Code::exhausted) return Error(media::reason("processing_out_of_memory"));
  return Error(reason("video_not_processed"), tries_count);
}

/// Whether two tries ended the same way. What sets a fault apart is its detail alone.
bool is_same_end(const Error& one, const Error& other) {
  return one.reason == other.reason && one.arguments == other.arguments &&
         (one.code != Code::internal || one.message == other.message);
}

}  // namespace

catalog::Rendition rendition_of(const media::Rendition& from) {
  catalog::Rendition to;
  to.name = from.name;
  to.width = from.width;
  to.height = from.height;
  to.fps = from.fps;
  to.bitrate_bps = from.bitrate_bps;
  to.size_bytes = from.size_bytes;
  to.codecs = from.codecs;
  to.init = {0, from.init_last};
  for (std::size_t i = 0; i < from.segments.size() && i < 2; ++i) {
    const auto& segment = from.segments[i];
    to.segments_head.push_back({segment.offset, segment.offset + segment.size_bytes - 1});
  }
  return to;
}

Result<void> UploadsImpl::insert_job(Session& session, const Job& job) const {
  FILOSCOPE_DO(session.execute(
      "INSERT INTO upload_jobs (video, owner, file, size_bytes, created_ms, not_before_ms, "
      "attempts_count, running, cover_ms, network, sound) VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?, ?, ?)",
      {job.video.db(), job.owner.db(), job.file, job.size_bytes, job.created_ms,
       sql_value(job.cover_ms), job.network, job.sound.db()}));
  return {};
}

void UploadsImpl::promise_for(const Job& job) {
  space_.set(job.video.value, {job.owner, job.network, outputs_bytes(job.size_bytes)});
}

void UploadsImpl::enqueue(Job job) {
  promise_for(job);
  Lock lock(mutex_);
  queue_.add(std::move(job));
  late_.cancel_running();
  probe_.waiting.set(static_cast<double>(queue_.waiting_count()));
  wake_workers_.notify_all();
  wake_measurer_.notify_all();
}

Result<void> UploadsImpl::load_jobs() {
  // One that ran when the server died has had its try.
  const auto stored = parts_.database.write([](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("UPDATE upload_jobs SET running = 0 WHERE running <> 0"));
    return {};
  });
  if (!stored) log::warn("upload.jobs_not_marked", {{"reason", stored.error().message}});
  return parts_.database.read([&](Session& session) {
    return session.query(
        "SELECT video, owner, file, size_bytes, created_ms, not_before_ms, attempts_count, "
        "cover_ms, network, sound FROM upload_jobs",
        {}, [&](const Row& row) {
          Job job;
          job.video = VideoId::from_db(row.integer(0));
          job.owner = AccountId::from_db(row.integer(1));
          job.file = row.text(2);
          job.size_bytes = row.integer(3);
          job.created_ms = row.integer(4);
          job.not_before_ms = row.integer(5);
          job.attempts_count = static_cast<int>(row.integer(6));
          job.cover_ms = read_optional(row, 7);
          job.network = row.integer(8);
          job.sound = SoundId::from_db(row.integer(9));
          enqueue(std::move(job));
        });
  });
}

Result<void> UploadsImpl::on_video_change(Session& session, const catalog::Entry& video) {
  if (video.state != catalog::State::published && video.state != catalog::State::removed) return {};
  FILOSCOPE_TRY(const auto changed,
                session.execute("DELETE FROM upload_jobs WHERE video = ?", {video.id.db()}));
  if (video.state != catalog::State::removed) return {};
  FILOSCOPE_DO(session.execute("DELETE FROM upload_files WHERE video = ?", {video.id.db()}));
  FILOSCOPE_TRY(const auto late,
                session.execute("DELETE FROM upload_late WHERE video = ?", {video.id.db()}));
  if (changed == 0 && late == 0) return {};
  session.on_commit([this, id = video.id] {
    Lock lock(mutex_);
    for (auto* queue : {&queue_, &late_})
      if (auto* job = queue->find(id)) job->cancel->store(true);
    removed_.insert(id);
    wake_sweeper_.notify_all();
  });
  return {};
}

void UploadsImpl::reap(const std::unordered_set<VideoId>& videos) {
  for (const auto video : videos) {
    reap_late(video);
    Lock lock(mutex_);
    auto* job = queue_.find(video);
    if (job == nullptr || job->running) continue;  // its worker ends it
    ::unlink(path_of(job->file).c_str());
    end_job(video);
  }
}

void UploadsImpl::end_job(VideoId video) {
  queue_.erase(video);
  space_.give_back(video.value);
}

void UploadsImpl::wait_for_space(const Job& job) {
  Lock lock(mutex_);
  if (auto* waiting = queue_.find(job.video)) {
    waiting->running = false;
    waiting->not_before_ms = parts_.clock.now_ms() + kNoSpaceDelayMs;
  }
}

void UploadsImpl::worker_loop() {
  while (true) {
    std::optional<Job> next;
    {
      Lock lock(mutex_);
      wake_workers_.wait_for_ms(mutex_, kPollMs, [&]() FILOSCOPE_REQUIRES(mutex_) {
        if (stopping_ || next) return true;
        next = queue_.take(parts_.clock.now_ms());
        return next.has_value();
      });
      if (stopping_) {
        if (next) queue_.find(next->video)->running = false;
        return;
      }
      probe_.waiting.set(static_cast<double>(queue_.waiting_count()));
      if (next) wake_measurer_.notify_all();
    }
    if (!next || run_guarded(kThread, [&] { run(*next); })) continue;
    Lock lock(mutex_);
    if (auto* broken = queue_.find(next->video)) put_back(*broken);
  }
}

void UploadsImpl::put_back(Job& broken) {
  broken.running = false;
  ++broken.attempts_count;
  broken.not_before_ms = parts_.clock.now_ms() + kRetryDelayMs * broken.attempts_count;
  if (!stopping_) broken.cancel->store(false);
}

void UploadsImpl::measure_loop() {
  while (true) {
    std::optional<Job> next;
    {
      Lock lock(mutex_);
      // While nothing runs nothing waits either: the next one begins before it could be measured.
      wake_measurer_.wait(mutex_, [&]() FILOSCOPE_REQUIRES(mutex_) {
        return stopping_ || (queue_.running_count() > 0 && queue_.unmeasured() != nullptr);
      });
      if (stopping_) return;
      next = *queue_.unmeasured();
    }
    std::optional<std::int64_t> cost_ms;
    run_guarded(kMeasurer, [&] { cost_ms = measured_cost(next->file); });
    Lock lock(mutex_);
    auto* job = queue_.find(next->video);
    if (job == nullptr || job->running) continue;
    job->measured = true;
    if (cost_ms) job->cost_ms = *cost_ms;
  }
}

std::optional<std::int64_t> UploadsImpl::measured_cost(const std::string& file) const {
  const UniqueFd input(::open(path_of(file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!input) return std::nullopt;
  const auto cost_ms = measure_(input.get(), &stop_looks_);
  if (cost_ms) return *cost_ms;
  if (cost_ms.error().code != Code::invalid_argument) return std::nullopt;
  return cost_ms_of_pictures(0, 0);  // refused as soon as it is looked at
}

void UploadsImpl::run(const Job& job) {
  const auto begun_us = parts_.clock.mono_us();
  try_once(job);
  Lock lock(mutex_);
  queue_.settle(job, (parts_.clock.mono_us() - begun_us) / 1000);
}

void UploadsImpl::try_once(const Job& job) {
  // Whatever a try without space makes, it makes in vain.
  if (!space_.check(outputs_bytes(job.size_bytes))) return wait_for_space(job);
  const auto begun_us = parts_.clock.mono_us();
  const auto begun = parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto changed,
                  session.execute("UPDATE upload_jobs SET running = 1, attempts_count = ? WHERE "
                                  "video = ?",
                                  {std::int64_t{job.attempts_count} + 1, job.video.db()}));
    if (changed == 0) return Error(catalog::reason("no_such_video"));
    return {};
  });
  const auto video = begun ? parts_.catalog.get(job.video) : Result<catalog::Video>(begun.error());
  if (!video) {
    if (video.error().code == Code::not_found) return finish(job);
    return begun ? postpone(job, job.attempts_count, kNoSpaceDelayMs) : wait_for_space(job);
  }
  if (job.attempts_count > parts_.config[kRetriesMax]) {  // the server died at each of them
    return give_up(job, *video, Error(reason("video_cut_off"), job.attempts_count));
  }
  const auto failure = attempt(job, *video);
  if (!failure) {
    tell_end(job.video);
    tell_mentioned(job.video);
    finish(job);
    probe_.published.add();
    probe_.seconds.observe_s(static_cast<double>(parts_.clock.mono_us() - begun_us) * 1e-6);
    return;
  }
  failed_try(job, *video, *failure);
}

Result<UniqueFd> UploadsImpl::lent_sound(const Job& job) {
  if (!job.sound) return UniqueFd();
  accounts::Viewer viewer;
  viewer.account = job.owner;
  const auto source = parts_.catalog.sound_source(viewer, job.sound);
  if (!source && source.error().code == Code::not_found) return Error(reason("sound_gone"));
  if (!source) return source.error();
  // All renditions sound the same: the smallest is read soonest.
  const auto name = source->renditions.back().name + ".mp4";
  FILOSCOPE_TRY(const auto blob, parts_.blobs.open(parts_.catalog.blob_key(*source, name)));
  if (const auto* file = blob->native_file()) {
    UniqueFd own(::fcntl(file->get(), F_DUPFD_CLOEXEC, 0));
    if (!own) return errno_error("open a sound");
    return own;
  }
  FILOSCOPE_TRY(auto copy, parts_.blobs.make_temporary());
  std::vector<std::uint8_t> part(1 << 20);
  for (std::int64_t at = 0; at < blob->size_bytes();) {
    const auto rest = static_cast<std::size_t>(blob->size_bytes() - at);
    const auto piece = std::span(part).first(std::min(part.size(), rest));
    FILOSCOPE_DO(blob->read(piece, at));
    FILOSCOPE_DO(write_all(copy.get(), piece, at));
    at += std::ssize(piece);
  }
  return copy;
}

std::optional<UploadsImpl::Failure> UploadsImpl::attempt(const Job& job,
                                                         const catalog::Video& video) {
  const UniqueFd input(::open(path_of(job.file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!input) return Failure{errno_error("open an uploaded file"), false};
  auto renditions = temporaries(parts_.blobs, media::kRenditionNames.size());
  if (!renditions) return Failure{renditions.error(), false};
  auto covers = temporaries(parts_.blobs, media::kCoversMax);
  if (!covers) return Failure{covers.error(), false};
  media::MediaOutputs outputs;
  for (std::size_t i = 0; i < renditions->size(); ++i)
    outputs.renditions[i] = (*renditions)[i].get();
  for (const auto& cover : *covers) outputs.covers.push_back(cover.get());
  bool begun = false;
  const auto progress = [&](int percent, media::Stage stage) {
    const bool checking = stage == media::Stage::checking;
    if (checking && begun) return;
    begun = true;
    const auto state = checking ? catalog::State::checked : catalog::State::processing;
    const auto stored = parts_.catalog.set_state(video.id, state, percent, "");
    if (!stored && stored.error().code == Code::not_found) job.cancel->store(true);
  };
  const auto lent = lent_sound(job);
  if (!lent) return Failure{lent.error(), lent.error().code == Code::invalid_argument};
  const auto facts =
      process_({input.get(), lent->get(), job.cover_ms}, outputs, progress, job.cancel.get());
  if (!facts) return Failure{facts.error(), true, begun};
  const auto seen = look_at(smallest_of(*facts, outputs));
  if (!seen) return Failure{seen.error(), false};
  const auto stored = put_outputs(job, video, *facts, *renditions, *covers);
  if (!stored) return Failure{stored.error(), false};
  const auto published = publish(job, *facts, *seen);
  if (!published) return Failure{published.error(), false};
  return std::nullopt;
}

/// What somebody limited stays limited when it comes again.
bool UploadsImpl::is_sensitive(VideoId video) const {
  const auto found = video ? parts_.catalog.get(video) : Result<catalog::Video>(catalog::Video());
  return found && found->sensitive;
}

Result<UploadsImpl::Seen> UploadsImpl::look_at(int rendition_fd) {
  Seen seen;
  FILOSCOPE_TRY(seen.text, parts_.reading.read(rendition_fd));
  FILOSCOPE_TRY(seen.judgement, parts_.safety.judge(rendition_fd));
  return seen;
}

Result<void> UploadsImpl::publish(const Job& job, const media::MediaFacts& facts,
                                  const Seen& seen) {
  const VideoId video = job.video;
  auto& copies = parts_.copies;
  FILOSCOPE_TRY(auto verdict, copies.judge(facts.clip_print, facts.sound_print));
  const auto turn = copies.turn();
  FILOSCOPE_TRY(verdict,
                copies.judge_rest(std::move(verdict), facts.clip_print, facts.sound_print));
  auto processed = processed_of(facts);
  processed.sound = job.sound;
  processed.copy_of = verdict.copy_of;
  processed.copies_part = verdict.part;
  processed.held = verdict.blocked || seen.judgement.verdict == safety::Verdict::hold;
  processed.sensitive =
      seen.judgement.verdict != safety::Verdict::publish || is_sensitive(verdict.copy_of);
  processed.flashes = facts.flashes.first_ms >= 0;
  FILOSCOPE_DO(parts_.catalog.publish_with(video, processed, [&](Session& session) -> Result<void> {
    FILOSCOPE_DO(parts_.copies.keep(session, video, facts.clip_print, facts.sound_print, verdict));
    FILOSCOPE_DO(parts_.reading.keep(session, video, seen.text));
    FILOSCOPE_DO(parts_.safety.keep(session, video, seen.judgement, verdict.blocked));
    return follow_up(session, video, facts.width, facts.height);
  }));
  return {};
}

Result<void> UploadsImpl::put_outputs(const Job& job, const catalog::Video& video,
                                      const media::MediaFacts& facts,
                                      std::vector<UniqueFd>& renditions,
                                      std::vector<UniqueFd>& covers) {
  auto& catalog = parts_.catalog;
  for (const auto& rendition : facts.renditions) {
    for (std::size_t i = 0; i < media::kRenditionNames.size(); ++i) {
      if (rendition.name != media::kRenditionNames[i]) continue;
      const auto mp4 = rendition.name + ".mp4";
      FILOSCOPE_DO(put_fresh(catalog.blob_key(video, mp4), std::move(renditions[i])));
      FILOSCOPE_DO(put_text(catalog.blob_key(video, rendition.name + ".m3u8"),
                            media::media_playlist(rendition, mp4)));
    }
  }
  FILOSCOPE_DO(put_text(catalog.blob_key(video, "master.m3u8"),
                        media::master_playlist(facts, [](const media::Rendition& rendition) {
                          return rendition.name + ".m3u8";
                        })));
  const auto covers_count = static_cast<std::size_t>(std::max(0, facts.covers_count));
  for (std::size_t i = 0; i < covers_count && i < covers.size(); ++i) {
    FILOSCOPE_DO(put_fresh(catalog.blob_key(video, "cover" + std::to_string(i) + ".jpg"),
                           std::move(covers[i])));
  }
  if (!parts_.config[kKeepOriginal]) return {};
  UniqueFd original(::open(path_of(job.file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!original) return errno_error("open an uploaded file");
  return put_fresh(catalog.blob_key(video, "original"), std::move(original));
}

Result<void> UploadsImpl::put_fresh(const std::string& key, UniqueFd file) {
  FILOSCOPE_DO(parts_.blobs.remove(key));  // of a try that a crash ended
  return parts_.blobs.put(key, std::move(file));
}

Result<void> UploadsImpl::put_text(const std::string& key, std::string_view text) {
  FILOSCOPE_TRY(auto file, parts_.blobs.make_temporary());
  FILOSCOPE_DO(write_all(file.get(), crypto::as_bytes(text), 0));
  return put_fresh(key, std::move(file));
}

void UploadsImpl::failed_try(const Job& job, const catalog::Video& video, const Failure& failure) {
  bool stopping = false;
  {
    Lock lock(mutex_);
    stopping = stopping_;
  }
  const bool stored = [&] {
    bool found = false;
    const auto asked = parts_.database.read([&](Session& session) {
      return session.query("SELECT 1 FROM upload_jobs WHERE video = ?", {job.video.db()},
                           [&](const Row&) { found = true; });
    });
    return found || !asked;
  }();
  if (!stored) {  // removed meanwhile; catalog deletes what was written of it
    static_cast<void>(parts_.catalog.set_state(video.id, catalog::State::failed, 0, ""));
    return finish(job);
  }
  if (stopping) return postpone(job, job.attempts_count, 0);  // goes on at the next start
  const Error& problem = failure.problem;
  if (problem.code == Code::invalid_argument && failure.by_worker)
    return give_up(job, video, problem);
  const bool cancelled = job.cancel->load();
  // A worker that has begun wants for nothing but space.
  const bool its_try = failure.begun && !cancelled && !ports::is_for_now(problem) &&
                       space_.check(outputs_bytes(job.size_bytes));
  if (problem.code == Code::unavailable && !its_try) {
    if (!cancelled) log::warn("upload.try_put_off", {{"reason", problem.message}});
    return postpone(job, job.attempts_count, cancelled ? 0 : kNoSpaceDelayMs);
  }
  const int attempts_count = job.attempts_count + 1;
  log::warn("upload.try_failed", {{"video", job.video.text()},
                                  {"try", std::int64_t{attempts_count}},
                                  {"reason", problem.message}});
  // A worker that ends the same way twice does so for what is in the file; one that was killed was
  // so from outside.
  const bool killed = problem.reason == media::reason("media_worker_killed").word;
  const bool again = failure.by_worker && !killed && problem.code != Code::unavailable &&
                     job.last_failure && is_same_end(problem, *job.last_failure);
  if (again || attempts_count > parts_.config[kRetriesMax])
    return give_up(job, video, final_error(failure, attempts_count));
  probe_.retried.add();
  postpone(job, attempts_count, kRetryDelayMs * attempts_count,
           failure.by_worker ? std::optional(problem) : std::nullopt);
}

void UploadsImpl::postpone(const Job& job, int attempts_count, std::int64_t delay_ms,
                           std::optional<Error> failure) {
  const std::int64_t not_before_ms = delay_ms == 0 ? 0 : parts_.clock.now_ms() + delay_ms;
  const auto stored = parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute(
        "UPDATE upload_jobs SET running = 0, attempts_count = ?, not_before_ms = ? WHERE video = ?",
        {std::int64_t{attempts_count}, not_before_ms, job.video.db()}));
    return {};
  });
  if (!stored) log::warn("upload.postpone_failed", {{"reason", stored.error().message}});
  Lock lock(mutex_);
  if (auto* waiting = queue_.find(job.video)) {
    waiting->running = false;
    waiting->attempts_count = attempts_count;
    waiting->not_before_ms = not_before_ms;
    if (failure) waiting->last_failure = std::move(failure);
    if (!stopping_) waiting->cancel->store(false);
  }
}

void UploadsImpl::give_up(const Job& job, const catalog::Video& video, const Error& problem) {
  const auto why = stored_text(problem);
  const auto told = parts_.catalog.set_state(video.id, catalog::State::failed, 0, why);
  if (!told && told.error().code != Code::not_found && told.error().code != Code::conflict)
    return postpone(job, job.attempts_count, kNoSpaceDelayMs);
  if (told) tell(video, "failed", why);
  finish(job);
  probe_.failed.add();
}

void UploadsImpl::finish(const Job& job) {
  const MakesSpace its_file;
  const auto stored = parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM upload_jobs WHERE video = ?", {job.video.db()}));
    return {};
  });
  // A row that stays is looked at again at the next start.
  if (!stored) log::warn("upload.finish_failed", {{"reason", stored.error().message}});
  if (stored && !keeps_file(job.video)) ::unlink(path_of(job.file).c_str());
  Lock lock(mutex_);
  end_job(job.video);
  wake_workers_.notify_all();
}

void UploadsImpl::tell(const catalog::Video& video, const char* kind, const std::string& text) {
  if (video.sample) return;
  social::Notification notification;
  notification.kind = kind;
  notification.video = video.id;
  notification.text = text;
  const auto told = parts_.social.notify(video.owner, notification);
  if (!told) log::warn("upload.notify_failed", {{"reason", told.error().message}});
}

/// How its processing ended for its owner: live, a draft, held, or live beside one that shows the
/// same.
void UploadsImpl::tell_end(VideoId id) {
  const auto video = parts_.catalog.get(id);
  if (!video) return;
  if (video->held) return tell(*video, "held", "");
  tell(*video, "published", std::string(video->draft ? social::kDraftReady : ""));
  if (video->sensitive) tell(*video, "limited", "");
  if (!video->copy_of) return;
  accounts::Viewer owner;
  owner.account = video->owner;
  if (parts_.catalog.get_visible(owner, video->copy_of)) tell(*video, "copy", "");
}

void UploadsImpl::tell_mentioned(VideoId id) {
  const auto video = parts_.catalog.get(id);
  if (!video || catalog::is_kept_back(*video) || video->sample) return;
  social::Notification notification;
  notification.kind = "mention";
  notification.actor = video->owner;
  notification.video = id;
  for (const auto mentioned : video->mentions) {
    accounts::Viewer viewer;
    viewer.account = mentioned;
    if (mentioned == video->owner || !parts_.catalog.may_see(viewer, *video)) continue;
    if (const auto told = parts_.social.notify(mentioned, notification); !told)
      log::warn("upload.notify_failed", {{"reason", told.error().message}});
  }
}

void UploadsImpl::stop() {
  {
    Lock lock(mutex_);
    stopping_ = true;
    stop_looks_ = true;
    queue_.cancel_running();
    late_.cancel_running();
    wake_workers_.notify_all();
    wake_sweeper_.notify_all();
    wake_measurer_.notify_all();
  }
  parts_.reading.stop();
  parts_.safety.stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace filoscope::upload
