#pragma once

/// By which rules an answer is made: the constants, options and state that make it, as one value
/// that can be told to whoever asks how the feed works.

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/records.h"

namespace filoscope::engine {

struct State;
struct EngineOptions;

/// What a video does not share with the one right before it.
enum class Apart : std::uint8_t { author, sound };
std::string_view to_string(Apart what);

/// What a route looks for, as a code.
std::string_view purpose_of(Route route);

struct FeedRules {
  HeadValues weights{};
  struct RouteRule {
    Route route = Route::fresh;
    double candidates_share = 0;  ///< of an answer's candidates, at most; 0: asked for nothing new
  };
  std::vector<RouteRule> routes;  ///< all, in the order in which they are asked
  std::size_t candidates_max = 0;
  double exploration_share = 0;         ///< of slots, drawn uniformly
  double fresh_share = 0;               ///< of slots, for first audiences
  std::uint32_t fresh_impressions = 0;  ///< promised to a new entry now
  std::int64_t fresh_ms = 0;            ///< for so long after publication
  std::vector<Apart> apart;             ///< of the one right before, where anything else is left
  std::size_t alike_count = 0;          ///< so many before lower what is like them
  /// Of so many in a row this many may be alike, and of a minor's, where anything else is left.
  std::size_t screens = 0, alike_most = 0, alike_most_of_minors = 0;
  std::int64_t interest_half_life_ms = 0;    ///< of what a person leans to
  std::int64_t counters_half_life_ms = 0;    ///< of an entry's counts
  std::int64_t popularity_half_life_ms = 0;  ///< of what is popular now
};

/// REQUIRES the shared phase.
FeedRules rules_of(const State& state, const EngineOptions& options);

}  // namespace filoscope::engine
