#include "engine/next_head.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace filoscope::engine {
namespace {

constexpr float kNextRate = 0.2F, kNextSquares = 10, kScaleRate = 0.01F;
/// Below this part of the best score a score says nothing.
constexpr std::array<float, kTasteRoutes.size() - 1> kFloors{0.01F, 0.01F, 0.01F,
                                                             0.03F, 0.03F, 0.01F};

/// What is known before anything is learned. Content and relations: how much each input says about
/// a lean.
constexpr std::array<std::pair<Input, float>, 21> kNextPriors{{
    {kTagMean, 0.8F},       {kTagMax, 0.9F},          {kTagMin, 0.9F},         {kWordMean, 0.3F},
    {kWordMax, 0.4F},       {kWordMin, 0.4F},         {kSoundLean, 0.5F},      {kAuthorLean, 0.7F},
    {kAttention, 0.9F},     {kAttentionBest, 0.5F},   {kWatchRate, 1.2F},      {kLikeRate, 0.5F},
    {kSkipRate, -0.8F},     {kAuthorWatchRate, 0.4F}, {kLanguageOther, -0.7F}, {kFollows, 0.4F},
    {kNeighboursLog, 0.2F}, {kOrderLog, 0.4F},        {kRecentLog, 0.0F},      {kFriendsLog, 0.2F},
    {kHad, 0.3F},
}};

/// The scores that are given as parts of the best, in the order of their inputs.
constexpr std::array<float TasteScores::*, kFloors.size()> kScaled{
    &TasteScores::neighbours, &TasteScores::recent,  &TasteScores::order,
    &TasteScores::als,        &TasteScores::fold_in, &TasteScores::friends};

/// The first input of each, the one behind is its log.
constexpr std::array<Input, kFloors.size()> kScaledInputs{kNeighbours, kRecent, kOrder,
                                                          kAls,        kFoldIn, kFriends};

}  // namespace

NextHead::NextHead() {
  for (const auto& [input, weight] : kNextPriors) shared_[input] = weight;
  shared_squares_.fill(kNextSquares);
  for (auto& squares : by_history_squares_) squares.fill(kNextSquares);
}

std::size_t NextHead::bucket(std::size_t history_count) {
  return std::min<std::size_t>(kHistories - 1,
                               static_cast<std::size_t>(std::bit_width(history_count)));
}

void NextHead::fill(Features& features, const TasteScores& scores,
                    const Popularity& popularity) const {
  auto& in = features.inputs;
  for (std::size_t i = 0; i < scales_.size(); ++i) {
    if (scales_[i] <= 0) continue;
    const float part = scores.*kScaled[i] / scales_[i];
    in[kScaledInputs[i]] = part;
    in[kScaledInputs[i] + 1] = log_fixed(1 + std::max(part, 0.0F) / kFloors[i]);
  }
  in[kSequence] = scores.sequence;
  if (popularity.had <= 0) return;
  in[kHad] = log_fixed(1 + popularity.had);
  for (std::size_t k = 0; k < popularity.recent.size(); ++k)
    in[kHadLately + k] = log_fixed(1 + popularity.recent[k] / 0.1F);
  in[kIdle] = log_fixed(1 + popularity.idle);
  in[kHadOnce] = popularity.had < 2 ? 1.0F : 0.0F;
}

float NextHead::logit(const Features& features, std::size_t history_count) const {
  const auto* in = features.inputs.data();
  return dot(shared_.data(), in, kInputs) +
         dot(by_history_[bucket(history_count)].data(), in, kInputs);
}

void NextHead::learn(std::span<const Features* const> candidates, std::span<const float> labels,
                     std::size_t history_count, float weight) {
  float most = -80;
  std::vector<float> p;
  for (const Features* one : candidates) {
    p.push_back(logit(*one, history_count));
    most = std::max(most, p.back());
  }
  float sum = 0;
  for (float& x : p) x = exp_fixed(x - most), sum += x;
  Weights gradient{};
  for (std::size_t i = 0; i < candidates.size(); ++i)
    add_scaled(gradient.data(), candidates[i]->inputs.data(), p[i] / sum - labels[i], kInputs);
  // The logit is no input of its own.
  gradient[kNext] = gradient[kNextRest] = 0;
  weight /= 1 + 0.1F * static_cast<float>(history_count);
  const auto b = bucket(history_count);
  for (std::size_t i = 0; i < kInputs; ++i) {
    const float g = weight * gradient[i];
    shared_squares_[i] += g * g, by_history_squares_[b][i] += g * g;
    shared_[i] -= kNextRate / std::sqrt(shared_squares_[i]) * g;
    by_history_[b][i] -= kNextRate / std::sqrt(by_history_squares_[b][i]) * g;
  }
}

void NextHead::scale_by(const TasteScores& best, float weight) {
  for (std::size_t i = 0; i < scales_.size(); ++i) {
    const float now = best.*kScaled[i];
    if (now <= 0) continue;
    scales_[i] = scales_[i] <= 0 ? now : scales_[i] + kScaleRate * weight * (now - scales_[i]);
  }
}

bool NextHead::fits() const {
  const auto finite = [](const auto& values) {
    return std::all_of(values.begin(), values.end(), is_finite);
  };
  for (std::size_t b = 0; b < kHistories; ++b)
    if (!finite(by_history_[b]) || !finite(by_history_squares_[b])) return false;
  return finite(shared_) && finite(shared_squares_) && finite(scales_);
}

}  // namespace filoscope::engine
