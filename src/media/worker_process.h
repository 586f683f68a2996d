#pragma once

/// The parent's side of one process that runs this program in another role, with a socket between
/// them. It locks itself in (media/sandbox.h). Sources: posix_spawn(3), unix(7).

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/file.h"
#include "base/metrics.h"
#include "base/result.h"

namespace filoscope::media {

/// Killed and reaped at the latest by the destructor. Threads: one at a time.
class WorkerProcess {
 public:
  /// Runs `program role`, which finds the socket at wire::kWorkerFd and nothing else of ours open;
  /// of the environment it gets what its libraries need. What processor time it took is added to
  /// `cpu_s` when it is reaped, which outlives it. Errors: media_worker_not_started.
  static Result<std::unique_ptr<WorkerProcess>> start(const std::string& program,
                                                      const std::string& role,
                                                      metrics::Counter& cpu_s);
  ~WorkerProcess() { static_cast<void>(stop()); }
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  int socket() const { return socket_.get(); }
  /// The first of what it wrote to its standard error.
  std::string said() const;
  /// Kills it if it still runs; its wait status, which is its own if it was at its end.
  int stop();

 private:
  explicit WorkerProcess(metrics::Counter& cpu_s) : cpu_s_(cpu_s) {}

  metrics::Counter& cpu_s_;
  UniqueFd socket_;
  UniqueFd said_;
  pid_t pid_ = -1;
  int status_ = 0;  ///< once it has been stopped
};

}  // namespace filoscope::media
