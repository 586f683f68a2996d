#include "engine/rerank.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/numbers.h"

namespace filoscope::engine {
namespace {

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
  Order(std::span<const Scored> candidates, float breadth)
      : candidates_(candidates), price_(breadth * spread(candidates)), left_(candidates.size()) {
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
    for (auto kept = kApart.size() + 1; kept-- > (fresh_only ? 1U : 0U);) {
      std::size_t chosen = candidates_.size();
      float chosen_value = 0;
      for (std::size_t i = 0; i < candidates_.size(); ++i) {
        const Scored& c = candidates_[i];
        if (used_[i] || (fresh_only && !c.fresh) || too_near(c, kept)) continue;
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
      if (c.fresh && !used_[i] && !too_near(c, 1)) return i;
    }
    return candidates_.size();
  }

  /// A uniform draw from those left. REQUIRES: left() > 0.
  std::size_t draw(Random& random) const {
    auto skip = random.below(left_);
    std::size_t i = 0;
    while (used_[i] || skip-- > 0) ++i;
    return i;
  }
  std::size_t left() const { return left_; }
  void use(std::size_t index) {
    used_[index] = true, --left_;
    put_before(candidates_[index]);
  }

 private:
  /// Whether it shares one of the first `kept` of kApart with the one before.
  bool too_near(const Scored& c, std::size_t kept) const {
    if (!has_last_) return false;
    const auto shared = [&](Apart what) {
      return what == Apart::author ? c.author == last_.author
                                   : c.sound != 0 && c.sound == last_.sound;
    };
    return std::any_of(kApart.begin(), kApart.begin() + kept, shared);
  }
  float crowding(std::size_t i) const {
    float sum = 0;
    for (std::size_t w = 0; w < kFading.size(); ++w) sum += kFading[w] * likeness_[w][i];
    return sum;
  }
  std::span<const Scored> candidates_;
  float price_;
  std::size_t left_;
  std::vector<bool> used_;
  std::array<std::vector<float>, kFading.size()> likeness_;
  Scored last_;
  bool has_last_ = false;
};

}  // namespace

std::vector<Slot> rerank(std::span<const Scored> candidates, std::span<const Scored> before,
                         const RerankOptions& options, Random& random) {
  Order order(candidates, options.breadth);
  for (const Scored& shown : before) order.put_before(shown);
  std::vector<Slot> slots;
  while (slots.size() < options.count && order.left() > 0) {
    const double explored = options.exploration_share, fresh = options.fresh_share;
    const auto greedy = order.best(false);
    const auto or_greedy = [&](std::size_t i) { return i < candidates.size() ? i : greedy; };
    // Half of the fresh slots go by turn, or the least likeable would wait at the front for ever.
    const auto by_turn = or_greedy(order.first_in_line()), by_value = or_greedy(order.best(true));
    const double roll = random.unit();
    Slot slot{greedy, Slot::Why::value, 1};
    if (roll < explored)
      slot = {order.draw(random), Slot::Why::exploration, 1};
    else if (roll < explored + fresh)
      slot.index = roll < explored + fresh / 2 ? by_turn : by_value;
    if (slot.why == Slot::Why::value && slot.index != greedy) slot.why = Slot::Why::fresh;
    const auto if_at = [&](std::size_t i, double share) { return i == slot.index ? share : 0.0; };
    slot.propensity = explored / static_cast<double>(order.left()) + if_at(by_turn, fresh / 2) +
                      if_at(by_value, fresh / 2) + if_at(greedy, 1 - explored - fresh);
    order.use(slot.index);
    slots.push_back(slot);
  }
  return slots;
}

}  // namespace filoscope::engine
