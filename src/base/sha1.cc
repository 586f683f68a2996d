#include "base/sha1.h"

#include <algorithm>
#include <bit>

namespace filoscope {

void Sha1::block(const std::uint8_t* data) {
  std::array<std::uint32_t, 80> w;
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = static_cast<std::uint32_t>(data[4 * i]) << 24 |
           static_cast<std::uint32_t>(data[4 * i + 1]) << 16 |
           static_cast<std::uint32_t>(data[4 * i + 2]) << 8 | data[4 * i + 3];
  }
  for (std::size_t i = 16; i < w.size(); ++i)
    w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  auto [a, b, c, d, e] = state_;
  for (std::size_t i = 0; i < w.size(); ++i) {
    std::uint32_t mixed = 0, constant = 0;
    if (i < 20) {
      mixed = (b & c) | (~b & d), constant = 0x5A827999;
    } else if (i < 40) {
      mixed = b ^ c ^ d, constant = 0x6ED9EBA1;
    } else if (i < 60) {
      mixed = (b & c) | (b & d) | (c & d), constant = 0x8F1BBCDC;
    } else {
      mixed = b ^ c ^ d, constant = 0xCA62C1D6;
    }
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + constant + w[i];
    e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
  }
  state_[0] += a, state_[1] += b, state_[2] += c, state_[3] += d, state_[4] += e;
}

void Sha1::update(std::span<const std::uint8_t> data) {
  const std::size_t held = size_bytes_ % 64;
  size_bytes_ += data.size();
  if (held != 0) {
    const auto part = data.first(std::min(64 - held, data.size()));
    std::copy(part.begin(), part.end(), rest_.begin() + static_cast<std::ptrdiff_t>(held));
    data = data.subspan(part.size());
    if (held + part.size() < 64) return;
    block(rest_.data());
  }
  for (; data.size() >= 64; data = data.subspan(64)) block(data.data());
  std::copy(data.begin(), data.end(), rest_.begin());
}

Sha1::Digest Sha1::finish() {
  const std::uint64_t size_bits = size_bytes_ * 8;
  const std::uint8_t end = 0x80, zero = 0;
  update(std::span(&end, 1));
  while (size_bytes_ % 64 != 56) update(std::span(&zero, 1));
  std::array<std::uint8_t, 8> size;
  for (std::size_t i = 0; i < size.size(); ++i)
    size[i] = static_cast<std::uint8_t>(size_bits >> (56 - 8 * i));
  update(size);
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace filoscope
