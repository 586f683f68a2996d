#pragma once

/// Which video is processed next, and who may add one. Next: the smallest job of whom the machine
/// has worked for least, both fading: what somebody had is forgotten by half every hour, and a job
/// moves up by as much as its owner has waited since her last turn (decay usage with aging:
/// Hellerstein, "Achieving service rate objectives with decay usage scheduling", IEEE TSE 1993).
/// Add: shares that shrink as the queue fills (dynamic thresholds: Choudhury & Hahne, IEEE/ACM ToN
/// 1998). Internal to upload.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/id.h"
#include "base/reason.h"

namespace filoscope::upload {

struct Job {
  VideoId video;
  AccountId owner;
  std::int64_t network = 0;  ///< the network it came from, as NewUpload::network
  std::string file;          ///< name in the uploads folder
  std::int64_t size_bytes = 0;
  std::int64_t created_ms = 0;
  std::int64_t not_before_ms = 0;
  int attempts_count = 0;             ///< begun so far
  std::optional<Error> last_failure;  ///< of the worker, in the last; unknown after a restart
  std::optional<std::int64_t> cover_ms;
  SoundId sound;             ///< as NewUpload::sound
  std::int64_t cost_ms = 0;  ///< of the machine, estimated; 0: by its size
  bool measured = false;     ///< its cost is that of its pictures
  bool running = false;
  std::shared_ptr<std::atomic<bool>> cancel = std::make_shared<std::atomic<bool>>(false);
};

/// What `frames` pictures of so many pixels take, about.
std::int64_t cost_ms_of_pictures(std::int64_t pixels, std::int64_t frames);

/// How many uploads will be jobs when they are complete: of an owner, of her network, of everybody.
struct OnTheirWay {
  std::int64_t own = 0, beside = 0, all = 0;
};

/// Threads: one at a time.
class JobQueue {
 public:
  void add(Job job);
  /// Marks the next one as running and charges its cost; none when none may run at `now_ms`. What
  /// throws changes nothing.
  std::optional<Job> take(std::int64_t now_ms);
  /// After `take`: what the try really took instead of its estimate.
  void settle(const Job& taken, std::int64_t took_ms);
  Job* find(VideoId video);
  void erase(VideoId video);
  /// One whose cost is not measured yet; null when there is none.
  const Job* unmeasured() const;
  /// Any that waits, whoever's turn it is and however long it was to wait; marked as running.
  std::optional<Job> take_any();
  /// Work that was done for the owner of `job` outside this queue.
  void charge(const Job& job, std::int64_t took_ms, std::int64_t now_ms);
  /// Tells every running job to end.
  void cancel_running();

  /// Whether `owner` may begin another upload; those on their way count as if they waited. With
  /// none waiting and none on its way she may up to twice `queue_max`.
  bool admits(AccountId owner, std::int64_t network, const OnTheirWay& uploads,
              std::int64_t queue_max) const;

  std::size_t waiting_count() const;
  std::size_t running_count() const;
  bool empty() const { return jobs_.empty(); }

 private:
  /// What the machine has done for a person or a network.
  struct Usage {
    double had_ms = 0;  ///< at `at_ms`
    std::int64_t at_ms = 0;
    std::int64_t turn_ms = 0;  ///< when the last job began
    double had_at(std::int64_t now_ms) const;
  };

  struct Claim {
    double rank_ms = 0;  ///< the smaller, the sooner
    double had_ms = 0;
  };
  Claim claim(const Job& job, std::int64_t now_ms) const;
  /// A clock that was set back must not make anybody wait for it to come up again.
  void keep_to_clock(std::int64_t now_ms);

  std::unordered_map<VideoId, Job> jobs_;
  std::unordered_map<AccountId, Usage> owners_;
  std::unordered_map<std::int64_t, Usage> networks_;
};

}  // namespace filoscope::upload
