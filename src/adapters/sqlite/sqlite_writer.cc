#include "adapters/sqlite/sqlite_writer.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"

namespace filoscope::sqlite {
namespace {

std::int64_t now_us() { return SystemClock().mono_us(); }

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const SqliteOptions& options)
    : connection_(std::move(connection)),
      group_max_(static_cast<std::size_t>(options.group_max)),
      queue_max_(static_cast<std::size_t>(options.queue_max)),
      group_us_(options.group_ms * 1000),
      busy_timeout_("PRAGMA busy_timeout = " + std::to_string(options.busy_timeout_ms)),
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
  Lock lock(mutex_);
  if (queue_.size() >= queue_max_) {
    return Error(Code::exhausted, "too many changes wait to be stored (the most is " +
                                      std::to_string(queue_max_) + "); try again in a moment");
  }
  queue_.push_back(&request);
  work_to_do_.notify_one();
  request.ready.wait(mutex_, [&] { return request.done; });
  if (request.error) return *std::move(request.error);
  return {};
}

void Writer::run() {
  while (true) {
    Group group = take_group();
    if (group.empty()) return;
    commit_together(group, false);
    release(group);
  }
}

Writer::Group Writer::take_group() {
  Group group;
  Lock lock(mutex_);
  work_to_do_.wait(mutex_,
                   [&]() FILOSCOPE_REQUIRES(mutex_) { return stopping_ || !queue_.empty(); });
  while (!queue_.empty() && group.size() < group_max_) {
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  return group;
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
      request->after_commit.clear();
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
    Error problem = committed.error();
    if (problem.code == Code::conflict) {
      probe_.undone.add();
      return fail_rest(problem);
    }
    if (problem.code != Code::corrupt) problem.code = Code::unavailable;
    probe_.failed_commits.add();
    log::error("sqlite.commit_failed",
               {{"reason", problem.message}, {"writes", static_cast<std::int64_t>(group.size())}});
    return fail_rest(problem);
  }
  if (sweep_wal_) sweep_wal();
  probe_.groups.add();
  probe_.commit_seconds.observe_s(static_cast<double>(now_us() - start_us) * 1e-6);
  for (auto* request : group) {
    (request->error ? probe_.undone : probe_.writes).add();
    for (const auto& call : std::exchange(request->after_commit, {})) call();
  }
}

bool Writer::run_works(Group& group, std::int64_t join_until_us) {
  for (std::size_t i = 0; i < group.size(); ++i) {
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
  auto result = run_work(*request.work, session);
  running_work_ = false;
  if (!connection_->in_transaction()) {
    request.error = result ? Error(Code::unavailable, "the change could not be stored; try again")
                           : std::move(result).error();
    return false;
  }
  if (result) result = connection_->control("RELEASE work");
  if (result) {
    request.after_commit = session.take_after_commit();
    sweep_wal_ = sweep_wal_ || session.erases();
    return true;
  }
  request.error = result.error();
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

void Writer::release(const Group& group) {
  Lock lock(mutex_);
  for (auto* request : group) {
    request->done = true;
    request->ready.notify_one();
  }
}

}  // namespace filoscope::sqlite
