#pragma once

/// Under which addresses this machine can be reached (getifaddrs(3)). Threads: any. Blocks for a
/// moment.

#include <string>
#include <vector>

namespace filoscope {

/// The addresses of interfaces that are up, without loopback and link-local ones, as text; IPv4
/// first, those of private networks (RFC 1918) before others. Empty when they can't be read.
std::vector<std::string> own_addresses();

}  // namespace filoscope
