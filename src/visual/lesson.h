#pragma once

/// When the projection is learned again, and from which clips. Pure.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/id.h"
#include "vision/projection.h"

namespace filoscope::visual {

/// Pictures that a catalogue must hold for the next learning: under the first the drawn projection
/// finds more (docs/benchmarks.md); past the last nothing is gained.
inline constexpr std::array<std::int64_t, 3> kLearnedFrom{
    192, 768, static_cast<std::int64_t>(vision::Projection::kLearnedMax)};

/// How many pictures should be learned from now, of `steps`; none where those `learned_count` still
/// do.
constexpr std::optional<std::int64_t> lesson_due(std::span<const std::int64_t> steps,
                                                 std::int64_t learned_count,
                                                 std::int64_t pictures_count) {
  std::optional<std::int64_t> due;
  for (const auto step : steps)
    if (pictures_count >= step && learned_count < step) due = step;
  return due;
}

/// Every so many of `clips` that about `pictures_count` pictures come of `count_all`.
std::vector<VideoId> lesson_clips(std::span<const VideoId> clips, std::int64_t pictures_count,
                                  std::int64_t count_all);

}  // namespace filoscope::visual
