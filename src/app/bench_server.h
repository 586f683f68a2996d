#pragma once

/// What benches stand on: a folder of their own, `filoscope serve` as a process of its own, and an
/// end that leaves nothing behind.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/process.h"
#include "base/result.h"

namespace filoscope::app {

/// While it lives, SIGINT and SIGTERM stop this process' children, delete its bench folders and end
/// it with status 130. REQUIRES: made before other threads are; one at a time.
class TidyEnd {
 public:
  TidyEnd();
  ~TidyEnd();
  TidyEnd(const TidyEnd&) = delete;
  TidyEnd& operator=(const TidyEnd&) = delete;

 private:
  std::thread thread_;
};

/// A folder that is gone at the end, unless it was named by the caller.
class BenchFolder {
 public:
  explicit BenchFolder(const std::string& named = "");
  ~BenchFolder();
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  bool keep_;
  std::filesystem::path path_;
};

/// `filoscope serve` on a free port of the loopback address, logging warnings only.
class ServerProcess {
 public:
  /// Returns when it is ready. Errors: unavailable.
  static Result<ServerProcess> start(const std::filesystem::path& data);

  const std::string& url() const { return url_; }
  pid_t pid() const { return process_.pid(); }
  /// A line of /proc/PID/status, "VmRSS" or "VmHWM".
  double memory_gib(const char* which) const;
  void stop() { process_.stop(); }

 private:
  ServerProcess(Process process, std::string url)
      : process_(std::move(process)), url_(std::move(url)) {}

  Process process_;
  std::string url_;
};

}  // namespace filoscope::app
