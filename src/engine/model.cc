#include "engine/model.h"

#include <algorithm>

namespace filoscope::engine {
namespace {

constexpr float kRate = 0.1F;
constexpr float kRateFloor = 0.001F;
constexpr float kPriorSquares = 2.0F;  ///< the priors count as a few dozen examples

/// Prior: logit of each outcome for a video nobody knows, shown to a person nobody knows, and how
/// strongly it rises with the next head's logit. Rates as commonly seen on short-video
/// feeds (KuaiRand: long views a third, likes 1–2 %); training replaces them within hours.
struct HeadPrior {
  float bias;
  float affinity;
};
constexpr std::array<HeadPrior, kHeadsCount> kPriors{{
    {-0.6F, -1.0F},  // skip
    {0.4F, 1.0F},    // watch_25
    {-0.2F, 1.0F},   // watch_50
    {-0.7F, 1.0F},   // watch_75
    {-1.0F, 1.0F},   // complete
    {-3.2F, 0.9F},   // like
    {-5.0F, 0.6F},   // share
    {-5.0F, 0.6F},   // follow
    {-5.0F, -1.0F},  // not_interested
}};

}  // namespace

Model::Model() {
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    weights_[h][kBias] = kPriors[h].bias;
    weights_[h][kNext] = weights_[h][kNextRest] = kPriors[h].affinity;
    // Products with content fields start as a weak similarity to what she liked.
    for (std::size_t f = 0; f < 5; ++f) weights_[h][kInputs + f] = 0.1F * kPriors[h].affinity;
    squares_[h].fill(kPriorSquares);
  }
}

std::array<float, kWide> Model::widen(const Features& features, const FieldRows& fields) {
  std::array<float, kWide> wide{};
  std::copy(features.inputs.begin(), features.inputs.end(), wide.begin());
  for (std::size_t f = 0; f < kFields; ++f)
    wide[kInputs + f] = dot(features.person.data(), fields.rows[f].data(), kDim);
  return wide;
}

HeadValues Model::predict(const std::array<float, kWide>& wide) const {
  HeadValues probabilities;
  for (std::size_t h = 0; h < kHeadsCount; ++h)
    probabilities[h] = sigmoid(dot(weights_[h].data(), wide.data(), kWide));
  return probabilities;
}

void Model::learn(Head head, const std::array<float, kWide>& wide, float delta,
                  std::array<float, kFields>& field_gradient) {
  auto& weights = weights_[static_cast<std::size_t>(head)];
  auto& squares = squares_[static_cast<std::size_t>(head)];
  delta = clamp(delta, -1.0F, 1.0F);
  for (std::size_t f = 0; f < kFields; ++f) field_gradient[f] += delta * weights[kInputs + f];
  for (std::size_t i = 0; i < kWide; ++i) {
    const float gradient = delta * wide[i];
    squares[i] += gradient * gradient;
    const float rate = std::max(kRate / std::sqrt(squares[i]), kRateFloor);
    weights[i] -= rate * gradient;
  }
}

void Model::score(Head head, float probability, bool label) {
  const auto h = static_cast<std::size_t>(head);
  scored_[h] = std::min<std::uint64_t>(scored_[h] + 1, 10'000);
  const float loss = minus_log(label ? probability : 1.0F - probability);
  loss_[h] += (loss - loss_[h]) / static_cast<float>(scored_[h]);
}

}  // namespace filoscope::engine
