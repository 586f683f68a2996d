#pragma once

/// Short vectors of descriptions, learned without labels on an installation's own pictures: along
/// each part, what differs between the views of one picture is noise, and what differs between
/// pictures is kept. Source: Fisher, Annals of Eugenics 7 (1936), with a picture's views as the
/// classes; measured steps in docs/benchmarks.md.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "vision/descriptor.h"
#include "vision/linear.h"

namespace filoscope::vision {

inline constexpr std::size_t kEmbeddingDim = 256;
/// Length 1 (zero where a picture has nothing in common with those that were learned from);
/// cosine is the plain product. Shape [kEmbeddingDim].
using Embedding = std::vector<float>;
/// Each float times kPackScale, rounded and cut: products of them order as cosines do.
using PackedEmbedding = std::array<std::int8_t, kEmbeddingDim>;
inline constexpr float kPackScale = 127 / .35F;  ///< components are some 1/16; past .35 is rare

PackedEmbedding pack(const Embedding& embedding);
Embedding unpack(const PackedEmbedding& packed);

/// Immutable. Threads: any.
class Projection {
 public:
  /// Learns from descriptions that `info` tells of; at most kLearnedMax of them, evenly chosen.
  /// Equal input gives equal bits on one build. From one picture on; some hundred make it good.
  /// Seconds for a thousand. Errors: vision_nothing_to_learn (none, or one of another length).
  static Result<Projection> learn(const DescriptorInfo& info,
                                  std::span<const Description> descriptions);
  static constexpr std::size_t kLearnedMax = 2048;

  /// Learned from nothing: the joined description by directions of random signs, which keep cosines
  /// to about 1/16. For catalogues that have too little to learn from. Source: Achlioptas,
  /// "Database- friendly random projections", Journal of Computer and System Sciences 66 (2003).
  static Projection drawn(const DescriptorInfo& info);

  /// REQUIRES: made by the descriptor it was learned for. About 1 ms.
  Embedding embed(const Description& description) const;

  const DescriptorInfo& info() const { return info_; }
  /// The descriptor's name and a hash of what was learned: what made an embedding.
  std::string name() const;

  /// A versioned file with a checksum.
  Bytes encode() const;
  /// Errors: corrupt (another format, damaged, sizes that do not fit).
  static Result<Projection> decode(std::span<const std::uint8_t> file);

  friend bool operator==(const Projection&, const Projection&) = default;

 private:
  /// Of one part: axes * (x - mean); without columns it is taken as it is.
  struct Axes {
    std::vector<float> mean;
    Matrix axes;  ///< [kept, dim]
    bool is_plain() const { return axes.columns == 0; }
    friend bool operator==(const Axes&, const Axes&) = default;
  };
  static Axes learn_part(const PartShape& shape, std::span<const float* const> parts);
  std::vector<float> joined(const Description& description) const;
  bool fits() const;

  DescriptorInfo info_;
  std::vector<Axes> parts_;
  Matrix last_;  ///< [kEmbeddingDim, joined floats]
};

}  // namespace filoscope::vision
