#pragma once

/// By which names and addresses people reach this server: what a Host field may say, and the
/// address that links of an answer begin with.

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/mutex.h"

namespace filoscope::api {

inline const Setting<std::string> kHosts{
    "api.hosts", "",
    "Names by which this server is reached beside that of public_url, loopback and this machine's "
    "own addresses, comma-separated."};

/// Threads: any. Asks for this machine's addresses again, at most once a second, when one is not
/// among those it knows: networks come and go.
class Hosts {
 public:
  using Addresses = std::function<std::vector<std::string>()>;
  Hosts(const Config& config, const Clock& clock, Addresses own);

  /// Whether a Host field names this server; its port does not matter.
  bool knows(std::string_view host_field) const;
  /// "https://example.org": public_url, or "http://" and the Host field when it names this server;
  /// "" when neither.
  std::string origin(const Request& request) const;
  /// Whether an Origin field (RFC 6454) is that of a page of this server, reached by the name in
  /// the Host field or by public_url.
  bool is_own_origin(std::string_view origin, std::string_view host_field) const;

 private:
  bool is_own_address(const std::string& host) const;

  const Clock& clock_;
  const Addresses own_;
  std::string public_origin_;
  std::set<std::string, std::less<>> names_;
  mutable Mutex mutex_;
  mutable std::set<std::string, std::less<>> addresses_ FILOSCOPE_GUARDED_BY(mutex_);
  mutable std::int64_t read_us_ FILOSCOPE_GUARDED_BY(mutex_);
};

/// "EXAMPLE.org:80" → "example.org", "[::1]:8080" → "::1".
std::string host_name(std::string_view host_field);

}  // namespace filoscope::api
