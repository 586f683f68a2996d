#include "api/exchange.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "api/field_text.h"
#include "api/reasons.h"
#include "api/throttle.h"
#include "api/url.h"
#include "api/websocket.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/network.h"
#include "base/process.h"
#include "base/reasons.h"
#include "base/utf8.h"

namespace filoscope::api {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kSpareFiles = 256;  ///< for everything that is no connection

constexpr std::string_view kSecurityFields =
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: strict-origin-when-cross-origin\r\n"
    "X-Frame-Options: DENY\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(self), microphone=(self), geolocation=(), payment=(), usb=()\r\n";

constexpr std::string_view kPolicyField = "Content-Security-Policy";

bool is_sane_request_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

/// Fields that may come once only; a second Host or Authorization is an attempt to confuse.
bool has_doubled_field(const RequestHead& head) {
  for (const std::string_view name : {"host", "authorization", "content-type", "content-length",
                                      "transfer-encoding", "range", "expect"}) {
    const auto count = std::count_if(head.fields.begin(), head.fields.end(),
                                     [name](const auto& field) { return field.first == name; });
    if (count > 1) return true;
  }
  return false;
}

/// A field that proxies may have added line by line, as one list.
std::string all_fields(const RequestHead& head, std::string_view name) {
  std::string list;
  for (const auto& [key, value] : head.fields) {
    if (key == name) list += (list.empty() ? "" : ",") + value;
  }
  return list;
}

/// Fills method, path, query and fields. Errors: invalid_argument.
Result<void> fill_request(RequestHead& head, Request& request) {
  const auto target = split_target(head.target);
  if (!target) return Error(reason("target_invalid"));
  auto path = percent_decode(target->path);
  auto query = parse_query(target->query);
  if (!path || !is_valid_utf8(*path) || !query) {
    return Error(reason("target_escape_invalid"));
  }
  const auto host = head.field("host");
  if (head.version == 11 && host.empty()) return Error(reason("host_missing"));
  if (host.find_first_of(" \t/?#@,\\") != std::string_view::npos) {
    return Error(reason("host_invalid"));
  }
  if (has_doubled_field(head)) return Error(reason("header_field_doubled"));
  request.method = head.method;
  request.target = head.target;
  request.path = std::move(*path);
  request.query = std::move(*query);
  for (auto& [name, value] : head.fields) {
    const auto [at, fresh] = request.headers.try_emplace(name, std::move(value));
    if (!fresh) at->second += (name == "cookie" ? "; " : ", ") + value;
  }
  return {};
}

/// An answer for a request whose body or wishes are not understood.
std::optional<Response> refuse_framing(const RequestHead& head) {
  // A coding that is passed over would leave its bytes to be read as the next request.
  const auto coding = head.field("transfer-encoding");
  if (!coding.empty() && (head.version == 10 || !equals_ignoring_case(coding, "chunked"))) {
    return problem(Error(reason("transfer_coding_unknown")));
  }
  const auto expected = head.field("expect");
  if (!expected.empty() && !equals_ignoring_case(expected, "100-continue")) {
    return problem(Error(reason("expectation_unknown")));
  }
  return std::nullopt;
}

/// What the framing says of the body against the route's limit. Sets the answer when it is refused.
void check_body(const HttpParser& parser, Exchange& exchange) {
  const auto length = parser.content_length();
  const auto limit = exchange.route->body_bytes_max;
  if (length && *length > limit)
    exchange.answer(problem(Error(reason("body_too_long"), *length, limit)));
}

void choose_route(HttpParser& parser, Exchange& exchange, ServerContext& context) {
  auto& request = *exchange.request;
  const auto target = split_target(request.target);
  std::string allowed;
  auto match = context.router.find(request.method, target->path, &allowed);
  exchange.route = match.route;
  request.parameters = std::move(match.parameters);
  if (match.route != nullptr) {
    check_body(parser, exchange);
    return;
  }
  if (allowed.empty()) {
    exchange.answer(problem(Error(reason("nothing_at_address"))));
  } else if (request.method == "OPTIONS") {
    Response options;
    options.status = 204;
    exchange.answer(std::move(options));
  } else {
    exchange.answer(problem(Error(reason("method_not_taken"), allowed)));
  }
  if (!allowed.empty()) exchange.response.headers.emplace_back("Allow", allowed);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) {
    if (c != '\r' && c != '\n') out.push_back(c);
  }
  out.append("\r\n");
}

bool has_field(const Response& response, std::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [name](const auto& field) { return field.first == name; });
}

std::int64_t body_length(const Response& response) {
  if (const auto* file = std::get_if<FileBody>(&response.body)) return file->length_bytes;
  if (const auto* blob = std::get_if<BlobBody>(&response.body)) return blob->length_bytes;
  return static_cast<std::int64_t>(std::get<std::string>(response.body).size());
}

