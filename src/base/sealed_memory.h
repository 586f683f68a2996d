#pragma once

/// Bytes as a file that nobody can change any more, for another process. Source: memfd_create(2).

#include <fcntl.h>
#include <sys/mman.h>

#include "base/file.h"

namespace filoscope {

/// Errors: internal, exhausted (no memory, no descriptors).
inline Result<UniqueFd> sealed_in_memory(std::span<const std::uint8_t> bytes) {
  UniqueFd file(::memfd_create("bytes", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return errno_error("keeping bytes in memory");
  FILOSCOPE_DO(write_all(file.get(), bytes, 0));
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) return errno_error("sealing bytes in memory");
  return file;
}

}  // namespace filoscope
