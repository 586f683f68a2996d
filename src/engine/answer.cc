#include "engine/answer.h"

#include <algorithm>
#include <cmath>

#include "engine/cursor.h"
#include "engine/features.h"
#include "engine/reasons.h"
#include "engine/rerank.h"
#include "engine/retrieval.h"
#include "engine/wishes.h"
#include "engine/withdrawal.h"

namespace filoscope::engine {
namespace {

constexpr std::size_t kCountMax = 20;

float value_of(const HeadValues& weights, const HeadValues& probabilities) {
  float value = 0;
  for (std::size_t h = 0; h < kHeadsCount; ++h) value += weights[h] * probabilities[h];
  return value;
}

/// What an answer needs to know of one video, scored.
struct Shown {
  Candidate candidate;
  Features features;
  HeadValues probabilities{};
  float value = 0;
  float wished = 0;  ///< added for the order
  Attention attention;
  Row content{};
};

class Scorer {
 public:
  Scorer(const State& state, const EngineOptions& options, const PersonState* person,
         const RankRequest& request)
      : state_(state),
        taste_(state.collaborative, state.people, person != nullptr ? *person : nobody()),
        view_(view_of(state, person, request.language, std::max(request.at_ms, state.at_ms))),
        fresh_target_(fresh_target(state, options)) {}

  Shown score(const Candidate& candidate, bool repeat) const {
    Shown shown;
    shown.candidate = candidate;
    const VideoView view = view_of(state_, candidate.video);
    const Found found{candidate.routes, candidate.taste, owed(candidate.video), repeat};
    shown.features = features_of(state_, view_, candidate.video, view, found, shown.attention);
    shown.probabilities =
        state_.model.predict(Model::widen(shown.features, view_.features, view.fields));
    shown.value = value_of(state_.weights, shown.probabilities);
    shown.content = view.content;
    return shown;
  }
  Scored scored(const Shown& shown) const {
    const Video& video = state_.videos[shown.candidate.video];
    const bool fresh = shown.candidate.owed && owed(shown.candidate.video);
    return {shown.candidate.video,
            shown.value + shown.wished,
            video.author,
            video.sound_key,
            fresh,
            video.counters.total_impressions,
            shown.content};
  }
  Scored unscored(std::uint32_t number) const {
    const Video& video = state_.videos[number];
    return {number, 0, video.author, video.sound_key, false, 0, view_of(state_, number).content};
  }
  bool owed(std::uint32_t number) const {
    return (state_.videos.scan(number).flags & kFreshDone) == 0 &&
           state_.videos[number].counters.total_impressions < fresh_target_;
  }
  /// One that no route proposed.
  Shown score(std::uint32_t number, std::uint16_t routes, bool repeat) const {
    return score({number, routes, false, taste_.scores(number)}, repeat);
  }
  const PersonView& view() const { return view_; }
  TasteQuery& taste() { return taste_; }

