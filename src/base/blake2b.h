#pragma once

/// BLAKE2b with 256 bits (RFC 7693; libsodium's) of data that come in parts: for large files,
/// several times as fast as SHA-256.

#include <array>
#include <cstdint>
#include <span>

#include "base/crypto.h"

namespace filoscope::crypto {

class Blake2b {
 public:
  Blake2b();
  void update(std::span<const std::uint8_t> data);
  Digest finish();  ///< once

 private:
  alignas(64) std::array<std::uint8_t, 384> state_;  ///< libsodium's, which stays out of here
};

}  // namespace filoscope::crypto
