#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "base/log.h"
#include "media/media.h"
#include "media/media_probe.h"
#include "media/outside.h"
#include "media/reasons.h"
#include "media/wire.h"
#include "media/worker_process.h"

namespace filoscope::media {
namespace {

constexpr int kPollMs = 100;  // how soon a cancellation is seen
constexpr int kReportDeadlineS = 20;
constexpr int kLookDeadlineS = 20;
/// Of a clip of the greatest length, with a window more than there are.
constexpr std::size_t kPrintBytesMax = prints::kFramesMax * sizeof(prints::FrameHash) * 2 *
                                       (prints::kPartsCount + prints::kWindowsMax);
constexpr int kMessagesMax = 1'000;  // a job has some hundred: each percent, then the end

Result<std::unique_ptr<WorkerProcess>> start(const std::string& program) {
  return WorkerProcess::start(program, "media-worker", probe().cpu_s);
}

/// `handed`: it had been sent the file. `begun`: it had said that it was locked in and about to
/// read.
Error death(int status, bool handed, bool begun, const std::string& said) {
  // The file's own doing: another try would take as much.
  if (begun && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
    return Error(reason("video_too_much_work"));
  std::string how = WIFSIGNALED(status) ? std::string("signal ") + ::strsignal(WTERMSIG(status))
                                        : "status " + std::to_string(WEXITSTATUS(status));
  log::warn("media.worker_died", {{"how", how}, {"begun", begun}, {"said", said}});
  // One that leaves by itself, or at a call that its lock does not know, has not read the file. Any
  // other end is counted as a try of the file: else one that kills its readers would be read for
  // ever.
  const bool by_file = WIFSIGNALED(status) && WTERMSIG(status) != SIGSYS;
  if (!begun && !(handed && by_file)) return Error(reason("media_worker_ended_early"), how);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return Error(reason("media_worker_killed"));
  return Error(reason("media_worker_crashed"), how);
}

/// Messages until a last one, the deadline, a cancellation or death.
class Conversation {
 public:
  /// `handed`: the worker was sent a file.
  Conversation(WorkerProcess& child, bool handed, int deadline_s, Progress progress,
               const std::atomic<bool>* cancel)
      : child_(child),
        handed_(handed),
        deadline_s_(deadline_s),
        progress_(std::move(progress)),
        cancel_(cancel),
        until_us_(clock_.mono_us() + std::int64_t{deadline_s} * 1'000'000) {}

  Result<wire::Message> last_message() {
    for (int i = 0; i < kMessagesMax; ++i) {
      FILOSCOPE_DO(wait());
      FILOSCOPE_TRY(std::optional<wire::Message> message, wire::receive(child_.socket()));
      if (!message) {
        const int status = child_.stop();  // it may live on with its socket closed
        return death(status, handed_, begun_, child_.said());
      }
      if (message->kind == wire::Kind::error) return wire::decode_error(message->body);
      if (message->kind == wire::Kind::print) {
        FILOSCOPE_DO(take_print(message->body));
        continue;
      }
      if (message->kind != wire::Kind::progress) return std::move(*message);
      FILOSCOPE_DO(take_progress(message->body));
    }
    return Error{Code::internal, "the media worker said too much"};
  }
  /// What came before the last message.
  const Bytes& print() const { return print_; }

 private:
  Result<void> take_progress(const Bytes& body) {
    if (body.size() != 2 || body[0] > 100 || body[1] > static_cast<int>(Stage::finishing))
      return Error{Code::internal, "the media worker answered wrongly"};
    const std::pair now(static_cast<Stage>(body[1]), int{body[0]});
    if (begun_ && now <= told_) return {};
    begun_ = true;
    told_ = now;
    if (progress_) progress_(now.second, now.first);
    return {};
  }

  Result<void> take_print(const Bytes& part) {
    if (print_.size() + part.size() > kPrintBytesMax)
      return Error{Code::internal, "the media worker said too much"};
    print_.insert(print_.end(), part.begin(), part.end());
    return {};
  }

  Result<void> wait() {
    for (;;) {
      if (cancel_ != nullptr && cancel_->load()) return Error(reason("processing_cancelled"));
      if (clock_.mono_us() > until_us_) return Error(reason("processing_too_slow"), deadline_s_);
      pollfd entry{child_.socket(), POLLIN, 0};
      const int ready = ::poll(&entry, 1, kPollMs);
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return errno_error("waiting for the media worker");
    }
  }

  SystemClock clock_;
  WorkerProcess& child_;
  const bool handed_;
  const int deadline_s_;
  const Progress progress_;  ///< a copy: an empty one is passed as a temporary
  const std::atomic<bool>* cancel_;
  const std::int64_t until_us_;
  bool begun_ = false;
  Bytes print_;
  std::pair<Stage, int> told_;  ///< the last progress, while `begun_`
};

Result<MediaFacts> run_job(const std::string& program, int input_fd, const MediaOptions& options,
                           const MediaOutputs& outputs, const Progress& progress,
                           const std::atomic<bool>* cancel) {
  if (outputs.covers.size() > kCoversMax) return Error{Code::internal, "too many cover outputs"};
  FILOSCOPE_TRY(const std::unique_ptr<WorkerProcess> child, start(program));
  std::vector<int> fds{input_fd};
  if (options.sound_fd >= 0) fds.push_back(options.sound_fd);
  for (const int fd : outputs.renditions) {
    if (fd >= 0) fds.push_back(fd);
  }
  if (outputs.late >= 0) fds.push_back(outputs.late);
  fds.insert(fds.end(), outputs.covers.begin(), outputs.covers.end());
  const auto sent =
      wire::send(child->socket(), wire::Kind::job, wire::encode_job(options, outputs), fds);
  if (!sent) static_cast<void>(child->stop());  // what it said before it went is still heard
  Conversation conversation(*child, sent.has_value(), options.limits.deadline_s, progress, cancel);
  FILOSCOPE_TRY(const wire::Message message, conversation.last_message());
  static_cast<void>(child->stop());  // from here on the outputs rest
  if (message.kind != wire::Kind::facts)
    return Error{Code::internal, "the media worker answered wrongly"};
  FILOSCOPE_TRY(MediaFacts facts, wire::decode_facts(message.body));
  auto print = prints::decode_print(conversation.print());
  if (!print) return Error{Code::internal, "the media worker sent a malformed print"};
  facts.clip_print = *std::move(print);
  FILOSCOPE_DO(check_facts(facts, options, outputs));
  return facts;
}

}  // namespace

MediaWorkers::MediaWorkers(WorkerProgram program) : program_(std::move(program)) {}

Result<MediaFacts> MediaWorkers::process(int input_fd, const MediaOptions& options,
                                         const MediaOutputs& outputs, const Progress& progress,
                                         const std::atomic<bool>* cancel) const {
  const SystemClock clock;
  const auto start_us = clock.mono_us();
  auto facts = run_job(program_.path, input_fd, options, outputs, progress, cancel);
  probe().job_s.observe_s(static_cast<double>(clock.mono_us() - start_us) * 1e-6);
  if (facts) {
    probe().done.add();
  } else if (facts.error().code == Code::invalid_argument) {
    probe().refused.add();
  } else {
    probe().failed.add();
  }
  return facts;
}

Result<Looks> MediaWorkers::look(int input_fd, const MediaLimits& limits,
                                 const std::atomic<bool>* cancel) const {
  FILOSCOPE_TRY(const std::unique_ptr<WorkerProcess> child, start(program_.path));
  MediaOptions options;
  options.limits = limits;
  const auto sent = wire::send(child->socket(), wire::Kind::look_job, wire::encode_job(options, {}),
                               std::span(&input_fd, 1));
  if (!sent) static_cast<void>(child->stop());
  Conversation conversation(*child, sent.has_value(), kLookDeadlineS, {}, cancel);
  FILOSCOPE_TRY(const wire::Message message, conversation.last_message());
  if (message.kind != wire::Kind::looks)
    return Error{Code::internal, "the media worker answered wrongly"};
  return wire::decode_looks(message.body);
}

Result<std::vector<SandboxFeature>> MediaWorkers::sandbox_report() const {
  FILOSCOPE_TRY(const std::unique_ptr<WorkerProcess> child, start(program_.path));
  FILOSCOPE_DO(wire::send(child->socket(), wire::Kind::sandbox_job, {}));
  Conversation conversation(*child, false, kReportDeadlineS, {}, nullptr);
  FILOSCOPE_TRY(const wire::Message message, conversation.last_message());
  if (message.kind != wire::Kind::sandbox)
    return Error{Code::internal, "the media worker answered wrongly"};
  return wire::decode_features(message.body);
}

MediaLimits media_limits(const Config& config) {
  MediaLimits limits;
  limits.duration_max_ms = config[kDurationMax];
  limits.size_max_bytes = config[kSizeMax];
  limits.deadline_s = static_cast<int>(config[kDeadline]);
  limits.cpu_s = limits.deadline_s * 8;
  limits.memory_max_bytes = config[kMemoryMax];
  return limits;
}

}  // namespace filoscope::media
