#pragma once

/// HTTP/1.1 request parsing without sockets (RFC 9112), on Boost.Beast's basic_parser. Bytes in,
/// head and body out; never throws, holds at most head_bytes_max of head.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace filoscope::api {

inline constexpr std::size_t kHeadFieldsMax = 100;

struct RequestHead {
  std::string method, target;
  int version = 11;                                         ///< 10 or 11
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case, as they came
  std::string_view field(std::string_view name) const;      ///< the first; "" when absent
};

/// Threads: one at a time. One parser serves all requests of a connection, one after the other.
class HttpParser {
 public:
  explicit HttpParser(std::size_t head_bytes_max);
  ~HttpParser();
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  /// Begins the next request.
  void reset();
  /// Takes bytes and returns how many were used. Stops behind the head and behind the end of the
  /// request; what is left belongs to the next one. After a failure nothing more is taken.
  std::size_t feed(std::string_view bytes);
  /// Of status 400, 431 or 505.
  const std::optional<Error>& failure() const;
  bool head_done() const;
  bool done() const;
  bool keep_alive() const;  ///< what version and Connection ask for
  bool chunked() const;
  std::optional<std::uint64_t> content_length() const;
  RequestHead& head();
  std::string& body();  ///< what was parsed since the caller last emptied it

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace filoscope::api
