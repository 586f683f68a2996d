#pragma once

/// A child whose standard output is read line by line, and who can be killed. For tests.

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace filoscope::crash {

/// Threads: one. The destructor kills.
class ChildProcess {
 public:
  /// REQUIRES: `words[0]` is the path of a program. Aborts when it cannot be started.
  ChildProcess(const std::vector<std::string>& words,
               const std::map<std::string, std::string>& environment);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// The next whole line; nothing at the end of the output, or when none came within `wait_ms`.
  std::optional<std::string> line(std::int64_t wait_ms);
  void kill();
  /// As waitpid(2) says it; waits for the end.
  int wait();
  bool timed_out() const { return timed_out_; }

 private:
  pid_t pid_ = -1;
  UniqueFd output_;
  std::string pending_;
  bool timed_out_ = false;
  std::optional<int> status_;
};

}  // namespace filoscope::crash
