/// `crash_writer FOLDER [careless|full] [ROWS]`: writes until it is killed, and says what is
/// acknowledged (workload.h).

#include <cstdio>
#include <cstdlib>
#include <string>

#include "crash/workload.h"

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "usage: crash_writer FOLDER [careless|full|plain] [ROWS]\n");
    return 2;
  }
  filoscope::crash::WorkloadOptions options;
  options.folder = words[1];
  const std::string mode = count > 2 ? words[2] : "plain";
  options.careless = mode == "careless";
  options.go_on_when_full = mode == "full";
  if (count > 3) options.rows_max = std::strtoll(words[3], nullptr, 10);
  const auto done = filoscope::crash::run_workload(options);
  if (done) return 0;
  std::fprintf(stderr, "crash_writer: %s\n", done.error().message.c_str());
  return 1;
}
