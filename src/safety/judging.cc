#include "safety/judging.h"

#include <algorithm>
#include <array>

namespace filoscope::safety {
namespace {

constexpr std::array<std::string_view, 3> kVerdictNames{"publish", "limit", "hold"};

double explicit_share(const vision::SafetyScores& scores) { return scores.porn + scores.hentai; }

Verdict verdict_of(const vision::SafetyScores& scores, const Thresholds& thresholds) {
  if (explicit_share(scores) >= thresholds.hold) return Verdict::hold;
  const bool limited =
      explicit_share(scores) >= thresholds.limit || scores.sexy >= thresholds.limit_suggestive;
  return limited ? Verdict::limit : Verdict::publish;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

std::optional<Verdict> parse_verdict(std::string_view word) {
  const auto found = std::ranges::find(kVerdictNames, word);
  if (found == kVerdictNames.end()) return std::nullopt;
  return static_cast<Verdict>(found - kVerdictNames.begin());
}

Judgement judged(std::span<const lookers::Scored> scenes, const Thresholds& thresholds) {
  Judgement out;
  double worst = -1;  // among scenes of the verdict
  for (const auto& scene : scenes) {
    const auto verdict = verdict_of(scene.scores, thresholds);
    const double shown = explicit_share(scene.scores), sexy = scene.scores.sexy;
    out.explicit_share = std::max(out.explicit_share, shown);
    out.suggestive_share = std::max(out.suggestive_share, sexy);
    const double weight = std::max(shown, sexy);
    if (verdict < out.verdict || (verdict == out.verdict && weight <= worst)) continue;
    out.verdict = verdict;
    out.at_ms = scene.at_ms;
    worst = weight;
  }
  return out;
}

}  // namespace filoscope::safety
