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
#include "media/wire.h"
#include "media/worker_process.h"
#include "visual/describer_wire.h"

namespace filoscope::visual {

/// The child's entry. Returns the exit status.
int describer_main();

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

/// How a process is run.
struct DescriberOptions {
  std::string program;
  std::string model;  ///< a path for vision::load_network, or empty
  std::int64_t memory_max_bytes = 3LL << 30;
  int niceness = 10;                        ///< how far it stands back behind other work
  int jobs_max = 500;                       ///< then it is replaced
  const std::atomic<bool>* stop = nullptr;  ///< ends every wait; outlives it
};

/// One process. Threads: one at a time. Of no more use once `is_broken`.
/// Errors of every job: model_not_there (it makes none of what is asked for);
/// picture_breaks_reader, picture_takes_too_long; looking_busy (it ended through no fault of the
/// picture, or all is being stopped).
class Describer {
 public:
  /// Errors: describer_not_started.
  static Result<std::unique_ptr<Describer>> start(const DescriberOptions& options);

  /// What it can make, the best last.
  const wire::Ready& ready() const { return ready_; }

  /// `fd` stays the caller's and is read from its start. Errors: those of media::read_picture.
  Result<std::vector<Described>> picture(int fd, const Ask& ask);
  /// What a clip shows at ask.at_ms. Errors: those of media::read_frame_at.
  Result<std::vector<Described>> moment(int fd, const Ask& ask);
  /// Errors: those of media::read_scenes.
  Result<std::vector<Described>> scenes(int fd, const Ask& ask);

  bool is_broken() const { return broken_ || jobs_count_ >= options_.jobs_max; }
  /// By itself, during a job or before it, or it is of before the model was another.
  bool has_ended() const { return ended_; }

 private:
  Describer(const DescriberOptions& options, std::unique_ptr<media::WorkerProcess> process)
      : options_(options), process_(std::move(process)) {}
  Result<std::vector<Described>> run(media::wire::Kind kind, int fd, const Ask& ask,
                                     int deadline_s);
  Result<std::vector<Described>> collect(const wire::Job& job, std::size_t most,
                                         std::int64_t until_us);
  Result<media::wire::Message> receive(std::int64_t until_us);
  Error ended();

  const DescriberOptions options_;
  std::unique_ptr<media::WorkerProcess> process_;
  SystemClock clock_;
  wire::Ready ready_;
  int jobs_count_ = 0;
  bool broken_ = false, ended_ = false;
};

/// Up to `count` of them, started when they are first needed. Threads: any.
class Describers {
 public:
  Describers(DescriberOptions options, std::size_t count, int tries_max);

  /// Calls `work` with a free one, and with another where that one ended, `tries_max` times in all.
  /// Errors: those of `work`; looking_busy (none came free within two seconds),
  /// describer_not_started.
  Result<void> with(const std::function<Result<void>(Describer&)>& work);

 private:
  class Lease;
  Result<std::unique_ptr<Describer>> take();
  void give_back(std::unique_ptr<Describer> one);

  const DescriberOptions options_;
  const int tries_max_;
  Mutex mutex_;
  Condition freed_;
  std::vector<std::unique_ptr<Describer>> idle_ FILOSCOPE_GUARDED_BY(mutex_);
  std::size_t places_ FILOSCOPE_GUARDED_BY(mutex_);  ///< for further ones
};

}  // namespace filoscope::visual
