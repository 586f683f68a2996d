#pragma once

/// Requests per address and minute, as a token bucket each; and who the address is when proxies
/// stand in between.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"

namespace filoscope::api {

inline constexpr std::size_t kThrottledAddressesMax = 65536;

/// Threads: any.
class Throttle {
 public:
  explicit Throttle(std::int64_t per_minute_max) : per_minute_max_(per_minute_max) {}
  /// One request of `address` (an IPv6 one counts by its /64). False: too many. When the table is
  /// full of busy addresses, new ones pass.
  bool allow(std::string_view address, std::int64_t now_us);

 private:
  struct Bucket {
    double tokens = 0;
    std::int64_t at_us = 0;
  };
  void forget_idle(std::int64_t now_us) FILOSCOPE_REQUIRES(mutex_);

  const std::int64_t per_minute_max_;
  Mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_ FILOSCOPE_GUARDED_BY(mutex_);
  std::int64_t forgot_us_ FILOSCOPE_GUARDED_BY(mutex_) = 0;
};

/// What addresses are counted by: an IPv4 one whole, an IPv6 one by its first 64 bits.
std::string address_group(std::string_view address);

struct ClientAddress {
  std::string text;
  bool loopback = false;
};

/// Immutable. Threads: any.
class Proxies {
 public:
  /// Comma-separated addresses.
  explicit Proxies(std::string_view trusted);
  /// The peer, or the last address of X-Forwarded-For that is no trusted proxy when the peer is
  /// one. A loopback peer that forwards for others without being trusted is no loopback client.
  ClientAddress client(const std::string& peer, std::string_view forwarded_for) const;

 private:
  bool trusts(std::string_view address) const;
  std::vector<std::string> trusted_;
};

/// IPv4 or IPv6 as text, without a port or brackets.
bool is_address(std::string_view text);
bool is_loopback(std::string_view address);

}  // namespace filoscope::api
