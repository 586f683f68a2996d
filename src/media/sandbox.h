#pragma once

/// Locks the calling process in, for good: limits, no network, no files by name, few system calls.
/// What the kernel lacks is reported, not fatal. Sources: seccomp(2), landlock(7),
/// user_namespaces(7), getrlimit(2).

#include <vector>

#include "media/media.h"

namespace filoscope::media {

/// REQUIRES: one thread; all descriptors that will be needed are open. Never fails; see `active` of
/// each feature.
std::vector<SandboxFeature> enter_sandbox(const MediaLimits& limits);

}  // namespace filoscope::media
