#include "base/id.h"

#include <array>
#include <mutex>

#include "base/crypto.h"

namespace filoscope {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr int kLength = 13;
constexpr int kRandomBits = 21;
constexpr std::uint64_t kRandomMask = (1ULL << kRandomBits) - 1;
constexpr std::uint64_t kTimeMask = (1ULL << 42) - 1;
constexpr std::size_t kRememberedMs = 64;  // threads that take the time before others draw

/// The ids of one millisecond: a random start, counted on (RFC 9562, section 6.2, method 1). Bits
/// drawn for each id alone would meet once in two million pairs.
struct Millisecond {
  std::uint64_t ms = ~std::uint64_t{0};  // none
  std::uint64_t next = 0;
};

int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string id_text(std::uint64_t value) {
  std::string text(kLength, '0');
  for (int i = kLength - 1; i >= 0; --i, value >>= 5)
    text[static_cast<std::size_t>(i)] = kAlphabet[value & 31];
  return text;
}

std::optional<std::uint64_t> parse_id_text(std::string_view text) {
  if (text.size() != kLength) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0 || value >> 59 != 0) return std::nullopt;
    value = value << 5 | static_cast<std::uint64_t>(digit);
  }
  return value;
}

std::uint64_t new_id(std::int64_t now_ms) {
  static std::mutex mutex;
  static std::array<Millisecond, kRememberedMs> lately;
  const auto ms = static_cast<std::uint64_t>(now_ms) & kTimeMask;
  const std::lock_guard lock(mutex);
  auto& in = lately[ms % kRememberedMs];
  if (in.ms != ms) in = {ms, crypto::random_u64()};
  return ms << kRandomBits | (in.next++ & kRandomMask);
}

}  // namespace filoscope
