#pragma once

/// The state as bytes: magic, the version of the engine that made it, sections, SHA-256 over all.
/// A section is tag, version, the lowest version that can read it, size, content; sections that a
/// reader may pass over say 0. Format 1, of the first release, was one walk without sections and is
/// still read.

#include <span>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/state.h"

namespace filoscope::engine {

/// Without its digest, which `seal` adds: that takes no look at the state. `bytes_hint`: reserved
/// at first, since growing would copy.
Bytes write_state(State& state, const EngineOptions& options, std::size_t bytes_hint);
void seal(Bytes& snapshot);

/// Fills `state`, which is as made, and gives the version of the engine that wrote it. Errors:
/// corrupt (checksum, format; the state is then to be thrown away), invalid_argument (made with
/// other options), conflict (a newer release wrote it; the sentence says what to do).
Result<std::int64_t> read_snapshot(std::span<const std::uint8_t> snapshot,
                                   const EngineOptions& options, State& state);

}  // namespace filoscope::engine
