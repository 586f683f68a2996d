#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/crypto.h"
#include "media/media.h"
#include "media/sandbox.h"
#include "media/test_clips.h"

namespace filoscope::media {

namespace {

/// Asks a worker to process a clip where no filter of system calls can be put in force: asking for
/// one is answered with `status` (0 says that it was done).
int probe_without_filters(std::uint16_t status) {
  const UniqueFd input = file_of(make_clip());
  const UniqueFd output = file_of({});
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  FILOSCOPE_CHECK(seccomp_rule_add(filter, SCMP_ACT_ERRNO(status), SCMP_SYS(seccomp), 0) == 0 &&
                  seccomp_rule_add(filter, SCMP_ACT_ERRNO(status), SCMP_SYS(prctl), 1,
                                   SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)) == 0 &&
                  seccomp_load(filter) == 0);
  MediaOutputs outputs;
  outputs.renditions[2] = output.get();
  const auto facts = MediaWorkers().process(input.get(), {}, outputs);
  const bool refused = !facts && facts.error().reason == "media_worker_not_locked_in" &&
                       facts.error().arguments.at(0) == ErrorArgument{"feature", "seccomp"};
  const auto features = MediaWorkers().sandbox_report();
  const bool told = features && !check_sandbox(*features);
  return refused && told && content_of(output.get()).empty() ? 3 : 0;
}

}  // namespace

int sandbox_probe_main(const char* what) {
  const std::string action = what;
  if (action == "no filters") ::_exit(probe_without_filters(EPERM));
  if (action == "false filters") ::_exit(probe_without_filters(0));
  static_cast<void>(enter_sandbox(MediaLimits{}));
  bool through = false;
  if (action == "open") through = ::open("/etc/passwd", O_RDONLY) >= 0;
  if (action == "write") through = ::open("/tmp/filoscope-escape", O_WRONLY | O_CREAT, 0600) >= 0;
  if (action == "socket") through = ::socket(AF_INET, SOCK_STREAM, 0) >= 0;
  if (action == "exec") through = ::execl("/bin/true", "true", nullptr) == 0;
  if (action == "thread") std::thread([&] { through = true; }).join();
  ::_exit(through ? 0 : 3);
}

namespace {

using testing::HasSubstr;

struct Job {
  UniqueFd input;
  std::array<UniqueFd, 3> renditions{file_of({}), file_of({}), file_of({})};
  UniqueFd cover = file_of({});
  MediaOutputs outputs;

  explicit Job(const Bytes& clip) : input(file_of(clip)) { connect(); }
  explicit Job(UniqueFd file) : input(std::move(file)) { connect(); }

 private:
  void connect() {
    for (std::size_t i = 0; i < 3; ++i) outputs.renditions[i] = renditions[i].get();
    outputs.covers = {cover.get()};
  }
};

int probe_status(const char* what) {
  std::array<char*, 4> arguments{const_cast<char*>("probe"), const_cast<char*>("sandbox-probe"),
                                 const_cast<char*>(what), nullptr};
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ), 0);
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

bool refused(int status) { return WIFSIGNALED(status) || WEXITSTATUS(status) == 3; }

TEST(Worker, ProcessesAClipAndReportsProgress) {
  const Job job(make_clip());
  std::vector<int> percents;
  const auto facts = MediaWorkers().process(
      job.input.get(), {}, job.outputs, [&](int percent, Stage) { percents.push_back(percent); });
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->renditions.size(), 1U);
  EXPECT_EQ(facts->covers_count, 1);
  EXPECT_EQ(std::ssize(content_of(job.renditions[2].get())), facts->renditions[0].size_bytes);
  EXPECT_TRUE(std::is_sorted(percents.begin(), percents.end()));
  ASSERT_FALSE(percents.empty());
  EXPECT_EQ(percents.back(), 100);
}

/// `clip` (an MP4 whose index comes last) with the first track `times` times over.
Bytes with_tracks(Bytes clip, std::size_t times) {
  const auto find = [&](std::string_view type) {
    const auto at = std::search(clip.begin(), clip.end(), type.begin(), type.end());
    FILOSCOPE_CHECK(at != clip.end());
    return static_cast<std::size_t>(at - clip.begin()) - 4;
  };
  const auto size_at = [&](std::size_t at) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | clip[at + i];
    return size;
  };
  const auto moov = find("moov"), trak = find("trak");
  FILOSCOPE_CHECK(moov > find("mdat"));
  const Bytes track(clip.begin() + static_cast<std::ptrdiff_t>(trak),
                    clip.begin() + static_cast<std::ptrdiff_t>(trak + size_at(trak)));
  const auto size = size_at(moov) + times * track.size();
  for (std::size_t i = 0; i < times; ++i) clip.insert(clip.end(), track.begin(), track.end());
  for (std::size_t i = 0; i < 4; ++i)
    clip[moov + i] = static_cast<std::uint8_t>(size >> (8 * (3 - i)));
  return clip;
}