/// So many that files can always be opened beside them.
std::int64_t connections_max_of(const Config& config) {
  const std::int64_t files = raise_open_files_limit();
  const std::int64_t room = files - std::min(kSpareFiles, files / 2);
  if (room < config[kConnectionsMax])
    log::warn("connections_limited", {{"wanted", config[kConnectionsMax]}, {"allowed", room}});
  return std::min(config[kConnectionsMax], room);
}

/// Browsers send the cookie along with whatever page asks, and say which page it was: one of
/// another site must not talk in the name of who visits it (RFC 6455 section 10.2).
Result<Response> open_socket(const Request& request, const Hosts& hosts) {
  const auto origin = request.header("origin");
  const bool own = origin.empty() ? request.header("cookie").empty()
                                  : hosts.is_own_origin(origin, request.header("host"));
  if (!own) return Error(reason("socket_origin_unknown"));
  return socket_handshake(request);
}

Error no_memory() { return Error(base_reason("no_memory")); }

}  // namespace

Error error_of(const std::exception& problem) {
  if (dynamic_cast<const std::bad_alloc*>(&problem) != nullptr) return no_memory();
  return {Code::internal, problem.what()};
}

ServerContext::ServerContext(Router routes, const Config& config, const Clock& time)
    : router(std::move(routes)),
      clock(time),
      slow_client_us(config[kSlowClientS] * 1'000'000),
      least_bytes_per_s(config[kLeastBytesPerS]),
      idle_us(config[kIdleS] * 1'000'000),
      media_access_log(config[kMediaAccessLog]),
      throttle(config[kRequestsPerMinuteMax]),
      password_throttle(config[kPasswordsPerMinuteMax]),
      sign_up_throttle(config[kSignUpsPerHourMax], kHourMs),
      picture_throttle(config[kPicturesPerMinuteMax]),
      limits_sign_up(!config[kPublicUrl].empty()),
      proxies(config[kTrustedProxies]),
      hosts(config, time, own_addresses),
      pools(config),
      connection_places(connections_max_of(config), config[kConnectionsPerAddressMax]),
      request_places(config[kConnectionsMax], config[kConnectionsPerAddressMax]),
      waiting_places(config[kWaitingMax], config[kWaitingPerAddressMax]),
      picture_places(kPictureQueueMax, kPicturesOfOneMax),
      connections_gauge("filoscope_http_connections", "Open connections."),
      in_flight_gauge("filoscope_http_requests_in_flight", "Requests being answered."),
      waiting_gauge("filoscope_http_waiting",
                    "Connections that wait for something to happen: sockets, streams, answers."),
      bytes_sent_counter("filoscope_http_sent_bytes_total", "Bytes of answers, heads included."),
      connections_refused_counter("filoscope_http_connections_refused_total",
                                  "Connections closed because too many were open.") {}

ExchangeRecorder::ExchangeRecorder(ServerContext& context)
    : context_(context), random_(crypto::random_u64()) {}

std::string ExchangeRecorder::new_request_id() { return id_text(random_.next() >> 1); }

const std::string& ExchangeRecorder::date() {
  const auto now_s = context_.clock.now_ms() / 1000;
  if (now_s != date_s_) {
    date_s_ = now_s;
    const auto time = static_cast<std::time_t>(now_s);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[40];
    const auto size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    date_.assign(text, size);
  }
  return date_;
}

void ExchangeRecorder::record(const Route* route, int status, std::int64_t took_us,
                              std::int64_t bytes) {
  auto& series = series_[route];
  const auto name = route == nullptr ? std::string("none") : route->method + " " + route->pattern;
  if (!series.seconds) {
    series.seconds = std::make_unique<metrics::Histogram>(
        "filoscope_http_request_seconds", "Time from the whole head to the whole answer.",
        metrics::Labels{{"route", name}});
  }
  auto found = series.by_status.find(status);
  if (found == series.by_status.end()) {
    found = series.by_status
                .try_emplace(status, "filoscope_http_requests_total", "Requests answered.",
                             metrics::Labels{{"route", name}, {"status", std::to_string(status)}})
                .first;
  }
  found->second.add();
  series.seconds->observe_s(static_cast<double>(took_us) * 1e-6);
  context_.bytes_sent_counter.add(static_cast<double>(bytes));
}

void Exchange::answer(const Error& error) {
  const int status = http_status(error.code);
  if (status == 500 || status == 503) {  // the operator's to mend
    log::write(status == 500 ? log::Level::error : log::Level::warn, "request_failed",
               {{"request", request->request_id},
                {"message", error.message},
                {"file", std::string(error.where.file_name())},
                {"line", static_cast<std::int64_t>(error.where.line())}});
  }
  answer(problem(error));
}

