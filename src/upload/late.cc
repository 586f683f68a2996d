#include <fcntl.h>
#include <unistd.h>

#include "base/guarded_thread.h"
#include "base/log.h"
#include "catalog/reasons.h"
#include "ports/makes_space.h"
#include "ports/reasons.h"
#include "upload/reasons.h"
#include "upload/upload_impl.h"

namespace filoscope::upload {
namespace {

constexpr std::int64_t kLateRetryDelayMs = 10'000;  ///< times the tries made
constexpr std::int64_t kLatePollMs = 250;
constexpr const char* kLateThread = "upload.late";

}  // namespace

Result<void> UploadsImpl::follow_up(Session& session, VideoId video, int width, int height) const {
  if (!parts_.config[kLateRung] || !media::has_late_rung(width, height)) return {};
  FILOSCOPE_DO(session.execute(
      "INSERT INTO upload_late (video, owner, network, file, size_bytes, created_ms, "
      "attempts_count, sound) SELECT video, owner, network, file, size_bytes, created_ms, 0, sound "
      "FROM upload_jobs WHERE video = ?",
      {video.db()}));
  return {};
}

Result<void> UploadsImpl::load_late(VideoId video) {
  return parts_.database.read([&](Session& session) {
    return session.query(
        "SELECT video, owner, network, file, size_bytes, created_ms, attempts_count, sound FROM "
        "upload_late WHERE video = ? OR ? = 0",
        {video.db(), video.db()}, [&](const Row& row) {
          Job job;
          job.video = VideoId::from_db(row.integer(0));
          job.owner = AccountId::from_db(row.integer(1));
          job.network = row.integer(2);
          job.file = row.text(3);
          job.size_bytes = row.integer(4);
          job.created_ms = row.integer(5);
          job.attempts_count = static_cast<int>(row.integer(6));
          job.sound = SoundId::from_db(row.integer(7));
          Lock lock(mutex_);
          late_.add(std::move(job));
        });
  });
}

bool UploadsImpl::keeps_file(VideoId video) {
  const auto loaded = load_late(video);
  if (!loaded) log::warn("upload.late_not_loaded", {{"reason", loaded.error().message}});
  Lock lock(mutex_);
  return !loaded || late_.find(video) != nullptr;  // a file without a row is swept later
}

void UploadsImpl::late_loop() {
  while (true) {
    std::optional<Job> next;
    {
      Lock lock(mutex_);
      wake_workers_.wait_for_ms(mutex_, kLatePollMs, [&]() FILOSCOPE_REQUIRES(mutex_) {
        if (stopping_) return true;
        if (queue_.empty()) next = late_.take(parts_.clock.now_ms());
        return next.has_value();
      });
      if (stopping_) return;
    }
    if (!next || run_guarded(kLateThread, [&] { run_late(*next); })) continue;
    space_.give_back(next->video.value);
    Lock lock(mutex_);
    if (auto* broken = late_.find(next->video)) put_back(*broken);
  }
}

void UploadsImpl::run_late(const Job& job) {
  const auto begun_us = parts_.clock.mono_us();
  const auto done = try_late(job);
  const auto took_ms = (parts_.clock.mono_us() - begun_us) / 1000;
  space_.give_back(job.video.value);
  {
    Lock lock(mutex_);
    queue_.charge(job, took_ms, parts_.clock.now_ms());
  }
  if (done) {
    probe_.late_made.add();
    return end_late(job);
  }
  const auto& problem = done.error();
  bool stopping = false;
  {
    Lock lock(mutex_);
    stopping = stopping_;
  }
  const bool put_off = stopping || job.cancel->load() || ports::is_for_now(problem);
  const int attempts_count = job.attempts_count + (put_off ? 0 : 1);
  const bool hopeless = problem.code == Code::invalid_argument || problem.code == Code::conflict ||
                        problem.code == Code::not_found || problem.code == Code::unavailable;
  if (!put_off) {
    log::info("upload.late_failed", {{"video", job.video.text()}, {"reason", problem.message}});
    if (hopeless || attempts_count > parts_.config[kRetriesMax]) return drop_late(job);
  }
  const bool waits = !put_off || ports::is_for_now(problem);
  postpone_late(job, attempts_count, waits ? kLateRetryDelayMs * std::max(1, attempts_count) : 0);
}

Result<void> UploadsImpl::try_late(const Job& job) {
  if (job.attempts_count > parts_.config[kRetriesMax])
    return Error(reason("late_rendition_cut_off"));
  FILOSCOPE_DO(space_.promise(job.video.value, {job.owner, job.network, job.size_bytes}));
  FILOSCOPE_TRY(const auto video, parts_.catalog.get(job.video));
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto changed,
                  session.execute("UPDATE upload_late SET attempts_count = ? WHERE video = ?",
                                  {std::int64_t{job.attempts_count} + 1, job.video.db()}));
    if (changed == 0) return Error(catalog::reason("no_such_video"));
    return {};
  }));
  const UniqueFd input(::open(path_of(job.file).c_str(), O_RDONLY | O_CLOEXEC));
  if (!input) return errno_error("open an uploaded file");
  catalog::LateRendition made;
  FILOSCOPE_TRY(made.mp4, parts_.blobs.make_temporary());
  media::MediaOutputs outputs;
  outputs.late = made.mp4.get();
  FILOSCOPE_TRY(const auto lent, lent_sound(job));
  FILOSCOPE_TRY(const auto facts, process_(
                                      {input.get(), lent.get(), {}}, outputs,
                                      [](int, media::Stage) {}, job.cancel.get()));
  if (facts.renditions.size() != 1) return Error(reason("late_rendition_wrong"));
  const auto& rendition = facts.renditions[0];
  made.rendition = rendition_of(rendition);
  made.playlist = media::media_playlist(rendition, rendition.name + ".mp4");
  made.master_entry = media::master_entry(rendition, rendition.name + ".m3u8");
  const auto added = parts_.catalog.add_rendition(
      job.video, std::move(made), [&](Session& session) -> Result<void> {
        FILOSCOPE_DO(session.execute("DELETE FROM upload_late WHERE video = ?", {job.video.db()}));
        return {};
      });
  if (!added) return added.error();
  return {};
}

