#pragma once

/// Where the lines of base/log.h go. As long as nobody chooses: JSON on stderr.

#include <functional>
#include <string>

#include "base/result.h"

namespace filoscope::log {

struct Output {
  bool json_on_stderr = true;
  std::string json_file;  ///< also to this file, "" for none; 16 MiB, then it begins anew beside
                          ///< the two before
  /// Takes warnings and errors as a sentence without a line end; called by any thread, one at a
  /// time.
  std::function<void(const std::string&)> people;
};

/// Before other threads log. Errors: unavailable (the file can't be written).
Result<void> set_output(Output output);

}  // namespace filoscope::log
