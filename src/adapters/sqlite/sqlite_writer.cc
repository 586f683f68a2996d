#include "adapters/sqlite/sqlite_writer.h"

#include <pthread.h>

#include <algorithm>

#include "adapters/records/run_work.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/reasons.h"
#include "base/trouble.h"
#include "ports/makes_space.h"

namespace filoscope::sqlite {
namespace {

constexpr std::int64_t kLookUs = 1'000'000;
constexpr std::int64_t kFullBytes = 1 << 20;
constexpr const char* kTrouble = "disk";
/// Finds out whether a disk that failed can be written again: it stores what is stored already.
constexpr const char* kSmallestWrite = "PRAGMA user_version = 1";
constexpr const char* kShortBusyTimeout = "PRAGMA busy_timeout = 250";

std::int64_t now_us() { return SystemClock().mono_us(); }

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const DiskReserve& reserve,
               const SqliteOptions& options)
    : options_(options),
      connection_(std::move(connection)),
      group_max_(static_cast<std::size_t>(options.group_max)),
      queue_max_(static_cast<std::size_t>(options.queue_max)),
      group_us_(options.group_ms * 1000),
      busy_timeout_("PRAGMA busy_timeout = " + std::to_string(options.busy_timeout_ms)),
      wal_(options.path.string() + "-wal"),
      wal_bytes_max_(options.wal_bytes_max),
      read_only_(connection_->read_only()),
      reserve_(reserve),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "sqlite-writer");
}

Writer::~Writer() {
  {
    Lock lock(mutex_);
    stopping_ = true;
    work_to_do_.notify_all();
  }
  thread_.join();
}

Result<void> Writer::write(const Database::Work& work) {
  FILOSCOPE_CHECK(std::this_thread::get_id() != thread_.get_id());  // would wait for itself
  Request request;
  request.work = &work;
  request.makes_space = MakesSpace::active();
  {
    Lock lock(mutex_);
    if (queue_.size() >= queue_max_)
      return Error(ports::reason("too_many_changes_wait"), queue_max_);
    queue_.push_back(&request);
    work_to_do_.notify_one();
    request.ready.wait(mutex_, [&] { return request.done; });
  }
  if (request.error) return *std::move(request.error);
  if (request.found_no_memory) return Error(base_reason("no_memory"));
  records::call_committed(request.on_commit);
  return {};
}

void Writer::run() {
  Group group;
  group.reserve(group_max_);
  while (take_group(group)) {
    try {
      look_at_disk();
      if (!group.empty()) commit_together(group, false);
      again_without_reserve(group);
      bound_wal();
    } catch (const std::bad_alloc&) {
      break_off(group);
    }
    release(group);
  }
}

void Writer::break_off(Group& group) {
  if (connection_->in_transaction()) static_cast<void>(connection_->control("ROLLBACK"));
  for (auto* request : group) {
    request->when_stored.clear();
    request->found_no_memory = true;
  }
}

void Writer::look_at_disk() {
  if (now_us() - looked_us_ < kLookUs) return;
  looked_us_ = now_us();
  if (read_only_) return open_for_writing();
  reserve_.take();
  const bool full = reserve_.free_bytes() < kFullBytes;
  closed_ = full && !reserve_.held();
  if (failing_ && !closed_) failing_ = !connection_->control(kSmallestWrite);
  if (full) {
    trouble::begin(kTrouble, kDiskFull.english);
  } else if (!failing_) {
    trouble::end(kTrouble);
  }
}

void Writer::open_for_writing() {
  auto opened = Connection::open(options_, Connection::Role::writer);
  if (!opened || (*opened)->read_only()) return trouble::begin(kTrouble, kDiskReadOnly.english);
  connection_ = *std::move(opened);
  read_only_ = false;
  trouble::end(kTrouble);
}

void Writer::again_without_reserve(Group& group) {
  const auto wants = [](const Request* request) {
    return request->makes_space && request->error && request->error->reason == kDiskFull.word;
  };
  if (std::none_of(group.begin(), group.end(), wants) || !reserve_.give_up()) return;
  closed_ = true;
  for (auto* request : group) {
    if (!wants(request)) continue;
    request->error.reset();
    Group single{request};
    commit_together(single, true);
  }
}

