#pragma once

/// A bounded number of connections, opened when they are needed. Internal to this adapter.

#include <memory>
#include <vector>

#include "adapters/postgres/postgres_connection.h"
#include "base/mutex.h"

namespace filoscope::postgres {

/// Threads: any.
class ConnectionPool {
 public:
  ConnectionPool(const PostgresOptions& options, std::int64_t count_max, std::int64_t wait_ms)
      : options_(options), wait_ms_(wait_ms), free_count_(count_max) {}

  /// One connection until it is destroyed.
  class Lease {
   public:
    explicit Lease(ConnectionPool& pool) : pool_(pool) {}
    ~Lease() { pool_.give_back(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    /// An open connection: the same again until renew(). Errors: unavailable (not reached).
    Result<Connection*> get();
    /// Drops what is of no more use, and what lies idle: it is older, and met the same.
    void renew();

   private:
    ConnectionPool& pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Waits for a place. Errors: unavailable (all are busy).
  Result<std::unique_ptr<Lease>> lease();

 private:
  std::unique_ptr<Connection> take_idle();
  void give_back(std::unique_ptr<Connection> connection);
  void forget_idle();
  void say(const Error& problem);

  const PostgresOptions& options_;
  const std::int64_t wait_ms_;
  Mutex mutex_;
  Condition one_free_;
  std::int64_t free_count_ FILOSCOPE_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Connection>> idle_ FILOSCOPE_GUARDED_BY(mutex_);
  std::int64_t said_us_ FILOSCOPE_GUARDED_BY(mutex_) = -1'000'000;
};

}  // namespace filoscope::postgres
