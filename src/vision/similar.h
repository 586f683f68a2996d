#pragma once

/// From which likeness on two pictures are called similar.

#include <array>
#include <cstdint>

#include "vision/descriptor.h"

namespace filoscope::vision {

/// The cosine of packed embeddings under which a picture shows nothing of a catalogue, by how many
/// pictures the projection was learned from (0: drawn). The fewer it knows, the nearer it brings
/// what it has never seen. Measured: under these about one in twenty pictures of something else
/// finds anything, and nineteen in twenty of what is there do (docs/benchmarks.md).
inline float least_similar(const DescriptorInfo& info, std::int64_t learned_count) {
  struct Step {
    std::int64_t learned_count;
    float builtin, network;
  };
  constexpr std::array<Step, 3> kSteps{{{0, .64F, .66F}, {192, .65F, .56F}, {768, .53F, .46F}}};
  const bool builtin = info.name.starts_with("builtin");
  float least = 0;
  for (const auto& step : kSteps)
    if (learned_count >= step.learned_count) least = builtin ? step.builtin : step.network;
  return least;
}

}  // namespace filoscope::vision
