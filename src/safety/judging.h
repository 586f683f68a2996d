#pragma once

/// From what a classifier makes of a clip's scenes to what becomes of the clip.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lookers/looker.h"

namespace filoscope::safety {

/// The number is stored.
enum class Verdict : std::uint8_t { publish, limit, hold };
std::string_view to_string(Verdict verdict);
/// Nothing for another word.
std::optional<Verdict> parse_verdict(std::string_view word);

/// Shares from which on a scene has its clip limited or held; 1.01 and more never does.
struct Thresholds {
  double hold = 1, limit = 1;   ///< of what is explicit: porn and hentai together
  double limit_suggestive = 1;  ///< of "sexy"
};

struct Judgement {
  Verdict verdict = Verdict::publish;
  std::string by;               ///< SafetyNetwork::name; empty: nobody looked
  double explicit_share = 0;    ///< of the scene with most of it
  double suggestive_share = 0;  ///< too
  std::int64_t at_ms = 0;       ///< the scene that decided, or the most explicit one
};

/// By its worst scene: one is enough to be seen.
Judgement judged(std::span<const lookers::Scored> scenes, const Thresholds& thresholds);

}  // namespace filoscope::safety
