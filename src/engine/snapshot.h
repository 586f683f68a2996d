#pragma once

/// The state as bytes: magic, format, the version of the engine that made it, sections, BLAKE2b-256
/// over all. A section is tag, version, the lowest version that can read it, size, content;
/// sections that a reader may pass over say 0. Format 2 had SHA-256 at its end; format 1, of the
/// first release, was one walk without sections. Both are still read.

#include <span>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/state.h"

namespace filoscope::engine {

/// Gives the snapshot to `write` in parts; REQUIRES: nobody writes to `state`. Errors: those of
/// `write`.
Result<void> write_snapshot(const State& state, const EngineOptions& options, const Write& write);

/// Over the whole state in its canonical order. REQUIRES: as above.
std::uint64_t hash_of(const State& state);

/// Fills `state`, which is as made, and gives the version of the engine that wrote it. Errors:
/// corrupt (checksum, format; the state is then to be thrown away), invalid_argument (made with
/// other options), conflict (a newer release wrote it; the sentence says what to do).
Result<std::int64_t> read_snapshot(std::span<const std::uint8_t> snapshot,
                                   const EngineOptions& options, State& state);

}  // namespace filoscope::engine
