#pragma once

/// One request and its answer between the parser and the routes, without sockets: building the
/// Request, choosing the route, refusing what is not acceptable, forming the head of the answer,
/// counting and logging.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "api/api.h"
#include "api/hosts.h"
#include "api/http_parser.h"
#include "api/pools.h"
#include "api/throttle.h"
#include "api/waiting.h"
#include "base/metrics.h"
#include "base/random.h"

namespace filoscope::api {

inline constexpr std::size_t kHeadBytesMax = 16 * 1024;
/// A refused body up to this long is read and thrown away, so that the answer arrives and the
/// connection lives on.
inline constexpr std::uint64_t kDiscardBytesMax = 16ULL << 20;

/// What all network threads share. Outlives them.
struct ServerContext {
  ServerContext(Router routes, const Config& config, const Clock& time);

  const Router router;
  const Clock& clock;
  const std::int64_t slow_client_us, least_bytes_per_s, idle_us;
  const bool media_access_log;
  Throttle throttle, password_throttle, sign_up_throttle, picture_throttle;
  const bool limits_sign_up;  ///< where strangers come: a public_url is set
  const Proxies proxies;
  const Hosts hosts;
  Pools pools;
  /// Open connections; requests of those behind a trusted proxy; what waits for something to
  /// happen.
  Places connection_places, request_places, waiting_places, picture_places;
  std::atomic<bool> draining{false};
  metrics::Gauge connections_gauge, in_flight_gauge, waiting_gauge;
  metrics::Counter bytes_sent_counter, connections_refused_counter;
};

/// Per network thread: what need not be shared.
class ExchangeRecorder {
 public:
  explicit ExchangeRecorder(ServerContext& context);
  std::string new_request_id();
  const std::string& date();  ///< for the Date field, renewed every second
  void record(const Route* route, int status, std::int64_t took_us, std::int64_t bytes);

 private:
  ServerContext& context_;
  Random random_;
  std::string date_;
  std::int64_t date_s_ = -1;
  struct Series {
    std::unique_ptr<metrics::Histogram> seconds;
    std::map<int, metrics::Counter> by_status;
  };
  std::map<const Route*, Series> series_;
};

struct Exchange {
  std::shared_ptr<Request> request;
  const Route* route = nullptr;
  bool answered = false;  ///< `response` is final; the body, if any, is not wanted
  bool keep_alive = true;
  bool expects_continue = false;
  bool chunks = true;  ///< the client knows chunked bodies (HTTP/1.1)
  std::int64_t begun_us = 0;
  Response response;
  std::optional<Response> handshake;  ///< of a WebSocket that may be opened
  Places::Place request_place, waiting_place, picture_place;

  void answer(Response made) {
    response = std::move(made);
    answered = true;
  }
  /// Also logs what is our fault.
  void answer(const Error& error);
  bool head_only() const { return request->method == "HEAD"; }
  bool streams() const { return std::holds_alternative<StreamHandler>(route->handler); }
  bool waits() const {
    return waits_for<PendingAnswer>() || waits_for<BodySource>() || waits_for<SocketPeer>();
  }
  /// The answer, when it is of that kind, or null.
  template <typename Kind>
  std::shared_ptr<Kind> waits_for() const {
    const auto* found = std::get_if<std::shared_ptr<Kind>>(&response.body);
    return found == nullptr ? nullptr : *found;
  }
};

/// REQUIRES: parser.head_done(). `peer` is the socket's other end.
Exchange begin_exchange(HttpParser& parser, const std::string& peer, ServerContext& context,
                        ExchangeRecorder& recorder);
/// For bytes that are no request; the connection closes behind it.
Exchange failed_exchange(const Error& failure, const std::string& peer, ServerContext& context,
                         ExchangeRecorder& recorder);
/// Runs the handler of a route that takes whole bodies; an exception is an error.
void run_handler(Exchange& exchange);
/// The same for what a PendingAnswer makes; that it waits once more is a fault of ours.
void run_pending(Exchange& exchange, const PendingAnswer& pending);
/// Takes a place for an answer that waits; there being none is the answer then.
void admit_waiting(Exchange& exchange, ServerContext& context);
/// What a source or peer says next; an exception is an error.
Result<std::optional<std::string>> next_piece(BodySource& source, const std::string& request_id);
Result<void> give_message(SocketPeer& peer, std::string_view message,
                          const std::string& request_id);
/// What an exception of a handler is to the client: unavailable when memory ran out, else internal.
Error error_of(const std::exception& problem);
Result<std::unique_ptr<BodySink>> run_stream_handler(const Exchange& exchange);
/// The next part of a body into its sink, and when it is `whole`, the sink's answer.
Result<Response> give_part(BodySink& sink, std::string_view part, bool whole,
                           const std::string& request_id);
/// Status line and fields, with the empty line behind them.
std::string response_head(const Exchange& exchange, ExchangeRecorder& recorder);
void finish_exchange(const Exchange& exchange, std::int64_t bytes_sent, ServerContext& context,
                     ExchangeRecorder& recorder);

}  // namespace filoscope::api
