#pragma once

/// nginx serving files of this machine, and wrk loading a server with ranges of them: the rival and
/// the load of `bench delivery`.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/process.h"
#include "base/result.h"

namespace filoscope::app {

struct MediaSite {
  std::string name, url;
  std::vector<std::string> paths;  ///< of the same files in the same order on every site
  pid_t pid = 0;
};

struct Nginx {
  Process process;
  MediaSite site;
};
/// `sendfile on; worker_processes 2` on a free port of the loopback address; `folder` must exist
/// and is nginx's own. Errors: unavailable (not installed, or it did not start).
Result<Nginx> start_nginx(const std::filesystem::path& folder,
                          const std::vector<std::filesystem::path>& files);

struct RangeLoad {
  int seconds = 5, connections = 64;
  std::int64_t range_bytes = 256 * 1024;
};

struct RangeRound {
  double bytes_per_s = 0, requests_per_s = 0, cpu_s_per_gb = 0, p99_ms = 0;
};

/// wrk with two threads for `load.seconds`: random files of `site` and ranges of them, the same
/// sequence for every site. Processor time is that of the site's processes alone. Errors:
/// unavailable (no wrk), internal (answers that were not exactly the range).
Result<RangeRound> run_wrk(const MediaSite& site, const std::vector<std::int64_t>& sizes_bytes,
                           const RangeLoad& load, const std::filesystem::path& folder);

}  // namespace filoscope::app
