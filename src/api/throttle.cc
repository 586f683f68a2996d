#include "api/throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "api/field_text.h"

namespace filoscope::api {

std::string address_group(std::string_view address) {
  const std::string text(address);
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  return {reinterpret_cast<const char*>(six.s6_addr), 8};
}

Throttle::Bucket* Throttle::bucket(const std::string& key, double full, std::int64_t now_us) {
  if (Bucket* known = buckets_.find(key)) {
    const auto passed = static_cast<double>(now_us - known->at_us);
    known->tokens = std::min(full, known->tokens + passed * full / static_cast<double>(window_us_));
    known->at_us = now_us;
    return known;
  }
  // The one unused longest makes room, once it is as good as new.
  const auto* oldest = buckets_.size() >= kThrottledAddressesMax ? buckets_.oldest() : nullptr;
  if (oldest != nullptr && now_us - oldest->second.at_us < window_us_) return nullptr;
  return &buckets_.put(key, Bucket{full, now_us});
}

bool Throttle::allow(std::string_view address, std::int64_t now_us) {
  struct Step {
    std::size_t bytes;
    double times;
  };
  static constexpr std::array<Step, 3> kSteps{{{6, 16}, {7, 4}, {8, 1}}};
  const auto full = static_cast<double>(count_max_);
  const auto group = address_group(address);
  const bool six = address.find(':') != std::string_view::npos && group.size() == 8;
  // The widest first: what it refuses takes no places of narrower ones in the table.
  const auto steps = std::span(kSteps).last(six ? kSteps.size() : 1);
  const auto key = [&](const Step& step) { return six ? group.substr(0, step.bytes) : group; };
  Lock lock(mutex_);
  for (const auto& step : steps) {
    const auto* found = bucket(key(step), full * step.times, now_us);
    if (found == nullptr || found->tokens < 1) return false;
  }
  for (const auto& step : steps) bucket(key(step), full * step.times, now_us)->tokens -= 1;
  return true;
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
