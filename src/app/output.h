#pragma once

/// What commands print: problems as sentences on stderr, results as JSON, progress on a terminal.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"

namespace filoscope::app {

/// "filoscope: MESSAGE" on stderr; gives exit status 1.
int fail(const Error& problem);
int fail(const std::string& message);

/// Writes `value` to a file, or to stdout for "-"; nothing for "". Errors: those of files.
Result<void> write_json(const std::string& where, const nlohmann::ordered_json& value);

/// One line that is redrawn, only when stderr is a terminal. Threads: one at a time.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar() { clear(); }
  void show(double share, const std::string& text);
  void tell(const std::string& text);  ///< the line without a bar
  void clear();                        ///< before another line is printed
  /// Prints a line of its own on stderr and draws the bar again below it.
  void above(const std::string& line);

 private:
  bool terminal_ = false;
  std::string shown_;  ///< as it stands there, "" when nothing does
};

}  // namespace filoscope::app
