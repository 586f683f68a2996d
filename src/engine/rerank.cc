#include "engine/rerank.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/numbers.h"

namespace filoscope::engine {
namespace {

/// How much the video before, the one before that … still weigh.
constexpr std::array<float, 6> kFading{1.0F, 0.6F, 0.4F, 0.3F, 0.2F, 0.1F};
constexpr float kLikenessFloor = 0.25F;  ///< below this two contents are unrelated by chance

float spread(std::span<const Scored> candidates) {
  double sum = 0, squares = 0;
  for (const Scored& c : candidates)
    sum += static_cast<double>(c.value), squares += static_cast<double>(c.value) * c.value;
  const double n = static_cast<double>(std::max<std::size_t>(candidates.size(), 1));
  const double variance = squares / n - sum / n * (sum / n);
  return static_cast<float>(std::sqrt(std::max(variance, 0.0)));
}

class Order {
 public:
  Order(std::vector<Scored>& candidates, const RerankOptions& options)
      : candidates_(candidates), options_(options), price_(options.breadth * spread(candidates)) {
    used_.assign(candidates.size(), false);
    for (auto& likeness : likeness_) likeness.assign(candidates.size(), 0);
  }

  void put_before(const Scored& shown) {
    // The window moves on by one; the oldest column is taken again for the newest.
    std::rotate(likeness_.begin(), likeness_.end() - 1, likeness_.end());
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const float alike = dot(candidates_[i].content.data(), shown.content.data(), kDim);
      likeness_[0][i] = std::max(0.0F, alike - kLikenessFloor);
    }
    last_ = shown;
    has_last_ = true;
  }

  /// The best unused one; with `fresh_only` among those owed impressions, spacing authors still.
  std::size_t best(bool fresh_only) const {
    // First with author and sound apart, then only the author, then anything.
    for (int strictness = 2; strictness >= (fresh_only ? 1 : 0); --strictness) {
      std::size_t chosen = candidates_.size();
      float chosen_value = 0;
      for (std::size_t i = 0; i < candidates_.size(); ++i) {
        const Scored& c = candidates_[i];
        if (used_[i] || (fresh_only && !c.fresh)) continue;
        if (has_last_ && strictness >= 1 && c.author == last_.author) continue;
        if (has_last_ && strictness >= 2 && c.sound != 0 && c.sound == last_.sound) continue;
        const float value = c.value - price_ * crowding(i);
        if (chosen == candidates_.size() || value > chosen_value) chosen = i, chosen_value = value;
      }
      if (chosen != candidates_.size()) return chosen;
    }
    return candidates_.size();
  }

  /// The one that has waited longest for its impressions; candidates come in the order of the line.
  std::size_t first_in_line() const {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      const Scored& c = candidates_[i];
      if (c.fresh && !used_[i] && !(has_last_ && c.author == last_.author)) return i;
    }
    return candidates_.size();
  }

  void use(std::size_t index) {
    used_[index] = true;
    put_before(candidates_[index]);
  }
  std::size_t place_of(const Scored& explored) {
    for (std::size_t i = 0; i < candidates_.size(); ++i)
      if (candidates_[i].video == explored.video) return i;
    candidates_.push_back(explored);
    used_.push_back(false);
    for (auto& likeness : likeness_) likeness.push_back(0);
    return candidates_.size() - 1;
  }

 private:
  float crowding(std::size_t i) const {
    float sum = 0;
    for (std::size_t w = 0; w < kFading.size(); ++w) sum += kFading[w] * likeness_[w][i];
    return sum;
  }
  std::vector<Scored>& candidates_;
  const RerankOptions& options_;
  float price_;
  std::vector<bool> used_;
  std::array<std::vector<float>, kFading.size()> likeness_;
  Scored last_;
  bool has_last_ = false;
};

}  // namespace

std::vector<Slot> rerank(std::vector<Scored>& candidates, std::span<const Scored> before,
                         const RerankOptions& options, Random& random, const Explore& explore) {
  Order order(candidates, options);
  for (const Scored& shown : before) order.put_before(shown);
  std::vector<Slot> slots;
  std::vector<std::uint32_t> taken;
  while (slots.size() < options.count) {
    const double roll = random.unit();
    Slot slot{candidates.size(), Slot::Why::value};
    Scored explored;
    if (roll < options.exploration_share) {
      if (!explore(taken, explored)) break;
      slot = {order.place_of(explored), Slot::Why::exploration};
    } else if (roll < options.exploration_share + options.fresh_share) {
      // Half of these slots go by turn, or the least likeable would wait at the front for ever.
      const bool by_turn = roll < options.exploration_share + options.fresh_share / 2;
      slot = {by_turn ? order.first_in_line() : order.best(true), Slot::Why::fresh};
    }
    if (slot.index == candidates.size()) slot = {order.best(false), Slot::Why::value};
    if (slot.index == candidates.size()) break;
    order.use(slot.index);
    taken.push_back(candidates[slot.index].video);
    slots.push_back(slot);
  }
  return slots;
}

}  // namespace filoscope::engine
