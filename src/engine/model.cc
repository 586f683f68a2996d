#include "engine/model.h"

#include <algorithm>

namespace filoscope::engine {
namespace {

constexpr float kRate = 0.1F;
constexpr float kRateFloor = 0.001F;
constexpr std::uint64_t kSlowly = 10'000, kLately = 500;  ///< examples of the means of the loss
constexpr float kPriorSquares = 2.0F;  ///< the priors count as a few dozen examples

/// How strongly each outcome rises with the next head's logit, before anything is learned.
constexpr HeadValues kAffinity{
    // skip, watch_25, watch_50, watch_75, complete, like, share, follow, not_interested
    -1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 0.9F, 0.6F, 0.6F, -1.0F};

enum OwnInput : std::size_t { kEntryOdds, kPersonOdds, kMissedNow, kMissedLately };

void descend(float& weight, float& squares, float gradient) {
  squares += gradient * gradient;
  weight -= std::max(kRate / std::sqrt(squares), kRateFloor) * gradient;
}

}  // namespace

Heads::Heads() {
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    weights_[h][kNext] = weights_[h][kNextRest] = kAffinity[h];
    // Products with content fields start as a weak similarity to what she liked.
    for (std::size_t f = 0; f < 5; ++f) weights_[h][kInputs + f] = 0.1F * kAffinity[h];
    for (std::size_t k = 0; k < kDim; ++k) weights_[h][kInputs + kFields + k] = kAffinity[h];
    own_weights_[h][kEntryOdds] = own_weights_[h][kPersonOdds] = 1;
    squares_[h].fill(kPriorSquares), own_squares_[h].fill(kPriorSquares);
  }
}

Wide Model::widen(const Features& features, const PersonFeatures& person, const FieldRows& fields) {
  Wide wide;
  std::copy(features.inputs.begin(), features.inputs.end(), wide.shared.begin());
  auto at = wide.shared.begin() + kInputs;
  for (const Row& row : fields.rows) *at++ = dot(features.person.data(), row.data(), kDim);
  const Row factors = products(person.factors, fields.factors);
  std::copy(factors.begin(), factors.end(), at);
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    auto& own = wide.own[h];
    own[kEntryOdds] = features.entry_odds[h], own[kPersonOdds] = person.odds[h];
    own[kMissedNow] = person.missed_now[h], own[kMissedLately] = person.missed_lately[h];
  }
  return wide;
}

HeadValues Heads::predict(const Wide& wide) const {
  HeadValues probabilities;
  for (std::size_t h = 0; h < kHeadsCount; ++h)
    probabilities[h] = sigmoid(dot(weights_[h].data(), wide.shared.data(), kWide) +
                               dot(own_weights_[h].data(), wide.own[h].data(), Wide::kOwn));
  return probabilities;
}

void Heads::learn(Head head, const Wide& wide, float delta) {
  const auto h = static_cast<std::size_t>(head);
  for (std::size_t i = 0; i < kWide; ++i)
    descend(weights_[h][i], squares_[h][i], delta * wide.shared[i]);
  for (std::size_t i = 0; i < Wide::kOwn; ++i)
    descend(own_weights_[h][i], own_squares_[h][i], delta * wide.own[h][i]);
}

void Heads::add_gradient(Head head, float delta, std::array<float, kProducts>& gradient) const {
  const auto& weights = weights_[static_cast<std::size_t>(head)];
  for (std::size_t i = 0; i < kProducts; ++i) gradient[i] += delta * weights[kInputs + i];
}

void Model::score(Head head, float probability, bool label) {
  const auto h = static_cast<std::size_t>(head);
  scored_[h] = std::min(scored_[h] + 1, kSlowly);
  const float loss = minus_log(label ? probability : 1.0F - probability);
  loss_[h] += (loss - loss_[h]) / static_cast<float>(scored_[h]);
  const auto lately = std::min<std::uint64_t>(scored_[h], kLately);
  loss_lately_[h] += (loss - loss_lately_[h]) / static_cast<float>(lately);
  calibration_[h].add(probability, label);
}

void Model::correct_score(Head head, float probability, bool label) {
  const auto h = static_cast<std::size_t>(head);
  calibration_[h].correct(probability, label);
  if ((head_bit(head) & kWatchHeads) != 0) return;
  const float now = minus_log(label ? probability : 1.0F - probability);
  const float before = minus_log(label ? 1.0F - probability : probability);
  const auto correct = [&](float& mean, std::uint64_t most) {
    const auto count = std::clamp<std::uint64_t>(scored_[h], 1, most);
    mean = std::max(0.0F, mean + (now - before) / static_cast<float>(count));
  };
  correct(loss_[h], kSlowly), correct(loss_lately_[h], kLately);
}

bool Heads::fits() const {
  const auto finite = [](const auto& of_heads) {
    return std::all_of(of_heads.begin(), of_heads.end(), [](const auto& values) {
      return std::all_of(values.begin(), values.end(), is_finite);
    });
  };
  return finite(weights_) && finite(squares_) && finite(own_weights_) && finite(own_squares_);
}

bool Model::fits() const {
  return heads.fits() && std::all_of(calibration_.begin(), calibration_.end(),
                                     [](const Calibration& one) { return one.fits(); });
}

}  // namespace filoscope::engine
