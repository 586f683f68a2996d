#pragma once

/// A blocking HTTP client for the program's own commands, over libcurl: http and https, one
/// kept-alive connection, bounded answers.

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace filoscope::app {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers;  ///< names in lower case
  std::string body;
};

/// Threads: one at a time.
class HttpClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  /// `url` is http[s]://HOST[:PORT]; connects at the first request. Errors: invalid_argument.
  static Result<HttpClient> create(std::string_view url);

  /// `body` is sent whole. Errors: unavailable (no connection, closed in the middle, a certificate
  /// that is not trusted), deadline (60 s without a byte), corrupt (not HTTP, or an answer of more
  /// than 64 MiB).
  Result<HttpAnswer> request(std::string_view method, std::string_view path, const Headers& headers,
                             std::span<const std::uint8_t> body = {});

 private:
  struct Cleanup {
    void operator()(void* easy) const;
  };
  HttpClient(std::string host, std::string port, std::string origin);

  std::string host_, port_;
  std::string origin_;                   ///< SCHEME://HOST:PORT
  std::unique_ptr<void, Cleanup> easy_;  ///< a CURL*, with its connection
};

}  // namespace filoscope::app
