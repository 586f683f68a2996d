#include "visual/describer.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "base/metrics.h"
#include "visual/reasons.h"

namespace filoscope::visual {
namespace {

using media::wire::Kind;
using media::wire::Message;

constexpr int kStartDeadlineS = 30;
constexpr int kPictureDeadlineS = 4;
constexpr int kScenesDeadlineS = 300;
constexpr int kPollMs = 100;  ///< how soon a stop is seen
constexpr std::int64_t kFreeWaitMs = 2'000;

metrics::Counter& cpu_s() {
  static metrics::Counter counter{"filoscope_visual_cpu_seconds_total",
                                  "Processor time of the processes that look at pictures"};
  return counter;
}

}  // namespace

Result<std::unique_ptr<Describer>> Describer::start(const DescriberOptions& options) {
  auto process = media::WorkerProcess::start(options.program, "vision-worker", cpu_s());
  if (!process) return process.error();
  std::unique_ptr<Describer> describer(new Describer(options, *std::move(process)));
  const auto sent = media::wire::send(
      describer->process_->socket(), Kind::describer_start,
      wire::encode_start({options.model, options.memory_max_bytes, options.niceness}));
  if (!sent) return Error(reason("describer_not_started"), sent.error().message);
  const auto until_us = describer->clock_.mono_us() + std::int64_t{kStartDeadlineS} * 1'000'000;
  const auto message = describer->receive(until_us);
  if (!message) return Error(reason("describer_not_started"), message.error().message);
  if (message->kind == Kind::error)
    return Error(reason("describer_not_started"), media::wire::decode_error(message->body).message);
  FILOSCOPE_TRY(describer->ready_, wire::decode_ready(message->body));
  return describer;
}

/// Why the other end of the socket is closed.
Error Describer::ended() {
  broken_ = ended_ = true;
  const int status = process_->stop();
  log::warn("visual.describer_ended",
            {{"status", std::int64_t{status}}, {"said", process_->said()}});
  // Its own limit of processor time holds for all it has done.
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return Error(reason("looking_busy"));
  return Error(reason("picture_breaks_reader"));
}

Result<Message> Describer::receive(std::int64_t until_us) {
  for (;;) {
    if (options_.stop != nullptr && options_.stop->load())
      return broken_ = true, Error(reason("looking_busy"));
    if (clock_.mono_us() > until_us) return broken_ = true, Error(reason("picture_takes_too_long"));
    pollfd entry{process_->socket(), POLLIN, 0};
    const int ready = ::poll(&entry, 1, kPollMs);
    if (ready < 0 && errno != EINTR)
      return broken_ = true, errno_error("waiting for the describing worker");
    if (ready <= 0) continue;
    auto message = media::wire::receive(process_->socket());
    if (!message || !*message) return ended();
    return **std::move(message);
  }
}

Result<std::vector<Described>> Describer::run(Kind kind, int fd, const Ask& ask, int deadline_s) {
  wire::Job job;
  job.number = static_cast<std::uint32_t>(++jobs_count_);
  job.at_ms = ask.at_ms, job.count = ask.count, job.crop = ask.part;
  std::vector<std::size_t> asked_for;  // of each of ready_'s, its place in `ask.by`
  for (std::size_t i = 0; i < ready_.descriptors.size(); ++i) {
    const auto found = std::ranges::find(ask.by, ready_.descriptors[i]);
    asked_for.push_back(static_cast<std::size_t>(found - ask.by.begin()));
    if (found != ask.by.end()) job.descriptors.push_back(i);
  }
  // One that was started before the model changed makes room for one that knows it.
  if (job.descriptors.empty()) return broken_ = ended_ = true, Error(reason("model_not_there"));
  const auto until_us = clock_.mono_us() + std::int64_t{deadline_s} * 1'000'000;
  const auto sent =
      media::wire::send(process_->socket(), kind, wire::encode_job(job), std::span(&fd, 1));
  if (!sent) return ended();
  const auto most = static_cast<std::size_t>(ask.count) * job.descriptors.size();
  FILOSCOPE_TRY(auto described, collect(job, most, until_us));
  for (auto& one : described) one.by = asked_for[one.by];
  return described;
}

/// What comes of a job until its end. Anything else breaks it: it would reach who asks next.
Result<std::vector<Described>> Describer::collect(const wire::Job& job, std::size_t most,
                                                  std::int64_t until_us) {
  std::vector<Described> out;
  for (;;) {
    FILOSCOPE_TRY(const Message message, receive(until_us));
    if (message.kind == Kind::error) return media::wire::decode_error(message.body);
    broken_ = true;
    if (message.kind == Kind::done) {
      FILOSCOPE_TRY(const auto number, wire::decode_done(message.body));
      if (number != job.number || out.empty())
        return Error{Code::internal, "the describing worker answered another job"};
      broken_ = false;
      return out;
    }
    FILOSCOPE_TRY(auto one, wire::decode_described(message.body, ready_));
    if (one.job != job.number || std::ranges::count(job.descriptors, one.descriptor) == 0 ||
        out.size() == most)
      return Error{Code::internal, "the describing worker said what was not asked for"};
    out.push_back({one.at_ms, one.descriptor, std::move(one.description)});
    broken_ = false;
  }
}

Result<std::vector<Described>> Describer::picture(int fd, const Ask& ask) {
  return run(Kind::picture_job, fd, ask, kPictureDeadlineS);
}

Result<std::vector<Described>> Describer::moment(int fd, const Ask& ask) {
  return run(Kind::moment_job, fd, ask, kPictureDeadlineS);
}

Result<std::vector<Described>> Describer::scenes(int fd, const Ask& ask) {
  return run(Kind::scenes_job, fd, ask, kScenesDeadlineS);
}

/// A describer, and its place whatever happens.
class Describers::Lease {
 public:
  Lease(Describers& all, std::unique_ptr<Describer> one) : all_(all), one_(std::move(one)) {}
  ~Lease() { all_.give_back(std::move(one_)); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  std::unique_ptr<Describer>& one() { return one_; }

 private:
  Describers& all_;
  std::unique_ptr<Describer> one_;
};

Describers::Describers(DescriberOptions options, std::size_t count, int tries_max)
    : options_(std::move(options)), tries_max_(tries_max), places_(count) {
  idle_.reserve(count);
}

/// A warm one, or null with a place for a new one.
Result<std::unique_ptr<Describer>> Describers::take() {
  Lock lock(mutex_);
  const bool free = freed_.wait_for_ms(mutex_, kFreeWaitMs, [&]() FILOSCOPE_REQUIRES(mutex_) {
    return !idle_.empty() || places_ > 0;
  });
  if (!free) return Error(reason("looking_busy"));
  std::unique_ptr<Describer> one;
  if (idle_.empty()) {
    --places_;
  } else {
    one = std::move(idle_.back());
    idle_.pop_back();
  }
  return one;
}

void Describers::give_back(std::unique_ptr<Describer> one) {
  if (one && one->is_broken()) one.reset();
  Lock lock(mutex_);
  if (one) {
    idle_.push_back(std::move(one));
  } else {
    ++places_;
  }
  freed_.notify_one();
}

Result<void> Describers::with(const std::function<Result<void>(Describer&)>& work) {
  Result<void> done;
  for (int tries = 0; tries < tries_max_; ++tries) {
    if (options_.stop != nullptr && options_.stop->load()) return Error(reason("looking_busy"));
    FILOSCOPE_TRY(auto one, take());
    Lease lease(*this, std::move(one));
    if (!lease.one()) {
      FILOSCOPE_TRY(lease.one(), Describer::start(options_));
    }
    done = work(*lease.one());
    if (!lease.one()->has_ended()) break;
  }
  return done;
}

}  // namespace filoscope::visual
