#pragma once

/// Which videos may be shown to a person, and the routes that propose some of them. Each route
/// gives a bounded number; together at most `candidates_max`, each video once.
/// REQUIRES the shared phase.

#include <array>
#include <span>
#include <vector>

#include "base/random.h"
#include "engine/state.h"

namespace filoscope::engine {

/// Of an answer's candidates, at most: what a route may propose, in the order in which routes are
/// asked; the ones of taste and `popular` take turns.
struct RouteQuota {
  Route route;
  std::size_t percent;
};
inline constexpr std::size_t kTastePercent = 40;
inline constexpr std::array kRouteQuotas{
    RouteQuota{Route::following, 8},
    RouteQuota{Route::fresh, 10},
    RouteQuota{Route::content, 15},
    RouteQuota{Route::trending, 7},
    RouteQuota{Route::exploration, 2},
    RouteQuota{Route::order, kTastePercent},
    RouteQuota{Route::recent, kTastePercent},
    RouteQuota{Route::neighbours, kTastePercent},
    RouteQuota{Route::als, kTastePercent},
    RouteQuota{Route::fold_in, kTastePercent},
    RouteQuota{Route::sequence, kTastePercent},
    RouteQuota{Route::friends, kTastePercent},
    RouteQuota{Route::popular, kTastePercent},
};

/// The rules on what a person may be shown, taken once for an answer.
class Filter {
 public:
  /// `held` are not given again. Of the request only kinds and age count, which is that of a person
  /// the log does not know; 0 counts as a minor.
  Filter(const State& state, const PersonState& person, const RankRequest& request,
         std::span<const VideoId> held);
  /// Everyone's entries she may be given at all (kinds, blocks, mutes, age, own, held), seen or
  /// not.
  bool allowed(std::uint32_t number) const;
  /// The same for the following feed, where the followers-only videos of people she follows count.
  bool allowed_following(std::uint32_t number) const;
  /// Neither it nor a copy of it was shown to her, or is held.
  bool unseen(std::uint32_t number) const;
  /// Neither it nor a copy of it is held.
  bool free(std::uint32_t number) const;
  /// Counts as unseen from now on.
  void forget_showing(std::uint32_t number) { unseen_ = number; }
  bool held(std::uint32_t number) const;
  bool is_minor() const { return minor_; }
  /// The same rules without what is hers alone to know (own, relations beyond block and mute).
  bool allowed_unprofiled(std::uint32_t number) const;

 private:
  bool passes(std::uint32_t number) const;
  const State& state_;
  const PersonState& person_;
  bool minor_;
  bool sensitive_;
  KindSet kinds_;
  std::uint32_t unseen_ = ~0U;
  std::vector<std::uint32_t> held_;  // sorted
};

struct Candidate {
  std::uint32_t video = 0;
  std::uint16_t routes = 0;  ///< bit per Route
  bool owed = false;         ///< first in the line of those still owed impressions
  TasteScores taste{};
};

inline constexpr std::uint16_t route_bit(Route route) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(route));
}

/// Unseen, allowed videos by all routes; with `random` some drawn from the whole catalogue too.
/// When the routes give fewer than `candidates_max`, the rest is filled with the newest others
/// (named trending when anyone has watched them, else fresh), so that a small catalogue is always a
/// candidate as a whole, and the list is empty only if nothing is left.
std::vector<Candidate> retrieve(const State& state, const PersonState& person, const Filter& filter,
                                TasteQuery& taste, std::size_t candidates_max, Random* random);

}  // namespace filoscope::engine
