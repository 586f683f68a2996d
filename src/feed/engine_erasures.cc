#include <algorithm>
#include <array>

#include "base/log.h"
#include "feed/engine_host.h"
#include "feed/feed.h"
#include "feed/reasons.h"
#include "feed/store.h"

namespace filoscope::feed {
namespace {

constexpr std::int64_t kAgainMs = 3'600'000;
constexpr std::int64_t kLookEveryMs = 20;
constexpr std::int64_t kPeopleInOne = 64;     ///< transaction
constexpr std::int64_t kBodiesInOne = 2'000;  ///< transaction
constexpr std::size_t kStepsInOne = 64;       ///< transaction
/// Stays readable: made anew from the log, the state must lose her again.
constexpr auto kErased = static_cast<std::uint16_t>(engine::RecordKind::erase_person);

/// Also one that was set aside or never finished.
bool is_of_a_snapshot(const std::string& name) {
  const auto digits = name.find_first_not_of("0123456789");
  return digits != std::string::npos && digits > 0 &&
         name.compare(digits, kSnapshotSuffix.size(), kSnapshotSuffix) == 0;
}

}  // namespace

Result<void> EngineHost::finish_erasures() {
  Lock one(erasing_mutex_);
  FILOSCOPE_TRY(const auto people, find_erasures(parts_.database));
  if (people.empty()) return {};
  const auto start_us = parts_.clock.mono_us();
  FILOSCOPE_TRY(const bool forgotten, forget(people));
  if (!forgotten) return {};  // it is stopping; all stays noted
  FILOSCOPE_TRY(const auto base, begin_base());
  FILOSCOPE_DO(blank_erased(people, base));
  log::info("engine.erased", {{"people", std::ssize(people)},
                              {"base", base},
                              {"ms", (parts_.clock.mono_us() - start_us) / 1000}});
  return {};
}

/// Afterwards the engine has learned that they are erased, and their keys stand in nobody's
/// relations. False when it is stopping.
Result<bool> EngineHost::forget(std::span<const PersonKey> people) {
  // What lies before an empty record is learned when that is: only then `knows` is asked.
  FILOSCOPE_TRY(auto last, append_erasures(std::array{PersonKey{}}));
  FILOSCOPE_TRY(const bool learned, await_learned(last));
  if (!learned) return false;
  std::vector<PersonKey> known;
  for (const auto person : people)
    if (engine_->knows(person)) known.push_back(person);
  for (auto left = std::span<const PersonKey>(known); !left.empty();) {
    const auto some = left.first(std::min<std::size_t>(left.size(), kPeopleInOne));
    left = left.subspan(some.size());
    FILOSCOPE_TRY(last, end_in_engine(some));
  }
  FILOSCOPE_TRY(const bool ended, await_learned(last));
  if (!ended) return false;
  // Each record takes some of their keys out; a quiet log is given records that do nothing else.
  for (auto steps = engine_->erasing_records(); steps > 0;) {
    if (stopping()) return false;
    const auto some = std::min(steps, kStepsInOne);
    FILOSCOPE_TRY(last, append_erasures(std::vector<PersonKey>(some)));
    steps -= some;
  }
  return await_learned(last);
}

/// A guest ends there by the log's time, so she may still be in it when her row is gone.
Result<OutboxToken> EngineHost::end_in_engine(std::span<const PersonKey> people) {
  OutboxToken token = 0;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    std::vector<PersonKey> gone{PersonKey{}};  // so that there is a token
    for (const auto person : people) {
      FILOSCOPE_TRY(const bool here, is_here(session, person));
      if (!here) gone.push_back(person);
    }
    FILOSCOPE_TRY(token, append_to(session, gone));
    return {};
  }));
  return token;
}

Result<bool> EngineHost::is_here(Session& session, PersonKey person) const {
  return parts_.is_here ? parts_.is_here(session, person) : Result<bool>(false);
}

Result<OutboxToken> EngineHost::append_to(Session& session, std::span<const PersonKey> erased) {
  std::vector<LogRecord> records;
  for (const auto person : erased) {
    records.push_back(engine::encode(person, engine::ErasePerson{}));
    records.back().at_ms = parts_.clock.now_ms();
  }
  return parts_.log.append(session, records);
}

Result<OutboxToken> EngineHost::append_erasures(std::span<const PersonKey> erased) {
  OutboxToken token = 0;
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_TRY(token, append_to(session, erased));
    return {};
  }));
  return token;
}

/// False when it is stopping. Errors: unavailable (the engine does not learn).
Result<bool> EngineHost::await_learned(OutboxToken token) {
  while (true) {
    FILOSCOPE_TRY(const auto record, parts_.log.find(token));
    if (record && record->position <= engine_->position()) return true;
    if (!learns()) return Error(reason("engine_stands"));
    Lock lock(mutex_);
    wake_.wait_for_ms(mutex_, kLookEveryMs, [&]() FILOSCOPE_REQUIRES(mutex_) { return stopping_; });
    if (stopping_) return false;
  }
}

Result<LogPosition> EngineHost::begin_base() {
  Lock one(snapshot_mutex_);
  // Also of a state that nothing was added to: all others go. There is none before the first
  // record.
  if (engine_->position() != 0) FILOSCOPE_DO(write_snapshot());
  const LogPosition base = saved_at_;
  FILOSCOPE_DO(keep_as_base(base));
  return base;
}

/// The state at `position` was made by this version of the engine, or is taken as it is. Whatever
/// else held a state is gone then, readable or not.
Result<void> EngineHost::keep_as_base(LogPosition position) {
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    if (position != 0) FILOSCOPE_DO(put_text(session, kReplayBase, std::to_string(position)));
    FILOSCOPE_DO(put_text(session, kNextBase, "0"));
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

/// What is not done when it is stopping stays noted.
Result<void> EngineHost::blank_erased(std::span<const PersonKey> people, LogPosition base) {
  while (!people.empty() && !stopping()) {
    const auto some = people.first(std::min<std::size_t>(people.size(), kPeopleInOne));
    FILOSCOPE_TRY(const auto done, blank_some(some, base));
    people = people.subspan(done);
  }
  return {};
}

/// One transaction; with how many of them it is done.
Result<std::size_t> EngineHost::blank_some(std::span<const PersonKey> people, LogPosition base) {
  return parts_.database.write<std::size_t>([&](Session& session) -> Result<std::size_t> {
    auto bodies_left = kBodiesInOne;
    for (std::size_t i = 0; i < people.size(); ++i) {
      FILOSCOPE_TRY(const bool here, is_here(session, people[i]));
      if (here) {
        FILOSCOPE_DO(end_erasure(session, people[i]));
        continue;
      }
      FILOSCOPE_TRY(const auto blanked,
                    parts_.log.blank(session, people[i], base, bodies_left, kErased));
      bodies_left -= blanked.count;
      if (bodies_left == 0) return i;
      FILOSCOPE_DO(blanked.left
                       ? put_off_erasure(session, people[i], parts_.clock.now_ms() + kAgainMs)
                       : end_erasure(session, people[i]));
    }
    return people.size();
  });
}

}  // namespace filoscope::feed