 private:
  const State& state_;
  TasteQuery taste_;
  PersonView view_;
  std::uint32_t fresh_target_;
};

Route main_route(std::uint16_t routes) {
  for (const auto route : {Route::following, Route::content, Route::order, Route::recent,
                           Route::neighbours, Route::als, Route::fold_in, Route::sequence,
                           Route::friends, Route::fresh, Route::exploration})
    if ((routes & route_bit(route)) != 0) return route;
  return Route::trending;
}

DecisionItem item_of(const State& state, const Shown& shown, Route route) {
  DecisionItem item;
  item.video = {state.videos[shown.candidate.video].id};
  item.kind = state.videos.scan(shown.candidate.video).kind();
  item.route = route;
  item.routes = shown.candidate.routes;
  item.repeat = route == Route::repeat;
  item.value = shown.value;
  item.probabilities = shown.probabilities;
  item.features.reserve(kFeaturesCount);
  each_feature(shown.features, [&](float x) { item.features.push_back(x); });
  return item;
}

/// The history with the attention that the given items paid to it, summing to 1.
std::vector<Attended> attended(const State& state, const PersonView& view,
                               std::span<const Shown> slate) {
  std::array<float, kHistoryPadded> sums{};
  float total = 0;
  for (const Shown& shown : slate)
    for (std::size_t j = 0; j < view.history_count; ++j)
      sums[j] += shown.attention.shares[j], total += shown.attention.shares[j];
  std::vector<Attended> history;
  if (total <= 0) return history;
  for (std::size_t j = 0; j < view.history_count; ++j)
    history.push_back({{state.videos[view.videos[j]].id}, sums[j] / total});
  return history;
}

/// What she sees right before this answer: her last clips, then what the device holds.
std::vector<Scored> before(const State& state, const Scorer& scorer, const RankRequest& request) {
  std::vector<Scored> shown;
  const auto& view = scorer.view();
  for (std::size_t j = std::min(view.history_count, kScreens); j > 0; --j)
    shown.push_back(scorer.unscored(view.videos[j - 1]));
  for (const auto id : request.held)
    if (const auto number = state.videos.find(id)) shown.push_back(scorer.unscored(*number));
  return shown;
}

struct Slate {
  std::vector<Shown> shown;
  std::vector<Route> routes;
  std::vector<float> propensities;
  std::size_t candidates_count = 0;
  void add(Shown item, Route route, float propensity) {
    shown.push_back(std::move(item)), routes.push_back(route), propensities.push_back(propensity);
  }
};

std::vector<Shown> score_all(std::span<const Candidate> candidates, const Scorer& scorer) {
  std::vector<Shown> all;
  all.reserve(candidates.size());
  for (const Candidate& candidate : candidates) all.push_back(scorer.score(candidate, false));
  return all;
}

/// Gives the standard deviation of the values before.
float add_wishes(const State& state, const PersonState& person, std::span<Shown> all) {
  constexpr float kUnitMin = 0.1F;  // where all are worth about the same, of that
  std::vector<float> values;
  float size = 0;
  for (const Shown& one : all) {
    values.push_back(one.value);
    size += std::abs(one.value) / static_cast<float>(all.size());
  }
  const float deviation = spread(values);
  if (person.wishes.empty()) return deviation;
  const float unit = std::max(deviation, kUnitMin * size);
  for (Shown& one : all) {
    const float worth = wished(state, person, one.candidate.video);
    one.wished = unit * worth;
    if (worth <= kHardlyAny) one.candidate.owed = false;  // it finds its first audience elsewhere
  }
  return deviation;
}

/// Numbers of the candidates that an answer starts from, best first; with `unseen` as if she had
/// not seen it.
std::vector<std::uint32_t> in_order(const State& state, const EngineOptions& options,
                                    const PersonState* known, const RankRequest& request,
                                    std::optional<std::uint32_t> unseen) {
  const PersonState& person = known != nullptr ? *known : nobody();
  Scorer scorer(state, options, known, request);
  Filter filter(state, person, request, request.held);
  if (unseen) filter.forget_showing(*unseen);
  auto all = score_all(
      retrieve(state, person, filter, scorer.taste(), options.candidates_max, nullptr), scorer);
  add_wishes(state, person, all);
  std::stable_sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) {
    return a.value + a.wished > b.value + b.wished;
  });
  std::vector<std::uint32_t> numbers;
  for (const Shown& one : all) numbers.push_back(one.candidate.video);
  return numbers;
}

Slate give_unseen(const State& state, const EngineOptions& options, const PersonState& person,
                  const Filter& filter, Scorer& scorer, const RankRequest& request) {
  Random random(mix64(request.seed ^ mix64(request.request.value)));
  auto all = score_all(
      retrieve(state, person, filter, scorer.taste(), options.candidates_max, &random), scorer);
  RerankOptions how;
  how.deviation = add_wishes(state, person, all);
  Slate slate;
  slate.candidates_count = all.size();
  std::vector<Scored> scored;
  scored.reserve(all.size());
  for (const Shown& one : all) scored.push_back(scorer.scored(one));
  how.count = request.count;
  how.exploration_share = options.exploration_share;
  if (filter.is_minor()) how.alike_share = kAlikeShareOfMinors;
  for (const Slot& slot : rerank(scored, before(state, scorer, request), how, random)) {
    Shown& shown = all[slot.index];
    const bool drawn = slot.why == Slot::Why::exploration;
    if (drawn) shown.candidate.routes |= route_bit(Route::exploration);
    const Route route = drawn                          ? Route::exploration
                        : slot.why == Slot::Why::fresh ? Route::fresh
                                                       : main_route(shown.candidate.routes);
    slate.add(std::move(shown), route, static_cast<float>(slot.propensity));
  }
  return slate;
}

/// A clip she has had, in the order of showing.
struct Past {
  std::uint32_t last = 0;
  bool liked = false;
  std::uint32_t video = 0;
};

