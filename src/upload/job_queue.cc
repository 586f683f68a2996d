#include "upload/job_queue.h"

#include <algorithm>
#include <limits>

namespace filoscope::upload {
namespace {

constexpr std::int64_t kPatienceMs = 10LL * 60 * 1000;
/// Longer than any delay: who has to wait longer than this was put off before the clock was set
/// back.
constexpr std::int64_t kDelayMaxMs = 60'000;
/// What every job costs besides its size, in bytes.
constexpr double kJobCost = 1 << 20;

}  // namespace

void JobQueue::add(Job job) {
  const auto video = job.video;
  jobs_.insert_or_assign(video, std::move(job));
}

double JobQueue::had(AccountId owner) const {
  const auto at = had_.find(owner);
  return at == had_.end() ? now_ : std::max(now_, at->second);
}

bool JobQueue::before(const Job& a, const Job& b, std::int64_t now_ms) const {
  const bool a_late = now_ms - a.created_ms > kPatienceMs;
  const bool b_late = now_ms - b.created_ms > kPatienceMs;
  if (a_late != b_late) return a_late;
  if (a_late && a.created_ms != b.created_ms) return a.created_ms < b.created_ms;
  const double a_had = had(a.owner), b_had = had(b.owner);
  if (a_had != b_had) return a_had < b_had;
  if (a.size_bytes != b.size_bytes) return a.size_bytes < b.size_bytes;
  return a.video < b.video;
}

Job* JobQueue::take(std::int64_t now_ms) {
  Job* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (auto& [video, job] : jobs_) {
    const auto delay_ms = job.not_before_ms - now_ms;
    if (job.running || (delay_ms > 0 && delay_ms <= kDelayMaxMs) || job.cancel->load()) continue;
    if (best == nullptr || before(job, *best, now_ms)) best = &job;
    least = std::min(least, had(job.owner));
  }
  if (best == nullptr) return nullptr;
  now_ = least;
  had_[best->owner] = had(best->owner) + kJobCost + static_cast<double>(best->size_bytes);
  std::erase_if(had_, [&](const auto& entry) { return entry.second <= now_; });
  best->running = true;
  return best;
}

Job* JobQueue::find(VideoId video) {
  const auto at = jobs_.find(video);
  return at == jobs_.end() ? nullptr : &at->second;
}

void JobQueue::erase(VideoId video) {
  jobs_.erase(video);
  if (jobs_.empty()) had_.clear(), now_ = 0;
}

void JobQueue::cancel_running() {
  for (auto& [video, job] : jobs_)
    if (job.running) job.cancel->store(true);
}

std::size_t JobQueue::running_count() const {
  return static_cast<std::size_t>(std::count_if(
      jobs_.begin(), jobs_.end(), [](const auto& entry) { return entry.second.running; }));
}

std::size_t JobQueue::waiting_count() const { return jobs_.size() - running_count(); }

}  // namespace filoscope::upload
