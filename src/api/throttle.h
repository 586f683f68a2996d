#pragma once

/// How often an address may do a thing, as token buckets; how many of a thing it may have at one
/// time; and who the address is when proxies stand in between.

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/lru_cache.h"
#include "base/mutex.h"
#include "base/result.h"

namespace filoscope::api {

inline constexpr std::size_t kThrottledAddressesMax = 65536;

/// Threads: any.
class Throttle {
 public:
  /// `count_max` at once, and as many again in each `window_ms`.
  explicit Throttle(std::int64_t count_max, std::int64_t window_ms = 60'000)
      : count_max_(count_max), window_us_(window_ms * 1000), buckets_(kThrottledAddressesMax) {}
  /// One time of `address`. An IPv6 one counts with its /64, and with 4 times as much for its /56
  /// and 16 times for its /48. False: too many; also for a new address while the table is full of
  /// busy ones.
  bool allow(std::string_view address, std::int64_t now_us);

 private:
  struct Bucket {
    double tokens = 0;
    std::int64_t at_us = 0;
  };
  /// Filled up to now; null when there is no place for it.
  Bucket* bucket(const std::string& key, double full, std::int64_t now_us)
      FILOSCOPE_REQUIRES(mutex_);

  const std::int64_t count_max_, window_us_;
  Mutex mutex_;
  LruCache<std::string, Bucket> buckets_ FILOSCOPE_GUARDED_BY(mutex_);
};

/// An address, or the network of an IPv6 one, and how many addresses' worth it may have.
struct AddressShare {
  std::string key;
  std::int64_t times;
};

/// Things that are held for a time, as connections: so many in all, so many of one address.
/// Threads: any; the places may outlive this.
class Places {
 public:
  /// An IPv6 address counts with its /64, and with 4 times `of_one_max` for its /56 and 16 times
  /// for its /48, but no more than a quarter of all.
  Places(std::int64_t all_max, std::int64_t of_one_max);

  /// A place until it is destroyed.
  struct Taken;
  using Place = std::shared_ptr<Taken>;
  /// `shared`: the address stands for many, or for this machine, and is only counted in all.
  /// Errors: unavailable (all are taken), exhausted (the address has its share).
  Result<Place> take(std::string_view address, bool shared);
  std::int64_t taken_count() const;
  /// Whether this one should make room: three quarters are taken of all, or of the share of its
  /// address.
  bool crowded(const Place& place) const;

 private:
  struct State {
    Mutex mutex;
    std::int64_t count FILOSCOPE_GUARDED_BY(mutex) = 0;
    std::unordered_map<std::string, std::int64_t> of_one FILOSCOPE_GUARDED_BY(mutex);
  };
  std::int64_t most_of(std::int64_t times) const;

  const std::int64_t all_max_, of_one_max_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// An IPv4 address that is mapped into IPv6, as every client's at a `[::]` listener, is told as
/// IPv4.
std::string address_text(const in6_addr& address);
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
  bool trusts(std::string_view address) const;

 private:
  std::vector<std::string> trusted_;
};

/// IPv4 or IPv6 as text, without a port or brackets.
bool is_address(std::string_view text);
/// As a peer is named: of `198.51.100.7:1234`, `[2001:db8::1]:1234` and `::ffff:198.51.100.7` the
/// address alone, in its shortest form; none when it is no address.
std::optional<std::string> plain_address(std::string_view text);
bool is_loopback(std::string_view address);

}  // namespace filoscope::api
