#pragma once

/// What a person asked the feed for: more or less of a hashtag or an author, more people whom she
/// does not know, longer or shorter videos. REQUIRES the shared phase.

#include <vector>

#include "engine/state.h"

namespace filoscope::engine {

/// What her wishes add to the value of a video, in standard deviations of the candidates' values.
float wished(const State& state, const PersonState& person, std::uint32_t number);

/// What it is for what she asked to be spared.
inline constexpr float kHardlyAny = -6;

/// Keys of postings that she asked for more of, the last first.
std::vector<std::uint32_t> wished_keys(const PersonState& person);

}  // namespace filoscope::engine
