#pragma once

/// The crowd and what it watches: clips with topics, people with hidden tastes, and what a person
/// thinks of a clip at a moment. Made from a seed; the same for every arm.

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/random.h"
#include "simulate/rules.h"

namespace filoscope::simulate {

using Factors = std::array<double, kFactors>;

struct Clip {
  std::size_t topic = 0;
  double quality = 0;  ///< logits, the same for everybody
  Factors factors{};
  std::uint32_t duration_ms = 0;
  std::uint64_t author = 0;  ///< a number from 0
  std::uint64_t sound = 0;   ///< a number from 1; 0: silent
  std::vector<std::string> hashtags, words;
  std::int64_t published_ms = 0;
};

enum class Feeling : std::uint8_t { neutral, liked, disliked };

struct Taste {
  std::array<Feeling, kTopics> of_topic{};
  Factors factors{};
};
/// One liked topic becomes neutral and one neutral topic liked.
void drift(Taste& taste, Random& random);
/// Liked topics become disliked ones and the other way round.
void flip(Taste& taste);

struct CrowdOptions {
  std::size_t people_count = 100, clips_count = 1000;
  std::uint64_t seed = 1;
  bool content = true;  ///< false: clips without words, hashtags and sounds
};

/// Immutable once made. Clips are in the order in which they are published.
struct Crowd {
  std::vector<Clip> clips;
  std::vector<Taste> tastes;  ///< by person, at the beginning
};
/// Tastes, clips, their lengths and times do not depend on `content`.
Crowd make_crowd(const CrowdOptions& options, const Rules& rules);

/// A person while she watches.
struct Person {
  Taste taste;
  std::deque<std::size_t> topics;    ///< of her last clips in this session, newest last
  std::vector<std::uint8_t> had;     ///< how often, by clip
  std::vector<std::uint32_t> shown;  ///< clips, oldest first, repeats again
};

/// Logits lost by one more clip of `topic`; `before`: what she will see first (null: nothing).
double boredom_of(const Person& person, std::size_t topic, const Clip* before, const Rules& rules);
/// What she thinks of it now, without its length, in logits; `had`: how often she has had it.
double feeling_of(const Person& person, const Clip& clip, std::uint8_t had, const Clip* before,
                  const Rules& rules);
/// The same in a clip of the usual length and in this one's, as the share that she will watch on
/// average.
double share_of(double feeling);
double share_of(double feeling, std::uint32_t duration_ms, const Rules& rules);
/// Of clip number `clip`. REQUIRES: person.had has it.
double expected_share(const Crowd& crowd, const Person& person, std::uint32_t clip,
                      const Clip* before, const Rules& rules);

}  // namespace filoscope::simulate
