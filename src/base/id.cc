#include "base/id.h"

#include "base/crypto.h"

namespace filoscope {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr int kLength = 13;

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
  if (value >> 63 != 0) return std::nullopt;
  return value;
}

std::uint64_t new_id(std::int64_t now_ms) {
  const auto ms = static_cast<std::uint64_t>(now_ms) & ((1ULL << 42) - 1);
  return ms << 21 | (crypto::random_u64() & ((1ULL << 21) - 1));
}

}  // namespace filoscope
