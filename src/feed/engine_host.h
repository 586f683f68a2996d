#pragma once

/// The engine's life around its log: load the newest good snapshot, replay what is behind it, learn
/// what is appended, write snapshots, forget what retention and erasure ask to be forgotten. A
/// record that cannot be read stops it there, in words: nothing is skipped, answers go on from what
/// is learned, and a release that can read the record goes on behind it.
/// Snapshots lie in `engine/` as `NNNN.snapshot`, named by their log position.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/mutex.h"
#include "engine/engine.h"
#include "feed/feed_probe.h"
#include "ports/database.h"
#include "ports/event_stream.h"

namespace filoscope::feed {

inline constexpr std::string_view kSnapshotSuffix = ".snapshot";

/// Threads: any, but `open` and the destructor, which belong to the owner. Owns one thread that
/// writes snapshots and sweeps. The destructor writes a last snapshot; what is appended after it is
/// replayed at the next start.
class EngineHost {
 public:
  struct Parts {
    Database& database;
    EventLog& log;
    const Clock& clock;
    const Config& config;
    std::filesystem::path folder;  ///< of the snapshots; made when missing
    engine::EngineOptions options;
    /// Whether who was to be forgotten is a guest or an account again; without it nobody is.
    std::function<Result<bool>(Session&, PersonKey)> is_here{};
  };
  /// Replays, then follows the log. Errors: corrupt (neither a snapshot nor the log can give the
  /// state; says what to do), and those of disk and database.
  static Result<std::unique_ptr<EngineHost>> open(const Parts& parts);
  struct Rebuilt {
    LogPosition position = 0;  ///< of the new base of replay
    std::int64_t facts_count = 0, records_count = 0;
    std::vector<LogPosition> left_out;  ///< records that could not be read
  };
  struct RebuildOptions {
    /// Goes on behind a record that cannot be read, and counts it; else that is an error.
    bool leave_out_unreadable = false;
    std::function<void(double share)> progress;
  };
  /// Makes the state anew: from the whole log where it is kept from its beginning, else from the
  /// facts that `restate` tells and the log that is left. The state becomes the only base of
  /// replay. While nothing else has the folder open. Errors: those of records, disk and database.
  using Tell = std::function<Result<void>(const LogRecord&)>;
  static Result<Rebuilt> rebuild(const Parts& parts,
                                 const std::function<Result<void>(const Tell&)>& restate,
                                 const RebuildOptions& options);
  ~EngineHost();
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;

  const engine::Engine& engine() const { return *engine_; }

  /// Writes the state durably and takes away all but the bases and the newest two snapshots.
  /// Errors: unavailable (it stopped in the middle of a record), those of disk and database.
  Result<void> snapshot();
  /// For erased people and ended guests: one new base of replay, the only state that is left, and
  /// then what their records in the log held is blanked. Nothing when nobody waits for it. Errors:
  /// unavailable (the engine does not learn), those of disk and database; what is not done, also
  /// because it is stopping, stays noted.
  Result<void> finish_erasures();
  /// The state as it was at `position`, made again from a snapshot not after it. `oldest` takes the
  /// oldest such snapshot instead of the newest. Errors: not_found (before what replay is promised
  /// from).
  Result<std::unique_ptr<engine::Engine>> at(LogPosition position, bool oldest) const;
  /// The live state against what snapshots and log give. One sentence per finding.
  Result<std::vector<std::string>> verify() const;
  /// False while it stands before a record that it cannot read, or does not keep up with writes.
  bool learns() const { return !stopped_ && parts_.log.keeps_up(); }

 private:
  explicit EngineHost(const Parts& parts) : parts_(parts) {}

  Result<void> load();
  Result<void> replay();
  Result<void> adopt_version();
  Result<bool> log_is_whole() const;
  Result<void> write_state(const engine::FrozenState& frozen) const;
  Result<void> write_snapshot() FILOSCOPE_REQUIRES(snapshot_mutex_);
  Result<void> keep_as_base(LogPosition position) FILOSCOPE_REQUIRES(snapshot_mutex_);
  Result<LogPosition> begin_base();
  Result<bool> is_here(Session& session, PersonKey person) const;
  Result<bool> forget(std::span<const PersonKey> people);
  Result<OutboxToken> end_in_engine(std::span<const PersonKey> people);
  Result<OutboxToken> append_to(Session& session, std::span<const PersonKey> erased);
  Result<OutboxToken> append_erasures(std::span<const PersonKey> erased);
  Result<bool> await_learned(OutboxToken token);
  Result<void> blank_erased(std::span<const PersonKey> people, LogPosition base);
  Result<std::size_t> blank_some(std::span<const PersonKey> people, LogPosition base);
  void take(std::span<const LogRecord> records);
  void ask_for_snapshot();
  void apply(const LogRecord& record);
  void stop(LogPosition position, const Error& why);
  void keep();
  bool stopping() const;
  void try_snapshot();
  void try_sweep();
  Result<void> sweep();
  Result<void> sweep_rows(std::int64_t now_ms);
  Result<void> drop_old_records();
  Result<void> move_base_on();
  Result<void> drop_bodies();
  Result<void> drop_bodies_of(engine::RecordKind kind, const char* dropped, LogPosition up_to);
  Result<std::int64_t> time_at(LogPosition position) const;
  Result<LogPosition> first_after(std::int64_t at_ms, LogPosition low, LogPosition high) const;
  Result<std::vector<LogPosition>> snapshots() const;  ///< oldest first
  std::filesystem::path path_of(LogPosition position) const;
  Result<std::unique_ptr<engine::Engine>> read_snapshot(LogPosition position) const;
  Result<void> replay_into(engine::Engine& engine, LogPosition up_to) const;

  static constexpr const char* kVersion = "engine_rules";

  const Parts parts_;
  LifeProbe probe_;
  std::unique_ptr<engine::Engine> engine_;
  std::atomic<LogPosition> saved_at_{0};
  std::atomic<bool> stopped_{false};  ///< at a record that it cannot read or had no memory for

  Mutex erasing_mutex_;   ///< one batch of erasures at a time; before snapshot_mutex_
  Mutex snapshot_mutex_;  ///< one snapshot at a time

  mutable Mutex mutex_;
  Condition wake_;
  bool due_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::string stop_sentence_ FILOSCOPE_GUARDED_BY(mutex_);
  std::unique_ptr<Subscription> subscription_;
  std::thread keeper_;  ///< ends first: what it waits for is learned until then
};

}  // namespace filoscope::feed
