#include "api/throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "api/field_text.h"
#include "api/reasons.h"

namespace filoscope::api {
namespace {

/// The widest first: what it refuses takes no places of narrower ones in a table.
std::vector<AddressShare> shares_of(std::string_view address) {
  auto group = address_group(address);
  const bool six = address.find(':') != std::string_view::npos && group.size() == 8;
  if (!six) return {{std::move(group), 1}};
  return {{group.substr(0, 6), 16}, {group.substr(0, 7), 4}, {group, 1}};
}

}  // namespace

std::string address_text(const in6_addr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&address);
  inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? address.s6_addr + 12 : address.s6_addr, text,
            sizeof text);
  return text;
}

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
  const auto times = [](const AddressShare& share) { return static_cast<double>(share.times); };
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
    for (const auto& share : shares) {
      const auto found = state->of_one.find(share.key);
      if (--found->second == 0) state->of_one.erase(found);
    }
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

  const std::shared_ptr<State> state;
  bool counted = false;
  std::vector<AddressShare> shares;  ///< counted for the address
};

Places::Places(std::int64_t all_max, std::int64_t of_one_max)
    : all_max_(all_max), of_one_max_(of_one_max) {}

Result<Places::Place> Places::take(std::string_view address, bool shared) {
  auto shares = shared ? std::vector<AddressShare>() : shares_of(address);
  const auto taken = std::make_shared<Taken>(state_);
  taken->shares.reserve(shares.size());
  Lock lock(state_->mutex);  // given back before `taken` counts down, when there is no memory
  if (state_->count >= all_max_) return Error(reason("places_taken"));
  for (const auto& share : shares) {
    const auto found = state_->of_one.find(share.key);
    if (found != state_->of_one.end() && found->second >= most_of(share.times))
      return Error(reason("share_taken"), of_one_max_);
  }
  ++state_->count;
  taken->counted = true;
  for (auto& share : shares) {
    ++state_->of_one[share.key];
    taken->shares.push_back(std::move(share));
  }
  return taken;
}

std::int64_t Places::most_of(std::int64_t times) const {
  return std::min(of_one_max_ * times, std::max(of_one_max_, all_max_ / 4));
}

std::int64_t Places::taken_count() const {
  Lock lock(state_->mutex);
  return state_->count;
}

bool Places::crowded(const Place& place) const {
  const auto is_scarce = [](std::int64_t taken, std::int64_t most) { return taken * 4 > most * 3; };
  Lock lock(state_->mutex);
  bool scarce = is_scarce(state_->count, all_max_);
  for (const auto& share : place->shares)
    scarce = scarce || is_scarce(state_->of_one.at(share.key), most_of(share.times));
  return scarce;
}

Proxies::Proxies(std::string_view trusted) {
  while (!trusted.empty()) {
    const auto comma = trusted.find(',');
    const auto one = trim(trusted.substr(0, comma));
    if (!one.empty()) trusted_.push_back(plain_address(one).value_or(std::string(one)));
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
    auto address = plain_address(last);
    if (!address) break;
    client = *std::move(address);
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

std::optional<std::string> plain_address(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    text = text.substr(1, end - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  const std::string copy(text);
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, copy.c_str(), &four) == 1) return copy;  // it takes one form only
  if (inet_pton(AF_INET6, copy.c_str(), &six) == 1) return address_text(six);
  return std::nullopt;
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address.starts_with("::ffff:127.");
}

}  // namespace filoscope::api
