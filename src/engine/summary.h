#pragma once

/// What the engine holds about a person, in words that the outside knows. REQUIRES the shared
/// phase.

#include "engine/state.h"

namespace filoscope::engine {

PersonSummary summary_of(const State& state, PersonKey key);

}  // namespace filoscope::engine
