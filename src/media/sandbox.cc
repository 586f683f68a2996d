#include "media/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "media/reasons.h"
#include "media/wire.h"

namespace filoscope::media {
namespace {

#if defined(FILOSCOPE_SANITIZED)
constexpr bool kSanitized =
    true;  // shadow memory needs terabytes of address space, reports need more calls
#else
constexpr bool kSanitized = false;
#endif
constexpr uid_t kNobody = 65'534;

std::string errno_text() { return std::strerror(errno); }

bool limit(int what, std::int64_t value) {
  rlimit both{};
  if (::getrlimit(static_cast<__rlimit_resource>(what), &both) != 0) return false;
  const auto wanted = static_cast<rlim_t>(value);
  both.rlim_max = std::min(both.rlim_max, wanted);
  both.rlim_cur = both.rlim_max;
  return ::setrlimit(static_cast<__rlimit_resource>(what), &both) == 0;
}

SandboxFeature set_limits(const MediaLimits& limits, int niceness) {
  ::signal(SIGXFSZ, SIG_IGN);  // a full output is an error of write(), not a crash
  bool done = limit(RLIMIT_CPU, limits.cpu_s) && limit(RLIMIT_FSIZE, limits.output_max_bytes) &&
              limit(RLIMIT_NOFILE, 64) && limit(RLIMIT_CORE, 0);
  if (!kSanitized) done = done && limit(RLIMIT_AS, limits.memory_max_bytes);
  if (::nice(niceness) == -1) done = false;
  return {"resource limits", done, false,
          done ? "memory, processor time, file size and descriptors" : errno_text()};
}

SandboxFeature leave_network() {
  const char* name = "network namespace";
  if (::unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0) return {name, true, false, "empty"};
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) == 0) {
    return {name, true, false, "empty, in a user namespace of its own"};
  }
  return {name, false, false,
          "not permitted here (" + errno_text() + "); socket calls are refused by seccomp"};
}

SandboxFeature drop_root() {
  const char* name = "unprivileged user";
  if (::geteuid() != 0) return {name, true, false, "not root"};
  if (::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
      ::setresuid(kNobody, kNobody, kNobody) == 0) {
    return {name, true, false, "root was given up"};
  }
  return {name, false, false, "root could not be given up (" + errno_text() + ")"};
}

/// No path can be opened, made or run afterwards: a rule set with nothing allowed.
SandboxFeature lock_files() {
  const char* name = "landlock";
  const auto version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return {name, false, false, "the kernel has none (" + errno_text() + ")"};
  struct {
    std::uint64_t files;
    std::uint64_t network;
    std::uint64_t scoped;
  } rules{(1ULL << 13) - 1, 0, 0};              // the 13 file rights of version 1
  if (version >= 2) rules.files |= 1ULL << 13;  // moving between folders
  if (version >= 3) rules.files |= 1ULL << 14;  // truncating
  if (version >= 4) rules.network = 3;          // binding and connecting TCP
  if (version >= 5) rules.files |= 1ULL << 15;  // device ioctls
  if (version >= 6) rules.scoped = 3;           // abstract sockets and signals to outside
  const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const auto fd = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0));
  if (fd < 0) return {name, false, false, errno_text()};
  const bool done = ::syscall(SYS_landlock_restrict_self, fd, 0) == 0;
  const std::string detail =
      done ? "version " + std::to_string(version) + ", nothing allowed" : errno_text();
  ::close(fd);
  return {name, done, false, detail};
}

constexpr int kAllowed[] = {
    // memory and threads (x264, the decoders and glibc)
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
    SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address),
    SCMP_SYS(membarrier), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid),
    SCMP_SYS(getpid), SCMP_SYS(exit), SCMP_SYS(exit_group),
    // signals to itself only (abort)
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    // open descriptors
    SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(pwrite64), SCMP_SYS(writev),
    SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(close), SCMP_SYS(ftruncate),
    SCMP_SYS(poll), SCMP_SYS(ppoll),
    // clocks and randomness
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(getrandom), SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getcpu)};

