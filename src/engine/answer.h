#pragma once

/// One feed answer in each mode, from one state. REQUIRES the shared phase for the whole call.

#include "engine/state.h"

namespace filoscope::engine {

/// Errors: invalid_argument (count, lists too long, a cursor that is not ours or of another mode).
Result<Ranking> answer(const State& state, const EngineOptions& options,
                       const RankRequest& request);
/// As Engine::order, Engine::places and Engine::offer.
Result<std::vector<EntryId>> best_candidates(const State& state, const EngineOptions& options,
                                             const RankRequest& request, std::size_t count);
Places places(const State& state, const EngineOptions& options, const RankRequest& request,
              EntryId entry, std::span<const VideoId> without);
Ranking offer(const State& state, const EngineOptions& options, const RankRequest& request,
              EntryId entry);

}  // namespace filoscope::engine
