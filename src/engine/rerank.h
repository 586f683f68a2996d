#pragma once

/// From scored candidates to an order: a pure function of its arguments. Spaces authors and sounds,
/// keeps topics from crowding each other out (a greedy maximal-marginal-relevance order: Carbonell
/// & Goldstein, SIGIR 1998), and gives single slots to exploration and to the fresh pool by the
/// seed.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "engine/embedding_table.h"
#include "engine/feed_rules.h"

namespace filoscope::engine {

/// How much the video before, the one before that … still weigh.
inline constexpr std::array<float, 6> kFading{1.0F, 0.6F, 0.4F, 0.3F, 0.2F, 0.1F};

/// Given up from the end where nothing else is left.
inline constexpr std::array kApart{Apart::author, Apart::sound};

struct Scored {
  std::uint32_t video = 0;
  float value = 0;
  std::uint64_t author = 0;
  std::uint64_t sound = 0;  ///< 0: silent
  bool fresh = false;       ///< still owed impressions
  Row content{};            ///< of length 1
};

struct RerankOptions {
  std::size_t count = 8;
  double fresh_share = 0.10;        ///< of slots kept for what is owed impressions
  double exploration_share = 0.02;  ///< of slots
  float breadth = 0.8F;             ///< price of likeness, in standard deviations of the values
};

struct Slot {
  std::size_t index = 0;  ///< into the candidates
  enum class Why : std::uint8_t { value, fresh, exploration } why = Why::value;
  /// Of this candidate in this slot, given those above: over all ways in which the policy may come
  /// to it, greedily, for its first audience or by a uniform draw. Above 0.
  double propensity = 1;
};

/// `before` is what comes right before on her screen, oldest first. Explored slots draw uniformly
/// from the candidates that are left. No author twice in a row, and no sound, where anything else
/// is left, but by a draw.
std::vector<Slot> rerank(std::span<const Scored> candidates, std::span<const Scored> before,
                         const RerankOptions& options, Random& random);

}  // namespace filoscope::engine
