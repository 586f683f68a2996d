#pragma once

/// From scored candidates to an order: a pure function of its arguments. Spaces authors and sounds,
/// keeps what is alike from crowding out the rest (a greedy determinantal order over a sliding
/// window: Chen et al., "Fast greedy MAP inference for determinantal point process", NeurIPS 2018)
/// and below a share of the screen, and gives single slots by the seed to exploration and to the
/// fresh pool, by turn and by Thompson draws (Thompson, Biometrika 25, 1933).

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "engine/embedding_table.h"
#include "engine/feed_rules.h"

namespace filoscope::engine {

/// The window: the video before, the one before that … Each is as good as seen through this much
/// noise (variance, of contents of length 1), so that the older ones say less.
inline constexpr std::array<float, 8> kWindowNoise{0.1F, 0.2F, 0.3F, 0.5F, 0.8F, 1.2F, 1.8F, 2.5F};

/// Of so many videos in a row a share may be alike: the cosine of their contents is above this.
inline constexpr std::size_t kScreens = 20;
inline constexpr float kAlike = 0.6F;
inline constexpr double kAlikeShare = 0.40, kAlikeShareOfMinors = 0.25;
inline constexpr std::size_t alike_most(double share) {
  return static_cast<std::size_t>(share * static_cast<double>(kScreens));
}

/// Given up from the end where nothing else is left.
inline constexpr std::array kApart{Apart::author, Apart::sound};

struct Scored {
  std::uint32_t video = 0;
  float value = 0;
  std::uint64_t author = 0;
  std::uint64_t sound = 0;  ///< 0: silent
  bool fresh = false;       ///< still owed impressions
  std::uint32_t impressions = 0;
  Row content{};  ///< of length 1
};

struct RerankOptions {
  std::size_t count = 8;
  double fresh_share = 0.10;        ///< of slots kept for what is owed impressions
  double exploration_share = 0.02;  ///< of slots
  double alike_share = kAlikeShare;
  /// Price of likeness: what is lost by half the variance left, in standard deviations of the
  /// values.
  float breadth = 0.7F;
  std::optional<float> deviation;  ///< of the values before wishes; none: of those given
};

struct Slot {
  std::size_t index = 0;  ///< into the candidates
  enum class Why : std::uint8_t { value, fresh, exploration } why = Why::value;
  /// Of this candidate in this slot, given those above: over all ways in which the policy may come
  /// to it, greedily, for its first audience by turn or by a Thompson draw (its chance integrated
  /// numerically), or by a uniform draw. Above 0.
  double propensity = 1;
};

/// Standard deviation.
float spread(std::span<const float> values);

/// `before` is what comes right before on her screen, oldest first. Explored slots draw uniformly
/// from the candidates that are left. No author twice in a row, no sound, and no more alike than
/// their share, where anything else is left, but by a draw.
std::vector<Slot> rerank(std::span<const Scored> candidates, std::span<const Scored> before,
                         const RerankOptions& options, Random& random);

}  // namespace filoscope::engine