namespace {

/// A proxy on this machine that says nothing of whom it asks for does not make everybody local.
bool came_directly(const RequestHead& head) {
  for (const std::string_view trace :
       {"forwarded", "via", "x-real-ip", "x-forwarded-host", "x-forwarded-proto"}) {
    if (!head.field(trace).empty()) return false;
  }
  const auto host = host_name(head.field("host"));
  return head.version == 11 &&
         (host == "localhost" || host.ends_with(".localhost") || is_loopback(host));
}

bool is_media(const Route* route) { return route != nullptr && route->work == Work::media; }

/// So many of an address in a minute, and few at one time, or one has all who look.
void check_pictures(Exchange& exchange, ServerContext& context) {
  const auto& address = exchange.request->remote_address;
  if (!context.picture_throttle.allow(address, exchange.begun_us))
    return exchange.answer(problem(Error(reason("too_many_pictures"))));
  auto place = context.picture_places.take(address, false);
  if (!place) return exchange.answer(problem(Error(reason("pictures_under_way"))));
  exchange.picture_place = *std::move(place);
}

void check_throttles(Exchange& exchange, ServerContext& context) {
  const Route* route = exchange.route;
  if (is_media(route)) return;
  const auto& address = exchange.request->remote_address;
  if (!context.throttle.allow(address, exchange.begun_us)) {
    return exchange.answer(problem(Error(reason("too_many_requests"))));
  }
  if (route != nullptr && route->work == Work::picture) return check_pictures(exchange, context);
  const bool hashes =
      route != nullptr && (route->work == Work::password || route->work == Work::sign_up);
  if (!hashes) return;
  if (!context.password_throttle.allow(address, exchange.begun_us)) {
    return exchange.answer(problem(Error(reason("too_many_passwords"))));
  }
  if (route->work == Work::sign_up && context.limits_sign_up &&
      !context.sign_up_throttle.allow(address, exchange.begun_us)) {
    exchange.answer(problem(Error(reason("too_many_sign_ups"))));
  }
}

}  // namespace

Exchange begin_exchange(HttpParser& parser, const std::string& peer, ServerContext& context,
                        ExchangeRecorder& recorder) {
  Exchange exchange;
  exchange.request = std::make_shared<Request>();
  exchange.begun_us = context.clock.mono_us();
  exchange.keep_alive = parser.keep_alive() && !context.draining.load(std::memory_order_relaxed);
  auto& request = *exchange.request;
  auto& head = parser.head();
  exchange.chunks = head.version == 11;
  const auto asked_id = head.field("x-request-id");
  request.request_id =
      is_sane_request_id(asked_id) ? std::string(asked_id) : recorder.new_request_id();
  auto client = context.proxies.client(peer, all_fields(head, "x-forwarded-for"));
  request.remote_address = std::move(client.text);
  request.loopback = client.loopback && came_directly(head);
  const auto host = head.field("host");
  const bool misdirected = !host.empty() && !context.hosts.knows(host);
  auto refused = refuse_framing(head);
  if (const auto filled = fill_request(head, request); !filled) {
    request.method = head.method;
    refused = problem(filled.error());
  } else if (misdirected) {
    refused = problem(Error(reason("host_unknown")));
  }
  if (refused) {
    exchange.answer(*std::move(refused));
    exchange.keep_alive = false;
    return exchange;
  }
  exchange.expects_continue = equals_ignoring_case(request.header("expect"), "100-continue");
  choose_route(parser, exchange, context);
  if (memory::is_low() && !exchange.answered && !is_media(exchange.route))
    exchange.answer(problem(no_memory()));
  if (!request.loopback) check_throttles(exchange, context);
  if (!exchange.answered && request.remote_address != peer) {
    auto place = context.request_places.take(request.remote_address, request.loopback);
    if (place)
      exchange.request_place = *std::move(place);
    else
      exchange.answer(problem(place.error()));
  }
  if (!exchange.answered && exchange.route->socket) {
    auto handshake = open_socket(request, context.hosts);
    if (handshake)
      exchange.handshake = *std::move(handshake);
    else
      exchange.answer(problem(handshake.error()));
  }
  return exchange;
}

Exchange failed_exchange(const Error& failure, const std::string& peer, ServerContext& context,
                         ExchangeRecorder& recorder) {
  Exchange exchange;
  exchange.request = std::make_shared<Request>();
  exchange.request->request_id = recorder.new_request_id();
  exchange.request->remote_address = peer;
  exchange.begun_us = context.clock.mono_us();
  exchange.keep_alive = false;
  exchange.answer(problem(failure));
  return exchange;
}

namespace {

/// There may be no memory even for the sentence.
void answer_thrown(Exchange& exchange, const std::exception& problem) {
  try {
    exchange.answer(error_of(problem));
  } catch (const std::exception&) {
    exchange.response.status = 503;
    exchange.response.headers.clear();
    exchange.response.body = std::string();
    exchange.answered = true;
  }
}

}  // namespace

