#pragma once

/// Hashes, keyed hashes, secure random bytes and their texts, on libsodium. Threads: any.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace filoscope::crypto {

using Bytes = std::vector<std::uint8_t>;
using Digest = std::array<std::uint8_t, 32>;
using Key = std::array<std::uint8_t, 32>;

std::uint64_t random_u64();
Bytes random_bytes(std::size_t count);

Digest sha256(std::span<const std::uint8_t> data);
Digest sha256(std::string_view data);
/// SHA-256 of data that come in parts.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::uint8_t> data);
  Digest finish();  ///< once

 private:
  alignas(16) std::array<std::uint8_t, 128> state_;  ///< libsodium's, which stays out of here
};
Digest hmac_sha256(const Key& key, std::string_view data);
/// A key for one purpose out of the installation's master key (HMAC of the purpose's name).
Key derive_key(const Key& master, std::string_view purpose);
/// Keyed 64-bit hash (SipHash-2-4) for tables fed from outside.
std::uint64_t siphash(const std::array<std::uint8_t, 16>& key, std::string_view data);

bool equal_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

std::string hex(std::span<const std::uint8_t> data);
std::string base64url(std::span<const std::uint8_t> data);  ///< no padding
std::string base64(std::span<const std::uint8_t> data);     ///< with padding
std::optional<Bytes> from_base64url(std::string_view text);
std::optional<Bytes> from_base64(std::string_view text);

/// Argon2id as a self-describing string; slow on purpose (about `memory_bytes` and 50 ms).
/// Errors: unavailable (no memory).
Result<std::string> hash_password(std::string_view password, std::size_t memory_bytes);
bool password_matches(std::string_view password, const std::string& stored);

inline std::string_view as_text(std::span<const std::uint8_t> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}
inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace filoscope::crypto
