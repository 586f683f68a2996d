#include "adapters/postgres/postgres_pool.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/trouble.h"
#include "ports/reasons.h"

namespace filoscope::postgres {
namespace {

constexpr std::int64_t kSayEveryUs = 1'000'000;

}  // namespace

Result<Connection*> ConnectionPool::Lease::get() {
  if (connection_ && !connection_->lost()) return connection_.get();
  connection_ = pool_.take_idle();
  if (connection_) return connection_.get();
  auto opened = Connection::open(pool_.options_);
  if (!opened) {
    pool_.say(opened.error());
    return opened.error();
  }
  connection_ = *std::move(opened);
  return connection_.get();
}

void ConnectionPool::Lease::renew() {
  connection_.reset();
  pool_.forget_idle();
}

/// What the server says of itself is for the log alone, once a second.
void ConnectionPool::say(const Error& problem) {
  trouble::begin(kAwayTrouble, Error(ports::reason("database_away")).message);
  const auto now_us = SystemClock().mono_us();
  Lock lock(mutex_);
  if (now_us - said_us_ < kSayEveryUs) return;
  said_us_ = now_us;
  log::warn("postgres.not_reached", {{"reason", problem.message}});
}

Result<std::unique_ptr<ConnectionPool::Lease>> ConnectionPool::lease() {
  Lock lock(mutex_);
  if (!one_free_.wait_for_ms(mutex_, wait_ms_,
                             [this]() FILOSCOPE_REQUIRES(mutex_) { return free_count_ > 0; })) {
    return Error(ports::reason("database_busy"), wait_ms_);
  }
  --free_count_;
  return std::make_unique<Lease>(*this);
}

std::unique_ptr<Connection> ConnectionPool::take_idle() {
  Lock lock(mutex_);
  while (!idle_.empty()) {
    auto last = std::move(idle_.back());  // its statements are prepared, its memory is warm
    idle_.pop_back();
    if (!last->lost()) return last;
  }
  return nullptr;
}

void ConnectionPool::forget_idle() {
  std::vector<std::unique_ptr<Connection>> dropped;  // closed without the lock
  Lock lock(mutex_);
  dropped.swap(idle_);
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) {
  Lock lock(mutex_);
  ++free_count_;
  if (connection && !connection->lost() && !connection->in_transaction())
    idle_.push_back(std::move(connection));
  one_free_.notify_one();
}

}  // namespace filoscope::postgres
