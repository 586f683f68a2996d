#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/file.h"
#include "base/reasons.h"

extern char** environ;

namespace filoscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPollMs = 10;
constexpr int kStopMs = 15'000;  ///< for a server that drains

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Its own time and that of the children it has waited for.
double own_cpu_s(pid_t pid) {
  const auto text = read_text("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double ticks = 0;
  for (int i = 0; i < 4; ++i) {  // utime, stime, cutime, cstime
    double part = 0;
    fields >> part;
    ticks += part;
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
  const char* path = ::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) + ":/usr/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto program = (fs::path(folder) / name).string();
    if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) return program;
  }
  return Error(base_reason("program_missing"), name);
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> found;
  std::error_code gone;
  const fs::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (fs::directory_iterator task(tasks, gone), end; !gone && task != end; task.increment(gone)) {
    std::istringstream list(read_text(task->path() / "children"));
    for (pid_t child = 0; list >> child;) found.push_back(child);
  }
  return found;
}

double cpu_s(pid_t pid) {
  double sum = own_cpu_s(pid);
  for (const pid_t child : children_of(pid)) sum += cpu_s(child);
  return sum;
}

Result<Process> Process::start(const Options& options) {
  FILOSCOPE_CHECK(!options.command.empty());
  std::vector<std::string> words = options.command;
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (options.output_fd >= 0) {
    ::posix_spawn_file_actions_adddup2(&actions, options.output_fd, STDOUT_FILENO);
  }
  if (options.error_fd >= 0) {
    ::posix_spawn_file_actions_adddup2(&actions, options.error_fd, STDERR_FILENO);
  }
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    return Error(base_reason("program_not_run"), words[0], std::strerror(failed));
  }
  return Process(pid);
}

Result<Process> Process::start_logged(const std::vector<std::string>& command,
                                      const std::string& log_path) {
  const UniqueFd log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!log) return errno_error("open " + log_path);
  return start({command, log.get(), log.get()});
}

bool Process::reap(int wait_ms, int& status, const std::function<void()>& meanwhile) {
  for (int waited_ms = 0;; waited_ms += kPollMs) {
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_ || (ended < 0 && errno == ECHILD)) {
      pid_ = -1;
      return true;
    }
    if (waited_ms >= wait_ms) return false;
    if (meanwhile) meanwhile();
    ::poll(nullptr, 0, kPollMs);
  }
}

Result<void> Process::wait(int deadline_ms, const std::function<void()>& meanwhile) {
  int status = 0;
  if (!reap(deadline_ms, status, meanwhile))
    return Error(base_reason("program_still_runs"), deadline_ms / 1000);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error(Code::internal, WIFEXITED(status)
                                   ? "it ended with status " + std::to_string(WEXITSTATUS(status))
                                   : "it was ended by signal " + std::to_string(WTERMSIG(status)));
}

void Process::stop() {
  if (pid_ <= 0) return;
  int status = 0;
  ::kill(pid_, SIGTERM);
  if (reap(kStopMs, status, {})) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::int64_t raise_open_files_limit() {
  constexpr rlim_t kWanted = 1 << 20;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t wanted = std::max(limit.rlim_cur, std::min(limit.rlim_max, kWanted));
  const rlimit raised{wanted, limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit.rlim_cur = wanted;
  return static_cast<std::int64_t>(std::min(limit.rlim_cur, kWanted));
}

}  // namespace filoscope
