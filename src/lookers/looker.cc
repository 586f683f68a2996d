#include "lookers/looker.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "base/metrics.h"
#include "lookers/reasons.h"

namespace filoscope::lookers {
namespace {

using media::wire::Kind;
using media::wire::Message;

constexpr int kStartDeadlineS = 30;
constexpr int kPictureDeadlineS = 4;
constexpr int kScenesDeadlineS = 300;
/// Before a clip is published, while others wait.
constexpr int kSafetyDeadlineS = 60, kTextDeadlineS = 20;
constexpr int kPollMs = 100;  ///< how soon a stop is seen
constexpr std::int64_t kFreeWaitMs = 2'000;

metrics::Counter& cpu_s() {
  static metrics::Counter counter{"filoscope_visual_cpu_seconds_total",
                                  "Processor time of the processes that look at pictures"};
  return counter;
}

Error unasked() { return {Code::internal, "the looking worker said what was not asked for"}; }

}  // namespace

Result<std::unique_ptr<Looker>> Looker::start(const LookerOptions& options) {
  auto process = media::WorkerProcess::start(options.program, "vision-worker", cpu_s());
  if (!process) return process.error();
  std::unique_ptr<Looker> looker(new Looker(options, *std::move(process)));
  const auto sent =
      media::wire::send(looker->process_->socket(), Kind::looker_start,
                        wire::encode_start({options.model, options.safety, options.text_languages,
                                            options.memory_max_bytes, options.niceness}));
  if (!sent) return Error(reason("looker_not_started"), sent.error().message);
  const auto until_us = looker->clock_.mono_us() + std::int64_t{kStartDeadlineS} * 1'000'000;
  const auto message = looker->receive(until_us);
  if (!message) return Error(reason("looker_not_started"), message.error().message);
  if (message->kind == Kind::error)
    return Error(reason("looker_not_started"), media::wire::decode_error(message->body).message);
  FILOSCOPE_TRY(looker->ready_, wire::decode_ready(message->body));
  return looker;
}

/// Why the other end of the socket is closed.
Error Looker::ended() {
  broken_ = ended_ = true;
  const int status = process_->stop();
  log::warn("lookers.ended", {{"status", std::int64_t{status}}, {"said", process_->said()}});
  // Its own limit of processor time holds for all it has done.
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return Error(reason("looking_busy"));
  return Error(reason("picture_breaks_reader"));
}

Result<Message> Looker::receive(std::int64_t until_us) {
  for (;;) {
    if (options_.stop != nullptr && options_.stop->load())
      return broken_ = true, Error(reason("looking_busy"));
    if (clock_.mono_us() > until_us) return broken_ = true, Error(reason("picture_takes_too_long"));
    pollfd entry{process_->socket(), POLLIN, 0};
    const int ready = ::poll(&entry, 1, kPollMs);
    if (ready < 0 && errno != EINTR)
      return broken_ = true, errno_error("waiting for the looking worker");
    if (ready <= 0) continue;
    auto message = media::wire::receive(process_->socket());
    if (!message || !*message) return ended();
    return **std::move(message);
  }
}

wire::Job Looker::next_job() {
  wire::Job job;
  job.number = static_cast<std::uint32_t>(++jobs_count_);
  return job;
}

/// Anything but what is meant breaks it: it would reach who asks next.
Result<void> Looker::run(Kind kind, int fd, const wire::Job& job, int deadline_s,
                         const Take& take) {
  const auto until_us = clock_.mono_us() + std::int64_t{deadline_s} * 1'000'000;
  const auto sent =
      media::wire::send(process_->socket(), kind, wire::encode_job(job), std::span(&fd, 1));
  if (!sent) return ended();
  for (bool any = false;; any = true) {
    FILOSCOPE_TRY(const Message message, receive(until_us));
    if (message.kind == Kind::error) return media::wire::decode_error(message.body);
    broken_ = true;
    if (message.kind == Kind::done) {
      FILOSCOPE_TRY(const auto number, wire::decode_done(message.body));
      if (number != job.number || !any)
        return Error{Code::internal, "the looking worker answered another job"};
      broken_ = false;
      return {};
    }
    FILOSCOPE_DO(take(message));
    broken_ = false;
  }
}

Result<std::vector<Described>> Looker::run(Kind kind, int fd, const Ask& ask, int deadline_s) {
  auto job = next_job();
  job.at_ms = ask.at_ms, job.count = ask.count, job.crop = ask.part;
  std::vector<std::size_t> asked_for;  // of each of ready_'s, its place in `ask.by`
  for (std::size_t i = 0; i < ready_.descriptors.size(); ++i) {
    const auto found = std::ranges::find(ask.by, ready_.descriptors[i]);
    asked_for.push_back(static_cast<std::size_t>(found - ask.by.begin()));
    if (found != ask.by.end()) job.descriptors.push_back(i);
  }
  // One that was started before the model changed makes room for one that knows it.
  if (job.descriptors.empty()) return broken_ = ended_ = true, Error(reason("model_not_there"));
  const auto most = static_cast<std::size_t>(ask.count) * job.descriptors.size();
  std::vector<Described> out;
  FILOSCOPE_DO(run(kind, fd, job, deadline_s, [&](const Message& message) -> Result<void> {
    FILOSCOPE_TRY(auto one, wire::decode_described(message.body, ready_));
    if (message.kind != Kind::description || one.job != job.number ||
        std::ranges::count(job.descriptors, one.descriptor) == 0 || out.size() == most)
      return unasked();
    out.push_back({one.at_ms, asked_for[one.descriptor], std::move(one.description)});
    return {};
  }));
  return out;
}

Result<std::vector<Scored>> Looker::safety(int fd, int count) {
  if (ready_.safety.empty()) return broken_ = true, Error(reason("model_not_there"));
  auto job = next_job();
  job.count = count;
  std::vector<Scored> out;
  FILOSCOPE_DO(
      run(Kind::safety_job, fd, job, kSafetyDeadlineS, [&](const Message& message) -> Result<void> {
        FILOSCOPE_TRY(const auto one, wire::decode_scored(message.body));
        if (message.kind != Kind::safety_scores || one.job != job.number ||
            std::ssize(out) == count)
          return unasked();
        out.push_back({one.at_ms, one.scores});
        return {};
      }));
  return out;
}

Result<std::vector<SceneText>> Looker::text(int fd, int count) {
  if (!ready_.reads) return broken_ = true, Error(reason("model_not_there"));
  auto job = next_job();
  job.count = count;
  std::vector<SceneText> out;
  FILOSCOPE_DO(
      run(Kind::text_job, fd, job, kTextDeadlineS, [&](const Message& message) -> Result<void> {
        FILOSCOPE_TRY(auto one, wire::decode_text(message.body));
        if (message.kind != Kind::scene_text || one.job != job.number || std::ssize(out) == count)
          return unasked();
        out.push_back({one.at_ms, std::move(one.text)});
        return {};
      }));
  return out;
}

Result<std::vector<Described>> Looker::picture(int fd, const Ask& ask) {
  return run(Kind::picture_job, fd, ask, kPictureDeadlineS);
}

Result<std::vector<Described>> Looker::moment(int fd, const Ask& ask) {
  return run(Kind::moment_job, fd, ask, kPictureDeadlineS);
}

Result<std::vector<Described>> Looker::scenes(int fd, const Ask& ask) {
  return run(Kind::scenes_job, fd, ask, kScenesDeadlineS);
}

/// A looker, and its place whatever happens.
class Lookers::Lease {
 public:
  Lease(Lookers& all, std::unique_ptr<Looker> one) : all_(all), one_(std::move(one)) {}
  ~Lease() { all_.give_back(std::move(one_)); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  std::unique_ptr<Looker>& one() { return one_; }

 private:
  Lookers& all_;
  std::unique_ptr<Looker> one_;
};

Lookers::Lookers(LookerOptions options, std::size_t count, int tries_max)
    : options_(std::move(options)), tries_max_(tries_max), places_(count) {
  idle_.reserve(count);
}

/// A warm one, or null with a place for a new one.
Result<std::unique_ptr<Looker>> Lookers::take() {
  Lock lock(mutex_);
  const bool free = freed_.wait_for_ms(mutex_, kFreeWaitMs, [&]() FILOSCOPE_REQUIRES(mutex_) {
    return !idle_.empty() || places_ > 0;
  });
  if (!free) return Error(reason("looking_busy"));
  std::unique_ptr<Looker> one;
  if (idle_.empty()) {
    --places_;
  } else {
    one = std::move(idle_.back());
    idle_.pop_back();
  }
  return one;
}

void Lookers::give_back(std::unique_ptr<Looker> one) {
  if (one && one->is_broken()) one.reset();
  Lock lock(mutex_);
  if (one) {
    idle_.push_back(std::move(one));
  } else {
    ++places_;
  }
  freed_.notify_one();
}

Result<void> Lookers::with(const std::function<Result<void>(Looker&)>& work) {
  Result<void> done;
  for (int tries = 0; tries < tries_max_; ++tries) {
    if (options_.stop != nullptr && options_.stop->load()) return Error(reason("looking_busy"));
    FILOSCOPE_TRY(auto one, take());
    Lease lease(*this, std::move(one));
    if (!lease.one()) {
      FILOSCOPE_TRY(lease.one(), Looker::start(options_));
    }
    done = work(*lease.one());
    if (!lease.one()->has_ended()) break;
  }
  return done;
}

}  // namespace filoscope::lookers
