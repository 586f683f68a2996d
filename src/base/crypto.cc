#include "base/crypto.h"

#include <sodium.h>

#include <new>

#include "base/blake2b.h"
#include "base/reasons.h"

namespace filoscope::crypto {
namespace {

void ensure_ready() {
  static const int ready = sodium_init();
  FILOSCOPE_CHECK(ready >= 0);
}

std::string encode(std::span<const std::uint8_t> data, int variant) {
  std::string text(sodium_base64_encoded_len(data.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), data.data(), data.size(), variant);
  text.resize(text.size() - 1);  // the terminating zero
  return text;
}

std::optional<Bytes> decode(std::string_view text, int variant) {
  Bytes out(text.size() / 4 * 3 + 3);
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end,
                        variant) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

}  // namespace

std::uint64_t random_u64() {
  ensure_ready();
  std::uint64_t value = 0;
  randombytes_buf(&value, sizeof value);
  return value;
}

Bytes random_bytes(std::size_t count) {
  ensure_ready();
  Bytes bytes(count);
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

Digest sha256(std::span<const std::uint8_t> data) {
  Digest digest;
  crypto_hash_sha256(digest.data(), data.data(), data.size());
  return digest;
}

Digest sha256(std::string_view data) { return sha256(as_bytes(data)); }

Sha256::Sha256() {
  static_assert(sizeof(crypto_hash_sha256_state) <= sizeof state_);
  crypto_hash_sha256_init(new (state_.data()) crypto_hash_sha256_state);
}

void Sha256::update(std::span<const std::uint8_t> data) {
  crypto_hash_sha256_update(reinterpret_cast<crypto_hash_sha256_state*>(state_.data()), data.data(),
                            data.size());
}

Digest Sha256::finish() {
  Digest digest;
  crypto_hash_sha256_final(reinterpret_cast<crypto_hash_sha256_state*>(state_.data()),
                           digest.data());
  return digest;
}

Blake2b::Blake2b() {
  static_assert(sizeof(crypto_generichash_state) <= sizeof state_);
  crypto_generichash_init(new (state_.data()) crypto_generichash_state, nullptr, 0,
                          Digest().size());
}

void Blake2b::update(std::span<const std::uint8_t> data) {
  crypto_generichash_update(reinterpret_cast<crypto_generichash_state*>(state_.data()), data.data(),
                            data.size());
}

Digest Blake2b::finish() {
  Digest digest;
  crypto_generichash_final(reinterpret_cast<crypto_generichash_state*>(state_.data()),
                           digest.data(), digest.size());
  return digest;
}

Digest hmac_sha256(const Key& key, std::string_view data) {
  Digest digest;
  crypto_auth_hmacsha256(digest.data(), as_bytes(data).data(), data.size(), key.data());
  return digest;
}

Key derive_key(const Key& master, std::string_view purpose) { return hmac_sha256(master, purpose); }

std::uint64_t siphash(const std::array<std::uint8_t, 16>& key, std::string_view data) {
  std::uint64_t value = 0;
  static_assert(crypto_shorthash_BYTES == sizeof value);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&value), as_bytes(data).data(), data.size(),
                   key.data());
  return value;
}

bool equal_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hex(std::span<const std::uint8_t> data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(data.size() * 2);
  for (const auto byte : data) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string base64url(std::span<const std::uint8_t> data) {
  return encode(data, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::string base64(std::span<const std::uint8_t> data) {
  return encode(data, sodium_base64_VARIANT_ORIGINAL);
}
std::optional<Bytes> from_base64url(std::string_view text) {
  return decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::optional<Bytes> from_base64(std::string_view text) {
  return decode(text, sodium_base64_VARIANT_ORIGINAL);
}

Result<std::string> hash_password(std::string_view password, std::size_t memory_bytes) {
  ensure_ready();
  std::string stored(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str(stored.data(), password.data(), password.size(),
                        crypto_pwhash_OPSLIMIT_INTERACTIVE, memory_bytes) != 0) {
    return Error(base_reason("no_memory"));
  }
  stored.resize(stored.find('\0'));
  return stored;
}

bool password_matches(std::string_view password, const std::string& stored) {
  ensure_ready();
  return crypto_pwhash_str_verify(stored.c_str(), password.data(), password.size()) == 0;
}

}  // namespace filoscope::crypto
