#include "api/throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "api/field_text.h"

namespace filoscope::api {

std::string address_group(std::string_view address) {
  const std::string text(address);
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  return {reinterpret_cast<const char*>(six.s6_addr), 8};
}

bool Throttle::allow(std::string_view address, std::int64_t now_us) {
  const auto key = address_group(address);
  const auto full = static_cast<double>(per_minute_max_);
  Lock lock(mutex_);
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kThrottledAddressesMax) forget_idle(now_us);
    if (buckets_.size() >= kThrottledAddressesMax) return true;
    found = buckets_.emplace(key, Bucket{full, now_us}).first;
  }
  auto& bucket = found->second;
  const double refill = static_cast<double>(now_us - bucket.at_us) * full / 60e6;
  bucket.tokens = std::min(full, bucket.tokens + refill);
  bucket.at_us = now_us;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

void Throttle::forget_idle(std::int64_t now_us) {
  if (forgot_us_ != 0 && now_us - forgot_us_ < 1'000'000) return;
  forgot_us_ = now_us;
  std::erase_if(buckets_,
                [now_us](const auto& entry) { return now_us - entry.second.at_us > 60'000'000; });
}

Proxies::Proxies(std::string_view trusted) {
  while (!trusted.empty()) {
    const auto comma = trusted.find(',');
    const auto one = trim(trusted.substr(0, comma));
    if (!one.empty()) trusted_.emplace_back(one);
    trusted = comma == std::string_view::npos ? std::string_view() : trusted.substr(comma + 1);
  }
}

bool Proxies::trusts(std::string_view address) const {
  return std::find(trusted_.begin(), trusted_.end(), address) != trusted_.end();
}

ClientAddress Proxies::client(const std::string& peer, std::string_view forwarded_for) const {
  if (forwarded_for.empty()) return {peer, is_loopback(peer)};
  if (!trusts(peer)) return {peer, false};
  std::string client = peer;
  while (!forwarded_for.empty() && trusts(client)) {
    const auto comma = forwarded_for.rfind(',');
    const auto last =
        trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    if (!is_address(last)) break;
    client = last;
    forwarded_for =
        comma == std::string_view::npos ? std::string_view() : forwarded_for.substr(0, comma);
  }
  return {client, is_loopback(client)};
}

bool is_address(std::string_view text) {
  const std::string copy(text);
  in6_addr six{};
  in_addr four{};
  return inet_pton(AF_INET, copy.c_str(), &four) == 1 ||
         inet_pton(AF_INET6, copy.c_str(), &six) == 1;
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

}  // namespace filoscope::api
