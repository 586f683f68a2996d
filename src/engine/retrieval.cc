#include "engine/retrieval.h"

#include <algorithm>

#include "engine/wishes.h"

namespace filoscope::engine {
namespace {

/// Some in line are not for everyone; nobody waits behind fewer than so many of them.
constexpr std::size_t kFreshScanned = 8192;
/// A slot kept for the fresh pool takes the best of the first so many in line: few enough that
/// nobody's turn is put off for long, enough to find one that suits her.
constexpr std::size_t kFreshInLine = 16;
constexpr std::size_t kFollowedAuthors = 64, kPerAuthor = 3;
constexpr std::size_t kContentKeys = 12, kPerKey = 24;
constexpr std::uint32_t kFillScanned = 4096;

/// The union of what the routes propose: each video once, in the order of first proposal.
class Pool {
 public:
  Pool(const State& state, const PersonState& person, const Filter& filter, std::size_t max)
      : state_(state), person_(person), filter_(filter), max_(max) {
    std::size_t slots = 64;
    while (slots < max * 3) slots *= 2;
    places_.assign(slots, 0);
    candidates_.reserve(max);
  }
  /// Null when the video may not be shown, has been seen, copies one that may be shown, or there is
  /// no room.
  Candidate* propose(std::uint32_t number, Route route) {
    auto& place = place_of(number);
    if (place != 0) {
      candidates_[place - 1].routes |= route_bit(route);
      return &candidates_[place - 1];
    }
    if (full() || !filter_.allowed(number) || !filter_.unseen(number)) return nullptr;
    // A copy takes no place, and no first audience, from what it shows.
    const auto allowed = [this](std::uint32_t other) { return filter_.allowed(other); };
    if (state_.videos.any_elder(number, allowed)) return nullptr;
    candidates_.push_back({number, route_bit(route), false, {}});
    place = static_cast<std::uint32_t>(candidates_.size());
    return &candidates_.back();
  }
  bool full() const { return candidates_.size() >= max_; }
  std::size_t size() const { return candidates_.size(); }
  const State& state() const { return state_; }
  const PersonState& person() const { return person_; }
  std::vector<Candidate> take() { return std::move(candidates_); }