void UploadsImpl::postpone_late(const Job& job, int attempts_count, std::int64_t delay_ms) {
  bool stored = false;
  const auto written = parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(const auto changed,
                  session.execute("UPDATE upload_late SET attempts_count = ? WHERE video = ?",
                                  {std::int64_t{attempts_count}, job.video.db()}));
    stored = changed > 0;
    return {};
  });
  if (written && !stored) return end_late(job);  // the video was removed
  Lock lock(mutex_);
  if (auto* waiting = late_.find(job.video)) {
    waiting->running = false;
    waiting->attempts_count = attempts_count;
    waiting->not_before_ms = delay_ms == 0 ? 0 : parts_.clock.now_ms() + delay_ms;
    if (!stopping_) waiting->cancel->store(false);
  }
}

void UploadsImpl::drop_late(const Job& job) {
  const MakesSpace its_row;
  const auto written = parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(session.execute("DELETE FROM upload_late WHERE video = ?", {job.video.db()}));
    return {};
  });
  if (!written) log::warn("upload.late_not_dropped", {{"reason", written.error().message}});
  end_late(job);
}

void UploadsImpl::end_late(const Job& job) {
  ::unlink(path_of(job.file).c_str());
  Lock lock(mutex_);
  late_.erase(job.video);
}

bool UploadsImpl::drop_waiting_late() {
  bool any = false;
  while (true) {
    std::optional<Job> next;
    {
      Lock lock(mutex_);
      next = late_.take_any();
    }
    if (!next) return any;
    any = true;
    drop_late(*next);
  }
}

void UploadsImpl::reap_late(VideoId video) {
  std::optional<Job> gone;
  {
    Lock lock(mutex_);
    auto* job = late_.find(video);
    if (job == nullptr || job->running) return;  // its thread ends it
    gone = *job;
  }
  end_late(*gone);
}

}  // namespace filoscope::upload
