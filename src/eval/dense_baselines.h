#pragma once

/// Baselines that solve dense linear algebra once over all that is learned: for `split` and
/// `temporal`. Binary: who had what.

#include <memory>

#include "eval/ranker.h"

namespace filoscope::eval {

inline constexpr float kEaseRidge = 100;  ///< the same for every log
/// It inverts a float32 matrix of the people or of the items, of whom there are fewer.
inline constexpr std::size_t kEaseSideMax = 12'000;
/// Closed-form weights between items with a zero diagonal (Steck, "Embarrassingly Shallow
/// Autoencoders for Sparse Data", WWW 2019). REQUIRES: at most kEaseSideMax people or items.
std::unique_ptr<Ranker> make_ease();

inline constexpr std::size_t kFactorsCount = 64;
/// Matrix factorisation of implicit feedback by alternating least squares (Hu, Koren & Volinsky,
/// "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008).
std::unique_ptr<Ranker> make_implicit_als();

}  // namespace filoscope::eval