 private:
  std::uint32_t& place_of(std::uint32_t number) {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = (number * 0x9E3779B1U >> 7) & mask;
    while (places_[at] != 0 && candidates_[places_[at] - 1].video != number) at = (at + 1) & mask;
    return places_[at];
  }
  const State& state_;
  const PersonState& person_;
  const Filter& filter_;
  std::size_t max_;
  std::vector<std::uint32_t> places_;  // index + 1 into candidates_, open addressing
  std::vector<Candidate> candidates_;
};

void propose_fresh(Pool& pool, std::size_t quota) {
  const auto& fresh = pool.state().videos.fresh();
  const auto oldest_ms = pool.state().at_ms - VideoTable::kFreshMs;
  std::size_t given = 0;
  for (std::size_t i = 0; i < std::min(fresh.size(), kFreshScanned) && given < quota; ++i) {
    const auto number = fresh[i];
    if ((pool.state().videos.scan(number).flags & kFreshDone) != 0) continue;
    if (pool.state().videos[number].created_ms < oldest_ms) continue;
    if (Candidate* candidate = pool.propose(number, Route::fresh)) {
      candidate->owed = given < kFreshInLine;
      ++given;
    }
  }
}

void propose_following(Pool& pool, std::size_t quota) {
  const auto& follows = pool.person().follows;
  if (follows.empty()) return;
  // More people than fit in one answer take turns with her showings.
  const std::size_t start = pool.person().showings % follows.size();
  std::size_t given = 0;
  for (std::size_t i = 0; i < std::min(follows.size(), kFollowedAuthors) && given < quota; ++i) {
    const Author* author = pool.state().videos.find_author(follows[(start + i) % follows.size()]);
    if (author == nullptr) continue;
    std::size_t from_author = 0;
    for (std::size_t back = 1; back <= std::min<std::size_t>(author->videos.size(), 32); ++back)
      if (pool.propose(author->videos[author->videos.size() - back], Route::following))
        if (++given, ++from_author >= kPerAuthor || given >= quota) break;
  }
}

/// Her strongest leanings, strongest first.
std::vector<std::pair<float, std::uint32_t>> top_interests(const PersonState& person) {
  std::vector<std::pair<float, std::uint32_t>> top;
  person.interests.each([&](const Interest& interest) {
    const float affinity = interest.s / (interest.n + 1);
    if (affinity > 0.05F) top.emplace_back(-affinity, SmallTable<Interest>::key_of(interest));
  });
  const auto kept = std::min(top.size(), kContentKeys);
  std::partial_sort(top.begin(), top.begin() + static_cast<std::ptrdiff_t>(kept), top.end());
  top.resize(kept);
  return top;
}

void propose_content(Pool& pool, std::size_t quota) {
  std::size_t given = 0;
  const auto wished = wished_keys(pool.person());
  // At most half of it goes to wishes, shared out among them.
  const std::size_t per_wish =
      wished.empty() ? 0 : std::max<std::size_t>(1, quota / 2 / wished.size());
  std::vector<std::pair<std::uint32_t, std::size_t>> keys;
  for (const auto key : wished) keys.emplace_back(key, std::min(per_wish, kPerKey));
  for (const auto& [affinity, key] : top_interests(pool.person())) keys.emplace_back(key, kPerKey);
  for (const auto& [key, most] : keys) {
    const auto* posting = pool.state().videos.posting(key);
    if (posting == nullptr) continue;
    const auto n = posting->videos.size();
    std::size_t from_key = 0;
    for (std::size_t back = 1; back <= n && from_key < most; ++back) {
      // Newest first: the ring's last written place is next - 1.
      const auto at = (posting->next + n - back % n) % n;
      if (pool.propose(posting->videos[at], Route::content)) ++from_key, ++given;
      if (given >= quota) return;
    }
  }
}

/// What people of like taste took to, and what many took to: the routes take turns.
void propose_taste(Pool& pool, TasteQuery& taste, std::size_t quota) {
  struct Line {
    Route route;
    std::vector<std::uint32_t> numbers;
  };
  std::vector<Line> lines;
  // Some may not be proposed: what she had, and what she may not see.
  for (const auto& [route, score] : kTasteRoutes)
    lines.push_back({route, taste.best(score, 2 * quota + taste.history_count())});
  const auto& collaborative = pool.state().collaborative;
  for (const auto* list : {&collaborative.popular_lately(), &collaborative.popular()}) {
    Line& line = lines.emplace_back(Line{Route::popular, {}});
    for (const auto& entry : list->entries())
      line.numbers.push_back(collaborative.items().number(static_cast<std::uint32_t>(entry.row)));
  }
  std::vector<std::size_t> given(lines.size(), 0), at(lines.size(), 0);
  for (bool any = true; any && !pool.full();) {
    any = false;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto& numbers = lines[i].numbers;
      bool taken = false;
      while (!taken && given[i] < quota && at[i] < numbers.size())
        taken = pool.propose(numbers[at[i]++], lines[i].route) != nullptr;
      given[i] += taken ? 1 : 0;
      any = any || taken;
    }
  }
}

void propose_trending(Pool& pool, std::size_t quota) {
  std::size_t given = 0;
  for (const auto number : pool.state().videos.trending())
    if (pool.propose(number, Route::trending) && ++given >= quota) return;
}

/// What no other route may ever come to: uniform draws, some of which may not be shown.
void propose_drawn(Pool& pool, std::size_t draws, Random& random) {
  const auto end = pool.state().videos.numbers_end();
  for (std::size_t i = 0; i < draws && end > 0; ++i)
    pool.propose(static_cast<std::uint32_t>(random.below(end)), Route::exploration);
}

void fill(Pool& pool) {
  const auto& videos = pool.state().videos;
  std::uint32_t scanned = 0;
  for (auto number = videos.numbers_end(); number > 0 && !pool.full(); --number) {
    if (++scanned > kFillScanned && pool.size() >= 64) return;
    const bool watched = videos[number - 1].counters.watches > 0;
    pool.propose(number - 1, watched ? Route::trending : Route::fresh);
  }
}

}  // namespace

