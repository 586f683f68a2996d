#pragma once

/// `filoscope simulate`: a crowd with hidden tastes swipes through the engine, and how near that
/// comes to what perfect knowledge of the tastes would give.

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace filoscope::simulate {

struct SimulationOptions {
  std::int64_t people_count = 100;   ///< 1 … 10,000
  std::int64_t videos_count = 1000;  ///< 20 … 100,000
  std::int64_t seed = 1;
  bool content = true;        ///< false: clips without words, hashtags and sounds
  std::int64_t swipes = 100;  ///< of each person, 10 … 1,000
  std::int64_t days = 0;  ///< 1 … 60: a community for that long instead, in which people come and
                          ///< go and clips keep coming; 0: `swipes`
  bool taste_flip = true;  ///< also the experiment of the flipped tastes, worlds of their own
  std::vector<std::string> arms;  ///< by their names; empty: all
};

/// What is being done and how far it is, 0..1.
using Report = std::function<void(const std::string& what, double share)>;

/// The result as JSON (README.md of this folder). Equal options give the same but for `seconds`, on
/// one machine. Threads: its own. Errors: simulation_number_out_of_range, simulation_arm_unknown.
Result<nlohmann::ordered_json> simulate(const SimulationOptions& options, const Report& report);

}  // namespace filoscope::simulate