/// Repeats: of `past` (longest unseen first) what at least half of the others have been shown
/// after; liked ones first, then the longest unseen. Each chosen one counts as shown for the next
/// choice, and so do `held` ones.
std::vector<std::uint32_t> choose_repeats(std::vector<Past> past,
                                          std::span<const std::uint32_t> held, std::size_t count) {
  std::vector<std::uint32_t> chosen;
  std::vector<bool> used(past.size(), false);
  std::size_t used_count = 0;
  for (std::size_t i = 0; i < past.size(); ++i)
    if (std::find(held.begin(), held.end(), past[i].video) != held.end())
      used[i] = true, ++used_count;
  const auto half = past.size() / 2;
  while (chosen.size() < count) {
    std::size_t best = past.size();
    std::size_t used_before = 0;
    for (std::size_t i = 0; i < past.size(); ++i) {
      if (used[i]) {
        ++used_before;
        continue;
      }
      const auto shown_after = past.size() - 1 - i + used_before;
      if (shown_after < half) break;  // the later ones have fewer after them
      if (best == past.size() || (past[i].liked && !past[best].liked)) best = i;
      if (past[best].liked) break;
    }
    if (best == past.size()) break;
    used[best] = true;
    chosen.push_back(past[best].video);
  }
  return chosen;
}

Slate give_repeats(const State& state, const PersonState& person, const Scorer& scorer,
                   const RankRequest& request) {
  const Filter anything(state, person, request, {});
  std::vector<Past> past;
  person.seen.each([&](const SeenEntry& entry) {
    const auto number = SmallTable<SeenEntry>::key_of(entry);
    const Contribution given(entry.given);
    if (entry.shown() && !given.disliked() && anything.allowed(number))
      past.push_back({entry.order(), given.stands(Act::like), number});
  });
  const auto unwanted = [&](const Past& one) {
    return wished(state, person, one.video) <= kHardlyAny;
  };
  if (!std::all_of(past.begin(), past.end(), unwanted)) std::erase_if(past, unwanted);
  std::sort(past.begin(), past.end(), [](const Past& a, const Past& b) { return a.last < b.last; });
  std::vector<std::uint32_t> held;
  for (const auto id : request.held)
    if (const auto number = state.videos.find(id)) held.push_back(*number);
  Slate slate;
  slate.candidates_count = past.size();
  for (const auto number : choose_repeats(std::move(past), held, request.count))
    slate.add(scorer.score(number, route_bit(Route::repeat), true), Route::repeat, 1);
  return slate;
}

Slate give_following(const State& state, const PersonState& person, const Filter& filter,
                     const Scorer& scorer, const RankRequest& request, const Cursor& from,
                     std::string& cursor) {
  struct Entry {
    std::uint64_t key = 0, id = 0;
    std::uint32_t video = 0;
  };
  const auto newer = [](const Entry& a, const Entry& b) {
    return a.key != b.key ? a.key > b.key : a.id > b.id;
  };
  std::vector<Entry> page;  // sorted, newest first, at most count
  Slate slate;
  for (const auto followed : person.follows) {
    const Author* author = state.videos.find_author(followed);
    if (author == nullptr) continue;
    for (std::size_t back = author->videos.size(); back > 0; --back) {
      const auto number = author->videos[back - 1];
      const Video& video = state.videos[number];
      const Entry entry{static_cast<std::uint64_t>(std::max<std::int64_t>(video.created_ms, 0)),
                        video.id, number};
      if (!newer({from.key, from.id, 0}, entry)) continue;
      if (page.size() >= request.count && newer(page.back(), entry)) break;
      const auto follows = [&](std::uint32_t other) { return filter.allowed_following(other); };
      if (!follows(number) || !filter.free(number)) continue;
      if (state.videos.any_elder(number, follows)) continue;
      ++slate.candidates_count;
      page.insert(std::upper_bound(page.begin(), page.end(), entry, newer), entry);
      if (page.size() > request.count) page.pop_back();
    }
  }
  for (const Entry& entry : page)
    slate.add(scorer.score(entry.video, route_bit(Route::following), false), Route::following, 1);
  if (!page.empty()) cursor = to_text({'f', page.back().key, page.back().id});
  return slate;
}

Ranking finish(const State& state, const RankRequest& request, Ranking ranking, const Slate& slate,
               const PersonView& view) {
  for (std::size_t i = 0; i < slate.shown.size(); ++i) {
    ranking.items.push_back(item_of(state, slate.shown[i], slate.routes[i]));
    ranking.items.back().propensity = slate.propensities[i];
  }
  Decision decision;
  decision.request = request.request, decision.mode = request.mode, decision.seed = request.seed;
  decision.read_position = state.position;
  decision.candidates_count = static_cast<std::uint32_t>(slate.candidates_count);
  decision.weights = state.weights;
  decision.items = ranking.items;
  decision.history = attended(state, view, slate.shown);
  decision.at_ms = request.at_ms, decision.count = static_cast<std::uint32_t>(request.count);
  decision.language = request.language, decision.age = request.age;
  decision.kinds = request.kinds;
  decision.held = request.held, decision.shown = request.shown, decision.cursor = request.cursor;
  decision.exhausted = ranking.exhausted;
  ranking.decision = encode(request.person, decision);
  DecisionFeatures features;
  features.request = request.request;
  for (const auto& item : ranking.items) features.items.push_back({item.video, item.features});
  each_feature_of_person(view.features, [&](float x) { features.person.push_back(x); });
  ranking.features = encode(request.person, features);
  ranking.decision.at_ms = ranking.features.at_ms = request.at_ms;
  return ranking;
}

