#pragma once

/// What an event of the log does: to the person, to what everybody shares, and to what is learned.
/// Features are made before anything moves. REQUIRES the exclusive phase.

#include "engine/state.h"

namespace filoscope::engine {

void apply_event(State& state, const EngineOptions& options, PersonKey person, const Event& event);

/// The outcomes of entries, authors and everyone from what stands of all that people did. After
/// loading what an engine saved that did not count them.
void count_outcomes_anew(State& state);

}  // namespace filoscope::engine
