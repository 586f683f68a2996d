#pragma once

/// What serves HTTP over a ClientLine, in the parts that do it: bodies in, answers out, sockets.
/// The loop over requests that calls them is in connection.cc. Threads: the loop's own, within the
/// line's coroutine. What is passed outlives the awaited call.

#include <cstdint>
#include <string>

#include "api/client_line.h"
#include "api/http_parser.h"

namespace filoscope::api {

/// The body of the request whose head `parser` has just read. The line and the parser outlive it.
class BodyReader {
 public:
  BodyReader(ClientLine& line, HttpParser& parser) : line_(line), parser_(parser) {}

  /// The whole body into the request. False: the connection is gone.
  awaitable<bool> read_body(Exchange& exchange);
  /// Begins the sink, hands it the body part by part (the next is read when the last was taken),
  /// and asks it for the answer. When the connection breaks, the sink is destroyed unfinished.
  awaitable<void> stream_body(Exchange& exchange);
  /// False: the rest is too long, or never came.
  awaitable<bool> discard_body();
  void shrink();  ///< gives back what a body has taken

 private:
  awaitable<bool> continue_if_expected(Exchange& exchange);
  awaitable<bool> fill_part(Exchange& exchange);
  bool feed();
  bool body_is_fine(Exchange& exchange, std::uint64_t bytes);

  ClientLine& line_;
  HttpParser& parser_;
  std::string part_;  ///< of a streamed body, on its way to the sink
};

/// Sends the answer. Bytes sent, or -1 when the connection broke.
awaitable<std::int64_t> respond(ClientLine& line, Exchange& exchange);
/// The answer that was promised. False: the client has left.
awaitable<bool> await_answer(ClientLine& line, Exchange& exchange);
/// Takes the connection over until the socket closes.
awaitable<void> serve_socket(ClientLine& line, Exchange& exchange);

inline Pool& pool_of(ClientLine& line, const Exchange& exchange) {
  return line.context().pools.of(exchange.route->work);
}

}  // namespace filoscope::api
