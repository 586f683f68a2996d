#pragma once

/// Media delivery against nginx: the same files, ranges and load, in alternating rounds. Behind
/// `filoscope bench delivery`. Needs the programs `nginx` and `wrk`.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace filoscope::api {

struct DeliveryBenchOptions {
  std::string address;             ///< of a running server, "http://127.0.0.1:8080"
  int server_pid = 0;              ///< whose processor time counts
  std::vector<std::string> paths;  ///< of media on that server, "/media/p/…/720.mp4"
  std::vector<std::string> files;  ///< the same contents on disk, in the same order, for nginx
  std::string work_folder;         ///< for nginx's configuration and links; must exist
  int rounds_count = 5;
  int round_s = 5;
  int connections_count = 64;
  std::int64_t range_bytes = 256 * 1024;
};

/// A JSON object: per side the median bytes a second, requests a second, CPU seconds a GB and p99
/// latency of the rounds, the ratios ours / nginx, and every round.
/// Errors: invalid_argument (lists that do not fit), unavailable (a program is missing or failed),
/// internal (answers that were no 206).
Result<std::string> bench_delivery(const DeliveryBenchOptions& options);

}  // namespace filoscope::api
