#include "app/bench_server.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <set>

#include "app/output.h"
#include "app/reasons.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/mutex.h"

namespace filoscope::app {
namespace {

namespace fs = std::filesystem;

constexpr int kInterruptedStatus = 130;
constexpr int kChildrenEndMs = 10'000;
constexpr int kPollMs = 20;
constexpr int kReadyMsMax = 300'000;

struct Folders {
  Mutex mutex;
  std::set<fs::path> paths FILOSCOPE_GUARDED_BY(mutex);
};
Folders& folders() {
  static Folders instance;
  return instance;
}

sigset_t ending_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  return signals;
}

[[noreturn]] void end_at_once() {
  fail("the bench was interrupted; what it started is ended and deleted");
  for (const pid_t child : children_of(::getpid())) ::kill(child, SIGTERM);
  for (int waited_ms = 0; waited_ms < kChildrenEndMs; waited_ms += kPollMs) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (children_of(::getpid()).empty()) break;
    ::poll(nullptr, 0, kPollMs);
  }
  for (const pid_t child : children_of(::getpid())) ::kill(child, SIGKILL);
  auto& all = folders();
  Lock lock(all.mutex);
  std::error_code ignored;
  for (const auto& path : all.paths) fs::remove_all(path, ignored);
  ::_exit(kInterruptedStatus);
}

}  // namespace

TidyEnd::TidyEnd() {
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([signals] {
    siginfo_t what{};
    while (::sigwaitinfo(&signals, &what) < 0) {
    }
    if (what.si_pid == ::getpid()) return;  // the destructor's
    end_at_once();
  });
}

TidyEnd::~TidyEnd() {
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

BenchFolder::BenchFolder(const std::string& named)
    : keep_(!named.empty()),
      path_(keep_ ? fs::path(named)
                  : fs::temp_directory_path() /
                        ("filoscope-bench-" + crypto::hex(crypto::random_bytes(6)))) {
  std::error_code ignored;  // whoever uses the folder meets the error
  fs::create_directories(path_, ignored);
  if (keep_) return;
  auto& all = folders();
  Lock lock(all.mutex);
  all.paths.insert(path_);
}

BenchFolder::~BenchFolder() {
  if (keep_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  auto& all = folders();
  Lock lock(all.mutex);
  all.paths.erase(path_);
}

Result<ServerProcess> ServerProcess::start(const fs::path& data) {
  std::array<int, 2> out{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return errno_error("pipe");
  const UniqueFd read_end(out[0]);
  UniqueFd write_end(out[1]);
  ::setenv("FILOSCOPE_APP_LOG_LEVEL", "warn", 1);
  FILOSCOPE_TRY(auto process, Process::start({{"/proc/self/exe", "serve", "--data", data.string(),
                                               "--listen", "127.0.0.1:0"},
                                              write_end.get()}));
  write_end.reset();
  std::string line;
  pollfd told{read_end.get(), POLLIN, 0};
  for (char c = 0;
       ::poll(&told, 1, kReadyMsMax) == 1 && ::read(read_end.get(), &c, 1) == 1 && c != '\n';) {
    line += c;
  }
  constexpr std::string_view kReady = "ready ";
  if (line.substr(0, kReady.size()) != kReady) {
    return Error(reason("bench_server_not_ready"));
  }
  return ServerProcess(std::move(process), line.substr(kReady.size()));
}

double ServerProcess::memory_gib(const char* which) const {
  std::ifstream status("/proc/" + std::to_string(pid()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(which, 0) == 0) {
      return std::strtod(line.c_str() + line.find(':') + 1, nullptr) / (1024.0 * 1024);
    }
  }
  return 0;
}

}  // namespace filoscope::app
