#include <algorithm>

#include "base/log.h"
#include "feed/engine_life.h"
#include "feed/feed.h"
#include "feed/reasons.h"
#include "feed/store.h"

namespace filoscope::feed {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kPeopleInOne = 64;     ///< transaction
constexpr std::int64_t kBodiesInOne = 2'000;  ///< transaction
constexpr std::size_t kStepsInOne = 64;       ///< transaction
constexpr std::string_view kSuffix = ".snapshot";

/// Also one that was set aside or never finished.
bool is_of_a_snapshot(const std::string& name) {
  const auto digits = name.find_first_not_of("0123456789");
  return digits != std::string::npos && digits > 0 &&
         name.compare(digits, kSuffix.size(), kSuffix) == 0;
}

}  // namespace

Result<void> EngineLife::finish_erasures() {
  Lock one(erasing_mutex_);
  FILOSCOPE_TRY(const auto some, find_erasures(parts_.database, {}, 1));
  if (some.empty()) return {};
  const auto start_us = parts_.clock.mono_us();
  FILOSCOPE_DO(forget_names());
  FILOSCOPE_TRY(const auto base, begin_base());
  FILOSCOPE_TRY(const auto people_count, blank_erased(base));
  log::info("engine.erased", {{"people", people_count},
                              {"base", base},
                              {"ms", (parts_.clock.mono_us() - start_us) / 1000}});
  return {};
}

/// The engine takes erased people out of others' relations with each record; a quiet log is given
/// records that do nothing else.
Result<void> EngineLife::forget_names() {
  std::vector<LogRecord> steps(kStepsInOne, engine::encode(PersonKey{}, engine::ErasePerson{}));
  while (engine_->erasing()) {
    if (!learns() || stopping()) return Error(reason("engine_stands"));
    for (auto& step : steps) step.at_ms = parts_.clock.now_ms();
    FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(parts_.log.append(session, steps));
      return {};
    }));
  }
  return {};
}

Result<LogPosition> EngineLife::begin_base() {
  Lock one(snapshot_mutex_);
  FILOSCOPE_DO(write_snapshot());
  const LogPosition base = saved_at_;
  FILOSCOPE_DO(keep_as_base(base));
  return base;
}

/// The state at `position` was made by this version of the engine, or is taken as it is. Whatever
/// else held a state is gone then, readable or not.
Result<void> EngineLife::keep_as_base(LogPosition position) {
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    if (position != 0) FILOSCOPE_DO(put_text(session, kReplayBase, std::to_string(position)));
    return put_text(session, kVersion, std::to_string(engine::kEngineVersion));
  }));
  std::error_code problem;
  std::vector<std::filesystem::path> others;
  std::filesystem::directory_iterator at(parts_.folder, problem), end;
  for (; !problem && at != end; at.increment(problem)) {
    if (is_of_a_snapshot(at->path().filename().string()) && at->path() != path_of(position))
      others.push_back(at->path());
  }
  for (const auto& path : others) {
    if (!problem) std::filesystem::remove(path, problem);
  }
  if (problem) {
    return Error(reason("snapshots_not_removed"), parts_.folder.string(), problem.message());
  }
  return sync_folder(parts_.folder);
}

/// Blanks what is noted, up to the base; how many people.
Result<std::int64_t> EngineLife::blank_erased(LogPosition base) {
  std::int64_t count = 0;
  for (PersonKey after;;) {
    FILOSCOPE_TRY(const auto people, find_erasures(parts_.database, after, kPeopleInOne));
    if (people.empty()) return count;
    for (std::size_t done = 0; done < people.size();) {
      FILOSCOPE_TRY(const auto more, blank_some(std::span(people).subspan(done), base));
      done += more;
      if (stopping()) return count;  // the rest stays noted
    }
    count += std::ssize(people);
    after = people.back();
  }
}

/// One transaction; with how many of them it is done.
Result<std::size_t> EngineLife::blank_some(std::span<const PersonKey> people, LogPosition base) {
  const auto again_ms =
      parts_.clock.now_ms() + std::max<std::int64_t>(1, parts_.config[kErasureHours]) * kHourMs;
  return parts_.database.write<std::size_t>([&](Session& session) -> Result<std::size_t> {
    auto bodies_left = kBodiesInOne;
    for (std::size_t i = 0; i < people.size(); ++i) {
      if (parts_.is_here) {
        FILOSCOPE_TRY(const bool here, parts_.is_here(session, people[i]));
        if (here) {
          FILOSCOPE_DO(end_erasure(session, people[i]));
          continue;
        }
      }
      FILOSCOPE_TRY(const auto blanked, parts_.log.blank(session, people[i], base, bodies_left));
      bodies_left -= blanked.count;
      if (bodies_left == 0) return i;
      FILOSCOPE_DO(blanked.left ? put_off_erasure(session, people[i], again_ms)
                                : end_erasure(session, people[i]));
    }
    return people.size();
  });
}

}  // namespace filoscope::feed
