#include "feed/engine_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/file.h"
#include "base/guarded_thread.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/trouble.h"
#include "feed/feed.h"
#include "feed/reasons.h"
#include "feed/store.h"

namespace filoscope::feed {
namespace {

constexpr std::size_t kReplayBatch = 4096;
constexpr std::size_t kSnapshotBytesMax = std::size_t{16} << 30;
constexpr std::size_t kSnapshotsKept = 2;
constexpr std::int64_t kSweepEveryMs = 600'000;
constexpr std::int64_t kSnapshotPauseMs = 5'000;
constexpr const char* kTrouble = "engine";
constexpr const char* kKeeper = "engine-keeper";
constexpr const char* kConsumer = "engine";

}  // namespace

Result<std::unique_ptr<EngineHost>> EngineHost::open(const Parts& parts) {
  std::error_code problem;
  std::filesystem::create_directories(parts.folder, problem);
  if (problem) {
    return Error(reason("snapshots_folder_not_made"), parts.folder.string(), problem.message());
  }
  std::unique_ptr<EngineHost> life(new EngineHost(parts));
  FILOSCOPE_DO(life->load());
  FILOSCOPE_DO(life->replay());
  if (auto done = life->adopt_version(); !done) {  // a disk that cannot be written: the next start
    log::warn("engine.version_not_adopted", {{"reason", done.error().message}});
  }
  auto* raw = life.get();
  life->subscription_ =
      parts.log.subscribe(kConsumer, life->engine_->position(), Awaited::yes,
                          [raw](std::span<const LogRecord> records) { raw->take(records); });
  life->keeper_ = guarded_thread(kKeeper, [raw] { raw->keep(); });
  return life;
}

EngineHost::~EngineHost() {
  const bool opened = keeper_.joinable();
  if (opened) {
    {
      Lock lock(mutex_);
      stopping_ = true;
      wake_.notify_all();
    }
    keeper_.join();
  }
  subscription_.reset();
  if (stopped_) trouble::end(kTrouble);
  if (opened) try_snapshot();
}

bool EngineHost::stopping() const {
  Lock lock(mutex_);
  return stopping_;
}

std::filesystem::path EngineHost::path_of(LogPosition position) const {
  return parts_.folder / fmt::format("{:016}{}", position, kSnapshotSuffix);
}

Result<std::vector<LogPosition>> EngineHost::snapshots() const {
  std::vector<LogPosition> found;
  std::error_code problem;
  std::filesystem::directory_iterator at(parts_.folder, problem), end;
  for (; !problem && at != end; at.increment(problem)) {
    const auto path = at->path();
    const std::string stem = path.stem().string();
    LogPosition position = 0;
    const auto [last, bad] = std::from_chars(stem.data(), stem.data() + stem.size(), position);
    if (path.extension() == kSnapshotSuffix && bad == std::errc() &&
        last == stem.data() + stem.size()) {
      found.push_back(position);
    }
  }
  if (problem) {
    return Error(reason("snapshots_folder_not_read"), parts_.folder.string(), problem.message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::unique_ptr<engine::Engine>> EngineHost::read_snapshot(LogPosition position) const {
  FILOSCOPE_TRY(const auto file, LargeFile::read(path_of(position), kSnapshotBytesMax));
  FILOSCOPE_TRY(auto engine, engine::Engine::load(parts_.options, file.bytes()));
  if (engine->position() != position) {
    return Error(Code::corrupt, fmt::format("the snapshot says position {}, its name {}",
                                            engine->position(), position));
  }
  return engine;
}

Result<void> EngineHost::load() {
  FILOSCOPE_TRY(auto found, snapshots());
  FILOSCOPE_TRY(const auto base, find_number(parts_.database, kReplayBase));
  // What an older one would need of the log may be blanked.
  std::erase_if(found, [&](LogPosition each) { return each < base; });
  std::string refusal;
  for (; !found.empty() && !engine_; found.pop_back()) {
    const auto path = path_of(found.back());
    auto loaded = read_snapshot(found.back());
    if (loaded) {
      engine_ = *std::move(loaded);
      saved_at_ = found.back();
      continue;
    }
    refusal = loaded.error().message;
    log::error("engine.snapshot_refused", {{"path", path.string()}, {"reason", refusal}});
    if (loaded.error().code == Code::conflict) continue;  // good, for a newer release
    const bool other = loaded.error().code == Code::invalid_argument;
    std::error_code ignored;
    std::filesystem::rename(path, path.string() + (other ? ".other" : ".damaged"), ignored);
  }
  if (engine_) return {};
  FILOSCOPE_TRY(const bool whole, log_is_whole());
  if (!whole) {
    const auto found_none = refusal.empty() ? "there is no snapshot in " + parts_.folder.string()
                                            : "no snapshot in " + parts_.folder.string() +
                                                  " can be read (" + refusal + ")";
    return Error(Code::corrupt,
                 found_none +
                     ", and the event log does not reach back to its beginning; restore "
                     "that folder from a backup, or run `filoscope engine rebuild` to go "
                     "on with what catalogue, accounts and log still hold");
  }
  FILOSCOPE_TRY(engine_, engine::Engine::create(parts_.options));
  return {};
}

Result<void> EngineHost::replay() {
  const auto start_us = parts_.clock.mono_us();
  const LogPosition from = engine_->position();
  std::int64_t count = 0;
  while (true) {
    FILOSCOPE_TRY(const auto records, parts_.log.read(engine_->position(), kReplayBatch));
    for (const auto& record : records) apply(record);
    count += static_cast<std::int64_t>(records.size());
    if (records.size() < kReplayBatch || stopped_) break;
  }
  log::info("engine.ready", {{"snapshot", from},
                             {"replayed", count},
                             {"position", engine_->position()},
                             {"ms", (parts_.clock.mono_us() - start_us) / 1000}});
  return {};
}

/// What an engine of another version made is the state to go on from, and not one to be made again.
Result<void> EngineHost::adopt_version() {
  FILOSCOPE_TRY(const auto known, find_number(parts_.database, kVersion));
  if (known == engine::kEngineVersion && engine_->made_by() == engine::kEngineVersion) return {};
  FILOSCOPE_TRY(const auto base, begin_base());
  if (base != 0)
    log::info("engine.version_adopted", {{"version", engine::kEngineVersion}, {"base", base}});
  return {};
}

/// Whether the engine can be made from the log alone.
Result<bool> EngineHost::log_is_whole() const {
  FILOSCOPE_TRY(const auto base, find_number(parts_.database, kReplayBase));
  FILOSCOPE_TRY(const auto first, parts_.log.read(0, 1));
  return base == 0 && (first.empty() || first.front().position == 1);
}

void EngineHost::take(std::span<const LogRecord> records) {
  for (const auto& record : records) {  // a batch may come again
    if (record.position > engine_->position()) apply(record);
  }
  ask_for_snapshot();
}

void EngineHost::ask_for_snapshot() {
  const auto behind = engine_->position() - saved_at_;
  if (behind < parts_.config[kSnapshotRecords]) return;
  Lock lock(mutex_);
  due_ = true;
  wake_.notify_all();
}

void EngineHost::apply(const LogRecord& record) {
  if (stopped_) return;
  try {
    if (auto done = engine_->apply(record); !done) return stop(record.position, done.error());
  } catch (const std::bad_alloc&) {
    stopped_ = true;
    return memory::insist([&] { stop(record.position, Error(reason("engine_without_memory"))); });
  }
  probe_.position.set(static_cast<double>(record.position));
}

void EngineHost::stop(LogPosition position, const Error& why) {
  const auto sentence = fmt::format("the engine has stopped learning before log position {}: {}",
                                    position, why.message);
  stopped_ = true;
  {
    Lock lock(mutex_);
    stop_sentence_ = sentence;
  }
  probe_.refused.add();
  trouble::begin(kTrouble, sentence);
}

namespace {

/// The facts from before the log, as of its first record at the latest: time does not go back.
Result<std::int64_t> restate_facts(
    engine::Engine& engine, std::int64_t log_from_ms,
    const std::function<Result<void>(const EngineHost::Tell&)>& restate) {
  std::int64_t count = 0;
  FILOSCOPE_DO(restate([&](const LogRecord& fact) -> Result<void> {
    LogRecord record = fact;
    record.at_ms = std::min(record.at_ms, log_from_ms);
    ++count;
    return engine.restate(record);
  }));
  return count;
}

}  // namespace

Result<EngineHost::Rebuilt> EngineHost::rebuild(
    const Parts& parts, const std::function<Result<void>(const Tell&)>& restate,
    const RebuildOptions& options) {
  FILOSCOPE_DO(migrate_store(parts.database));
  std::error_code ignored;  // writing the snapshot says so
  std::filesystem::create_directories(parts.folder, ignored);
  EngineHost life(parts);
  Rebuilt made;
  FILOSCOPE_TRY(life.engine_, engine::Engine::create(parts.options));
  FILOSCOPE_TRY(const auto first, parts.log.read(0, 1));
  FILOSCOPE_TRY(const auto last, parts.log.last_position());
  FILOSCOPE_TRY(const bool whole, life.log_is_whole());
  if (first.empty() && last > 0) return Error(reason("event_log_emptied"));
  if (!whole) {
    FILOSCOPE_TRY(made.facts_count, restate_facts(*life.engine_, first.front().at_ms, restate));
  }
  for (LogPosition after = 0; after < last;) {
    FILOSCOPE_TRY(const auto records, parts.log.read(after, kReplayBatch));
    if (records.empty()) break;
    for (const auto& record : records) {
      auto done = life.engine_->apply(record);
      if (done) continue;
      if (!options.leave_out_unreadable) return done.error();
      made.left_out.push_back(record.position);
      LogRecord nothing = record;
      nothing.body.clear();
      FILOSCOPE_DO(life.engine_->apply(nothing));
    }
    made.records_count += std::ssize(records);
    after = records.back().position;
    if (options.progress) options.progress(static_cast<double>(after) / static_cast<double>(last));
  }
  made.position = life.engine_->position();
  FILOSCOPE_DO(life.write_state(*life.engine_->freeze()));
  {
    Lock one(life.snapshot_mutex_);
    FILOSCOPE_DO(life.keep_as_base(made.position));
  }
  if (!first.empty()) {
    FILOSCOPE_TRY(const auto token, parts.log.first_token(first.front().position - 1));
    FILOSCOPE_DO(parts.database.write(
        [&](Session& session) { return delete_decisions_up_to(session, token - 1); }));
  }
  return made;
}

Result<void> EngineHost::snapshot() {
  Lock one(snapshot_mutex_);
  return engine_->position() == saved_at_ ? Result<void>() : write_snapshot();
}

Result<void> EngineHost::write_snapshot() {
  const auto start_us = parts_.clock.mono_us();
  const auto frozen = engine_->freeze();
  if (!frozen->whole()) return Error(reason("engine_stands"));
  const auto position = frozen->position();
  FILOSCOPE_DO(write_state(*frozen));
  saved_at_ = position;
  FILOSCOPE_TRY(const auto base, find_number(parts_.database, kReplayBase));
  FILOSCOPE_TRY(const auto next, find_number(parts_.database, kNextBase));
  FILOSCOPE_TRY(auto all, snapshots());
  std::erase_if(all, [&](LogPosition each) { return each == base || each == next; });
  std::error_code ignored;
  while (all.size() > kSnapshotsKept) {
    std::filesystem::remove(path_of(all.front()), ignored);
    all.erase(all.begin());
  }
  FILOSCOPE_DO(sync_folder(parts_.folder));
  probe_.snapshots.add();
  const auto took_us = parts_.clock.mono_us() - start_us;
  probe_.snapshot_seconds.observe_s(static_cast<double>(took_us) * 1e-6);
  log::info("engine.snapshot", {{"position", position}, {"ms", took_us / 1000}});
  return {};
}

Result<void> EngineHost::write_state(const engine::FrozenState& frozen) const {
  return write_file_durably(path_of(frozen.position()),
                            [&](const WriteBytes& write) { return frozen.save(write); });
}

Result<void> EngineHost::replay_into(engine::Engine& engine, LogPosition up_to) const {
  while (engine.position() < up_to) {
    FILOSCOPE_TRY(const auto records, parts_.log.read(engine.position(), kReplayBatch));
    if (records.empty()) {
      return Error(Code::corrupt, fmt::format("the event log ends before position {}", up_to));
    }
    for (const auto& record : records) {
      if (record.position > up_to) return {};
      FILOSCOPE_DO(engine.apply(record));
    }
  }
  return {};
}

Result<std::unique_ptr<engine::Engine>> EngineHost::at(LogPosition position, bool oldest) const {
  FILOSCOPE_TRY(const auto base, find_number(parts_.database, kReplayBase));
  FILOSCOPE_TRY(const bool whole, log_is_whole());
  FILOSCOPE_TRY(auto found, snapshots());
  std::erase_if(found, [&](LogPosition each) { return each > position || each < base; });
  if (!oldest) std::reverse(found.begin(), found.end());
  std::unique_ptr<engine::Engine> engine;
  if (!(oldest && whole)) {
    for (const auto each : found) {
      auto loaded = read_snapshot(each);
      if (!loaded || (*loaded)->made_by() != engine::kEngineVersion) continue;
      engine = *std::move(loaded);
      break;
    }
  }
  if (!engine) {
    if (!whole) return Error(reason("replay_not_promised"), position, base);
    FILOSCOPE_TRY(engine, engine::Engine::create(parts_.options));
  }
  FILOSCOPE_DO(replay_into(*engine, position));
  return engine;
}

Result<std::vector<std::string>> EngineHost::verify() const {
  std::vector<std::string> findings;
  LogPosition position = 0;
  std::uint64_t hash = 0;
  {
    const auto frozen = engine_->freeze();
    position = frozen->position(), hash = frozen->hash();
  }
  if (stopped_) {
    Lock lock(mutex_);
    findings.push_back(stop_sentence_);
  }
  FILOSCOPE_TRY(const auto last, parts_.log.last_position());
  if (last < position) {
    findings.push_back(
        fmt::format("the engine is at position {}, but the event log ends at {}", position, last));
    return findings;
  }
  FILOSCOPE_TRY(const auto all, snapshots());
  for (const auto each : all) {
    if (auto loaded = read_snapshot(each); !loaded) {
      findings.push_back(fmt::format("the snapshot {} cannot be read: {}", path_of(each).string(),
                                     loaded.error().message));
    }
  }
  for (const bool oldest : {true, false}) {
    auto again = at(position, oldest);
    if (!again) {
      findings.push_back("the engine cannot be made again from its log: " + again.error().message);
      continue;
    }
    if ((*again)->state_hash() != hash) {
      findings.push_back(
          fmt::format("replay from the {} snapshot gives state {:016x} at position {}, the live "
                      "engine has {:016x}",
                      oldest ? "oldest" : "newest", (*again)->state_hash(), position, hash));
    }
  }
  return findings;
}

void EngineHost::try_snapshot() {
  run_guarded(kKeeper, [&] {
    if (auto done = snapshot(); !done) {
      log::error("engine.snapshot_failed", {{"reason", done.error().message}});
    }
  });
}

void EngineHost::try_sweep() {
  run_guarded(kKeeper, [&] {
    if (auto done = sweep(); !done) {
      log::error("feed.sweep_failed", {{"reason", done.error().message}});
    }
  });
}

void EngineHost::keep() {
  std::int64_t sweep_at_us = parts_.clock.mono_us();  // at once, then now and then
  while (true) {
    if (parts_.clock.mono_us() >= sweep_at_us) {
      sweep_at_us = parts_.clock.mono_us() + kSweepEveryMs * 1000;
      try_sweep();
    }
    bool due = false;
    {
      Lock lock(mutex_);
      wake_.wait_for_ms(mutex_, kSweepEveryMs,
                        [&]() FILOSCOPE_REQUIRES(mutex_) { return due_ || stopping_; });
      if (stopping_) return;
      due = std::exchange(due_, false);
    }
    if (!due) continue;
    try_snapshot();
    // One that failed is not tried again at once.
    Lock lock(mutex_);
    wake_.wait_for_ms(mutex_, kSnapshotPauseMs,
                      [&]() FILOSCOPE_REQUIRES(mutex_) { return stopping_; });
    if (stopping_) return;
  }
}

}  // namespace filoscope::feed
