#pragma once

/// Processes that look at pictures: warm, locked in (media/sandbox.h), each doing one job at a time
/// and replaced after a while, so that what a picture may do to one of them does not stay.

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

/// What a descriptor made of a picture at a time of a clip (0 for a still one).
using wire::Described;

/// One process. Threads: one at a time. After an error that `is_broken` tells it is of no more use.
class Describer {
 public:
  /// `model` is a path for vision::load_network, or empty. Errors: describer_not_started.
  static Result<std::unique_ptr<Describer>> start(const std::string& program,
                                                  const std::string& model);

  /// What it can make, in the order of what is asked for.
  const wire::Ready& ready() const { return ready_; }

  /// `fd` stays the caller's and is read from its start. Errors: those of media::read_picture;
  /// picture_breaks_reader, picture_takes_too_long.
  Result<std::vector<Described>> picture(int fd, const wire::Job& job);
  /// What a clip shows at job.at_ms. Errors: those of media::read_frame_at; as above.
  Result<std::vector<Described>> moment(int fd, const wire::Job& job);
  /// Errors: those of media::read_scenes; as above.
  Result<std::vector<Described>> scenes(int fd, const wire::Job& job);

  bool is_broken() const { return broken_; }
  /// By itself, during a job or before it.
  bool has_ended() const { return ended_; }
  int jobs_count() const { return jobs_count_; }

 private:
  explicit Describer(std::unique_ptr<media::WorkerProcess> process)
      : process_(std::move(process)) {}
  Result<std::vector<Described>> run(media::wire::Kind kind, int fd, const wire::Job& job,
                                     int deadline_s);
  Result<media::wire::Message> receive(std::int64_t until_us);

  std::unique_ptr<media::WorkerProcess> process_;
  SystemClock clock_;
  wire::Ready ready_;
  int jobs_count_ = 0;
  bool broken_ = false, ended_ = false;
};

/// Up to `count` of them, started when they are first needed. Threads: any.
class Describers {
 public:
  Describers(std::string program, std::string model, std::size_t count, int tries_max);

  /// Calls `work` with a free one, and with another where that one ended, `tries_max` times in all.
  /// Errors: those of `work`; looking_busy (none came free within two seconds),
  /// describer_not_started.
  Result<void> with(const std::function<Result<void>(Describer&)>& work);

 private:
  Result<std::unique_ptr<Describer>> take();
  void give_back(std::unique_ptr<Describer> one);

  const std::string program_, model_;
  const int tries_max_;
  Mutex mutex_;
  Condition freed_;
  std::vector<std::unique_ptr<Describer>> idle_ FILOSCOPE_GUARDED_BY(mutex_);
  std::size_t places_ FILOSCOPE_GUARDED_BY(mutex_);  ///< for further ones
};

}  // namespace filoscope::visual
