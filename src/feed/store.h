#pragma once

/// The feed's own tables: event ids taken in, what each token has told, where decisions lie in the
/// log, whose records are to be blanked, and a few numbers about the log itself. All plain SQL in
/// the common subset.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/log_record.h"
#include "engine/engine.h"
#include "ports/database.h"
#include "ports/outbox.h"

namespace filoscope::feed {

inline constexpr std::int64_t kHourMs = 3'600'000;

/// Where the record of one answer lies.
struct DecisionRow {
  RequestId request;
  PersonKey person;
  engine::Mode mode = engine::Mode::for_you;
  std::int64_t at_ms = 0;
  OutboxToken token = 0;  ///< of its record in the log
};

/// What the events of one token have told so far.
struct Play {
  VideoId video;
  enum Flag : std::int64_t { impression = 1, complete = 2, profile = 4, counted = 8, watched = 16 };
  std::int64_t flags = 0;
  std::int64_t watch_ms = 0;  ///< the largest told; 0 is none
};

/// Numbers in feed_state. From `replay_base` on replay is promised; `next_base` comes after it (0:
/// there is none yet). Up to the other two the log holds no more features, and no more decisions.
inline constexpr const char* kReplayBase = "replay_base";
inline constexpr const char* kNextBase = "next_base";
inline constexpr const char* kFeaturesDropped = "features_dropped";
inline constexpr const char* kDecisionsDropped = "decisions_dropped";

inline constexpr std::int64_t kEventIdsKeptMs = 48LL * 3600 * 1000;

Result<void> migrate_store(Database& database);

Result<void> insert_decision(Session& session, const DecisionRow& row);
/// Of which the log has no record any more.
Result<void> delete_decisions_up_to(Session& session, OutboxToken token);
Result<std::optional<DecisionRow>> find_decision(Database& database, RequestId request);

/// False when the person has told this event before.
Result<bool> insert_event_id(Session& session, std::int64_t person, const std::string& event_id,
                             std::int64_t at_ms);
Result<bool> has_event_id(Session& session, std::int64_t person, const std::string& event_id);

Result<Play> find_play(Session& session, std::int64_t token);
Result<void> put_play(Session& session, std::int64_t token, PersonKey person, const Play& play,
                      std::int64_t at_ms);

/// What a person's plays of each of `videos` have told, taken together; in the order asked.
Result<std::vector<Play>> find_plays(Database& database, PersonKey person,
                                     std::span<const VideoId> videos);

/// 0 or "" where none has the name.
Result<std::int64_t> find_number(Database& database, const std::string& name);
Result<std::string> find_text(Database& database, const std::string& name);
Result<void> put_text(Session& session, const std::string& name, const std::string& value);

/// Takes away what a person left here, and notes that her records in the log are to be blanked,
/// at the latest from `due_ms` on. Part of an account's deletion and of a guest's end.
Result<void> delete_person(Session& session, PersonKey person, std::int64_t due_ms);
/// Whether somebody's records are to be blanked by then.
Result<bool> has_erasures(Database& database, std::int64_t due_ms);
/// Whose records are to be blanked, due or not.
Result<std::vector<PersonKey>> find_erasures(Database& database);
Result<void> end_erasure(Session& session, PersonKey person);
Result<void> put_off_erasure(Session& session, PersonKey person, std::int64_t due_ms);
/// Rows older than these times go; plays must outlive their tokens.
struct SweepTimes {
  std::int64_t event_ids_ms = 0, plays_ms = 0, decisions_ms = 0;
};
/// A bounded number of rows a call. Returns whether more is left.
Result<bool> sweep_store(Database& database, const SweepTimes& before);

}  // namespace filoscope::feed
