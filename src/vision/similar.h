#pragma once

/// From which likeness on two pictures are called similar.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "vision/descriptor.h"

namespace filoscope::vision {

/// The cosine of packed embeddings under which a picture shows nothing of a catalogue, by how many
/// pictures the projection was learned from (0: drawn). The fewer it knows, the nearer it brings
/// what it has never seen. Measured: under these about one in twenty pictures of something else
/// finds anything, and nineteen in twenty of what is there do (docs/benchmarks.md).
inline float least_similar(const DescriptorInfo& info, std::int64_t learned_count) {
  constexpr double kFew = 192, kMany = 768;  // pictures; between them by the logarithm
  const bool builtin = info.name.starts_with("builtin");
  if (learned_count == 0) return builtin ? .64F : .66F;
  const double few = builtin ? .65 : .56, many = builtin ? .53 : .46;
  const double share = std::log(static_cast<double>(learned_count) / kFew) / std::log(kMany / kFew);
  return static_cast<float>(few + (many - few) * std::clamp(share, 0.0, 1.0));
}

}  // namespace filoscope::vision
