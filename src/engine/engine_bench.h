#pragma once

/// Speed of answers and of learning on a seeded synthetic catalogue and crowd, in process.
/// Behind `filoscope bench engine.rank|engine.train`.

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace filoscope::engine {

struct BenchOptions {
  std::size_t videos_count = 100'000;
  std::size_t people_count = 20'000;
  std::size_t swipes_per_person =
      15;                            ///< each an impression and a watch with its decision's example
  std::size_t swipers_percent = 10;  ///< of people, whose swipes follow answers; the others meet
                                     ///< videos at random, outside the feed
  std::size_t answers_count = 3'000;  ///< measured
  std::uint64_t seed = 1;
};

/// Limits of the figures below.
inline constexpr double kAnswerCpuMsMax = 4;  ///< mean of a for_you answer
inline constexpr double kAnswerCpuP99MsMax = 8;
inline constexpr double kApplyCpuUsMax = 60;  ///< p50 of an event
inline constexpr double kMemoryBytesMax = 500.0 * 1024 * 1024;

struct Spread {
  double mean = 0, p50 = 0, p99 = 0, max = 0;
};

struct BenchReport {
  BenchOptions options;
  /// One for_you answer of 8 and its decision's record learned, CPU time of the calling thread.
  Spread answer_cpu_ms;
  Spread unprofiled_cpu_ms;
  Spread apply_cpu_us;        ///< one event record
  double examples_per_s = 0;  ///< learned, one thread, by CPU time
  double memory_bytes = 0;    ///< EngineStats
  double snapshot_bytes = 0;
  double save_ms = 0, load_ms = 0, hash_ms = 0;  ///< by the clock
  bool snapshot_equal = false;                   ///< state_hash after load
};

/// `progress` is given the share of the people who have had their turn. Errors: those of Engine.
/// Memory: about twice the engine's while the snapshot is held.
Result<BenchReport> run_bench(const BenchOptions& options, const Clock& clock,
                              const std::function<void(double share)>& progress = {});
std::string to_json(const BenchReport& report);
/// A table with limits beside the figures, for a terminal.
std::string to_table(const BenchReport& report);

}  // namespace filoscope::engine
