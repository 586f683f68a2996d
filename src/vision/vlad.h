#pragma once

/// A picture's local features as one vector by the words that they are near.
/// Source: Jégou et al., "Aggregating local image descriptors into compact codes", TPAMI 34 (2012);
/// Delhumeau et al., "Revisiting the VLAD image representation", ACM MM 2013 (unit residuals);
/// Arandjelović & Zisserman, "All about VLAD", CVPR 2013 (length 1 for each word).

#include <span>

#include "vision/codebook.h"
#include "vision/local_features.h"

namespace filoscope::vision {

/// The views of the built-in descriptor: all of a picture, and the middle 75 % and 50 % of its
/// sides.
inline constexpr float kViewShares[] = {1, .75F, .5F};
inline constexpr std::size_t kViewsCount = std::size(kViewShares);

using Mirror = void (*)(const float* from, float* to);

/// Each feature counts as it is and mirrored, so that a mirrored picture has the same vector.
/// Fills `out`, shape [kViewsCount, words_count * short_dim], each row of length 1 (zero where
/// nothing is in the view). O(features * (dim + words_count) * short_dim).
void pool_vlad(const LocalFeatures& features, const Vocabulary& vocabulary, Mirror mirror,
               std::span<float> out);

/// Features through the vocabulary's axes, [count, short_dim]; mirrored before where told.
std::vector<float> shortened(const LocalFeatures& features, const Vocabulary& vocabulary,
                             Mirror mirror);

/// Which of [words_count, dim] `words` is nearest to each of [count, dim] `rows`.
std::vector<std::uint32_t> nearest_words(std::span<const float> rows, std::span<const float> words,
                                         std::size_t dim);

}  // namespace filoscope::vision