namespace {

template <typename Make>
void answer_made(Exchange& exchange, const Make& make) {
  const log::RequestScope scope(exchange.request->request_id);
  try {
    auto result = make();
    if (result) {
      exchange.answer(*std::move(result));
    } else {
      exchange.answer(result.error());
    }
  } catch (const std::exception& error) {
    answer_thrown(exchange, error);
  }
}

}  // namespace

void run_handler(Exchange& exchange) {
  answer_made(exchange,
              [&] { return std::get<Handler>(exchange.route->handler)(*exchange.request); });
}

void run_pending(Exchange& exchange, const PendingAnswer& pending) {
  answer_made(exchange, pending.make());
  if (exchange.waits_for<PendingAnswer>() || exchange.waits_for<SocketPeer>())
    exchange.answer(Error(Code::internal, "an answer that came later waits again"));
}

void admit_waiting(Exchange& exchange, ServerContext& context) {
  const auto& request = *exchange.request;
  auto place = context.waiting_places.take(request.remote_address, request.loopback);
  if (!place) return exchange.answer(problem(place.error()));
  auto& gauge = context.waiting_gauge;
  gauge.add(1);
  exchange.waiting_place =
      Places::Place(nullptr, [&gauge, held = *std::move(place)](std::nullptr_t) { gauge.add(-1); });
}

Result<std::optional<std::string>> next_piece(BodySource& source, const std::string& request_id) {
  const log::RequestScope scope(request_id);
  try {
    return source.next();
  } catch (const std::exception& error) {
    return error_of(error);
  }
}

Result<void> give_message(SocketPeer& peer, std::string_view message,
                          const std::string& request_id) {
  const log::RequestScope scope(request_id);
  try {
    return peer.receive(message);
  } catch (const std::exception& error) {
    return error_of(error);
  }
}

Result<std::unique_ptr<BodySink>> run_stream_handler(const Exchange& exchange) {
  const log::RequestScope scope(exchange.request->request_id);
  try {
    return std::get<StreamHandler>(exchange.route->handler)(*exchange.request);
  } catch (const std::exception& error) {
    return error_of(error);
  }
}

Result<Response> give_part(BodySink& sink, std::string_view part, bool whole,
                           const std::string& request_id) {
  const log::RequestScope scope(request_id);
  try {
    if (!part.empty()) {
      FILOSCOPE_DO(
          sink.write(std::span(reinterpret_cast<const std::uint8_t*>(part.data()), part.size())));
    }
    if (whole) return sink.finish();
  } catch (const std::exception& error) {
    return error_of(error);
  }
  return Response();
}

std::string response_head(const Exchange& exchange, ExchangeRecorder& recorder) {
  const auto& response = exchange.response;
  std::string out;
  out.reserve(1024);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(status_text(response.status)).append("\r\n");
  append_field(out, "Date", recorder.date());
  append_field(out, "X-Request-Id", exchange.request->request_id);
  const bool switches = response.status == 101;
  const bool has_content = !switches && response.status != 204 && response.status != 304;
  if (has_content) {
    if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
    if (!exchange.waits_for<BodySource>()) {
      append_field(out, "Content-Length", std::to_string(body_length(response)));
    } else if (exchange.chunks) {
      append_field(out, "Transfer-Encoding", "chunked");
    }
  }
  for (const auto& [name, value] : response.headers) append_field(out, name, value);
  if (exchange.route != nullptr) {
    for (const auto& [name, value] : exchange.route->headers) append_field(out, name, value);
  }
  const bool delivery = is_media(exchange.route);
  out.append(delivery ? "X-Content-Type-Options: nosniff\r\n" : kSecurityFields);
  if (!delivery && !has_field(response, kPolicyField)) {
    static const auto policy = content_policy("'self'");
    append_field(out, kPolicyField, policy);
  }
  const auto* connection = switches ? "Upgrade" : exchange.keep_alive ? "keep-alive" : "close";
  append_field(out, "Connection", connection);
  out.append("\r\n");
  return out;
}

void finish_exchange(const Exchange& exchange, std::int64_t bytes_sent, ServerContext& context,
                     ExchangeRecorder& recorder) {
  const auto took_us = context.clock.mono_us() - exchange.begun_us;
  recorder.record(exchange.route, exchange.response.status, took_us, bytes_sent);
  const bool delivery = is_media(exchange.route);
  if (delivery && !context.media_access_log) return;
  const auto& request = *exchange.request;
  log::info("request", {{"request", request.request_id},
                        {"method", request.method},
                        {"path", request.path},
                        {"status", static_cast<std::int64_t>(exchange.response.status)},
                        {"ms", static_cast<double>(took_us) / 1000.0},
                        {"bytes", bytes_sent},
                        {"client", request.remote_address}});
}

}  // namespace filoscope::api
