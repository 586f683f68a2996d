#pragma once

/// Locks the calling process in, for good: limits, no network, no files by name, few system calls.
/// Without the filter of system calls nothing may be read; what else the kernel lacks is reported.
/// Sources: seccomp(2), landlock(7),
/// user_namespaces(7), getrlimit(2).

#include <vector>

#include "media/media.h"

namespace filoscope::media {

/// Whether further messages with descriptors come by wire::kWorkerFd.
enum class Serves : std::uint8_t { one_job, many_jobs };

/// How far it stands back behind other work (nice(2)).
inline constexpr int kWorkerNice = 10;

/// REQUIRES: one thread; all descriptors that will be needed are open, but those that come by
/// messages. Never fails; see `active` of each feature.
std::vector<SandboxFeature> enter_sandbox(const MediaLimits& limits,
                                          Serves serves = Serves::one_job,
                                          int niceness = kWorkerNice);

/// Errors: unavailable (a required feature is not active; says which and why).
Result<void> check_sandbox(std::span<const SandboxFeature> features);

}  // namespace filoscope::media
