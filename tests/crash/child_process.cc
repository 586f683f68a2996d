#include "crash/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace filoscope::crash {

ChildProcess::ChildProcess(const std::vector<std::string>& words,
                           const std::map<std::string, std::string>& environment) {
  int ends[2];
  FILOSCOPE_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  output_ = UniqueFd(ends[0]);
  const UniqueFd writing(ends[1]);
  std::vector<std::string> pairs;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string pair = *entry;
    if (environment.count(pair.substr(0, pair.find('='))) == 0) pairs.push_back(pair);
  }
  for (const auto& [name, value] : environment) pairs.push_back(name + "=" + value);
  std::vector<char*> env;
  for (auto& pair : pairs) env.push_back(pair.data());
  env.push_back(nullptr);
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (auto& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  FILOSCOPE_CHECK(posix_spawn_file_actions_init(&actions) == 0);
  FILOSCOPE_CHECK(posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO) == 0);
  FILOSCOPE_CHECK(
      posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), env.data()) == 0);
  posix_spawn_file_actions_destroy(&actions);
}

ChildProcess::~ChildProcess() {
  if (status_) return;
  kill();
  wait();
}

std::optional<std::string> ChildProcess::line(std::int64_t wait_ms) {
  while (true) {
    const auto end = pending_.find('\n');
    if (end != std::string::npos) {
      std::string found = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return found;
    }
    pollfd ready{output_.get(), POLLIN, 0};
    const int count = ::poll(&ready, 1, static_cast<int>(wait_ms));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) {
      timed_out_ = true;
      return std::nullopt;
    }
    char buffer[65'536];
    const auto size = ::read(output_.get(), buffer, sizeof buffer);
    if (size <= 0) return std::nullopt;
    pending_.append(buffer, static_cast<std::size_t>(size));
  }
}

void ChildProcess::kill() { ::kill(pid_, SIGKILL); }

int ChildProcess::wait() {
  if (!status_) {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
  }
  return *status_;
}

}  // namespace filoscope::crash