bool Writer::take_group(Group& group) {
  group.clear();
  Lock lock(mutex_);
  work_to_do_.wait_for_ms(mutex_, kLookUs / 1000, [&]() FILOSCOPE_REQUIRES(mutex_) {
    return stopping_ || !queue_.empty();
  });
  while (!queue_.empty() && group.size() < group_max_) {
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  return !stopping_ || !group.empty();
}

void Writer::take_more(Group& group) {
  Lock lock(mutex_);
  while (!queue_.empty() && group.size() < group_max_) {
    group.push_back(queue_.front());
    queue_.pop_front();
  }
}

void Writer::commit_together(Group& group, bool alone) {
  const auto start_us = now_us();
  const auto fail_rest = [&](const Error& problem) {
    for (auto* request : group) {
      request->when_stored.clear();
      if (!request->error) request->error = problem;
    }
  };
  // A work that made SQLite give up the whole transaction has its error now; the others run again.
  const bool joinable = group.size() < group_max_ && !alone;
  do {
    if (auto begun = connection_->control("BEGIN IMMEDIATE"); !begun) {
      return fail_rest(begun.error());
    }
  } while (!run_works(group, joinable ? start_us + group_us_ : 0));

  auto committed = commit(group);
  if (!committed && committed.error().code == Code::conflict && group.size() > 1) {
    for (auto* request : group) {  // a deferred constraint: find out whose by committing each alone
      Group single{request};
      if (!request->error) commit_together(single, true);
    }
    return;
  }
  if (!committed) {
    const Error& problem = committed.error();
    if (problem.code == Code::conflict) {
      probe_.undone.add();
      return fail_rest(problem);
    }
    probe_.failed_commits.add();
    note_failure(problem);
    log::error("sqlite.commit_failed",
               {{"reason", problem.message}, {"writes", static_cast<std::int64_t>(group.size())}});
    if (problem.code == Code::unavailable || problem.code == Code::corrupt)
      return fail_rest(problem);
    return fail_rest(Error(ports::reason("change_not_stored")));
  }
  if (sweep_wal_) sweep_wal();
  probe_.groups.add();
  probe_.commit_seconds.observe_s(static_cast<double>(now_us() - start_us) * 1e-6);
  for (auto* request : group) {
    (request->error ? probe_.undone : probe_.writes).add();
    records::call_committed(std::exchange(request->when_stored, {}));
  }
}

void Writer::note_failure(const Error& problem) {
  const bool disk = problem.reason == kDiskFull.word || problem.reason == kDiskReadOnly.word ||
                    problem.reason == kDiskFailed.word;
  if (!disk && problem.code != Code::corrupt) return;
  failing_ = true;
  trouble::begin(problem.code == Code::corrupt ? "database" : kTrouble, problem.message);
}

bool Writer::run_works(Group& group, std::int64_t join_until_us) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (closed_ && !group[i]->makes_space && !group[i]->error) group[i]->error = Error(kDiskFull);
    if (!group[i]->error && !run_in_savepoint(*group[i])) return false;
    if (i + 1 == group.size() && now_us() < join_until_us) take_more(group);
  }
  return true;
}

bool Writer::run_in_savepoint(Request& request) {
  if (auto begun = connection_->control("SAVEPOINT work"); !begun) {
    request.error = begun.error();
    return connection_->in_transaction();
  }
  SqliteSession session(*connection_);
  running_work_ = true;
  auto result = records::run_work(*request.work, session);
  running_work_ = false;
  if (!connection_->in_transaction()) {
    request.error =
        result ? Error(ports::reason("change_not_stored")) : Error(std::move(result).error());
    note_failure(*request.error);
    return false;
  }
  if (result) result = connection_->control("RELEASE work");
  if (result) {
    request.when_stored = session.take_when_stored();
    request.on_commit = session.take_on_commit();
    sweep_wal_ = sweep_wal_ || session.erases();
    return true;
  }
  request.error = result.error();
  note_failure(*request.error);
  if (!connection_->control("ROLLBACK TO work; RELEASE work") && connection_->in_transaction()) {
    static_cast<void>(connection_->control("ROLLBACK"));
  }
  return connection_->in_transaction();
}

Result<void> Writer::commit(const Group& group) {
  bool any = false;
  for (const auto* request : group) any = any || !request->error;
  auto done = connection_->control(any ? "COMMIT" : "ROLLBACK");
  if (!done && connection_->in_transaction()) static_cast<void>(connection_->control("ROLLBACK"));
  return done;
}

/// What was erased from the tables still lies in the write-ahead log until that is emptied. A
/// reader on an older snapshot prevents it; then the next commit tries again.
void Writer::sweep_wal() {
  static_cast<void>(connection_->control("PRAGMA busy_timeout = 0"));
  const auto busy = connection_->ask("PRAGMA wal_checkpoint(TRUNCATE)");
  static_cast<void>(connection_->control(busy_timeout_.c_str()));
  sweep_wal_ = !busy || *busy != 0;
}

/// A long read keeps the log from being emptied while it is overtaken: then changes wait for it.
void Writer::bound_wal() {
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(wal_, ignored);
  if (ignored || static_cast<std::int64_t>(bytes) < wal_bytes_max_) return;
  if (now_us() - bounded_us_ < kLookUs) return;
  bounded_us_ = now_us();
  static_cast<void>(connection_->control(kShortBusyTimeout));
  static_cast<void>(connection_->ask("PRAGMA wal_checkpoint(TRUNCATE)"));
  static_cast<void>(connection_->control(busy_timeout_.c_str()));
}

void Writer::release(const Group& group) {
  Lock lock(mutex_);
  for (auto* request : group) {
    request->done = true;
    request->ready.notify_one();
  }
}

}  // namespace filoscope::sqlite
