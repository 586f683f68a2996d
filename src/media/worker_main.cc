#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "media/pipeline.h"
#include "media/sandbox.h"
#include "media/source.h"
#include "media/wire.h"

namespace filoscope::media {
namespace {

constexpr double kUsualFps = 30;
constexpr int kLateNice = 10;  // nobody waits for a late rendition

void send_error(const Error& error) {
  // When even this fails the parent sees a closed socket, which it reports as a crash.
  static_cast<void>(wire::send(wire::kWorkerFd, wire::Kind::error, wire::encode_error(error)));
}

void send_progress(int percent, Stage stage) {
  const std::array<std::uint8_t, 2> body{static_cast<std::uint8_t>(percent),
                                         static_cast<std::uint8_t>(stage)};
  if (!wire::send(wire::kWorkerFd, wire::Kind::progress, body))
    ::_exit(1);  // nobody waits any more
}

/// In as many messages as it takes.
Result<void> send_print(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), wire::kPrintPartBytes));
    FILOSCOPE_DO(wire::send(wire::kWorkerFd, wire::Kind::print, part));
    bytes = bytes.subspan(part.size());
  }
  return {};
}

Result<void> serve(wire::Message message) {
  FILOSCOPE_TRY(wire::Job job, wire::decode_job(message.body));
  std::size_t expected = 1 + (job.sound ? 1 : 0) + job.covers_count;
  for (const bool made : job.renditions) expected += made ? 1 : 0;
  expected += job.late ? 1 : 0;
  if (message.fds.size() != expected)
    return Error{Code::internal, "the media worker lacks a descriptor"};
  std::size_t next = 1;
  if (job.sound) job.options.sound_fd = message.fds[next++].get();
  MediaOutputs outputs;
  for (std::size_t i = 0; i < job.renditions.size(); ++i) {
    if (job.renditions[i]) outputs.renditions[i] = message.fds[next++].get();
  }
  if (job.late) {
    outputs.late = message.fds[next++].get();
    if (::nice(kLateNice) < 0) return errno_error("stepping back behind other work");
  }
  for (std::size_t i = 0; i < job.covers_count; ++i)
    outputs.covers.push_back(message.fds[next++].get());

  FILOSCOPE_DO(check_sandbox(enter_sandbox(job.options.limits)));
  FILOSCOPE_TRY(const FileBytes bytes, FileBytes::open(message.fds[0].get()));
  FILOSCOPE_TRY(const MediaFacts facts, process_media(bytes, job.options, outputs, &send_progress));
  FILOSCOPE_DO(send_print(prints::encode(facts.clip_print)));
  return wire::send(wire::kWorkerFd, wire::Kind::facts, wire::encode_facts(facts));
}

Result<void> serve_look(const wire::Message& message) {
  FILOSCOPE_TRY(const wire::Job job, wire::decode_job(message.body));
  if (message.fds.size() != 1) return Error{Code::internal, "the media worker lacks a descriptor"};
  FILOSCOPE_DO(check_sandbox(enter_sandbox(job.options.limits)));
  FILOSCOPE_TRY(const FileBytes bytes, FileBytes::open(message.fds[0].get()));
  send_progress(0, Stage::checking);  // from here on its end is the file's doing
  FILOSCOPE_TRY(const auto source, Source::open(bytes, job.options.limits));
  const auto& video = source->video();
  const double claimed = av_q2d(source->video_stream()->avg_frame_rate);
  const double fps = claimed > 0 ? claimed : kUsualFps;
  const auto timed = static_cast<std::int64_t>(static_cast<double>(video.claimed_ms) * fps / 1000);
  const Looks looks{video.look.width, video.look.height, std::max(video.indexed_frames, timed)};
  return wire::send(wire::kWorkerFd, wire::Kind::looks, wire::encode_looks(looks));
}

Result<void> serve_sandbox() {
  const auto features = enter_sandbox(MediaLimits{});
  return wire::send(wire::kWorkerFd, wire::Kind::sandbox, wire::encode_features(features));
}

}  // namespace

int media_worker_main() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  silence_ffmpeg();
  auto message = wire::receive(wire::kWorkerFd, wire::kFdsMax);
  if (!message || !*message) return 2;
  const auto kind = (*message)->kind;
  auto outcome = kind == wire::Kind::sandbox_job ? serve_sandbox()
                 : kind == wire::Kind::look_job  ? serve_look(**message)
                                                 : serve(std::move(**message));
  if (!outcome) send_error(outcome.error());
  ::_exit(0);  // no destructors in a locked-in process
}

}  // namespace filoscope::media
