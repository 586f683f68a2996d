#pragma once

/// The numbers behind the built-in descriptor: how a local feature is shortened, and the words
/// that it is compared with. They ship with the program (`codebook.bin`), learned by `filoscope
/// vision learn-codebook` from frames of sample clips.

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "vision/picture.h"

namespace filoscope::vision {

/// Words of one kind of local feature. A feature f of `dim` floats becomes axes * (f - mean), of
/// which the nearest of the words is taken.
struct Vocabulary {
  std::size_t dim = 0;  ///< of a local feature
  std::size_t short_dim = 0;
  std::size_t words_count = 0;
  std::vector<float> mean;   ///< [dim]
  std::vector<float> axes;   ///< [short_dim, dim]
  std::vector<float> words;  ///< [words_count, short_dim]
  friend bool operator==(const Vocabulary&, const Vocabulary&) = default;
};

struct Codebook {
  Vocabulary edges;    ///< of dense_sift
  Vocabulary colours;  ///< of dense_colours
  friend bool operator==(const Codebook&, const Codebook&) = default;
};

/// Principal axes and k-means (Lloyd, seeded) over the local features of the pictures and of their
/// mirrored copies. Equal input gives equal bits on one machine. Takes a minute for 200 pictures.
/// Errors: vision_nothing_to_learn (fewer local features than words).
Result<Codebook> learn_codebook(std::span<const Picture> pictures);

/// A versioned file with a checksum, its floats as half precision (IEEE 754 binary16).
Bytes encode_codebook(const Codebook& codebook);
/// Errors: corrupt (another format, damaged).
Result<Codebook> decode_codebook(std::span<const std::uint8_t> file);

/// The one that ships. Made at the first call. Threads: any.
const Codebook& shipped_codebook();

}  // namespace filoscope::vision
