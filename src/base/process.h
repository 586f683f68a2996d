#pragma once

/// Other programs as child processes, what processor time they have used (Linux /proc), and this
/// process' own limits. Blocks.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace filoscope {

/// Where the program of this name lies: on PATH or in /usr/sbin. Errors: unavailable (nowhere).
Result<std::string> find_program(const std::string& name);

/// User and system seconds of a process with all its threads, its children (and theirs) and those
/// it has waited for. 0 when there is no such process.
double cpu_s(pid_t pid);
std::vector<pid_t> children_of(pid_t pid);

/// Raises the limit on open files of this process as far as it may; returns what holds now.
std::int64_t raise_open_files_limit();

/// A child process; asked to end, then killed and reaped, at the latest by the destructor.
/// Threads: one at a time.
class Process {
 public:
  struct Options {
    std::vector<std::string> command;  ///< the first word is found on PATH
    int output_fd = -1;                ///< its stdout; -1 is ours
    int error_fd = -1;                 ///< its stderr; -1 is ours
  };
  /// Its input is empty; no signal is blocked or ignored in it. Errors: unavailable (the program
  /// cannot be run).
  static Result<Process> start(const Options& options);
  /// The same with stdout and stderr in a file. Errors: also those of files.
  static Result<Process> start_logged(const std::vector<std::string>& command,
                                      const std::string& log_path);

  Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Process& operator=(Process&&) = delete;
  ~Process() { stop(); }

  pid_t pid() const { return pid_; }
  /// Until it has ended with status 0; `meanwhile` is called now and then. Errors: internal
  /// (another end), deadline (it still runs after `deadline_ms`; it goes on).
  Result<void> wait(int deadline_ms, const std::function<void()>& meanwhile = {});
  /// SIGTERM, after some seconds SIGKILL.
  void stop();

 private:
  explicit Process(pid_t pid) : pid_(pid) {}
  bool reap(int wait_ms, int& status, const std::function<void()>& meanwhile);

  pid_t pid_;
};

}  // namespace filoscope
