#pragma once

/// Vectors moved toward their neighbours before they are compared, which finds what a single
/// picture does not show. Source: Chum et al., ICCV 2007 (query expansion); Turcot & Lowe, ICCV
/// Workshops 2009 (database augmentation); weights as in Radenović et al., TPAMI 41 (2019).

#include <span>
#include <vector>

#include "vision/projection.h"

namespace filoscope::vision {

inline constexpr std::size_t kNeighbours =
    2;  ///< more helps with 8 pictures of a thing, hurts with 1

/// `query` and its k nearest of `database` summed by the cube of their cosine, length 1; a
/// neighbour on the far side counts nothing. Ties go to the earlier. REQUIRES: all of one length.
Embedding expanded(const Embedding& query, std::span<const Embedding> database,
                   std::size_t k = kNeighbours);

/// Each vector expanded by its own neighbours among the others. O(n^2 * dim).
std::vector<Embedding> augmented(std::span<const Embedding> database, std::size_t k = kNeighbours);

}  // namespace filoscope::vision
