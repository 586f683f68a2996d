#include "base/network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <memory>

namespace filoscope {
namespace {

bool is_private(const in_addr& address) {
  const auto value = ntohl(address.s_addr);
  return value >> 24 == 10 || value >> 20 == (172 << 4 | 1) || value >> 16 == (192 << 8 | 168);
}

/// 0 is the best to give to a person; negative: of no use to another machine.
int rank_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    const auto value = ntohl(four.s_addr);
    if (value >> 24 == 127 || value >> 16 == (169 << 8 | 254)) return -1;
    return is_private(four) ? 0 : 1;
  }
  if (address.sa_family != AF_INET6) return -1;
  const auto& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&six) || IN6_IS_ADDR_LINKLOCAL(&six) ? -1 : 2;
}

std::string text_of(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes =
      address.sa_family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
          : &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return inet_ntop(address.sa_family, bytes, text.data(), text.size()) ? text.data() : "";
}

}  // namespace

std::vector<std::string> own_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(first, freeifaddrs);
  std::vector<std::pair<int, std::string>> ranked;
  for (const auto* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0) continue;
    const int rank = rank_of(*one->ifa_addr);
    if (rank >= 0) ranked.emplace_back(rank, text_of(*one->ifa_addr));
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> addresses;
  for (auto& [rank, text] : ranked) addresses.push_back(std::move(text));
  return addresses;
}

}  // namespace filoscope
