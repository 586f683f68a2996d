#pragma once

/// What a long command is doing: what takes longer than a second is named on stderr, with a bar on
/// a terminal, else when it is over.

#include <cstdint>
#include <string>

#include "app/output.h"
#include "base/clock.h"

namespace filoscope::app {

/// Threads: one at a time.
class StepProgress {
 public:
  void tell(const std::string& what, double share);
  void end();  ///< before anything else is printed

 private:
  SystemClock clock_;
  ProgressBar bar_;
  std::string what_;
  std::int64_t start_us_ = 0;
};

}  // namespace filoscope::app