TEST(Worker, TooManyTracksAreTheFilesFault) {
  const Job job(with_tracks(make_clip(), 3'000));
  const auto facts = MediaWorkers().process(job.input.get(), {}, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::invalid_argument);
  EXPECT_EQ(facts.error().reason, "file_too_many_tracks");
  EXPECT_THAT(facts.error().message, HasSubstr("has 3002 tracks; the most allowed is 64"));
  EXPECT_TRUE(
      MediaWorkers().process(Job(with_tracks(make_clip(), 20)).input.get(), {}, job.outputs));
}

TEST(Worker, ABadFileIsTheFilesFault) {
  const Job job(Bytes(1'000, 0x11));
  const auto facts = MediaWorkers().process(job.input.get(), {}, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::invalid_argument);
  EXPECT_EQ(facts.error().reason, "file_not_a_video");
}

TEST(Worker, StopsAtTheDeadline) {
  const Job job(make_clip());
  MediaOptions options;
  options.limits.deadline_s = 0;
  const auto facts = MediaWorkers().process(job.input.get(), options, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().reason, "processing_too_slow");
  EXPECT_THAT(facts.error().message, HasSubstr("longer than 0 s"));
}

TEST(Worker, CanBeCancelled) {
  const Job job(make_clip());
  const std::atomic<bool> cancel{true};
  const auto facts = MediaWorkers().process(job.input.get(), {}, job.outputs, {}, &cancel);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().reason, "processing_cancelled");
  const auto looks = MediaWorkers().look(job.input.get(), {}, &cancel);
  ASSERT_FALSE(looks.has_value());
  EXPECT_EQ(looks.error().reason, "processing_cancelled");
}

TEST(Worker, OneThatCannotStartIsNotTheFilesFault) {
  const Job job(make_clip());
  for (const auto& [program, reason] : {std::pair{"/bin/false", "media_worker_ended_early"},
                                        {"/no/such/program", "media_worker_not_started"}}) {
    const auto facts = MediaWorkers({.path = program}).process(job.input.get(), {}, job.outputs);
    ASSERT_FALSE(facts.has_value());
    EXPECT_EQ(facts.error().code, Code::unavailable) << program;
    EXPECT_EQ(facts.error().reason, reason);
  }
}

/// A worker in the hands of whoever made the file: a shell script that does `what` with descriptor
/// 3, on which it says that it has begun.
Result<MediaFacts> process_with(const std::string& what, const Job& job) {
  const auto path =
      std::filesystem::temp_directory_path() / ("filoscope-worker-" + std::to_string(::getpid()));
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700));
  const std::string script = "#!/bin/sh\nprintf '\\002\\000\\000' >&3\n" + what + "\n";
  FILOSCOPE_CHECK(write_all(file.get(), crypto::as_bytes(script), 0).has_value());
  file = {};
  MediaOptions options;
  options.limits.deadline_s = 600;
  auto facts = MediaWorkers({.path = path.string()}).process(job.input.get(), options, job.outputs);
  std::filesystem::remove(path);
  return facts;
}

TEST(Worker, ACrashIsOneFailedJob) {
  const Job job(make_clip());
  const auto facts = process_with("kill -SEGV $$", job);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::internal);
  EXPECT_EQ(facts.error().reason, "media_worker_crashed");
  EXPECT_EQ(facts.error().arguments.at(0), (ErrorArgument{"how", "signal Segmentation fault"}));
}

TEST(Worker, OneThatWasKilledIsToldFromOneThatCrashed) {
  const Job job(make_clip());
  const auto facts = process_with("kill -KILL $$", job);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().reason, "media_worker_killed");
}

TEST(Worker, ItsReasonArrives) {
  const Job job(make_clip());
  const auto facts = process_with("printf '\\004\\000\\012file_empty\\000' >&3", job);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().reason, "file_empty");
}

TEST(Worker, TooMuchProcessorTimeIsTheFilesFault) {
  const Job job(make_clip());
  const auto facts = process_with("kill -XCPU $$", job);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().reason, "video_too_much_work");
}