/// The order of the feed that is not based on profiling: popularity with a half-life of a day
/// (a new video counts as freshly watched), and a bonus for the language asked for.
struct Unprofiled {
  std::uint64_t key = 0, id = 0;
  std::uint32_t video = 0;
  bool operator<(const Unprofiled& other) const {
    return key != other.key ? key > other.key : id < other.id;
  }
};

/// The next page below `from`, without `shown` (sorted) ones.
std::vector<Unprofiled> page_below(const State& state, const Filter& filter, const Cursor* from,
                                   std::uint64_t language, std::span<const std::uint32_t> shown,
                                   std::size_t count) {
  constexpr double kLanguageBonus = 4;  // four days of freshness
  std::vector<Unprofiled> page;
  for (std::uint32_t number = 0; number < state.videos.numbers_end(); ++number) {
    const ScanRow& row = state.videos.scan(number);
    if ((row.flags & (kLive | kFollowersOnly)) != kLive) continue;
    const bool same = language != 0 && row.language == language;
    const auto key = ordered_bits(row.hot + (same ? kLanguageBonus : 0));
    if (from != nullptr && key > from->key) continue;
    if (page.size() >= count && key < page.back().key) continue;
    const Unprofiled entry{key, state.videos[number].id, number};
    if (from != nullptr && !(Unprofiled{from->key, from->id, 0} < entry)) continue;
    const auto allowed = [&](std::uint32_t other) { return filter.allowed_unprofiled(other); };
    const auto was_shown = [&](std::uint32_t other) {
      return std::binary_search(shown.begin(), shown.end(), other);
    };
    if (!allowed(number) || was_shown(number) || !filter.free(number)) continue;
    if (state.videos.any_elder(number, allowed) || state.videos.any_copy(number, was_shown))
      continue;
    page.insert(std::upper_bound(page.begin(), page.end(), entry), entry);
    if (page.size() > count) page.pop_back();
  }
  return page;
}

DecisionItem unprofiled_item(const State& state, std::uint32_t number, bool repeat) {
  DecisionItem item;
  const Video& video = state.videos[number];
  item.video = {video.id};
  item.kind = state.videos.scan(number).kind();
  const Route route = repeat                       ? Route::repeat
                      : video.counters.watches > 0 ? Route::trending
                                                   : Route::fresh;
  item.route = route, item.routes = route_bit(route), item.repeat = repeat;
  return item;
}

Result<Ranking> answer_unprofiled(const State& state, const PersonState& person,
                                  const RankRequest& request) {
  const Filter filter(state, person, request, request.held);
  const auto language = request.language != 0 ? request.language : person.language;
  Cursor from;
  if (!request.cursor.empty()) {
    FILOSCOPE_TRY(from, parse_cursor(request.cursor, 'n'));
  }
  std::vector<Past> past;
  std::vector<std::uint32_t> shown, held;
  for (const auto id : request.shown)
    if (const auto number = state.videos.find(id)) shown.push_back(*number);
  const auto in_order = shown;
  std::sort(shown.begin(), shown.end());
  for (const auto id : request.held)
    if (const auto number = state.videos.find(id)) held.push_back(*number);

  Ranking ranking;
  ranking.position = state.position;
  auto page = page_below(state, filter, request.cursor.empty() ? nullptr : &from, language, shown,
                         request.count);
  // What rose above the cursor, or came since, is not lost.
  if (page.empty() && !request.cursor.empty() && !shown.empty())
    page = page_below(state, filter, nullptr, language, shown, request.count);
  for (const Unprofiled& entry : page)
    ranking.items.push_back(unprofiled_item(state, entry.video, false));
  if (!page.empty()) {
    ranking.cursor = to_text({'n', page.back().key, page.back().id});
    return ranking;
  }
  ranking.exhausted = true;
  if (shown.empty()) {  // the device keeps no list: from the top again
    for (const Unprofiled& entry : page_below(state, filter, nullptr, language, {}, request.count))
      ranking.items.push_back(unprofiled_item(state, entry.video, true)), page.push_back(entry);
    if (!page.empty()) ranking.cursor = to_text({'n', page.back().key, page.back().id});
    return ranking;
  }
  const Filter anything(state, person, request, {});
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    const auto later = std::find(in_order.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                 in_order.end(), in_order[i]);
    if (later == in_order.end() && anything.allowed_unprofiled(in_order[i]))
      past.push_back({static_cast<std::uint32_t>(i), false, in_order[i]});
  }
  for (const auto number : choose_repeats(std::move(past), held, request.count))
    ranking.items.push_back(unprofiled_item(state, number, true));
  return ranking;
}

