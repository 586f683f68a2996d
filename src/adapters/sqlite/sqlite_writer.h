#pragma once

/// The one thread that writes: queued writes share a transaction and its fsync, each in a savepoint
/// of its own. Internal to this adapter.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "adapters/sqlite/disk_reserve.h"
#include "adapters/sqlite/sqlite_connection.h"
#include "adapters/sqlite/sqlite_probe.h"
#include "adapters/sqlite/sqlite_session.h"
#include "base/mutex.h"

namespace filoscope::sqlite {

/// Threads: any. The destructor finishes what is queued.
class Writer {
 public:
  Writer(std::unique_ptr<Connection> connection, const DiskReserve& reserve,
         const SqliteOptions& options);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Returns when the group of `work` is on disk. Errors: those of `work`; exhausted (queue full),
  /// unavailable (the commit failed: nothing of the group is stored).
  Result<void> write(const Database::Work& work);
  /// The database lies on a disk that can only be read, until that is mended.
  bool read_only() const { return read_only_.load(); }
  /// This thread is the writer and runs a work right now.
  bool inside_work() const {
    return std::this_thread::get_id() == thread_.get_id() && running_work_;
  }

 private:
  struct Request {
    const Database::Work* work = nullptr;
    std::vector<Session::Call> when_stored, on_commit;
    std::optional<Error> error;
    bool found_no_memory = false;  ///< nor may there be any for an error
    bool makes_space = false;
    bool done = false;
    Condition ready;
  };
  using Group = std::vector<Request*>;

  void run();
  /// Waits for the first request; false at the end. `group` has room for group_max_ and never
  /// grows.
  bool take_group(Group& group);
  void take_more(Group& group);
  /// Whether the disk can be written: for those who ask about the server, and for who writes next.
  void look_at_disk();
  void open_for_writing();
  /// Those of the group that make space and found none, once more without the reserve.
  void again_without_reserve(Group& group);
  /// Memory ran out in the middle.
  void break_off(Group& group);
  /// Runs and commits; every request of `group` then has its outcome. `alone`: nobody joins.
  void commit_together(Group& group, bool alone);
  /// Runs the group's works in one open transaction, and those that arrive until `join_until_us`;
  /// false when SQLite gave the transaction up.
  bool run_works(Group& group, std::int64_t join_until_us);
  bool run_in_savepoint(Request& request);
  /// Errors: as Connection::error.
  Result<void> commit(const Group& group);
  void sweep_wal();
  void bound_wal();
  void note_failure(const Error& problem);
  void release(const Group& group);

  const SqliteOptions options_;
  std::unique_ptr<Connection> connection_;
  const std::size_t group_max_;
  const std::size_t queue_max_;
  const std::int64_t group_us_;
  const std::string busy_timeout_;  ///< as a statement
  const std::filesystem::path wal_;
  const std::int64_t wal_bytes_max_;
  Probe probe_;
  Mutex mutex_;
  Condition work_to_do_;
  std::deque<Request*> queue_ FILOSCOPE_GUARDED_BY(mutex_);
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::atomic<bool> read_only_;
  bool running_work_ = false;  ///< this and the next: only the writer's thread looks at them
  bool sweep_wal_ = false;
  DiskReserve reserve_;
  bool failing_ = false;  ///< the last commit found no space, or a disk that cannot be written
  bool closed_ = false;   ///< only what makes space may be written
  std::int64_t looked_us_ = 0;
  std::int64_t bounded_us_ = 0;
  std::thread thread_;
};

}  // namespace filoscope::sqlite
