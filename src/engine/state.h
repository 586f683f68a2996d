#pragma once

/// Everything the log made: the whole state of the engine at one position.
/// Threads: as the engine's phases.

#include <algorithm>
#include <array>

#include "engine/collaborative.h"
#include "engine/embedding_table.h"
#include "engine/engine.h"
#include "engine/guard.h"
#include "engine/model.h"
#include "engine/next_head.h"
#include "engine/pending.h"
#include "engine/person_state.h"
#include "engine/video_table.h"

namespace filoscope::engine {

struct State {
  HeadValues weights{};
  LogPosition position = 0;
  std::int64_t at_ms = 0;  ///< of the last record
  VideoTable videos;
  PeopleTable people;
  EmbeddingTable embeddings;
  Model model;
  Collaborative collaborative;
  NextHead next_head;
  Guard guard;
  PendingTable pending;
  OutcomeFactors outcome_factors;
  std::array<Counters, 4> everyone;           ///< by duration bucket
  std::array<OutcomeCounts, 4> all_outcomes;  ///< too

  /// Rates of the outcomes with videos of this length.
  HeadValues usual_rates(unsigned bucket) const {
    return all_outcomes[bucket].rates(kUsualRates, kUsualStrength);
  }

  /// Mean watched share of videos of this length, smoothed towards 0.4.
  float share_mean(unsigned bucket) const {
    const Counters& c = everyone[bucket];
    return (c.share_sum + 20 * 0.4F) / (c.watches + 20);
  }

  /// After loading: whether all parts fit together.
  bool fits() {
    const auto end = videos.numbers_end();
    return people.fits(end) && outcome_factors.fits(end) && collaborative.fits(people, end) &&
           next_head.fits() && model.fits() && guard.fits() &&
           std::all_of(all_outcomes.begin(), all_outcomes.end(),
                       [](const OutcomeCounts& counts) { return counts.fits(); });
  }

  template <typename A>
  void visit_base(A& a) {
    const auto heads = visit_heads_count(a);
    for (std::size_t i = 0; i < heads; ++i) a(weights[i]);
    a(position), a(at_ms);
  }
  template <typename A>
  void visit_everyone(A& a) {
    for (auto& counters : everyone) engine::visit(a, counters);
    if (a.version < 2) return;
    for (auto& counts : all_outcomes) engine::visit(a, counts);
  }
  template <typename A>
  void visit(A& a) {
    visit_base(a), videos.visit(a), people.visit(a), embeddings.visit(a), model.visit(a);
    pending.visit(a), visit_everyone(a);
    if (a.version >= 2) collaborative.visit(a), next_head.visit(a);
    if (a.version >= 3) outcome_factors.visit(a), guard.visit(a);
  }
};

/// Impressions a new video is promised at this audience.
inline std::uint32_t fresh_target(const State& state, const EngineOptions& options) {
  const auto half = state.people.audience() / 2;
  return std::max<std::uint32_t>(2, std::min(options.fresh_impressions, half));
}

/// The effect of one record on the state. Errors: corrupt, conflict (does not decode; the state is
/// then unchanged).
Result<void> apply_record(State& state, const EngineOptions& options, const LogRecord& record);

}  // namespace filoscope::engine
