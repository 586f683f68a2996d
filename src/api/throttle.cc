#include "api/throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "api/field_text.h"
#include "api/reasons.h"

namespace filoscope::api {
namespace {

/// An address, or the network of an IPv6 one, and how many addresses' worth it may have.
struct Share {
  std::string key;
  std::int64_t times;
};

/// The widest first: what it refuses takes no places of narrower ones in a table.
std::vector<Share> shares_of(std::string_view address) {
  auto group = address_group(address);
  const bool six = address.find(':') != std::string_view::npos && group.size() == 8;
  if (!six) return {{std::move(group), 1}};
  return {{group.substr(0, 6), 16}, {group.substr(0, 7), 4}, {group, 1}};
}

}  // namespace

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
  const auto full = static_cast<double>(count_max_);
  const auto shares = shares_of(address);
  const auto times = [](const Share& share) { return static_cast<double>(share.times); };
  Lock lock(mutex_);
  for (const auto& share : shares) {
    const auto* found = bucket(share.key, full * times(share), now_us);
    if (found == nullptr || found->tokens < 1) return false;
  }
  for (const auto& share : shares) bucket(share.key, full * times(share), now_us)->tokens -= 1;
  return true;
}

struct Places::Taken {
  explicit Taken(std::shared_ptr<State> of) : state(std::move(of)) {}
  ~Taken() {
    Lock lock(state->mutex);
    if (counted) --state->count;
    for (const auto& key : keys) {
      const auto found = state->of_one.find(key);
      if (--found->second == 0) state->of_one.erase(found);
    }
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

  const std::shared_ptr<State> state;
  bool counted = false;
  std::vector<std::string> keys;  ///< counted for the address
};

Places::Places(std::int64_t all_max, std::int64_t of_one_max)
    : all_max_(all_max), of_one_max_(of_one_max) {}

Result<Places::Place> Places::take(std::string_view address, bool shared) {
  auto shares = shared ? std::vector<Share>() : shares_of(address);
  const auto taken = std::make_shared<Taken>(state_);
  taken->keys.reserve(shares.size());
  Lock lock(state_->mutex);  // given back before `taken` counts down, when there is no memory
  if (state_->count >= all_max_) return Error(reason("places_taken"));
  for (const auto& share : shares) {
    const auto found = state_->of_one.find(share.key);
    const auto most = std::min(of_one_max_ * share.times, std::max(of_one_max_, all_max_ / 4));
    if (found != state_->of_one.end() && found->second >= most)
      return Error(reason("share_taken"), of_one_max_);
  }
  ++state_->count;
  taken->counted = true;
  for (auto& share : shares) {
    ++state_->of_one[share.key];
    taken->keys.push_back(std::move(share.key));
  }
  return Place(taken);
}

std::int64_t Places::taken_count() const {
  Lock lock(state_->mutex);
  return state_->count;
}

bool Places::crowded() const { return taken_count() > all_max_ / 4 * 3; }

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
