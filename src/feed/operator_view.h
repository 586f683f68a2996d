#pragma once

/// What is told about the feed: to anybody how it works, to operators how it does and what they may
/// change. Values only.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "engine/engine.h"

namespace filoscope::feed {

/// What no record of the event log has room for, so that no order can come of it: as codes.
inline constexpr std::array<std::string_view, 7> kNeverUsed{
    "address", "device", "place", "contact", "other_sites", "profile_text", "payment"};

/// By which rules answers are made.
struct How {
  engine::FeedRules rules;
  std::int64_t guest_hours = 0;         ///< without an account, until what she did is let go
  std::int64_t guest_records_days = 0;  ///< after that, until it is gone from the event log
  std::int64_t decision_days = 0;       ///< that an answer can be asked for its reasons
  std::int64_t log_days = 0;            ///< that the event log is kept
  std::int64_t erasure_hours = 0;       ///< from a deleted account to its records
};

inline constexpr float kWeightMost = 1000;  ///< either way
inline constexpr std::int64_t kWeightsChangesKept = 100;

struct WeightsChange {
  std::int64_t revision = 0;  ///< 1, 2, …
  std::int64_t at_ms = 0;
  AccountId by;  ///< none: the setting feed.value_weights
  engine::HeadValues before{}, weights{};
};

struct WeightsView {
  std::int64_t revision = 0;  ///< of the newest change; 0: there was none
  engine::HeadValues now{}, built_in{};
  std::vector<WeightsChange> changes;  ///< newest first
};

/// One look at engine and answers.
struct Reading {
  std::int64_t at_ms = 0;
  std::uint32_t minutes = 1;  ///< that the counts are of
  std::size_t videos_count = 0, people_count = 0, memory_bytes = 0;
  std::uint64_t examples_count = 0;
  engine::HeadValues loss{}, loss_lately{};
  engine::HeadValues predicted{}, happened{};  ///< means of what was scored lately; 0: nothing
  std::array<std::uint32_t, engine::kRoutesCount> routes{};  ///< of what was handed out
  std::uint32_t answers_count = 0, events_count = 0;
  double wait_p50_ms = 0, wait_p99_ms = 0;  ///< of these answers
  std::uint64_t distinct_count = 0;         ///< different entries handed out in the last hours
  std::int64_t age_p50_ms = 0;              ///< of what was handed out meanwhile
};
/// At most `count_max` readings in place of these: neighbours as one, with the counts of all and
/// the rest as of the last.
std::vector<Reading> thinned(const std::vector<Reading>& readings, std::size_t count_max);

/// What was handed out in the last `hours`.
struct ServedLately {
  std::int64_t hours = 0;
  std::uint64_t answers_count = 0, events_count = 0, items_count = 0;
  std::array<std::uint64_t, engine::kRoutesCount> routes{};
  std::uint64_t distinct_count = 0;  ///< different entries; to about 1 %
  std::int64_t age_p50_ms = 0;
  double wait_p50_ms = 0, wait_p99_ms = 0;
};

struct EngineView {
  std::int64_t since_ms = 0, at_ms = 0;
  engine::EngineStats now;
  ServedLately lately;
  std::vector<Reading> readings;  ///< one a minute, oldest first, of a day at most
};

}  // namespace filoscope::feed
