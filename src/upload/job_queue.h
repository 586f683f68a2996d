#pragma once

/// Which video is processed next: people take turns by the work they have had (start-time fair
/// queueing: Goyal, Vin & Cheng, SIGCOMM 1996, with size as cost), each person's shortest first,
/// and whoever has waited long enough before all others. Internal to upload.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/id.h"

namespace filoscope::upload {

struct Job {
  VideoId video;
  AccountId owner;
  std::string file;  ///< name in the uploads folder
  std::int64_t size_bytes = 0;
  std::int64_t created_ms = 0;
  std::int64_t not_before_ms = 0;
  int attempts_count = 0;    ///< begun so far
  std::string last_failure;  ///< how the worker ended the last of them; unknown after a restart
  std::optional<std::int64_t> cover_ms;
  bool running = false;
  std::shared_ptr<std::atomic<bool>> cancel = std::make_shared<std::atomic<bool>>(false);
};

/// Threads: one at a time.
class JobQueue {
 public:
  void add(Job job);
  /// Marks the next one as running and charges its owner; null when none may run at `now_ms`.
  Job* take(std::int64_t now_ms);
  Job* find(VideoId video);
  void erase(VideoId video);
  /// Tells every running job to end.
  void cancel_running();

  std::size_t waiting_count() const;
  std::size_t running_count() const;
  bool empty() const { return jobs_.empty(); }

 private:
  bool before(const Job& a, const Job& b, std::int64_t now_ms) const;
  double had(AccountId owner) const;

  std::unordered_map<VideoId, Job> jobs_;
  std::unordered_map<AccountId, double> had_;  ///< virtual time per person, while above `now_`
  double now_ = 0;                             ///< virtual time of the job begun last
};

}  // namespace filoscope::upload