/// Nothing honest calls these: the process dies at once.
constexpr int kFatal[] = {SCMP_SYS(execve),
                          SCMP_SYS(execveat),
                          SCMP_SYS(ptrace),
                          SCMP_SYS(process_vm_readv),
                          SCMP_SYS(process_vm_writev),
                          SCMP_SYS(mount),
                          SCMP_SYS(setns),
                          SCMP_SYS(unshare),
                          SCMP_SYS(bpf),
                          SCMP_SYS(init_module),
                          SCMP_SYS(finit_module),
                          SCMP_SYS(kexec_load),
                          SCMP_SYS(keyctl),
                          SCMP_SYS(add_key),
                          SCMP_SYS(io_uring_setup),
                          SCMP_SYS(userfaultfd),
                          SCMP_SYS(perf_event_open),
                          SCMP_SYS(socket),
                          SCMP_SYS(socketpair),
                          SCMP_SYS(connect),
                          SCMP_SYS(bind),
                          SCMP_SYS(listen),
                          SCMP_SYS(fork),
                          SCMP_SYS(vfork)};

constexpr int kForSanitizers[] = {SCMP_SYS(openat),    SCMP_SYS(readlink), SCMP_SYS(readlinkat),
                                  SCMP_SYS(prctl),     SCMP_SYS(kill),     SCMP_SYS(dup),
                                  SCMP_SYS(dup2),      SCMP_SYS(pipe2),    SCMP_SYS(getrlimit),
                                  SCMP_SYS(prlimit64), SCMP_SYS(ioctl)};

bool add_rules(scmp_filter_ctx filter, Serves serves) {
  bool done = true;
  for (const int call : kAllowed)
    done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0 && done;
  for (const int call : kFatal)
    done = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0) == 0 && done;
  // glibc falls back to clone(), whose flags a filter could see; clone3 hides them behind a
  // pointer.
  done = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 && done;
  const auto allow_if = [&](int call, scmp_arg_cmp argument) {
    done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, argument) == 0 && done;
  };
  allow_if(SCMP_SYS(clone),
           SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));    // threads only
  allow_if(SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));  // no new code
  allow_if(SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  allow_if(SCMP_SYS(sendmsg), SCMP_A0(SCMP_CMP_EQ, wire::kWorkerFd));
  if (serves == Serves::many_jobs)
    allow_if(SCMP_SYS(recvmsg), SCMP_A0(SCMP_CMP_EQ, wire::kWorkerFd));
  done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                          SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()))) == 0 &&
         done;
  done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                          SCMP_A1(SCMP_CMP_EQ, F_GETFL)) == 0 &&
         done;
  // Its own limits may be read, not set.
  done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0),
                          SCMP_A2(SCMP_CMP_EQ, 0)) == 0 &&
         done;
  if (kSanitized) {
    for (const int call : kForSanitizers)
      done = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0 && done;
  }
  return done;
}

/// What the filter forbids and nothing needs: it works before, and no longer when calls are
/// filtered. (Some places answer "done" to a filter and go on without one.)
bool may_ask_for_parent() { return ::syscall(SYS_getppid) >= 0; }

SandboxFeature lock_calls(Serves serves) {
  SandboxFeature feature{"seccomp", false, true, "no filter could be made"};
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return feature;
  const bool free_before = may_ask_for_parent();
  const int status = add_rules(filter, serves) ? seccomp_load(filter) : -EINVAL;
  seccomp_release(filter);
  if (status != 0) {
    feature.detail = std::strerror(-status);
  } else if (!free_before || may_ask_for_parent()) {
    feature.detail = "the filter was taken, but does not hold";
  } else {
    feature.active = true;
    feature.detail = std::to_string(std::size(kAllowed)) + " system calls allowed";
  }
  return feature;
}

}  // namespace

std::vector<SandboxFeature> enter_sandbox(const MediaLimits& limits, Serves serves, int niceness) {
  // Frames are large and short-lived: keep their pages, and one heap for all threads within the
  // address space.
  ::mallopt(M_MMAP_THRESHOLD, 64 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
  ::mallopt(M_ARENA_MAX, 4);
  std::vector<SandboxFeature> features;
  features.push_back(set_limits(limits, niceness));
  features.push_back(leave_network());
  features.push_back(drop_root());
  ::prctl(PR_SET_DUMPABLE, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user has cleared it
  const bool locked = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  features.push_back({"no new privileges", locked, false, locked ? "" : errno_text()});
  features.push_back(lock_files());
  features.push_back(lock_calls(serves));
  return features;
}

Result<void> check_sandbox(std::span<const SandboxFeature> features) {
  for (const SandboxFeature& feature : features) {
    if (feature.active || !feature.required) continue;
    return Error(reason("media_worker_not_locked_in"), feature.name, feature.detail);
  }
  return {};
}

}  // namespace filoscope::media
