#include <algorithm>

#include "base/log.h"
#include "feed/engine_host.h"
#include "feed/feed.h"
#include "feed/store.h"

namespace filoscope::feed {
namespace {

constexpr std::int64_t kBaseMs = 7 * 24 * kHourMs;
constexpr LogPosition kDroppedAtOnce = 2'000;  ///< positions in a transaction

}  // namespace

/// What one part cannot do does not keep another from its own.
Result<void> EngineHost::sweep() {
  const auto now_ms = parts_.clock.now_ms();
  const auto swept = sweep_rows(now_ms);
  auto dropped = drop_old_records();
  if (dropped) dropped = move_base_on();
  if (swept && dropped) dropped = drop_bodies();  // behind the rows that point there
  FILOSCOPE_TRY(const bool due, has_erasures(parts_.database, now_ms));
  if (due) FILOSCOPE_DO(finish_erasures());
  return swept ? dropped : swept;
}

Result<void> EngineHost::sweep_rows(std::int64_t now_ms) {
  const auto& config = parts_.config;
  const SweepTimes before{now_ms - kEventIdsKeptMs,
                          now_ms - std::max(kEventIdsKeptMs, (config[kTokenHours] + 1) * kHourMs),
                          now_ms - config[kDecisionRetentionDays] * 24 * kHourMs};
  while (!stopping()) {
    FILOSCOPE_TRY(const bool more, sweep_store(parts_.database, before));
    if (!more) break;
  }
  return {};
}

Result<LogPosition> EngineHost::first_after(std::int64_t at_ms, LogPosition low,
                                            LogPosition high) const {
  while (low < high) {  // times never decrease along the log
    const LogPosition middle = low + (high - low) / 2;
    FILOSCOPE_TRY(const auto record, parts_.log.read(middle - 1, 1));
    if (!record.empty() && record.front().position <= high && record.front().at_ms < at_ms) {
      low = record.front().position + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// By the log's own time. The base moves on when it is older than what is kept of the log.
Result<void> EngineHost::drop_old_records() {
  Lock one(snapshot_mutex_);  // the base stays what it is meanwhile
  FILOSCOPE_TRY(const auto old_base, find_number(parts_.database, kReplayBase));
  FILOSCOPE_TRY(auto kept, snapshots());
  std::erase_if(kept, [&](LogPosition each) { return each < old_base; });
  FILOSCOPE_TRY(const auto end, parts_.log.last_position());
  FILOSCOPE_TRY(const auto last_ms, time_at(end));
  FILOSCOPE_TRY(const auto first, parts_.log.read(0, 1));
  if (kept.empty() || first.empty()) return {};
  const auto oldest_ms = last_ms - parts_.config[kLogRetentionDays] * 24 * kHourMs;
  if (first.front().at_ms >= oldest_ms) return {};
  FILOSCOPE_TRY(const auto young, first_after(oldest_ms, first.front().position, end));
  while (kept.size() > 1 && kept.front() < young - 1) kept.erase(kept.begin());
  const LogPosition base = kept.front();
  const LogPosition stays = std::min(young, base + 1);
  if (stays <= first.front().position) return {};
  FILOSCOPE_TRY(const auto next, find_number(parts_.database, kNextBase));
  FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(put_text(session, kReplayBase, std::to_string(base)));
    if (next <= base) FILOSCOPE_DO(put_text(session, kNextBase, "0"));
    FILOSCOPE_TRY(const auto token, parts_.log.drop(session, stays - 1));
    return delete_decisions_up_to(session, token);
  }));
  log::info("engine.log_dropped", {{"up_to", stays - 1}, {"base", base}});
  return {};
}

/// Of the record there, or of the first that is left behind it; 0 for none.
Result<std::int64_t> EngineHost::time_at(LogPosition position) const {
  FILOSCOPE_TRY(const auto records, parts_.log.read(position - 1, 1));
  return records.empty() ? 0 : records.front().at_ms;
}

/// So that replay is promised for kBaseMs to twice of that: what is older is not needed whole.
Result<void> EngineHost::move_base_on() {
  Lock one(snapshot_mutex_);
  FILOSCOPE_TRY(const auto base, find_number(parts_.database, kReplayBase));
  FILOSCOPE_TRY(const auto next, find_number(parts_.database, kNextBase));
  FILOSCOPE_TRY(const auto end, parts_.log.last_position());
  FILOSCOPE_TRY(const auto last_ms, time_at(end));
  FILOSCOPE_TRY(const auto newest_ms, time_at(next != 0 ? next : std::max<LogPosition>(base, 1)));
  if (newest_ms == 0 || last_ms - newest_ms < kBaseMs || !learns()) return {};
  if (end != saved_at_) FILOSCOPE_DO(write_snapshot());
  return parts_.database.write([&](Session& session) -> Result<void> {
    if (next != 0) FILOSCOPE_DO(put_text(session, kReplayBase, std::to_string(next)));
    return put_text(session, kNextBase, std::to_string(saved_at_));
  });
}

/// Features are learned from for a day, and replayed from the base on; decisions are kept for as
/// long as they can be asked for, by the log's time.
Result<void> EngineHost::drop_bodies() {
  FILOSCOPE_TRY(const auto base, find_number(parts_.database, kReplayBase));
  FILOSCOPE_DO(drop_bodies_of(engine::RecordKind::decision_features, kFeaturesDropped, base));
  FILOSCOPE_TRY(const auto first, parts_.log.read(0, 1));
  if (base == 0 || first.empty()) return {};
  FILOSCOPE_TRY(const auto end, parts_.log.last_position());
  FILOSCOPE_TRY(const auto last_ms, time_at(end));
  const auto kept_ms = parts_.config[kDecisionRetentionDays] * 24 * kHourMs;
  FILOSCOPE_TRY(const auto kept, first_after(last_ms - kept_ms, first.front().position, base + 1));
  return drop_bodies_of(engine::RecordKind::decision, kDecisionsDropped, kept - 1);
}

Result<void> EngineHost::drop_bodies_of(engine::RecordKind kind, const char* dropped,
                                        LogPosition up_to) {
  FILOSCOPE_TRY(auto done, find_number(parts_.database, dropped));
  while (done < up_to && !stopping()) {
    const auto end = std::min(up_to, done + kDroppedAtOnce);
    FILOSCOPE_DO(parts_.database.write([&](Session& session) -> Result<void> {
      FILOSCOPE_DO(parts_.log.blank_kind(session, static_cast<std::uint16_t>(kind), done, end));
      return put_text(session, dropped, std::to_string(end));
    }));
    done = end;
  }
  return {};
}

}  // namespace filoscope::feed
