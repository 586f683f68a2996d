#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "base/log.h"
#include "media/media.h"
#include "media/media_probe.h"
#include "media/outside.h"
#include "media/reasons.h"
#include "media/wire.h"

namespace filoscope::media {
namespace {

constexpr int kPollMs = 100;  // how soon a cancellation is seen
constexpr int kReportDeadlineS = 20;
constexpr int kLookDeadlineS = 20;
constexpr int kMessagesMax = 1'000;  // a job has some hundred: each percent, then the end
constexpr std::size_t kSaidBytesMax = 4'000;

Error cannot_start(int error_number) {
  return Error(reason("media_worker_not_started"), std::strerror(error_number));
}
Error cannot_start() { return cannot_start(errno); }

/// Above the numbers that the worker's own descriptors get: dup2 onto itself would keep
/// close-on-exec.
UniqueFd move_up(const UniqueFd& fd) {
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, wire::kWorkerFd + 1));
}

/// A running worker; killed and reaped at the latest by the destructor. Threads: one.
class Child {
 public:
  static Result<std::unique_ptr<Child>> start(const std::string& program) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
      return cannot_start();
    std::unique_ptr<Child> child(new Child);
    child->socket_ = UniqueFd(pair[0]);
    const UniqueFd theirs = move_up(UniqueFd(pair[1]));
    // Never blocks: a worker that says more than a pipe holds goes on without being heard.
    if (::pipe2(pair.data(), O_CLOEXEC | O_NONBLOCK) != 0) return cannot_start();
    child->said_ = UniqueFd(pair[0]);
    const UniqueFd their_stderr = move_up(UniqueFd(pair[1]));
    if (!theirs || !their_stderr) return cannot_start();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, their_stderr.get(), 2);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), wire::kWorkerFd);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, wire::kWorkerFd + 1);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    // A group of its own: the terminal's interrupt is the server's to handle.
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::string name = program;
    std::string role = "media-worker";
    std::array<char*, 3> arguments{name.data(), role.data(), nullptr};
    std::vector<std::string> kept = kept_environment();
    std::vector<char*> environment;
    for (std::string& entry : kept) environment.push_back(entry.data());
    environment.push_back(nullptr);
    const int status = ::posix_spawn(&child->pid_, program.c_str(), &actions, &attributes,
                                     arguments.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (status != 0) {
      child->pid_ = -1;
      return cannot_start(status);
    }
    return child;
  }

  ~Child() { static_cast<void>(stop()); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int socket() const { return socket_.get(); }

  /// The first of what it wrote to its standard error.
  std::string said() const {
    std::string text(kSaidBytesMax, '\0');
    const auto count = ::read(said_.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }

  /// Kills it if it still runs; its wait status, which is its own if it was at its end.
  int stop() {
    if (pid_ <= 0) return status_;
    ::kill(pid_, SIGKILL);
    rusage usage{};
    while (::wait4(pid_, &status_, 0, &usage) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    probe().cpu_s.add(seconds(usage.ru_utime) + seconds(usage.ru_stime));
    return status_;
  }

 private:
  Child() = default;

  static std::vector<std::string> kept_environment() {
    std::vector<std::string> kept;
    for (const char* name : {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
      if (const char* value = ::getenv(name)) kept.push_back(std::string(name) + "=" + value);
    }
    return kept;
  }

  UniqueFd socket_;
  UniqueFd said_;
  pid_t pid_ = -1;
  int status_ = 0;  ///< once it has been stopped
};

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
  Conversation(Child& child, bool handed, int deadline_s, Progress progress,
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
      if (message->kind != wire::Kind::progress) return std::move(*message);
      FILOSCOPE_DO(take_progress(message->body));
    }
    return Error{Code::internal, "the media worker said too much"};
  }

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
  Child& child_;
  const bool handed_;
  const int deadline_s_;
  const Progress progress_;  ///< a copy: an empty one is passed as a temporary
  const std::atomic<bool>* cancel_;
  const std::int64_t until_us_;
  bool begun_ = false;
  std::pair<Stage, int> told_;  ///< the last progress, while `begun_`
};

Result<MediaFacts> run_job(const std::string& program, int input_fd, const MediaOptions& options,
                           const MediaOutputs& outputs, const Progress& progress,
                           const std::atomic<bool>* cancel) {
  if (outputs.covers.size() > kCoversMax) return Error{Code::internal, "too many cover outputs"};
  FILOSCOPE_TRY(const std::unique_ptr<Child> child, Child::start(program));
  std::vector<int> fds{input_fd};
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
  FILOSCOPE_TRY(const std::unique_ptr<Child> child, Child::start(program_.path));
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
  FILOSCOPE_TRY(const std::unique_ptr<Child> child, Child::start(program_.path));
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
