#include "eval/ranker.h"

#include <algorithm>
#include <limits>

#include "base/random.h"

namespace filoscope::eval {

bool World::has_had(std::uint32_t person, std::uint32_t item) const {
  const auto& own = had_[person];
  return std::find(own.begin(), own.end(), item) != own.end();
}

bool World::add(std::uint32_t person, std::uint32_t item) {
  known_[item] = true;
  if (has_had(person, item)) return false;
  had_[person].push_back(item);
  return true;
}

std::vector<std::uint32_t> ScoredRanker::rank(const World& world, const RankQuery& query) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  scores_.assign(world.items_count(), 0);
  score(world, query, scores_);
  for (const auto item : world.had(query.person)) scores_[item] = kNever;
  struct Place {
    float score;
    std::uint64_t tie;
    std::uint32_t item;
    bool operator<(const Place& other) const {
      return score != other.score ? score > other.score : tie < other.tie;
    }
  };
  std::vector<Place> best;  // a heap with the worst of them in front
  for (std::uint32_t item = 0; item < scores_.size(); ++item) {
    if (!world.knows(item) || scores_[item] == kNever) continue;
    if (best.size() == query.k && scores_[item] < best.front().score) continue;
    const Place place{scores_[item], mix64(item), item};
    if (best.size() == query.k) {
      if (!(place < best.front())) continue;
      std::pop_heap(best.begin(), best.end());
      best.pop_back();
    }
    best.push_back(place);
    std::push_heap(best.begin(), best.end());
  }
  std::sort(best.begin(), best.end());
  std::vector<std::uint32_t> items;
  for (const auto& place : best) items.push_back(place.item);
  return items;
}

}  // namespace filoscope::eval
