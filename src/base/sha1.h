#pragma once

/// SHA-1 (FIPS 180-4), only for tus' checksum extension and the handshake of WebSockets, where it
/// guards against a damaged line and not against people.

#include <array>
#include <cstdint>
#include <span>

namespace filoscope {

/// Threads: one at a time.
class Sha1 {
 public:
  using Digest = std::array<std::uint8_t, 20>;
  void update(std::span<const std::uint8_t> data);
  Digest finish();  ///< once

 private:
  void block(const std::uint8_t* data);
  std::array<std::uint32_t, 5> state_{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  std::array<std::uint8_t, 64> rest_{};
  std::uint64_t size_bytes_ = 0;
};

}  // namespace filoscope
