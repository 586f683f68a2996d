#include "api/hosts.h"

#include "api/api.h"
#include "api/field_text.h"
#include "api/throttle.h"

namespace filoscope::api {
namespace {

constexpr std::int64_t kReadAgainUs = 1'000'000;

}  // namespace

std::string host_name(std::string_view host_field) {
  auto name = trim(host_field);
  if (name.starts_with('[')) {
    name = name.substr(1, name.find(']') - 1);
  } else {
    name = name.substr(0, name.find(':'));
  }
  if (name.ends_with('.')) name.remove_suffix(1);
  return lower(name);
}

Hosts::Hosts(const Config& config, const Clock& clock, Addresses own)
    : clock_(clock),
      own_(std::move(own)),
      public_origin_(config[kPublicUrl]),
      read_us_(-kReadAgainUs) {
  while (public_origin_.ends_with('/')) public_origin_.pop_back();
  if (const auto scheme = public_origin_.find("://"); scheme != std::string::npos)
    names_.insert(host_name(public_origin_.substr(scheme + 3)));
  for (std::string_view rest = config[kHosts]; !rest.empty();) {
    const auto comma = rest.find(',');
    if (auto name = host_name(rest.substr(0, comma)); !name.empty()) names_.insert(std::move(name));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
}

bool Hosts::knows(std::string_view host_field) const {
  const auto host = host_name(host_field);
  if (host == "localhost" || host.ends_with(".localhost") || names_.contains(host)) return true;
  return is_address(host) && (is_loopback(host) || is_own_address(host));
}

std::string Hosts::origin(const Request& request) const {
  if (!public_origin_.empty()) return public_origin_;
  const auto host = request.header("host");
  return knows(host) ? std::string("http://").append(host) : std::string();
}

bool Hosts::is_own_origin(std::string_view origin, std::string_view host_field) const {
  if (!public_origin_.empty() && equals_ignoring_case(origin, public_origin_)) return true;
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos || !knows(host_field)) return false;
  const auto kind = lower(origin.substr(0, scheme));
  return (kind == "http" || kind == "https") &&
         equals_ignoring_case(origin.substr(scheme + 3), host_field);
}

bool Hosts::is_own_address(const std::string& host) const {
  Lock lock(mutex_);
  if (addresses_.contains(host)) return true;
  const auto now_us = clock_.mono_us();
  if (now_us - read_us_ < kReadAgainUs) return false;
  read_us_ = now_us;
  const auto addresses = own_();
  addresses_ = {addresses.begin(), addresses.end()};
  return addresses_.contains(host);
}

}  // namespace filoscope::api
