#include "engine/rerank.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "engine/numbers.h"

namespace filoscope::engine {
namespace {

/// Cosines below which two contents are unrelated by chance, above which they are about the same.
constexpr float kUnrelated = 0.25F, kSame = 0.75F;
constexpr float kLeftMin = 0.02F;  ///< of the variance

float cosine(const Scored& a, const Scored& b) {
  return dot(a.content.data(), b.content.data(), kDim);
}
/// Likeness of two contents of length 1 by their cosine, 0..1.
float likeness(float cosine) { return clamp((cosine - kUnrelated) / (kSame - kUnrelated), 0, 1); }

float spread_of(std::span<const Scored> candidates) {
  std::vector<float> values;
  for (const Scored& c : candidates) values.push_back(c.value);
  return spread(values);
}

/// What the last few videos tell of a next one: a Gaussian process whose covariance is likeness,
/// seen with noise. L is the lower triangle of Cholesky's factors of their covariance, the newest
/// video first. Likeness is no exact covariance: a video that the newer ones tell all about says
/// nothing itself.
class Window {
 public:
  using Alike = std::array<float, kWindowNoise.size()>;  ///< to each, the newest first

  void put(const Scored& shown) {
    count_ = std::min(count_ + 1, kSize);
    std::rotate(shown_.begin(), shown_.end() - 1, shown_.end());
    shown_[0] = shown;
    for (std::size_t i = 0; i < count_; ++i) {
      auto& row = factors_[i];
      row.fill(0);
      float pivot = 1 + kWindowNoise[i];
      for (std::size_t j = 0; j < i; ++j) {
        if (factors_[j][j] == 0) continue;
        float sum = likeness(cosine(shown_[i], shown_[j]));
        for (std::size_t k = 0; k < j; ++k) sum -= row[k] * factors_[j][k];
        row[j] = sum / factors_[j][j];
        pivot -= row[j] * row[j];
      }
      if (pivot < kWindowNoise[0])
        row.fill(0);
      else
        row[i] = std::sqrt(pivot);
    }
  }
  /// Of the next one's variance, what is left: 1 for what is like none of them.
  float left(const Alike& alike) const {
    Alike solved{};
    float left = 1;
    for (std::size_t i = 0; i < count_; ++i) {
      if (factors_[i][i] == 0) continue;
      float sum = alike[i];
      for (std::size_t k = 0; k < i; ++k) sum -= factors_[i][k] * solved[k];
      solved[i] = sum / factors_[i][i];
      left -= solved[i] * solved[i];
    }
    return std::max(left, kLeftMin);
  }

 private:
  static constexpr std::size_t kSize = kWindowNoise.size();
  std::size_t count_ = 0;
  std::array<Scored, kSize> shown_;  ///< newest first
  std::array<Alike, kSize> factors_{};
};

class Order {
 public:
  Order(std::span<const Scored> candidates, const RerankOptions& options)
      : candidates_(candidates),
        sigma_(options.deviation ? *options.deviation : spread_of(candidates)),
        price_(options.breadth * sigma_),
        alike_max_(static_cast<int>(alike_most(options.alike_share))),
        left_(candidates.size()),
        places_(candidates.size()) {}

  /// What comes before, oldest first.
  void begin(std::span<const Scored> shown) {
    for (const Scored& one : shown) put(one);
    set_prices();
  }

  /// The best unused one.
  std::size_t best() const {
    for (int kept = kRulesCount; kept >= 0; --kept) {
      std::size_t chosen = candidates_.size();
      for (std::size_t i = 0; i < candidates_.size(); ++i)
        if (!places_[i].used && !breaks(i, kept) &&
            (chosen == candidates_.size() || value(i) > value(chosen)))
          chosen = i;
      if (chosen != candidates_.size()) return chosen;
    }
    return candidates_.size();
  }

  /// The one that has waited longest for its impressions; candidates come in the order of the line.
  std::size_t first_in_line() const {
    for (std::size_t i = 0; i < candidates_.size(); ++i)
      if (candidates_[i].fresh && !places_[i].used && !breaks(i, 1)) return i;
    return candidates_.size();
  }

  /// Of those owed impressions the chance of each to be the best, as far as is known: its value
  /// lies about what the model says (a logistic distribution), the nearer the more often it was
  /// shown. Empty when there are none.
  std::vector<std::pair<std::size_t, double>> thompson() const;

  /// A uniform draw from those left. REQUIRES: left() > 0.
  std::size_t draw(Random& random) const {
    auto skip = random.below(left_);
    std::size_t i = 0;
    while (places_[i].used || skip-- > 0) ++i;
    return i;
  }
  std::size_t left() const { return left_; }
  void use(std::size_t index) {
    places_[index].used = true, --left_;
    put(candidates_[index]);
    set_prices();
  }

 private:
  struct Place {
    bool used = false;
    std::uint32_t alike_bits = 0;  ///< of the videos before, the last in the lowest
    float value = 0;               ///< after the price of likeness
    Window::Alike alike{};
  };
  static constexpr int kRulesCount = kApart.size() + 1;