Result<void> check(const RankRequest& request) {
  if (request.count < 1 || request.count > kCountMax)
    return Error(reason("feed_count_out_of_range"), kCountMax);
  if (request.held.size() > kHeldMax) return Error(reason("too_many_held_clips"), kHeldMax);
  if (request.shown.size() > kShownMax) return Error(reason("too_many_shown_clips"), kShownMax);
  if (request.cursor.size() > kCursorBytesMax) return Error(reason("not_a_feed_cursor"));
  return {};
}

}  // namespace

Result<Ranking> answer(const State& state, const EngineOptions& options,
                       const RankRequest& request) {
  FILOSCOPE_DO(check(request));
  const PersonState* known = state.people.find(request.person);
  const PersonState& person = known != nullptr ? *known : nobody();
  if (request.mode == Mode::not_profiled) return answer_unprofiled(state, person, request);

  Scorer scorer(state, options, known, request);
  auto not_again = request.held;
  not_again.insert(not_again.end(), request.shown.begin(), request.shown.end());
  const Filter filter(state, person, request, not_again);
  Ranking ranking;
  ranking.position = state.position;
  if (request.mode == Mode::following) {
    Cursor from{'f', ~std::uint64_t{0}, ~std::uint64_t{0}};
    if (!request.cursor.empty()) {
      FILOSCOPE_TRY(from, parse_cursor(request.cursor, 'f'));
    }
    ranking.cursor = request.cursor;
    const auto slate = give_following(state, person, filter, scorer, request, from, ranking.cursor);
    ranking.exhausted = slate.shown.empty();
    return finish(state, request, std::move(ranking), slate, scorer.view());
  }
  auto slate = give_unseen(state, options, person, filter, scorer, request);
  if (slate.shown.empty()) {
    ranking.exhausted = true;
    slate = give_repeats(state, person, scorer, request);
  }
  return finish(state, request, std::move(ranking), slate, scorer.view());
}

Result<std::vector<EntryId>> best_candidates(const State& state, const EngineOptions& options,
                                             const RankRequest& request, std::size_t count) {
  FILOSCOPE_DO(check(request));
  const PersonState* known = state.people.find(request.person);
  auto all = in_order(state, options, known, request, std::nullopt);
  all.resize(std::min(count, all.size()));
  std::vector<EntryId> best;
  for (const auto number : all) best.push_back({state.videos[number].id});
  return best;
}

Places places(const State& state, const EngineOptions& options, const RankRequest& request,
              EntryId entry, std::span<const VideoId> without) {
  constexpr std::size_t kWithoutMax = 8;
  Places places;
  const auto number = state.videos.find(entry);
  const PersonState* known = state.people.find(request.person);
  if (!number || known == nullptr) return places;
  const auto place_for = [&](const PersonState& person) -> std::optional<std::size_t> {
    const auto all = in_order(state, options, &person, request, number);
    const auto at = std::find(all.begin(), all.end(), *number);
    if (at == all.end()) return std::nullopt;
    return static_cast<std::size_t>(at - all.begin());
  };
  const PersonState unmet = engine::without(state, *known, *number);
  places.place = place_for(unmet);
  for (const auto video : without.first(std::min(without.size(), kWithoutMax))) {
    const auto other = state.videos.find(video);
    places.without.push_back(other ? place_for(engine::without(state, unmet, *other))
                                   : places.place);
  }
  return places;
}

Ranking offer(const State& state, const EngineOptions& options, const RankRequest& request,
              EntryId entry) {
  const Scorer scorer(state, options, state.people.find(request.person), request);
  Slate slate;
  if (const auto number = state.videos.find(entry)) {
    slate.candidates_count = 1;
    slate.add(scorer.score(*number, 0, false), Route::repeat, 1);
  }
  Ranking ranking;
  ranking.position = state.position;
  return finish(state, request, std::move(ranking), slate, scorer.view());
}

}  // namespace filoscope::engine
