#include "media/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "media/reasons.h"
#include "media/wire.h"

namespace filoscope::media {
namespace {

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

std::vector<std::string> kept_environment() {
  std::vector<std::string> kept;
  for (const char* name : {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = ::getenv(name)) kept.push_back(std::string(name) + "=" + value);
  }
  return kept;
}

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const std::string& program,
                                                            const std::string& role,
                                                            metrics::Counter& cpu_s) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return cannot_start();
  std::unique_ptr<WorkerProcess> child(new WorkerProcess(cpu_s));
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
  std::string word = role;
  std::array<char*, 3> arguments{name.data(), word.data(), nullptr};
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

std::string WorkerProcess::said() const {
  std::string text(kSaidBytesMax, '\0');
  const auto count = ::read(said_.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

int WorkerProcess::stop() {
  if (pid_ <= 0) return status_;
  ::kill(pid_, SIGKILL);
  rusage usage{};
  while (::wait4(pid_, &status_, 0, &usage) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  cpu_s_.add(seconds(usage.ru_utime) + seconds(usage.ru_stime));
  return status_;
}

}  // namespace filoscope::media