Filter::Filter(const State& state, const PersonState& person, const RankRequest& request,
               std::span<const VideoId> held)
    : state_(state),
      person_(person),
      minor_((person.known ? person.age : request.age) < 18),
      sensitive_(!minor_ && person.known && person.sensitive),
      kinds_(request.kinds) {
  for (const auto id : held)
    if (const auto number = state.videos.find(id)) held_.push_back(*number);
  std::sort(held_.begin(), held_.end());
}

bool Filter::unseen(std::uint32_t number) const {
  if (number == unseen_) return true;
  const auto had = [this](std::uint32_t other) {
    return other != unseen_ && (person_.has_seen(other) || held(other));
  };
  return !person_.has_seen(number) && !state_.videos.any_copy(number, had);
}

bool Filter::free(std::uint32_t number) const {
  const auto is_held = [this](std::uint32_t other) { return held(other); };
  return held_.empty() || (!is_held(number) && !state_.videos.any_copy(number, is_held));
}

bool Filter::held(std::uint32_t number) const {
  return !held_.empty() && std::binary_search(held_.begin(), held_.end(), number);
}

/// Kinds, blocks, mutes, held.
bool Filter::passes(std::uint32_t number) const {
  const auto& row = state_.videos.scan(number);
  if ((kinds_ >> row.kind() & 1) == 0 || held(number)) return false;
  const auto author = row.author;
  if (person_.blocked(author)) return false;
  if (person_.muted_people.empty() && person_.muted_keys.empty()) return true;
  return !person_.muted(state_.videos[number]);
}

bool Filter::allowed_unprofiled(std::uint32_t number) const {
  const auto flags = state_.videos.scan(number).flags;
  if ((flags & (kLive | kFollowersOnly)) != kLive || ((flags & kAdult) != 0 && !sensitive_))
    return false;
  return passes(number);
}

bool Filter::allowed(std::uint32_t number) const {
  const auto author = state_.videos.scan(number).author;
  return (author != person_.key || author == 0) && allowed_unprofiled(number);
}

bool Filter::allowed_following(std::uint32_t number) const {
  const auto& row = state_.videos.scan(number);
  if ((row.flags & kLive) == 0 || ((row.flags & kAdult) != 0 && minor_)) return false;
  return row.author != person_.key && person_.follows_author(row.author) && passes(number);
}

std::vector<Candidate> retrieve(const State& state, const PersonState& person, const Filter& filter,
                                TasteQuery& taste, std::size_t candidates_max, Random* random) {
  Pool pool(state, person, filter, candidates_max);
  const auto part = [&](Route route) {
    const auto* quota = std::find_if(kRouteQuotas.begin(), kRouteQuotas.end(),
                                     [&](const auto& one) { return one.route == route; });
    return std::max<std::size_t>(1, candidates_max * quota->percent / 100);
  };
  propose_following(pool, part(Route::following));
  propose_fresh(pool, part(Route::fresh));
  propose_content(pool, part(Route::content));
  propose_trending(pool, part(Route::trending));
  if (random != nullptr) propose_drawn(pool, part(Route::exploration), *random);
  propose_taste(pool, taste, part(Route::order));
  fill(pool);
  auto candidates = pool.take();
  for (Candidate& candidate : candidates) candidate.taste = taste.scores(candidate.video);
  return candidates;
}

}  // namespace filoscope::engine
