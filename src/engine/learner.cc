#include "engine/learner.h"

#include <algorithm>
#include <span>

namespace filoscope::engine {
namespace {

void learn_fields(State& state, const Video& video, const VideoView& view, const Row& person,
                  std::span<const float, kFields> gradients) {
  auto& table = state.embeddings;
  const auto step = [&](std::uint64_t key, const Row& prior, float scale) {
    Row gradient{};
    add_scaled(gradient.data(), person.data(), scale, kDim);
    table.learn(key, prior, gradient, state.at_ms);
  };
  step(video.video_key, view.content, gradients[0]);
  step(video.author_key, prior_row(video.author_key), gradients[1]);
  if (video.sound_key != 0) step(video.sound_key, prior_row(video.sound_key), gradients[2]);
  const auto pool = [&](std::span<const std::uint64_t> keys, float gradient) {
    const float scale =
        gradient / std::sqrt(static_cast<float>(std::max<std::size_t>(1, keys.size())));
    for (const auto key : keys) step(key, prior_row(key), scale);
  };
  pool(tags_of(video), gradients[3]);
  pool(words_of(video), gradients[4]);
  if (video.language != 0) {
    const auto key = feature_key(FeatureKind::language, video.language);
    step(key, prior_row(key), gradients[5]);
  }
  const auto bucket = feature_key(FeatureKind::bucket, video.duration_bucket());
  step(bucket, prior_row(bucket), gradients[6]);
}

/// A correction takes the error that was learned with the other label back from the mean.
void note_missed(HeadValues& mean, float rate, std::size_t head, float error, bool correction) {
  mean[head] = clamp(mean[head] + rate * (correction ? error : error - mean[head]), -1, 1);
}

void step_heads(State& state, PersonState& person, const Example& example, std::uint16_t heads,
                std::uint16_t labels, bool correction) {
  if (heads == 0) return;
  constexpr float kNow = 0.2F, kLately = 0.05F;
  const Video& video = state.videos[example.video];
  const VideoView view = view_of(state, example.video);
  const auto wide = Model::widen(example.features, example.of_person, view.fields);
  const HeadValues p = state.model.predict(wide);
  std::array<float, kProducts> gradients{};
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    const auto head = static_cast<Head>(h);
    if ((heads & head_bit(head)) == 0) continue;
    const bool label = (labels & head_bit(head)) != 0;
    if (correction)
      state.model.correct_score(head, p[h], label);
    else
      state.model.score(head, p[h], label);
    const float delta = correction ? (label ? -1.0F : 1.0F) : p[h] - (label ? 1.0F : 0.0F);
    state.model.learn(head, wide, example.weight * delta, gradients);
    note_missed(person.outcomes.missed_now, kNow, h, -delta, correction);
    note_missed(person.outcomes.missed_lately, kLately, h, -delta, correction);
  }
  const Row& meets = example.features.person;
  if (dot(meets.data(), meets.data(), kDim) > 0)
    learn_fields(state, video, view, meets, std::span(gradients).first<kFields>());
  Row of_products{};
  std::copy(gradients.begin() + kFields, gradients.end(), of_products.begin());
  state.outcome_factors.learn(person.outcomes.factors, reactions_of(person, example.video),
                              example.video, example.of_person.factors, of_products);
}

}  // namespace

/// Of her own outcomes: what she did before counts half.
constexpr double kOwnMost = 4096;

void learn_example(State& state, PersonState& person, const Example& example, std::uint16_t heads,
                   std::uint16_t labels) {
  step_heads(state, person, example, heads, labels, false);
  const bool watch = (heads & kWatchHeads) != 0;
  person.outcomes.counts.add(watch ? 1 : 0, 1, 0, labels & heads);
  person.outcomes.counts.forget_above(kOwnMost);
  if (watch) ++state.model.examples;
}

void correct_example(State& state, PersonState& person, const Example& example, std::uint16_t heads,
                     std::uint16_t labels) {
  step_heads(state, person, example, heads, labels, true);
  person.outcomes.counts.add(0, 1, heads & ~labels, heads & labels);
}

}  // namespace filoscope::engine
