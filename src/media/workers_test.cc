#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "media/media.h"
#include "media/sandbox.h"
#include "media/test_clips.h"

namespace filoscope::media {

int sandbox_probe_main(const char* what) {
  const std::string action = what;
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

TEST(Worker, ABadFileIsTheFilesFault) {
  const Job job(Bytes(1'000, 0x11));
  const auto facts = MediaWorkers().process(job.input.get(), {}, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::invalid_argument);
}

TEST(Worker, StopsAtTheDeadline) {
  const Job job(make_clip());
  MediaOptions options;
  options.limits.deadline_s = 0;
  const auto facts = MediaWorkers().process(job.input.get(), options, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::deadline);
  EXPECT_THAT(facts.error().message, HasSubstr("longer than 0 s"));
}

TEST(Worker, CanBeCancelled) {
  const Job job(make_clip());
  const std::atomic<bool> cancel{true};
  const auto facts = MediaWorkers().process(job.input.get(), {}, job.outputs, {}, &cancel);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::unavailable);
}

TEST(Worker, ACrashIsOneFailedJob) {
  const Job job(make_clip());
  const auto facts = MediaWorkers({.path = "/bin/false"}).process(job.input.get(), {}, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::internal);
  const auto missing =
      MediaWorkers({.path = "/no/such/program"}).process(job.input.get(), {}, job.outputs);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Code::internal);
}

TEST(Worker, RunsOutOfMemoryAlone) {
#if defined(__SANITIZE_ADDRESS__)
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
  EXPECT_EQ(facts.error().code, Code::internal) << facts.error().message;
}

TEST(Worker, AFullOutputIsAnError) {
  ClipOptions clip;
  const Job job(make_clip(clip));
  MediaOptions options;
  options.limits.output_max_bytes = 1'000;
  const auto facts = MediaWorkers().process(job.input.get(), options, job.outputs);
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error().code, Code::internal) << facts.error().message;
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

TEST(Sandbox, ThreadsLiveAndEscapesDie) {
  EXPECT_EQ(probe_status("thread"), 0);
  for (const char* what : {"write", "socket", "exec"})
    EXPECT_TRUE(refused(probe_status(what))) << what;
#if !defined(__SANITIZE_ADDRESS__)
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
