#include "engine/learner.h"

namespace filoscope::engine {
namespace {

void learn_fields(State& state, const Video& video, const VideoView& view, const Row& person,
                  const std::array<float, kFields>& gradients) {
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

void step_heads(State& state, const Example& example, std::uint16_t heads, std::uint16_t labels,
                bool correction) {
  if (heads == 0) return;
  const Video& video = state.videos[example.video];
  const VideoView view = view_of(state, video);
  const auto wide = Model::widen(example.features, view.fields);
  const HeadValues p = state.model.predict(wide);
  std::array<float, kFields> gradients{};
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    const auto head = static_cast<Head>(h);
    if ((heads & head_bit(head)) == 0) continue;
    const bool label = (labels & head_bit(head)) != 0;
    if (!correction) state.model.score(head, p[h], label);
    const float delta = correction ? (label ? -1.0F : 1.0F) : p[h] - (label ? 1.0F : 0.0F);
    state.model.learn(head, wide, example.weight * delta, gradients);
  }
  const Row& person = example.features.person;
  if (dot(person.data(), person.data(), kDim) > 0)
    learn_fields(state, video, view, person, gradients);
}

}  // namespace

void learn_example(State& state, const Example& example, std::uint16_t heads,
                   std::uint16_t labels) {
  step_heads(state, example, heads, labels, false);
  if ((heads & kWatchHeads) != 0) ++state.model.examples;
}

void correct_example(State& state, const Example& example, std::uint16_t heads,
                     std::uint16_t labels) {
  step_heads(state, example, heads, labels, true);
}

}  // namespace filoscope::engine
