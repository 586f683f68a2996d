#pragma once

/// The plain methods that a recommender must beat, each in a page. Which of them a protocol takes
/// is said in `methods.h`.

#include <memory>

#include "eval/ranker.h"

namespace filoscope::eval {

/// By the number of interactions.
std::unique_ptr<Ranker> make_popularity();

inline constexpr double kHalfLifeEvents = 3000;
/// By the number of interactions, each of which counts half after kHalfLifeEvents further ones.
std::unique_ptr<Ranker> make_decayed_popularity();

/// By the sum of the shrunk cosines between the item and each one she has had, over each item's
/// nearest neighbours (Sarwar et al., WWW 2001; shrinkage: Bell & Koren, ICDM 2007; binary). Found
/// once, for `split` and `temporal`.
std::unique_ptr<Ranker> make_item_knn();

inline constexpr std::size_t kLastItems = 5;
/// By the sum of shrunk cosines between the item and each of her last kLastItems, where two items
/// occur together if a person had them within kLastItems of each other: learned at each event.
std::unique_ptr<Ranker> make_recent_item_knn();
/// That times the square root of the decayed popularity.
std::unique_ptr<Ranker> make_recent_item_knn_by_popularity();

}  // namespace filoscope::eval
