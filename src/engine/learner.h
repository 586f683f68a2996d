#pragma once

/// Training: one example per (request, video) and outcome, scored first, then learned.
/// REQUIRES the exclusive phase.

#include "engine/features.h"

namespace filoscope::engine {

/// What is being learned from: a video with the features it was shown with.
struct Example {
  std::uint32_t video = 0;
  float weight = 1;  ///< of its steps, 0..1
  Features features;
  PersonFeatures of_person;
};

/// Scores and learns the given heads with the given labels (bit per Head), of what `person` did in
/// this encounter.
void learn_example(State& state, PersonState& person, Encounter& encounter, const Example& example,
                   std::uint16_t heads, std::uint16_t labels);

/// A label that turned out otherwise after it was learned: moves each head of `heads` by one full
/// step towards its label (Ktena et al., "Addressing delayed feedback", RecSys 2019: the fake
/// negative stays and a positive is added).
void correct_example(State& state, PersonState& person, Encounter& encounter,
                     const Example& example, std::uint16_t heads, std::uint16_t labels);

/// Makes room for an encounter: the oldest leave, and what was learned of them stays.
void leave_oldest(const State& state, PersonState& person);

/// Her factors as far as they follow from the encounters that she has.
FactorRow factors_by_encounters(const State& state, const PersonState& person);

}  // namespace filoscope::engine
