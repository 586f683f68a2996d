#include "upload/job_queue.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace filoscope::upload {
namespace {

/// Longer than any delay: who has to wait longer than this was put off before the clock was set
/// back.
constexpr std::int64_t kDelayMaxMs = 60'000;
constexpr double kHalfLifeMs = 3'600'000;
constexpr double kForgottenMs = 100;  ///< had so little that it need not be known any more
constexpr std::int64_t kJobMs = 500;  ///< what every job costs besides its pictures
constexpr double kPixelsPerMs =
    60'000;  ///< a clip of 1080 lines and 30 frames a second in real time
/// A phone's clip of 1080 lines has about 50 pixels to a byte.
constexpr double kPixelsPerByte = 50;
constexpr double kCostMsMax = 3'600'000;  ///< what a file claims of itself may be a lie
constexpr double kPeoplePerNetwork = 4;   ///< a network counts as so many people
constexpr std::int64_t kShare = 4;        ///< a person may have a quarter of what is free

std::int64_t cost_ms_of(double pixels) {
  return kJobMs + static_cast<std::int64_t>(std::clamp(pixels / kPixelsPerMs, 0.0, kCostMsMax));
}

}  // namespace

std::int64_t cost_ms_of_pictures(std::int64_t pixels, std::int64_t frames) {
  return cost_ms_of(static_cast<double>(pixels) * static_cast<double>(frames));
}

double JobQueue::Usage::had_at(std::int64_t now_ms) const {
  const auto passed_ms = std::max<std::int64_t>(0, now_ms - at_ms);
  return had_ms * std::exp2(-static_cast<double>(passed_ms) / kHalfLifeMs);
}

void JobQueue::add(Job job) {
  if (job.cost_ms == 0)
    job.cost_ms = cost_ms_of(static_cast<double>(job.size_bytes) * kPixelsPerByte);
  const auto video = job.video;
  jobs_.insert_or_assign(video, std::move(job));
}

JobQueue::Claim JobQueue::claim(const Job& job, std::int64_t now_ms) const {
  const auto rank = [&](const auto& usages, const auto& id, double people, double& had_ms) {
    const auto at = usages.find(id);
    std::int64_t since_ms = job.created_ms;
    if (at != usages.end()) {
      had_ms = at->second.had_at(now_ms) / people;
      since_ms = std::max(since_ms, at->second.turn_ms);
    }
    const auto waited_ms = std::max<std::int64_t>(0, now_ms - since_ms);
    return had_ms + static_cast<double>(job.cost_ms - waited_ms);
  };
  Claim claim;
  claim.rank_ms = rank(owners_, job.owner, 1, claim.had_ms);
  double network_had_ms = 0;
  if (job.network != 0) {
    claim.rank_ms =
        std::max(claim.rank_ms, rank(networks_, job.network, kPeoplePerNetwork, network_had_ms));
  }
  return claim;
}

void JobQueue::keep_to_clock(std::int64_t now_ms) {
  for (auto& [video, job] : jobs_) job.created_ms = std::min(job.created_ms, now_ms);
  const auto keep = [&](auto& usages) {
    for (auto& [id, usage] : usages) {
      usage.turn_ms = std::min(usage.turn_ms, now_ms);
      usage.at_ms = std::min(usage.at_ms, now_ms);
    }
    std::erase_if(usages,
                  [&](const auto& entry) { return entry.second.had_at(now_ms) < kForgottenMs; });
  };
  keep(owners_);
  keep(networks_);
}

std::optional<Job> JobQueue::take(std::int64_t now_ms) {
  keep_to_clock(now_ms);
  Job* best = nullptr;
  Claim best_claim;
  for (auto& [video, job] : jobs_) {
    const auto delay_ms = job.not_before_ms - now_ms;
    if (job.running || (delay_ms > 0 && delay_ms <= kDelayMaxMs) || job.cancel->load()) continue;
    const auto mine = claim(job, now_ms);
    const auto order = [](const Claim& claim, const Job& of) {
      return std::tuple(claim.rank_ms, claim.had_ms, of.size_bytes, of.video);
    };
    if (best != nullptr && order(mine, job) >= order(best_claim, *best)) continue;
    best = &job;
    best_claim = mine;
  }
  if (best == nullptr) return std::nullopt;
  std::optional<Job> taken = *best;
  charge(*best, best->cost_ms, now_ms);
  best->running = taken->running = true;
  return taken;
}

std::optional<Job> JobQueue::take_any() {
  for (auto& [video, job] : jobs_) {
    if (job.running) continue;
    std::optional<Job> taken = job;
    job.running = taken->running = true;
    return taken;
  }
  return std::nullopt;
}

void JobQueue::charge(const Job& job, std::int64_t took_ms, std::int64_t now_ms) {
  const auto add = [&](Usage& usage) {
    usage = {usage.had_at(now_ms) + static_cast<double>(took_ms), now_ms, now_ms};
  };
  add(owners_[job.owner]);
  if (job.network != 0) add(networks_[job.network]);
}

void JobQueue::settle(const Job& taken, std::int64_t took_ms) {
  const auto more_ms = static_cast<double>(took_ms - taken.cost_ms);
  const auto charge = [&](auto& usages, const auto& id) {
    const auto at = usages.find(id);
    if (at != usages.end()) at->second.had_ms = std::max(0.0, at->second.had_ms + more_ms);
  };
  charge(owners_, taken.owner);
  charge(networks_, taken.network);
}

Job* JobQueue::find(VideoId video) {
  const auto at = jobs_.find(video);
  return at == jobs_.end() ? nullptr : &at->second;
}

void JobQueue::erase(VideoId video) { jobs_.erase(video); }

const Job* JobQueue::unmeasured() const {
  for (const auto& [video, job] : jobs_)
    if (!job.measured && !job.running) return &job;
  return nullptr;
}

void JobQueue::cancel_running() {
  for (auto& [video, job] : jobs_)
    if (job.running) job.cancel->store(true);
}

bool JobQueue::admits(AccountId owner, std::int64_t network, const OnTheirWay& uploads,
                      std::int64_t queue_max) const {
  auto [own, beside, waiting] = uploads;
  for (const auto& [video, job] : jobs_) {
    if (job.running) continue;
    ++waiting;
    if (job.owner == owner) ++own;
    if (network != 0 && job.network == network) ++beside;
  }
  if (2 * beside >= 2 * queue_max - waiting && beside > 0) return false;
  if (own == 0) return waiting < 2 * queue_max;
  return kShare * own < queue_max - waiting;
}

std::size_t JobQueue::running_count() const {
  return static_cast<std::size_t>(std::count_if(
      jobs_.begin(), jobs_.end(), [](const auto& entry) { return entry.second.running; }));
}

std::size_t JobQueue::waiting_count() const { return jobs_.size() - running_count(); }

}  // namespace filoscope::upload
