#include "safety/safety.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/guarded_thread.h"
#include "base/log.h"
#include "base/mutex.h"
#include "media/sandbox.h"
#include "safety/reasons.h"
#include "safety/schema.h"
#include "safety/store.h"

namespace filoscope::safety {
namespace {

constexpr std::int64_t kHeldMax = 200;
constexpr std::int64_t kMemoryMax = 3LL << 30;
constexpr int kJobsMax = 500, kTriesMax = 2;
/// Clips that no process could be started for, one behind the other, until they are no longer put
/// off.
constexpr int kNotStartedMax = 5;

class SafetyImpl final : public Safety {
 public:
  SafetyImpl(const Parts& parts, Verdict unlooked)
      : parts_(parts),
        store_(parts.database),
        unlooked_(unlooked),
        model_(vision::safety_model_path(parts.config)),
        lookers_({.program = parts.program,
                  .safety = model_,
                  .memory_max_bytes = kMemoryMax,
                  .niceness = media::kWorkerNice,
                  .jobs_max = kJobsMax,
                  .stop = &stop_},
                 parts.judged_at_once + 1, kTriesMax) {}
  ~SafetyImpl() override { SafetyImpl::stop(); }
  Result<void> start();
  void stop() override;

  Result<Judgement> judge(int rendition_fd) override;
  Result<void> keep(Session& session, VideoId video, const Judgement& judgement,
                    const std::optional<copies::Blocked>& matched) override;
  Result<std::optional<Judgement>> judgement_of(VideoId video) override {
    return store_.judgement(video);
  }
  Result<std::vector<Held>> held() override;
  Result<std::int64_t> held_count() override { return store_.held_count(); }
  Result<void> release(VideoId video, std::optional<bool> sensitive) override;
  Result<void> refuse(VideoId video) override;
  Result<void> set_sensitive(VideoId video, bool sensitive) override;
  Result<Status> status() override;

 private:
  static Result<void> on_change(Session& session, const catalog::Entry& entry);
  Thresholds thresholds() const;
  Result<std::vector<lookers::Scored>> look(int rendition_fd, std::string& by);
  void note(const lookers::wire::Ready& ready);
  void note_problem(const std::string& problem);
  bool is_put_off(const Error& problem);
  void tell(const catalog::Video& video, const char* kind, std::string text);

