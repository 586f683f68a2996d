#pragma once

/// What stands of all that one person did with one entry, as labels of the heads and as a part of
/// what is counted for the entry, its author and everyone. REQUIRES the exclusive phase.

#include "engine/state.h"

namespace filoscope::engine {

/// Less than 2 s watched; of clips shorter than 4 s, less than half.
std::uint32_t skip_limit_ms(const Video& video);
bool skipped(float share, const Video& video);
/// Of a watched share, 0..1.
std::uint16_t watch_labels(float share, const Video& video);
/// Of the heads that tell of acts.
std::uint16_t act_labels(const Contribution& given);
/// Of all she ever did with it.
std::uint16_t standing_labels(const Contribution& given, const Video& video);

inline constexpr std::array<std::pair<Lesson, std::uint16_t>, 5> kLessons{
    {{Lesson::watch, kWatchHeads},
     {Lesson::like, head_bit(Head::like)},
     {Lesson::share, head_bit(Head::share)},
     {Lesson::follow, head_bit(Head::follow)},
     {Lesson::not_interested, head_bit(Head::not_interested)}}};
/// Heads that were taught by it.
std::uint16_t taught(const Contribution& given);

/// The share that her best watch is known by: that of a skip is half of the longest one.
float standing_share(const Contribution& given, const Video& video);
/// Her part of what she gives, as of the time that all of hers counts from.
float left_of(const State& state, const Contribution& given, const Video& video);
/// How an encounter felt, -2..2: the watched share against what is usual for the length, plus what
/// she did beside watching. "Not interested" and reports override everything.
float value_of(const Encounter& encounter, float usual_share);
/// What an encounter with all that stands would have been.
Encounter encounter_of(const Contribution& given, const Video& video);

/// Changes the decayed counters of the entry, of its author, and of everyone.
template <typename Change>
void count_in(State& state, Video& video, Change change) {
  for (Counters* c : {&video.counters, &state.videos.author_at(video).counters,
                      &state.everyone[video.duration_bucket()]}) {
    c->bring_forward(state.at_ms);
    change(*c);
  }
}

struct OutcomeChange {
  float weight = 0;
  float views = 0;                 ///< first watches, by weight
  std::uint16_t was = 0, now = 0;  ///< labels that stand
};
/// Changes how often outcomes came with the entry, its author, and everyone.
void add_outcomes(State& state, Video& video, const OutcomeChange& change);

enum class Direction : std::int8_t { give = 1, take_back = -1 };
/// All that stands of what she gave, in counters, outcomes and heat.
void move_standing(State& state, std::uint32_t number, const SeenEntry& entry, Direction way);

}  // namespace filoscope::engine
