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

Row of_factors(const std::array<float, kProducts>& gradients) {
  Row row{};
  std::copy(gradients.begin() + kFields, gradients.end(), row.begin());
  return row;
}

/// Bit per Head: which are said, and what is said of them.
struct Said {
  std::uint16_t heads = 0, labels = 0;
};

void step_heads(State& state, PersonState& person, Encounter& encounter, const Example& example,
                const Said& said, bool correction) {
  const auto [heads, labels] = said;
  if (heads == 0) return;
  const Video& video = state.videos[example.video];
  const VideoView view = view_of(state, example.video);
  const auto wide = Model::widen(example.features, example.of_person, view.fields);
  const HeadValues p = state.model.predict(wide);
  if (!correction && (heads & kWatchHeads) == kWatchHeads) {
    const float loss = loss_of(p, kWatchHeads, labels);
    state.guard.judge(
        {wide, kWatchHeads, labels, loss, example.weight, state.people.slot_of(person)});
  }
  const bool pauses = state.guard.pauses();
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
    state.model.heads.add_gradient(head, example.weight * delta, gradients);
    if (!pauses) state.model.heads.learn(head, wide, example.weight * delta);
    encounter.miss(h, -delta);
  }
  const Row& meets = example.features.person;
  if (!pauses && dot(meets.data(), meets.data(), kDim) > 0)
    learn_fields(state, video, view, meets, std::span(gradients).first<kFields>());
  const Row of_products = of_factors(gradients);
  if (pauses)
    return state.outcome_factors.learn_person(person.outcomes.factors, example.video, of_products);
  state.outcome_factors.learn(person.outcomes.factors, reactions_of(person, example.video),
                              example.video, example.of_person.factors, of_products);
}

/// One step on her own factors by what the heads missed in an encounter.
void step_factors(const State& state, const PersonState& person, const Encounter& encounter,
                  FactorRow& factors) {
  const SeenEntry* met = person.seen.find(encounter.video);
  const float weight = met != nullptr ? Contribution(met->given).weight() : 1.0F;
  std::array<float, kProducts> gradients{};
  bool learned = false;
  for (std::size_t h = 0; h < kHeadsCount; ++h) {
    if (encounter.missed[h] == 0) continue;
    learned = true;
    state.model.heads.add_gradient(static_cast<Head>(h), -weight * encounter.missed_of(h),
                                   gradients);
  }
  if (!learned) return;
  state.outcome_factors.learn_person(factors, encounter.video, of_factors(gradients));
}

/// Of her own outcomes: what she did before counts half.
constexpr double kOwnMost = 4096;

}  // namespace

void learn_example(State& state, PersonState& person, Encounter& encounter, const Example& example,
                   std::uint16_t heads, std::uint16_t labels) {
  step_heads(state, person, encounter, example, {heads, labels}, false);
  const bool watch = (heads & kWatchHeads) != 0;
  person.outcomes.counts.add(watch ? 1 : 0, 1, 0, labels & heads);
  person.outcomes.counts.forget_above(kOwnMost);
  if (!watch) return;
  ++state.model.examples;
  state.guard.settle(state.model.heads, state.next_head, {state.position, state.at_ms});
}

void correct_example(State& state, PersonState& person, Encounter& encounter,
                     const Example& example, std::uint16_t heads, std::uint16_t labels) {
  step_heads(state, person, encounter, example, {heads, labels}, true);
  person.outcomes.counts.add(0, 1, heads & ~labels, heads & labels);
}

void leave_oldest(const State& state, PersonState& person) {
  constexpr std::size_t kLeavingAtOnce = 16;  // so that the move is paid for rarely
  auto& encounters = person.encounters;
  if (encounters.size() < PersonState::kEncountersMax) return;
  const auto left = PersonState::kEncountersMax - kLeavingAtOnce;
  const auto end = encounters.end() - static_cast<std::ptrdiff_t>(left);
  for (auto at = encounters.begin(); at != end; ++at)
    step_factors(state, person, *at, person.outcomes.before);
  encounters.erase(encounters.begin(), end);
}

FactorRow factors_by_encounters(const State& state, const PersonState& person) {
  FactorRow factors = person.outcomes.before;
  for (const Encounter& encounter : person.encounters)
    step_factors(state, person, encounter, factors);
  return factors;
}

}  // namespace filoscope::engine
