#include "search/following.h"

#include <set>
#include <unordered_map>

#include "base/guarded_thread.h"
#include "base/log.h"
#include "engine/records.h"
#include "ports/in_list.h"
#include "search/postings.h"

namespace filoscope::search {
namespace {

constexpr const char* kCursor = "search";
constexpr std::size_t kBatchMax = 200;
constexpr std::int64_t kPauseMs = 1'000, kRetryMs = 10'000;
/// Plays are worth less than what people do: a like for each so many.
constexpr double kPlaysOfALike = 20;

using engine::EventType;

/// What shows that she took to a video.
bool took_to(EventType type) {
  switch (type) {
    case EventType::complete:
    case EventType::like:
    case EventType::comment:
    case EventType::share:
    case EventType::save:
      return true;
    default:
      return false;
  }
}

/// Somebody took to a video, as the stream tells it.
struct Act {
  PersonKey person;
  EntryId entry;
  std::int64_t at_ms = 0;
};

/// Entries whose counts may have changed, and who did what with them.
struct Batch {
  std::set<EntryId> touched;
  std::vector<Act> acts;
};

Result<Batch> read_batch(const std::vector<LogRecord>& records) {
  Batch batch;
  for (const auto& record : records) {
    if (engine::is_blanked(record)) continue;
    if (record.kind == static_cast<std::uint16_t>(engine::RecordKind::video_published)) {
      FILOSCOPE_TRY(const auto published, engine::decode<engine::VideoPublished>(record));
      batch.touched.insert(published.video);
    }
    if (record.kind != static_cast<std::uint16_t>(engine::RecordKind::event)) continue;
    FILOSCOPE_TRY(const auto event, engine::decode<engine::Event>(record));
    if (event.type == EventType::impression || event.surface == engine::Surface::imported) continue;
    batch.touched.insert(event.video);
    if (took_to(event.type)) batch.acts.push_back({record.person, event.video, record.at_ms});
  }
  return batch;
}

double acts_of(const social::Counts& counts) {
  return static_cast<double>(counts.likes + counts.comments + counts.saves + counts.shares) +
         static_cast<double>(counts.views) / kPlaysOfALike;
}

}  // namespace

Result<void> store_standings(Session& session, std::span<const EntryId> entries,
                             std::span<const social::Counts> counts) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const int standing = standing_of(acts_of(counts[i]));
    std::int64_t before = standing;
    FILOSCOPE_DO(session.query("SELECT standing FROM search_videos WHERE video = ?",
                               {entries[i].db()},
                               [&](const Row& row) { before = row.integer(0); }));
    if (before != standing) FILOSCOPE_DO(set_standing(session, entries[i], standing));
  }
  return {};
}

Following::~Following() {
  {
    Lock lock(mutex_);
    stop_ = true;
    wake_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  // What was looked for in the last second.
  if (const auto done = catch_up(); !done)
    log::warn("search.following_failed", {{"reason", done.error().message}});
}

Result<void> Following::begin() {
  FILOSCOPE_TRY(const auto first, next());
  static_cast<void>(first);
  return {};
}

void Following::start() {
  thread_ = guarded_thread(
      "search", [this] { run(); }, [this] { return pause(kRetryMs); });
}

bool Following::pause(std::int64_t ms) {
  Lock lock(mutex_);
  return !wake_.wait_for_ms(mutex_, ms, [&] { return stop_.load(); });
}

void Following::run() {
  do {
    const auto done = catch_up();
    if (done) continue;
    log::warn("search.following_failed", {{"reason", done.error().message}});
    if (!pause(kRetryMs)) return;
  } while (pause(kPauseMs));
}

Result<void> Following::catch_up() {
  for (bool more = true; more;) {
    FILOSCOPE_TRY(more, take_batch());
  }
  return {};
}

/// Begins the cursor where there is none, or where it was outrun: what was passed over counts with
/// the next act on the same entry.
Result<EventStream::Next> Following::next() {
  auto next = parts_.stream.read_next(kCursor, kBatchMax);
  if (next) return next;
  const auto code = next.error().code;
  if (code != Code::not_found && code != Code::conflict) return next.error();
  FILOSCOPE_TRY(const auto end, parts_.stream.last_position());
  FILOSCOPE_DO(parts_.database.write(
      [&](Session& session) { return parts_.stream.set_cursor(session, kCursor, end); }));
  return parts_.stream.read_next(kCursor, kBatchMax);
}

Result<bool> Following::take_batch() {
  FILOSCOPE_TRY(const auto next, this->next());
  FILOSCOPE_TRY(const auto batch, read_batch(next.records));
  const std::vector<EntryId> touched(batch.touched.begin(), batch.touched.end());
  FILOSCOPE_TRY(const auto entries, parts_.catalog.entries(touched));
  std::unordered_map<EntryId, const catalog::Entry*> by_id;
  for (const auto& entry : entries) by_id[entry.id] = &entry;
  for (const auto& act : batch.acts) {
    const auto found = by_id.find(act.entry);
    if (found != by_id.end()) parts_.topics.took_to(act.person, *found->second, act.at_ms);
  }
  FILOSCOPE_TRY(const auto counts, parts_.social.counts(touched));
  const auto taken = parts_.topics.take();
  if (next.records.empty() && taken.empty()) return false;
  const auto stored = parts_.database.write([&](Session& session) -> Result<void> {
    FILOSCOPE_DO(store_standings(session, touched, counts));
    FILOSCOPE_DO(parts_.topics.store(session, taken));
    if (next.records.empty()) return {};
    return parts_.stream.move_cursor(session, kCursor, next.after, next.records.back().position);
  });
  if (stored) return next.records.size() == kBatchMax;
  parts_.topics.put_back(taken);
  return stored.error();
}

}  // namespace filoscope::search
