#include "eval/baselines.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace filoscope::eval {
namespace {

/// Grows the newest events' weight in place of letting all others shrink.
class DecayedCounts {
 public:
  explicit DecayedCounts(double half_life_events) : growth_(std::exp2(1 / half_life_events)) {}
  void add(std::uint32_t item) {
    if (item >= counts_.size()) counts_.resize(item + 1, 0);
    counts_[item] += weight_;
    weight_ *= growth_;
    if (weight_ < 1e100) return;
    for (double& count : counts_) count /= weight_;
    weight_ = 1;
  }
  /// In units of the newest event.
  float of(std::uint32_t item) const {
    return item < counts_.size() ? static_cast<float>(counts_[item] / weight_) : 0;
  }

 private:
  double growth_, weight_ = 1;
  std::vector<double> counts_;
};

class Popularity final : public ScoredRanker {
 public:
  void learn(const World& world, const Interaction& event) override {
    if (counts_.empty()) counts_.resize(world.items_count());
    ++counts_[event.item];
  }

 private:
  void score(const World&, const RankQuery&, std::span<float> scores) override {
    std::copy(counts_.begin(), counts_.end(), scores.begin());
  }
  std::vector<float> counts_;  // exact up to 2^24
};

class DecayedPopularity final : public ScoredRanker {
 public:
  void learn(const World&, const Interaction& event) override { counts_.add(event.item); }

 private:
  void score(const World&, const RankQuery&, std::span<float> scores) override {
    for (std::uint32_t item = 0; item < scores.size(); ++item) scores[item] = counts_.of(item);
  }
  DecayedCounts counts_{kHalfLifeEvents};
};

/// Each item's nearest neighbours, found once all is learned.
class ItemKnn final : public ScoredRanker {
 public:
  void learn(const World& world, const Interaction& event) override {
    if (people_.empty()) people_.resize(world.items_count()), near_.resize(world.items_count());
    if (!world.has_had(event.person, event.item)) people_[event.item].push_back(event.person);
  }

  void finish(const World& world) override {
    std::vector<float> together(people_.size(), 0);
    std::vector<std::uint32_t> met;
    for (std::uint32_t item = 0; item < people_.size(); ++item) {
      for (const auto person : people_[item]) {
        for (const auto other : world.had(person)) {
          if (together[other] == 0) met.push_back(other);
          together[other] += 1;
        }
      }
      for (const auto other : met) {
        if (other != item) near_[item].push_back({other, cosine(item, other, together[other])});
        together[other] = 0;
      }
      keep_nearest(near_[item]);
      met.clear();
    }
  }

 private:
  struct Neighbour {
    std::uint32_t item;
    float cosine;
  };
  static constexpr float kShrinkage = 20;  ///< in common people
  static constexpr std::size_t kNeighbours = 200;

  float cosine(std::uint32_t a, std::uint32_t b, float together) const {
    const auto counts = static_cast<float>(people_[a].size() * people_[b].size());
    return together / (std::sqrt(counts) + kShrinkage);
  }
  static void keep_nearest(std::vector<Neighbour>& all) {
    if (all.size() <= kNeighbours) return;
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(kNeighbours);
    std::nth_element(all.begin(), end, all.end(),
                     [](const auto& a, const auto& b) { return a.cosine > b.cosine; });
    all.erase(end, all.end());
    all.shrink_to_fit();
  }
  void score(const World& world, const RankQuery& query, std::span<float> scores) override {
    for (const auto item : world.had(query.person))
      for (const auto& neighbour : near_[item]) scores[neighbour.item] += neighbour.cosine;
  }

  std::vector<std::vector<std::uint32_t>> people_;  // by item
  std::vector<std::vector<Neighbour>> near_;        // by item
};

/// Items are near when one person had one within kLastItems of the other. A pair that few have had
/// is no neighbour yet (shrinkage: Bell & Koren, ICDM 2007).
class RecentItemKnn final : public ScoredRanker {
 public:
  explicit RecentItemKnn(bool by_popularity) : by_popularity_(by_popularity) {}

  void learn(const World& world, const Interaction& event) override {
    if (counts_.empty()) counts_.resize(world.items_count()), near_.resize(world.items_count());
    decayed_.add(event.item);
    counts_[event.item] += 1;
    for (const auto item : last_of(world, event.person)) {
      if (item == event.item) continue;
      near_[item][event.item] += 1;
      near_[event.item][item] += 1;
    }
  }

 private:
  static std::span<const std::uint32_t> last_of(const World& world, std::uint32_t person) {
    const auto own = world.had(person);
    return own.last(std::min(own.size(), kLastItems));
  }
  void score(const World& world, const RankQuery& query, std::span<float> scores) override {
    for (const auto own : last_of(world, query.person))
      for (const auto& [item, together] : near_[own])
        scores[item] += together / (std::sqrt(counts_[own] * counts_[item]) + kShrinkage);
    if (!by_popularity_) return;
    for (std::uint32_t item = 0; item < scores.size(); ++item)
      if (scores[item] > 0) scores[item] *= std::sqrt(decayed_.of(item));
  }

  static constexpr float kShrinkage = 20;  ///< in common people
  const bool by_popularity_;
  DecayedCounts decayed_{kHalfLifeEvents};
  std::vector<float> counts_;                                   // by item
  std::vector<std::unordered_map<std::uint32_t, float>> near_;  // by item
};

}  // namespace

std::unique_ptr<Ranker> make_popularity() { return std::make_unique<Popularity>(); }
std::unique_ptr<Ranker> make_decayed_popularity() { return std::make_unique<DecayedPopularity>(); }
std::unique_ptr<Ranker> make_item_knn() { return std::make_unique<ItemKnn>(); }
std::unique_ptr<Ranker> make_recent_item_knn() { return std::make_unique<RecentItemKnn>(false); }
std::unique_ptr<Ranker> make_recent_item_knn_by_popularity() {
  return std::make_unique<RecentItemKnn>(true);
}

}  // namespace filoscope::eval