  const Parts parts_;
  const Store store_;
  const Verdict unlooked_;
  const std::string model_;  ///< empty: there is none
  std::atomic<bool> stop_ = false;
  lookers::Lookers lookers_;
  std::atomic<int> not_started_count_ = 0;
  Mutex mutex_;
  std::string classifier_ FILOSCOPE_GUARDED_BY(mutex_), problem_ FILOSCOPE_GUARDED_BY(mutex_);
  std::thread greeter_;
};

Result<void> SafetyImpl::start() {
  FILOSCOPE_DO(parts_.database.migrate("safety", migrations()));
  parts_.catalog.on_change(
      [](Session& session, const catalog::Entry& entry) { return on_change(session, entry); });
  if (model_.empty() || parts_.judged_at_once == 0) return {};
  // So that a classifier that is of no use is told at the start.
  greeter_ = std::thread([this] {
    run_guarded("safety.greeter", [this] {
      const auto met = lookers_.with([this](lookers::Looker& looker) -> Result<void> {
        return note(looker.ready()), Result<void>();
      });
      if (!met && !stop_ && met.error().reason != "looking_busy") note_problem(met.error().message);
    });
  });
  return {};
}

void SafetyImpl::stop() {
  stop_ = true;
  if (greeter_.joinable()) greeter_.join();
}

void SafetyImpl::note(const lookers::wire::Ready& ready) {
  if (ready.safety.empty()) return note_problem(ready.safety_problem);
  Lock lock(mutex_);
  if (classifier_ != ready.safety) log::info("safety.ready", {{"classifier", ready.safety}});
  classifier_ = ready.safety;
  problem_.clear();
}

void SafetyImpl::note_problem(const std::string& problem) {
  Lock lock(mutex_);
  if (problem_ != problem) log::warn("safety.classifier_not_used", {{"reason", problem}});
  classifier_.clear();
  problem_ = problem;
}

Result<void> SafetyImpl::on_change(Session& session, const catalog::Entry& entry) {
  if (entry.kind != catalog::Kind::video) return {};
  const bool removed = entry.state == catalog::State::removed;
  if (removed && entry.removed_ms == 0) return Store::forget(session, entry.id);
  if (!entry.held) return Store::let_go(session, entry.id);
  return Store::set_removed(session, entry.id, removed);
}

Thresholds SafetyImpl::thresholds() const {
  const auto& config = parts_.config;
  return {.hold = config[kHoldFrom],
          .limit = config[kLimitFrom],
          .limit_suggestive = config[kLimitSuggestiveFrom]};
}

Result<std::vector<lookers::Scored>> SafetyImpl::look(int rendition_fd, std::string& by) {
  std::vector<lookers::Scored> scenes;
  FILOSCOPE_DO(lookers_.with([&](lookers::Looker& looker) -> Result<void> {
    note(looker.ready());
    by = looker.ready().safety;
    FILOSCOPE_TRY(scenes, looker.safety(rendition_fd, static_cast<int>(parts_.config[kFramesMax])));
    return {};
  }));
  return scenes;
}

/// What is not the clip's fault, and may be over soon.
bool SafetyImpl::is_put_off(const Error& problem) {
  if (stop_ || problem.reason == "looking_busy") return true;
  if (problem.reason != "looker_not_started") return false;
  return ++not_started_count_ <= kNotStartedMax;
}

Result<Judgement> SafetyImpl::judge(int rendition_fd) {
  Judgement judgement;
  if (model_.empty() || parts_.judged_at_once == 0) return judgement;
  std::string by;
  const auto scenes = look(rendition_fd, by);
  if (scenes) {
    not_started_count_ = 0;
    judgement = judged(*scenes, thresholds());
    judgement.by = std::move(by);
    return judgement;
  }
  const auto& problem = scenes.error();
  if (is_put_off(problem)) return problem;
  log::warn("safety.not_looked_at", {{"reason", problem.message}});
  judgement.verdict = unlooked_;
  // Slow to look at is no way past the classifier.
  if (problem.reason == "picture_takes_too_long")
    judgement.verdict = std::max(unlooked_, Verdict::limit);
  return judgement;
}

Result<void> SafetyImpl::keep(Session& session, VideoId video, const Judgement& judgement,
                              const std::optional<copies::Blocked>& matched) {
  if (!model_.empty() || !judgement.by.empty())
    FILOSCOPE_DO(Store::keep(session, video, judgement));
  if (judgement.verdict != Verdict::hold && !matched) return {};
  return Store::hold(session, video, matched, parts_.clock.now_ms());
}

Result<std::vector<Held>> SafetyImpl::held() {
  FILOSCOPE_TRY(const auto rows, store_.held(kHeldMax));
  std::vector<Held> out;
  for (const auto& row : rows) {
    auto video = parts_.catalog.get(row.video);
    if (!video && video.error().code == Code::not_found) continue;
    if (!video) return video.error();
    if (!video->held) continue;
    FILOSCOPE_TRY(auto judgement, store_.judgement(row.video));
    out.push_back({*std::move(video), row.matched, std::move(judgement), row.held_ms});
  }
  return out;
}

Result<void> SafetyImpl::release(VideoId id, std::optional<bool> sensitive) {
  FILOSCOPE_TRY(const auto video, parts_.catalog.release(id, sensitive));
  tell(video, "published", std::string(video.draft ? social::kDraftReady : ""));
  if (video.sensitive) tell(video, "limited", "");
  return {};
}

Result<void> SafetyImpl::refuse(VideoId id) {
  FILOSCOPE_TRY(const auto video, parts_.catalog.refuse(id));
  tell(video, "refused", video.caption);
  return {};
}

Result<void> SafetyImpl::set_sensitive(VideoId id, bool sensitive) {
  FILOSCOPE_TRY(const auto before, parts_.catalog.get(id));
  if (before.sensitive == sensitive) return {};
  FILOSCOPE_TRY(const auto video, parts_.catalog.set_sensitive(id, sensitive));
  tell(video, sensitive ? "limited" : "unlimited", "");
  return {};
}

void SafetyImpl::tell(const catalog::Video& video, const char* kind, std::string text) {
  social::Notification notification;
  notification.kind = kind, notification.video = video.id;
  notification.text = std::move(text);
  const auto told = parts_.social.notify(video.owner, notification);
  if (!told) log::warn("safety.notify_failed", {{"reason", told.error().message}});
}

Result<Status> SafetyImpl::status() {
  Status status;
  FILOSCOPE_TRY(status.held_count, store_.held_count());
  Lock lock(mutex_);
  status.classifier = classifier_;
  status.problem = problem_;
  return status;
}

}  // namespace

Result<std::unique_ptr<Safety>> Safety::open(const Parts& parts) {
  const auto& word = parts.config[kUnlooked];
  const auto unlooked = parse_verdict(word);
  if (!unlooked) return Error(reason("not_what_to_do_unlooked"), word);
  auto safety = std::make_unique<SafetyImpl>(parts, *unlooked);
  FILOSCOPE_DO(safety->start());
  return std::unique_ptr<Safety>(std::move(safety));
}

}  // namespace filoscope::safety
