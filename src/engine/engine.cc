#include "engine/engine.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "engine/answer.h"
#include "engine/archive.h"
#include "engine/phase_lock.h"
#include "engine/reasons.h"
#include "engine/snapshot.h"
#include "engine/state.h"
#include "engine/summary.h"

namespace filoscope::engine {
namespace {

Result<void> check(const EngineOptions& o) {
  const auto outside = [](const char* option, const char* least, const char* most) {
    return Error(reason("engine_option_out_of_range"), option, least, most);
  };
  if (o.videos_max < 1 || o.videos_max > (std::size_t{1} << 31))
    return outside("videos_max", "1", "2^31");
  if (o.people_max < 1 || o.people_max > (std::size_t{1} << 30))
    return outside("people_max", "1", "2^30");
  if (!(o.exploration_share >= 0 && o.exploration_share <= 1))
    return outside("exploration_share", "0", "1");
  if (o.candidates_max < 20 || o.candidates_max > 10'000)
    return outside("candidates_max", "20", "10,000");
  if (o.guest_state_ttl_ms < 1)
    return Error(reason("engine_option_too_small"), "guest_state_ttl_ms", 1);
  for (const float w : o.weights)
    if (!(w >= -1000 && w <= 1000)) return outside("a weight", "-1000", "1000");
  return {};
}

FirstAudience first_audience_of(const State& state, const EngineOptions& options) {
  FirstAudience sum;
  sum.impressions = fresh_target(state, options);
  const auto& videos = state.videos;
  const auto oldest_ms = state.at_ms - VideoTable::kFreshMs;
  for (auto number = videos.numbers_end();
       number > 0 && videos.numbers_end() - number < FirstAudience::kSampleMax; --number) {
    const auto flags = videos.scan(number - 1).flags;
    if ((flags & (kLive | kFollowersOnly)) != kLive) continue;
    ++sum.promised_count;
    if ((flags & kFreshDone) != 0)
      ++sum.got_count;
    else if (videos[number - 1].created_ms >= oldest_ms)
      ++sum.waiting_count;
  }
  return sum;
}

/// By MemoryPart.
std::array<std::size_t, kMemoryPartsCount> memory_of(const State& state) {
  return {state.videos.bytes(),
          state.people.bytes(),
          state.embeddings.bytes(),
          state.collaborative.bytes(),
          state.outcome_factors.bytes(),
          state.pending.bytes(),
          sizeof(State)};
}

class FrozenStateImpl final : public FrozenState {
 public:
  FrozenStateImpl(const State& state, const EngineOptions& options, bool whole)
      : state_(state), options_(options), whole_(whole) {}
  bool whole() const override { return whole_; }
  LogPosition position() const override { return state_.position; }
  std::uint64_t hash() const override { return hash_of(state_); }
  Result<void> save(const Write& write) const override {
    return write_snapshot(state_, options_, write);
  }

 private:
  const State state_;
  const EngineOptions options_;
  const bool whole_;
};

class EngineImpl final : public Engine {
 public:
  explicit EngineImpl(const EngineOptions& options) : options_(options) {
    state_.weights = options.weights;
  }

  Result<void> restate(const LogRecord& fact) override {
    const std::unique_lock phase(phase_);
    FILOSCOPE_CHECK(fact.position == 0 && state_.position == 0);
    return apply_record(state_, options_, fact);
  }
  Result<void> apply(const LogRecord& record) override {
    const std::unique_lock phase(phase_);
    FILOSCOPE_CHECK(record.position > state_.position);
    const bool was_whole =
        std::exchange(whole_, false);  // until it is applied without an exception
    auto done = apply_record(state_, options_, record);
    whole_ = was_whole;
    return done;
  }
  Result<Ranking> rank(const RankRequest& request) const override {
    const std::shared_lock phase(phase_);
    return answer(state_, options_, request);
  }
  Result<std::vector<EntryId>> order(const RankRequest& request, std::size_t count) const override {
    const std::shared_lock phase(phase_);
    return best_candidates(state_, options_, request, count);
  }
  Ranking offer(const RankRequest& request, EntryId entry) const override {
    const std::shared_lock phase(phase_);
    return engine::offer(state_, options_, request, entry);
  }
  Places places(const RankRequest& request, EntryId entry,
                std::span<const VideoId> without) const override {
    const std::shared_lock phase(phase_);
    return engine::places(state_, options_, request, entry, without);
  }
  PersonSummary summary(PersonKey key) const override {
    const std::shared_lock phase(phase_);
    return summary_of(state_, key);
  }
  EngineStats stats() const override {
    const std::shared_lock phase(phase_);
    EngineStats stats;
    stats.position = state_.position;
    stats.videos_count = state_.videos.live_count();
    stats.people_count = state_.people.size();
    stats.examples_count = state_.model.examples;
    stats.prequential_loss = state_.model.loss();
    stats.loss_lately = state_.model.loss_lately();
    stats.calibration = state_.model.calibration();
    stats.guard = state_.guard.stats();
    stats.weights = state_.weights;
    stats.first_audience = first_audience_of(state_, options_);
    stats.memory_parts_bytes = memory_of(state_);
    for (const auto bytes : stats.memory_parts_bytes) stats.memory_bytes += bytes;
    return stats;
  }
  FeedRules rules() const override {
    const std::shared_lock phase(phase_);
    return rules_of(state_, options_);
  }
  bool knows(PersonKey person) const override {
    const std::shared_lock phase(phase_);
    return state_.people.find(person) != nullptr;
  }
  std::size_t erasing_records() const override {
    const std::shared_lock phase(phase_);
    return std::max(state_.people.erasing_steps(), state_.collaborative.sweeps_left());
  }
  LogPosition position() const override {
    const std::shared_lock phase(phase_);
    return state_.position;
  }
  std::uint64_t state_hash() const override { return freeze()->hash(); }
  std::unique_ptr<FrozenState> freeze() const override {
    const std::unique_lock phase(phase_);
    return std::make_unique<FrozenStateImpl>(state_, options_, whole_);
  }
  std::int64_t made_by() const override { return made_by_; }
  Result<void> restore(std::span<const std::uint8_t> snapshot) {
    FILOSCOPE_TRY(made_by_, read_snapshot(snapshot, options_, state_));
    return {};
  }

 private:
  EngineOptions options_;
  mutable PhaseLock phase_;
  State state_;
  bool whole_ = true;
  std::int64_t made_by_ = kEngineVersion;
};

}  // namespace

std::string_view to_string(MemoryPart part) {
  constexpr std::array<std::string_view, kMemoryPartsCount> names{
      "videos", "people", "embeddings", "collaborative", "outcome_factors", "pending", "rest"};
  return names[static_cast<std::size_t>(part)];
}

Bytes Engine::save() const {
  Bytes out;
  const Write keep = [&out](std::span<const std::uint8_t> part) -> Result<void> {
    out.insert(out.end(), part.begin(), part.end());
    return {};
  };
  FILOSCOPE_CHECK(freeze()->save(keep).has_value());
  return out;
}

RankRequest request_of(PersonKey person, const Decision& decision) {
  RankRequest request;
  request.request = decision.request, request.person = person, request.mode = decision.mode;
  request.count = decision.count, request.seed = decision.seed, request.at_ms = decision.at_ms;
  request.language = decision.language, request.age = decision.age;
  request.kinds = decision.kinds;
  request.held = decision.held, request.shown = decision.shown, request.cursor = decision.cursor;
  return request;
}

Result<std::unique_ptr<Engine>> Engine::create(const EngineOptions& options) {
  FILOSCOPE_DO(check(options));
  return std::unique_ptr<Engine>(std::make_unique<EngineImpl>(options));
}

Result<std::unique_ptr<Engine>> Engine::load(const EngineOptions& options,
                                             std::span<const std::uint8_t> snapshot) {
  FILOSCOPE_DO(check(options));
  auto engine = std::make_unique<EngineImpl>(options);
  FILOSCOPE_DO(engine->restore(snapshot));
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace filoscope::engine
