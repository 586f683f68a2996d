#include "adapters/postgres/postgres_relay.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "adapters/postgres/postgres_row.h"
#include "adapters/postgres/reasons.h"
#include "adapters/records/record_row.h"
#include "base/clock.h"
#include "base/guarded_thread.h"
#include "base/log.h"
#include "base/reasons.h"
#include "base/trouble.h"
#include "ports/reasons.h"

namespace filoscope::postgres {
namespace {

constexpr std::int64_t kBatch = 4096;
constexpr std::size_t kRememberedMax = 65'536;
/// Another program (an import) may append without waking this one.
constexpr std::int64_t kLookMs = 500;
constexpr std::int64_t kTryAgainMs = 200;
/// The marks of writes go after ten minutes, but no earlier than this after a server is back: who
/// asks for one does so at once.
constexpr std::int64_t kCleanEveryUs = 300'000'000;
constexpr const char* kClean =
    "DELETE FROM postgres_written WHERE at < now() - interval '10 minutes'";
constexpr const char* kName = "relay";
constexpr const char* kRelayTrouble = "event relay";

/// One statement, READ COMMITTED: the relay takes no part in the order of SERIALIZABLE writes. What
/// another relay (a lost connection's) has moved meanwhile is not deleted twice, and the row of
/// event_log_end is read as that one left it.
constexpr const char* kMove =
    "WITH last AS (SELECT position, at_ms FROM event_log_end WHERE id = 1 FOR UPDATE), "
    "moved AS (DELETE FROM event_outbox WHERE token IN (SELECT token FROM event_outbox "
    "ORDER BY token LIMIT ?) RETURNING *), "
    "placed AS (SELECT moved.token, last.position + row_number() OVER (ORDER BY moved.token) AS "
    "position, greatest(last.at_ms, max(moved.at_ms) OVER (ORDER BY moved.token)) AS at_ms, "
    "moved.kind, moved.version, moved.reader_version, moved.person, moved.body FROM moved, last), "
    "stored AS (INSERT INTO event_log (position, token, at_ms, kind, version, reader_version, "
    "person, body) SELECT position, token, at_ms, kind, version, reader_version, person, body FROM "
    "placed), "
    "ended AS (UPDATE event_log_end SET position = (SELECT max(position) FROM placed), at_ms = "
    "(SELECT max(at_ms) FROM placed) WHERE id = 1 AND EXISTS (SELECT 1 FROM placed)) "
    "SELECT position, at_ms, kind, version, person, body, reader_version, token FROM placed "
    "ORDER BY position";

/// A number of the schema, so that installations in one database do not meet.
constexpr const char* kTakeLock =
    "SELECT pg_try_advisory_lock(hashtextextended('filoscope relay ' || current_schema(), 0))";

}  // namespace

Result<void> Relay::start() {
  FILOSCOPE_DO(connect());
  thread_ = guarded_thread(
      kName, [this] { run(); },
      [this] {
        connection_.reset();  // so that what was moved and not told is caught up with
        return rest();
      });
  return {};
}

Relay::~Relay() {
  if (!thread_.joinable()) return;
  {
    Lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
  trouble::end(kRelayTrouble);
}

void Relay::wake() {
  Lock lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

void Relay::wait(OutboxToken token, std::int64_t ms) {
  const auto start = std::chrono::steady_clock::now();
  const auto position = wait_moved(token, ms);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  if (position > 0) hub_.wait_taken(position, std::max<std::int64_t>(0, ms - took.count()));
}

LogPosition Relay::wait_moved(OutboxToken token, std::int64_t ms) {
  Lock lock(mutex_);
  const auto found = [&]() FILOSCOPE_REQUIRES(mutex_) { return positions_.contains(token); };
  if (moved_.wait_for_ms(mutex_, ms, found)) return positions_[token];
  missed_.insert(token);
  return 0;
}

bool Relay::keeps_up() const {
  Lock lock(mutex_);
  return missed_.empty();
}

Result<void> Relay::connect() {
  connection_.reset();
  FILOSCOPE_TRY(auto opened, Connection::open(options_));
  FILOSCOPE_TRY(const auto locked, opened->run(kTakeLock));
  if (first_text(locked) != "t") return Error(reason("postgres_in_use"));
  connection_ = std::move(opened);
  cleaned_us_ = SystemClock().mono_us();
  return catch_up();
}

Result<void> Relay::catch_up() {
  if (told_ < 0) {
    FILOSCOPE_TRY(const auto end, connection_->run("SELECT position FROM event_log_end"));
    told_ = std::atoll(first_text(end).c_str());
    return {};
  }
  const auto sql = "SELECT " + std::string(records::kRecordColumns) +
                   ", token FROM event_log WHERE position > ? ORDER BY position LIMIT ?";
  while (true) {
    const SqlValue arguments[] = {told_, kBatch};
    FILOSCOPE_TRY(const auto answer, connection_->run(sql, arguments));
    const auto moved = read_moved(answer);
    if (moved.empty()) return {};
    tell(moved);
  }
}

std::vector<Relay::Moved> Relay::read_moved(const Answer& answer) {
  std::vector<Moved> moved;
  for (int row = 0; row < PQntuples(answer.get()); ++row) {
    const PostgresRow one(answer.get(), row);
    moved.push_back({one.integer(7), records::read_record(one)});
  }
  return moved;
}

/// What the server says of itself is for the log alone.
void Relay::say(const Error& problem) {
  log::warn("postgres.relay_stands", {{"reason", problem.message}});
  const bool known = problem.reason == reason("postgres_in_use").word ||
                     problem.reason == base_reason("disk_full").word;
  trouble::begin(kRelayTrouble,
                 known ? problem.message : Error(ports::reason("database_away")).message);
}

bool Relay::rest() {
  Lock lock(mutex_);
  return !wake_.wait_for_ms(mutex_, kTryAgainMs,
                            [this]() FILOSCOPE_REQUIRES(mutex_) { return stopping_; });
}

void Relay::run() {
  while (look()) {
    auto moved = connection_ ? move_some() : Result<std::size_t>(std::size_t{0});
    if (moved && connection_) {
      trouble::end(kRelayTrouble);
      clean();
      if (*moved == static_cast<std::size_t>(kBatch)) wake();
      continue;
    }
    connection_.reset();
    if (!moved) say(moved.error());
    if (!rest()) return;
    if (auto again = connect(); !again) {
      connection_.reset();
      say(again.error());
    }
    wake();
  }
}

void Relay::clean() {
  const auto now_us = SystemClock().mono_us();
  if (now_us - cleaned_us_ < kCleanEveryUs) return;
  cleaned_us_ = now_us;
  const auto cleaned = connection_->run(kClean);
  if (!cleaned) log::warn("postgres.marks_stay", {{"reason", cleaned.error().message}});
}

bool Relay::look() {
  Lock lock(mutex_);
  wake_.wait_for_ms(mutex_, kLookMs,
                    [this]() FILOSCOPE_REQUIRES(mutex_) { return woken_ || stopping_; });
  was_woken_ = woken_;
  woken_ = false;
  return !stopping_;
}

Result<std::size_t> Relay::move_some() {
  if (!was_woken_) {
    FILOSCOPE_TRY(const auto any, connection_->run("SELECT EXISTS (SELECT 1 FROM event_outbox)"));
    trouble::end(kAwayTrouble);  // a pool that was refused once may not ask again
    if (first_text(any) != "t") return tell({}), std::size_t{0};
  }
  const SqlValue arguments[] = {kBatch};
  auto answer = connection_->run(kMove, arguments);
  if (!answer) return answer.error();
  const auto moved = read_moved(*answer);
  tell(moved);
  return moved.size();
}

void Relay::tell(std::span<const Moved> moved) {
  std::vector<LogRecord> records;
  records.reserve(moved.size());
  for (const auto& one : moved) records.push_back(one.record);
  hub_.announce(records);
  Lock lock(mutex_);
  if (records.empty()) return missed_.clear();  // nothing is left that could be waited for
  told_ = records.back().position;
  for (const auto& [token, record] : moved) {
    positions_.emplace(token, record.position);
    order_.push_back(token);
    missed_.erase(token);
  }
  for (; order_.size() > kRememberedMax; order_.pop_front()) positions_.erase(order_.front());
  moved_.notify_all();
}

}  // namespace filoscope::postgres