  void put(const Scored& shown) {
    window_.put(shown);
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      Place& place = places_[i];
      const float near = cosine(candidates_[i], shown);
      std::copy_backward(place.alike.begin(), place.alike.end() - 1, place.alike.end());
      place.alike[0] = likeness(near);
      place.alike_bits = place.alike_bits << 1 | (near > kAlike ? 1U : 0U);
    }
    last_ = shown;
    has_last_ = true;
  }
  void set_prices() {
    constexpr float kLog2 = 1.44269504F;  // of e
    for (std::size_t i = 0; i < candidates_.size(); ++i)
      if (!places_[i].used)
        places_[i].value =
            candidates_[i].value + price_ * kLog2 * log_fixed(window_.left(places_[i].alike));
  }
  float value(std::size_t i) const { return places_[i].value; }
  /// Whether it breaks one of the first `kept` rules: authors, too many alike, sounds.
  bool breaks(std::size_t i, int kept) const {
    if (!has_last_) return false;
    const Scored& c = candidates_[i];
    constexpr std::uint32_t kBefore = (1U << (kScreens - 1)) - 1;
    if (kept >= 1 && c.author == last_.author) return true;
    if (kept >= 2 && std::popcount(places_[i].alike_bits & kBefore) >= alike_max_) return true;
    return kept >= 3 && c.sound != 0 && c.sound == last_.sound;
  }

  std::span<const Scored> candidates_;
  float sigma_, price_;
  int alike_max_;
  std::size_t left_;
  std::vector<Place> places_;
  Window window_;
  Scored last_;
  bool has_last_ = false;
};

std::vector<std::pair<std::size_t, double>> Order::thompson() const {
  constexpr std::size_t kSteps = 64;
  constexpr float kDoubt = 0.55F, kImpressions = 5, kTailBelow = 4, kTailAbove = 8;
  struct Belief {
    std::size_t index = 0;
    float at = 0, scale = 0;
  };
  std::vector<Belief> beliefs;
  float low = 0, high = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (!candidates_[i].fresh || places_[i].used || breaks(i, 1)) continue;
    const float known =
        kImpressions / (kImpressions + static_cast<float>(candidates_[i].impressions));
    const Belief belief{i, value(i), std::max(kDoubt * sigma_ * std::sqrt(known), 1e-6F)};
    const float from = belief.at - kTailBelow * belief.scale;
    const float to = belief.at + kTailAbove * belief.scale;
    low = beliefs.empty() ? from : std::min(low, from);
    high = beliefs.empty() ? to : std::max(high, to);
    beliefs.push_back(belief);
  }
  std::vector<std::pair<std::size_t, double>> chances;
  for (const Belief& belief : beliefs) chances.emplace_back(belief.index, 0);
  double sum = 0;
  std::vector<double> below(beliefs.size());
  for (std::size_t step = 0; step < kSteps; ++step) {
    const float x = low + (high - low) * (static_cast<float>(step) + 0.5F) / kSteps;
    double all = 1;
    for (std::size_t b = 0; b < beliefs.size(); ++b) {
      below[b] = static_cast<double>(sigmoid((x - beliefs[b].at) / beliefs[b].scale));
      all *= below[b];
    }
    // Density · what the others stay below: F(1 - F)/s · Π F / F.
    for (std::size_t b = 0; b < beliefs.size(); ++b) {
      const double here = all * (1 - below[b]) / static_cast<double>(beliefs[b].scale);
      chances[b].second += here, sum += here;
    }
  }
  for (auto& [index, chance] : chances)
    chance = sum > 0 ? chance / sum : 1 / static_cast<double>(chances.size());
  return chances;
}

/// `at` in [0, 1) chooses by the chances.
std::size_t chosen_by(const std::vector<std::pair<std::size_t, double>>& chances, double at) {
  for (const auto& [index, chance] : chances)
    if ((at -= chance) < 0) return index;
  return chances.back().first;
}

}  // namespace

float spread(std::span<const float> values) {
  double sum = 0, squares = 0;
  for (const float value : values)
    sum += static_cast<double>(value), squares += static_cast<double>(value) * value;
  const double n = static_cast<double>(std::max<std::size_t>(values.size(), 1));
  const double variance = squares / n - sum / n * (sum / n);
  return static_cast<float>(std::sqrt(std::max(variance, 0.0)));
}

std::vector<Slot> rerank(std::span<const Scored> candidates, std::span<const Scored> before,
                         const RerankOptions& options, Random& random) {
  Order order(candidates, options);
  order.begin(before);
  std::vector<Slot> slots;
  while (slots.size() < options.count && order.left() > 0) {
    const double explored = options.exploration_share, fresh = options.fresh_share;
    const auto greedy = order.best();
    // Half of the fresh slots go by turn, or the least likeable would wait at the front for ever.
    const auto in_line = order.first_in_line();
    const auto by_turn = in_line < candidates.size() ? in_line : greedy;
    auto drawn = order.thompson();
    if (drawn.empty()) drawn.emplace_back(greedy, 1);
    const double roll = random.unit();
    Slot slot{greedy, Slot::Why::value, 1};
    if (roll < explored)
      slot = {order.draw(random), Slot::Why::exploration, 1};
    else if (roll < explored + fresh / 2)
      slot.index = by_turn;
    else if (roll < explored + fresh)
      slot.index = chosen_by(drawn, (roll - explored - fresh / 2) / (fresh / 2));
    if (slot.why == Slot::Why::value && slot.index != greedy) slot.why = Slot::Why::fresh;
    const auto if_at = [&](std::size_t i, double share) { return i == slot.index ? share : 0.0; };
    slot.propensity = explored / static_cast<double>(order.left()) + if_at(by_turn, fresh / 2) +
                      if_at(greedy, 1 - explored - fresh);
    for (const auto& [index, chance] : drawn) slot.propensity += if_at(index, chance * fresh / 2);
    order.use(slot.index);
    slots.push_back(slot);
  }
  return slots;
}

}  // namespace filoscope::engine
