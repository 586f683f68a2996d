#include "engine/feed_rules.h"

#include "engine/rerank.h"
#include "engine/retrieval.h"

namespace filoscope::engine {

std::string_view to_string(Apart what) { return what == Apart::author ? "author" : "sound"; }

std::string_view purpose_of(Route route) {
  switch (route) {
    case Route::following:
      return "followed_people";
    case Route::fresh:
      return "first_audience";
    case Route::content:
      return "liked_content";
    case Route::trending:
      return "watched_now";
    case Route::exploration:
      return "chance";
    case Route::neighbours:
    case Route::recent:
    case Route::order:
    case Route::als:
    case Route::fold_in:
    case Route::sequence:
      return "like_taste";
    case Route::friends:
      return "friends";
    case Route::popular:
      return "many";
    case Route::repeat:
      return "seen_before";
  }
  return "";
}

FeedRules rules_of(const State& state, const EngineOptions& options) {
  const RerankOptions order;
  FeedRules rules;
  rules.weights = state.weights;
  for (const auto& [route, percent] : kRouteQuotas)
    rules.routes.push_back({route, static_cast<double>(percent) / 100});
  static_assert(kRouteQuotas.size() + 1 == kRoutesCount, "and what is shown again");
  rules.routes.push_back({Route::repeat, 0});
  rules.candidates_max = options.candidates_max;
  rules.exploration_share = options.exploration_share;
  rules.fresh_share = order.fresh_share;
  rules.fresh_impressions = fresh_target(state, options);
  rules.fresh_ms = VideoTable::kFreshMs;
  rules.apart.assign(kApart.begin(), kApart.end());
  rules.alike_count = kWindowNoise.size();
  rules.screens = kScreens;
  rules.alike_most = alike_most(kAlikeShare);
  rules.alike_most_of_minors = alike_most(kAlikeShareOfMinors);
  rules.interest_half_life_ms = kInterestHalfLifeMs;
  rules.counters_half_life_ms = Counters::kHalfLifeMs;
  rules.popularity_half_life_ms = VideoTable::kHotHalfLifeMs;
  return rules;
}

}  // namespace filoscope::engine
