#pragma once

/// How rankings are measured on a log: full ranking over every known item but the person's own.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "eval/metrics.h"
#include "eval/ranker.h"

namespace filoscope::eval {

/// Told of the share of what is being done; may be empty.
using Progress = std::function<void(double share)>;

struct RankedCase {
  std::uint32_t person = 0;
  RankingMetrics metrics;
};

/// The last fifth of a log is measured by `prequential` and learned by nobody in `temporal`.
inline constexpr double kMeasuredShare = 0.2;
std::size_t measured_from(std::size_t events_count);

/// Sorted by time; those without one come first, equal ones as in the file.
std::vector<Interaction> by_time(std::vector<Interaction> events);

/// Each event of the last fifth is ranked for, all are learned, one after the other (Dawid, JRSS A
/// 147, 1984). An item that nobody has had before is a miss; an event with an item that the person
/// has had is learned and no case. REQUIRES: `events` in the order of time.
std::vector<RankedCase> run_prequential(Ranker& ranker, std::span<const Interaction> events,
                                        World world, std::size_t k, const Progress& progress);

/// Whom to rank for, and what she went on to have.
struct TestPerson {
  std::uint32_t person = 0;
  std::vector<std::uint32_t> wanted;  ///< sorted, without repeats, not empty
};
/// The people who are in both; their items of `test` that are known from `train` and not hers
/// there. In the order of their numbers.
std::vector<TestPerson> test_people(std::span<const Interaction> train,
                                    std::span<const Interaction> test, std::size_t people_count,
                                    std::size_t items_count);

/// All of `train` is learned as it comes, then each person is ranked for once.
std::vector<RankedCase> run_split(Ranker& ranker, std::span<const Interaction> train,
                                  std::span<const TestPerson> people, World world, std::size_t k,
                                  const Progress& progress);

}  // namespace filoscope::eval
