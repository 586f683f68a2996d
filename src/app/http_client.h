#pragma once

/// A small blocking HTTP/1.1 client for the program's own commands: plain http, one kept-alive
/// connection, bounded answers. Source: RFC 9112.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
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

  /// `url` is http://HOST[:PORT]; connects at the first request. Errors: invalid_argument.
  static Result<HttpClient> create(std::string_view url);

  /// Tries once more on a new connection when a kept one was closed. `body` is sent whole. Errors:
  /// unavailable (no connection, closed in the middle), deadline (60 s without a byte), corrupt
  /// (not HTTP, or an answer of more than 64 MiB).
  Result<HttpAnswer> request(std::string_view method, std::string_view path, const Headers& headers,
                             std::span<const std::uint8_t> body = {});

 private:
  HttpClient(std::string host, std::string port) : host_(std::move(host)), port_(std::move(port)) {}
  Result<void> connect();
  Result<void> send(std::string_view bytes);
  Result<HttpAnswer> receive(bool head_only);
  Result<void> fill();
  Result<std::string> take_line();
  Result<void> take(std::size_t count, std::string& into);
  Result<void> take_chunks(std::string& into);

  std::string host_, port_;
  UniqueFd socket_;
  std::string buffer_;
  std::size_t read_at_ = 0;
};

}  // namespace filoscope::app
