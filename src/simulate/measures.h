#pragma once

/// What the swipes of a world say. Threads: any.

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/estimates.h"
#include "simulate/world.h"

namespace filoscope::simulate {

/// A world that is over.
struct Outcome {
  std::string arm;
  Course course;
  std::vector<Swipe> swipes;
  std::int64_t end_ms = 0;
  std::uint64_t records_count = 0, state_hash = 0;
  double seconds = 0;  ///< of the machine's time
};

/// How far on a swipe is, 0 … 1: by its number for the person, or by its time.
double place_in(const Course& course, const Swipe& swipe);

struct Measured {
  std::string_view name;
  bool compared = false;  ///< with not_profiled and perfect
  Estimate estimate;
};
/// README.md of this folder says what each is.
std::vector<Measured> measure(const Outcome& outcome, const Crowd& crowd,
                              const Resamples& resamples);

/// The mean watched share in each tenth of the swipes, or of the time; null where there is none.
nlohmann::ordered_json course_of_shares(const Outcome& outcome);
/// The share of clips that enough people saw within a day of their publication.
nlohmann::ordered_json first_audience(const Outcome& outcome, const Crowd& crowd);
/// The topic's share of the answers around a "not interested", and around clips at which it came to
/// people's minds and they did not say it: chance decides which, so the two may be compared.
nlohmann::ordered_json not_interested_effect(const Outcome& outcome, const Resamples& resamples);
/// How fast a feed follows those whose taste was flipped, beside those whose was not.
/// REQUIRES: a course with flip_after.
nlohmann::ordered_json taste_flip_effect(const Outcome& outcome);

}  // namespace filoscope::simulate
