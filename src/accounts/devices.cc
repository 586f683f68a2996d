#include "accounts/devices.h"

#include <vector>

namespace filoscope::accounts {
namespace {

constexpr std::size_t kMarksMax = 4;
constexpr std::size_t kNonceCharacters = 22;      // base64url of 16 bytes
constexpr std::size_t kSignatureCharacters = 24;  // base64url of 18 bytes
constexpr std::size_t kMarkCharacters = kNonceCharacters + kSignatureCharacters;

/// What has the form of a mark, at most kMarksMax.
std::vector<std::string_view> split(std::string_view marks) {
  std::vector<std::string_view> found;
  while (!marks.empty() && found.size() < kMarksMax) {
    const auto dot = marks.find('.');
    const auto mark = marks.substr(0, dot);
    if (mark.size() == kMarkCharacters) found.push_back(mark);
    marks = dot == std::string_view::npos ? std::string_view() : marks.substr(dot + 1);
  }
  return found;
}

}  // namespace

std::string Devices::signature(AccountId account, std::string_view nonce) const {
  const auto mac = crypto::hmac_sha256(key_, "device|" + account.text() + "|" + std::string(nonce));
  return crypto::base64url(std::span(mac).first(18));
}

std::string Devices::find(AccountId account, std::string_view marks) const {
  for (const auto mark : split(marks)) {
    const auto expected = signature(account, mark.substr(0, kNonceCharacters));
    if (crypto::equal_constant_time(crypto::as_bytes(expected),
                                    crypto::as_bytes(mark.substr(kNonceCharacters))))
      return std::string(mark);
  }
  return {};
}

std::string Devices::add(AccountId account, std::string_view marks) const {
  const auto known = find(account, marks);
  std::string made = known;
  if (known.empty()) {
    const auto nonce = crypto::base64url(crypto::random_bytes(16));
    made = nonce + signature(account, nonce);
  }
  std::size_t count = 1;
  for (const auto mark : split(marks)) {
    if (mark == known || count++ >= kMarksMax) continue;
    made.append(".").append(mark);
  }
  return made;
}

}  // namespace filoscope::accounts
