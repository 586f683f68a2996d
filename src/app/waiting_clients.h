#pragma once

/// Thousands of clients that wait for news, on one thread: requests that are answered later,
/// streamed bodies, WebSockets. For `bench api.waiting`.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace filoscope::app {

struct WaitingPlan {
  int requests = 0, streams = 0, sockets = 0;
  int wait_s = 10;  ///< of each request; the next follows at once
};

struct WaitingCounts {
  std::int64_t open = 0;     ///< clients that have been answered and still wait
  std::int64_t answers = 0;  ///< to requests that waited their time
  std::int64_t early = 0;    ///< to ones that did not
  std::int64_t broken = 0;   ///< clients that were refused or dropped
};

/// Threads: one at a time.
class WaitingClients {
 public:
  /// Connects all of them, each as another of the people, those with requests one by one over
  /// `wait_s`, as people come; returns when each has been answered once. Errors: those of sockets,
  /// unavailable (not within a minute).
  static Result<std::unique_ptr<WaitingClients>> open(const std::string& url,
                                                      const std::vector<std::string>& tokens,
                                                      const WaitingPlan& plan);
  virtual ~WaitingClients() = default;  ///< closes them
  virtual WaitingCounts counts() const = 0;
};

}  // namespace filoscope::app
