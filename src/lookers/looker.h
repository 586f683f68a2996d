#pragma once

/// Processes that look at pictures: warm, locked in (media/sandbox.h), each doing one job at a time
/// and replaced after a while, so that what a picture may do to one of them does not stay.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "lookers/looker_wire.h"
#include "media/wire.h"
#include "media/worker_process.h"

namespace filoscope::lookers {

/// The child's entry. Returns the exit status.
int looker_main();

/// What is wanted of a picture or a clip.
struct Ask {
  std::vector<vision::DescriptorInfo> by;  ///< at least one
  std::int64_t at_ms = 0;                  ///< of a moment
  int count = 1;                           ///< of scenes, at most
  vision::Crop part{};
};
/// What a descriptor made of a picture at a time of a clip (0 for a still one).
struct Described {
  std::int64_t at_ms = 0;
  std::size_t by = 0;  ///< of Ask::by
  vision::Description description;
};

/// What a picture at a time of a clip may show.
struct Scored {
  std::int64_t at_ms = 0;
  vision::SafetyScores scores;
};

/// What stands in a picture at a time of a clip, lines divided by '\n'; empty: nothing.
struct SceneText {
  std::int64_t at_ms = 0;
  std::string text;
};

/// How a process is run.
struct LookerOptions {
  std::string program;
  std::string model{};           ///< a path for vision::load_network, or empty
  std::string safety{};          ///< a path for vision::load_safety_network, or empty
  std::string text_languages{};  ///< for vision::open_text_reader, or empty
  std::int64_t memory_max_bytes = 3LL << 30;
  int niceness = 10;                        ///< how far it stands back behind other work
  int jobs_max = 500;                       ///< then it is replaced
  const std::atomic<bool>* stop = nullptr;  ///< ends every wait; outlives it
};

/// One process. Threads: one at a time. Of no more use once `is_broken`.
/// Errors of every job: model_not_there (it makes none of what is asked for);
/// picture_breaks_reader, picture_takes_too_long; looking_busy (it ended through no fault of the
/// picture, or all is being stopped).
class Looker {
 public:
  /// Errors: looker_not_started.
  static Result<std::unique_ptr<Looker>> start(const LookerOptions& options);

  /// What it can make, the best last.
  const wire::Ready& ready() const { return ready_; }

  /// `fd` stays the caller's and is read from its start. Errors: those of media::read_picture.
  Result<std::vector<Described>> picture(int fd, const Ask& ask);
  /// What a clip shows at ask.at_ms. Errors: those of media::read_frame_at.
  Result<std::vector<Described>> moment(int fd, const Ask& ask);
  /// Errors: those of media::read_scenes.
  Result<std::vector<Described>> scenes(int fd, const Ask& ask);

  /// Up to `count` samples of a clip, scored. Errors: those of media::read_samples.
  Result<std::vector<Scored>> safety(int fd, int count);

  /// Up to `count` scenes of a clip, read. Errors: those of media::read_scenes.
  Result<std::vector<SceneText>> text(int fd, int count);

  bool is_broken() const { return broken_ || jobs_count_ >= options_.jobs_max; }
  /// By itself, during a job or before it, or it is of before the model was another.
  bool has_ended() const { return ended_; }

 private:
  Looker(const LookerOptions& options, std::unique_ptr<media::WorkerProcess> process)
      : options_(options), process_(std::move(process)) {}
  /// `take` is told what comes of a job before its end.
  using Take = std::function<Result<void>(const media::wire::Message&)>;
  Result<std::vector<Described>> run(media::wire::Kind kind, int fd, const Ask& ask,
                                     int deadline_s);
  Result<void> run(media::wire::Kind kind, int fd, const wire::Job& job, int deadline_s,
                   const Take& take);
  wire::Job next_job();
  Result<media::wire::Message> receive(std::int64_t until_us);
  Error ended();

  const LookerOptions options_;
  std::unique_ptr<media::WorkerProcess> process_;
  SystemClock clock_;
  wire::Ready ready_;
  int jobs_count_ = 0;
  bool broken_ = false, ended_ = false;
};

/// Up to `count` of them, started when they are first needed. Threads: any.
class Lookers {
 public:
  Lookers(LookerOptions options, std::size_t count, int tries_max);

  /// Calls `work` with a free one, and with another where that one ended, `tries_max` times in all.
  /// Errors: those of `work`; looking_busy (none came free within two seconds),
  /// looker_not_started.
  Result<void> with(const std::function<Result<void>(Looker&)>& work);

 private:
  class Lease;
  Result<std::unique_ptr<Looker>> take();
  void give_back(std::unique_ptr<Looker> one);

  const LookerOptions options_;
  const int tries_max_;
  Mutex mutex_;
  Condition freed_;
  std::vector<std::unique_ptr<Looker>> idle_ FILOSCOPE_GUARDED_BY(mutex_);
  std::size_t places_ FILOSCOPE_GUARDED_BY(mutex_);  ///< for further ones
};

}  // namespace filoscope::lookers
