#include "visual/describer.h"

#include <poll.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "base/metrics.h"
#include "media/wire.h"
#include "visual/reasons.h"

namespace filoscope::visual {
namespace {

using media::wire::Kind;
using media::wire::Message;

constexpr int kStartDeadlineS = 30;
constexpr int kPictureDeadlineS = 10;
constexpr int kScenesDeadlineS = 300;
constexpr int kJobsMax = 500;  ///< of one process
constexpr std::int64_t kFreeWaitMs = 2'000;
constexpr std::size_t kMessagesMax = 200;

metrics::Counter& cpu_s() {
  static metrics::Counter counter{"filoscope_visual_cpu_seconds_total",
                                  "Processor time of the processes that look at pictures"};
  return counter;
}

}  // namespace

Result<std::unique_ptr<Describer>> Describer::start(const std::string& program,
                                                    const std::string& model) {
  auto process = media::WorkerProcess::start(program, "vision-worker", cpu_s());
  if (!process) return process.error();
  std::unique_ptr<Describer> describer(new Describer(*std::move(process)));
  const auto* text = reinterpret_cast<const std::uint8_t*>(model.data());
  const auto sent = media::wire::send(describer->process_->socket(), Kind::describer_start,
                                      std::span(text, model.size()));
  if (!sent) return Error(reason("describer_not_started"), sent.error().message);
  const auto until_us = describer->clock_.mono_us() + std::int64_t{kStartDeadlineS} * 1'000'000;
  const auto message = describer->receive(until_us);
  if (!message) return Error(reason("describer_not_started"), message.error().message);
  if (message->kind == Kind::error)
    return Error(reason("describer_not_started"), media::wire::decode_error(message->body).message);
  FILOSCOPE_TRY(describer->ready_, wire::decode_ready(message->body));
  return describer;
}

Result<Message> Describer::receive(std::int64_t until_us) {
  for (;;) {
    const auto left_us = until_us - clock_.mono_us();
    if (left_us <= 0) return broken_ = true, Error(reason("picture_takes_too_long"));
    pollfd entry{process_->socket(), POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left_us / 1000 + 1));
    if (ready < 0 && errno != EINTR) return errno_error("waiting for the describing worker");
    if (ready <= 0) continue;
    auto message = media::wire::receive(process_->socket());
    if (message && *message) return **std::move(message);
    broken_ = ended_ = true;
    static_cast<void>(process_->stop());
    log::warn("visual.describer_died", {{"said", process_->said()}});
    return Error(reason("picture_breaks_reader"));
  }
}

Result<std::vector<Described>> Describer::run(Kind kind, int fd, const wire::Job& job,
                                              int deadline_s) {
  ++jobs_count_;
  const auto until_us = clock_.mono_us() + std::int64_t{deadline_s} * 1'000'000;
  const auto sent =
      media::wire::send(process_->socket(), kind, wire::encode_job(job), std::span(&fd, 1));
  if (!sent) return broken_ = ended_ = true, Error(reason("looking_busy"));
  std::vector<Described> out;
  while (out.size() < kMessagesMax) {
    FILOSCOPE_TRY(const Message message, receive(until_us));
    if (message.kind == Kind::done) return out;
    if (message.kind == Kind::error) return media::wire::decode_error(message.body);
    auto described = wire::decode_described(message.body, ready_);
    if (!described) return broken_ = true, described.error();
    out.push_back(*std::move(described));
  }
  broken_ = true;
  return Error{Code::internal, "the describing worker said too much"};
}

Result<std::vector<Described>> Describer::picture(int fd, const wire::Job& job) {
  return run(Kind::picture_job, fd, job, kPictureDeadlineS);
}

Result<std::vector<Described>> Describer::moment(int fd, const wire::Job& job) {
  return run(Kind::moment_job, fd, job, kPictureDeadlineS);
}

Result<std::vector<Described>> Describer::scenes(int fd, const wire::Job& job) {
  return run(Kind::scenes_job, fd, job, kScenesDeadlineS);
}

Describers::Describers(std::string program, std::string model, std::size_t count, int tries_max)
    : program_(std::move(program)),
      model_(std::move(model)),
      tries_max_(tries_max),
      places_(count) {}

Result<std::unique_ptr<Describer>> Describers::take() {
  {
    Lock lock(mutex_);
    const bool free = freed_.wait_for_ms(mutex_, kFreeWaitMs, [&]() FILOSCOPE_REQUIRES(mutex_) {
      return !idle_.empty() || places_ > 0;
    });
    if (!free) return Error(reason("looking_busy"));
    if (!idle_.empty()) {
      auto one = std::move(idle_.back());
      idle_.pop_back();
      return one;
    }
    --places_;
  }
  auto started = Describer::start(program_, model_);
  if (!started) give_back(nullptr);
  return started;
}

void Describers::give_back(std::unique_ptr<Describer> one) {
  if (one && (one->is_broken() || one->jobs_count() >= kJobsMax)) one.reset();
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
    FILOSCOPE_TRY(auto one, take());
    done = work(*one);
    const bool ended = one->has_ended();
    give_back(std::move(one));
    if (!ended) break;
  }
  return done;
}

}  // namespace filoscope::visual