TEST(Worker, WhatItSaysOnStandardErrorIsBounded) {
  const Job job(make_clip());
  testing::internal::CaptureStderr();
  const auto facts = process_with(
      "i=0; while [ $i -lt 9000 ]; do echo 0123456789abcdef >&2; i=$((i+1)); done\n"
      "exit 7",
      job);
  const std::string said = testing::internal::GetCapturedStderr();
  ASSERT_FALSE(facts.has_value());
  EXPECT_THAT(facts.error().message, HasSubstr("status 7"));
  EXPECT_THAT(said, HasSubstr("0123456789abcdef"));
  EXPECT_LT(said.size(), 6'000U);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << "one line of the log";
}

TEST(Worker, OneThatLiesIsNotBelieved) {
  const Job job(make_clip());
  for (const char* what :
       {"printf '\\003nonsense' >&3; exec sleep 100",                   // facts of no kind
        "exec 3>&-; exec sleep 100",                                    // gone, and yet alive
        "while :; do printf '\\002\\001\\001' >&3; done",               // progress without an end
        "printf '\\002\\177\\001' >&3; exec sleep 100",                 // 127 %
        "printf '\\004\\002\\012file_empty\\000' >&3; exec sleep 100",  // a code of others
        "printf '\\004\\000\\012file_clays\\000' >&3; exec sleep 100",  // no reason
        "printf '\\004\\011\\016internal_error\\003a\\377b' >&3; exec sleep 100",    // no text
        "printf '\\004\\011\\016internal_error\\005a\\033[2J' >&3; exec sleep 100",  // steers
        "printf '\\005\\000' >&3; exec sleep 100"}) {  // no answer to a job
    const auto facts = process_with(what, job);
    ASSERT_FALSE(facts.has_value()) << what;
    EXPECT_EQ(facts.error().code, Code::internal) << what << ": " << facts.error().message;
    EXPECT_THAT(facts.error().message, testing::Not(HasSubstr("crashed (status"))) << what;
  }
}

TEST(Worker, RunsOutOfMemoryAlone) {
#if defined(FILOSCOPE_SANITIZED)
  GTEST_SKIP() << "the sanitizer's shadow needs the address space";
#endif
  ClipOptions clip;
  clip.width = 1'920;
  clip.height = 1'080;
  clip.frames_count = 20;
  const Job job(make_clip(clip));
  MediaOptions options;
  options.limits.memory_max_bytes = 300 << 20;
  const auto facts = MediaWorkers().process(job.input.get(), options, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().reason, "processing_out_of_memory") << facts.error().message;
}

TEST(Worker, AFullOutputIsAnError) {
  ClipOptions clip;
  const Job job(make_clip(clip));
  MediaOptions options;
  options.limits.output_max_bytes = 1'000;
  const auto facts = MediaWorkers().process(job.input.get(), options, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::internal) << facts.error().message;
  EXPECT_THAT(facts.error().message, HasSubstr("over 1000 bytes"));
}

TEST(Worker, LeavesNoDescriptorBehind) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const Job job(Bytes(100, 1));
  const auto before = count();
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(MediaWorkers().process(job.input.get(), {}, job.outputs));
  EXPECT_EQ(count(), before);
}

TEST(Sandbox, ReportsWhatHolds) {
  const auto features = MediaWorkers().sandbox_report();
  ASSERT_TRUE(features.has_value()) << features.error().message;
  bool seccomp = false;
  for (const SandboxFeature& feature : *features) {
    seccomp = seccomp || (feature.name == "seccomp" && feature.active);
    EXPECT_TRUE(feature.active || !feature.detail.empty()) << feature.name;
  }
  EXPECT_TRUE(seccomp);
}

TEST(Sandbox, NothingIsReadWithoutAFilterOfCalls) {
  for (const char* what : {"no filters", "false filters"})
    EXPECT_EQ(WEXITSTATUS(probe_status(what)), 3) << what;
}

TEST(Sandbox, ThreadsLiveAndEscapesDie) {
  EXPECT_EQ(probe_status("thread"), 0);
  for (const char* what : {"write", "socket", "exec"})
    EXPECT_TRUE(refused(probe_status(what))) << what;
#if !defined(FILOSCOPE_SANITIZED)
  EXPECT_TRUE(refused(probe_status("open")));
#endif
}

/// Every odd file ends published or refused with a sentence; never a crash, a hang or an inner
/// error.
TEST(OddFiles, EndPublishedOrRefusedWithASentence) {
  const char* shared = ::getenv("FILOSCOPE_SHARED");
  const std::filesystem::path folder =
      std::filesystem::path(shared != nullptr ? shared : FILOSCOPE_SOURCE_DIR "/../shared") /
      "media" / "odd";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no folder " << folder;
  const bool all = ::getenv("FILOSCOPE_LONG_TESTS") != nullptr;
  constexpr std::uintmax_t kQuickBytes = 60'000;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!all && entry.file_size() > kQuickBytes) continue;
    const Job job(UniqueFd(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC)));
    const auto facts = MediaWorkers().process(job.input.get(), {}, job.outputs);
    if (facts) {
      EXPECT_GT(facts->duration_ms, 0) << name;
      EXPECT_FALSE(facts->renditions.empty()) << name;
      for (const Rendition& rendition : facts->renditions)
        EXPECT_FALSE(rendition.segments.empty()) << name;
    } else {
      EXPECT_EQ(facts.error().code, Code::invalid_argument)
          << name << ": " << facts.error().message;
      EXPECT_THAT(facts.error().message, HasSubstr(" ")) << name;
    }
  }
}

}  // namespace
}  // namespace filoscope::media
