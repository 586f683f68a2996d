#pragma once

/// Baselines that solve dense linear algebra once over all that is learned: for `split` and
/// `temporal`. Threads: one at a time.

#include <cstddef>
#include <memory>
#include <vector>

#include "eval/ranker.h"

namespace filoscope::eval {

/// Who had what, without repeats.
struct Incidence {
  std::vector<std::vector<std::uint32_t>> items_of, people_of;  ///< by person, by item
  std::size_t count = 0;                                        ///< of pairs
};

/// EASE^R inverts a matrix of items by items, of eight bytes each.
inline constexpr std::size_t kEaseItemsMax = 12'000;
/// Closed-form item-to-item weights with a zero diagonal (Steck, "Embarrassingly Shallow
/// Autoencoders for Sparse Data", WWW 2019). REQUIRES: at most kEaseItemsMax items.
std::unique_ptr<Ranker> make_ease();

inline constexpr std::size_t kFactorsCount = 64;
/// Implicit-feedback matrix factorisation by alternating least squares (Hu, Koren & Volinsky, ICDM
/// 2008), kFactorsCount dimensions; the regularisation grows with the number of a person's or item's
/// interactions (Rendle et al., "Revisiting the Performance of iALS", RecSys 2022).
std::unique_ptr<Ranker> make_implicit_als();

}  // namespace filoscope::eval
