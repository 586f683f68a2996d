#include "api/connection.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "api/connection_parts.h"
#include "api/reasons.h"

namespace filoscope::api {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kUnsentBytesMax = 256 * 1024;  ///< in the kernel, beside what is on its way

/// The requests of one line, one after the other. The line outlives it.
class HttpRequests {
 public:
  explicit HttpRequests(ClientLine& line) : line_(line) {}
  awaitable<bool> read_head();
  awaitable<bool> exchange_once();

 private:
  awaitable<bool> take_request(Exchange& exchange);

  ClientLine& line_;
  HttpParser parser_{kHeadBytesMax};
  BodyReader body_{line_, parser_};
};

/// False: the connection is to be closed; what had to be said has been said.
awaitable<bool> HttpRequests::read_head() {
  auto& in = line_.in();
  parser_.reset();
  if (in.empty() && in.capacity() > kReadHeadBytes) {  // a body came before; idle ones stay small
    in = std::string();
    body_.shrink();
  }
  line_.begin_pace();
  line_.arm(in.empty() ? ClientLine::Wait::idle : ClientLine::Wait::progress);
  for (;;) {
    const auto used = parser_.feed(in);
    in.erase(0, used);
    if (parser_.head_done() && !parser_.failure()) co_return true;
    std::optional<Error> failure = parser_.failure();
    if (!failure) {
      const bool more = co_await line_.read_more(kReadHeadBytes);
      if (more) {
        if (line_.idle()) {  // once: the whole head has this long
          line_.begin_pace();
          line_.arm(ClientLine::Wait::progress);
        }
        continue;
      }
      if (in.empty() || (!line_.timed_out() && in.size() < kReadBytes)) co_return false;
      if (line_.timed_out()) failure = Error(reason("request_too_slow"));
      if (!failure) failure = Error(reason("header_too_large"));
    }
    line_.forget_timeout();
    auto exchange = failed_exchange(*failure, line_.peer(), line_.context(), line_.recorder());
    const auto bytes = co_await respond(line_, exchange);
    finish_exchange(exchange, bytes, line_.context(), line_.recorder());
    co_await line_.linger();
    co_return false;
  }
}

/// Up to the answer, but for what comes later. False: the connection is gone.
awaitable<bool> HttpRequests::take_request(Exchange& exchange) {
  if (exchange.answered) co_return true;
  line_.begin_pace();
  if (exchange.streams()) {
    co_await body_.stream_body(exchange);
    co_return exchange.answered;
  }
  const bool whole = co_await body_.read_body(exchange);
  line_.arm(ClientLine::Wait::none);
  if (!whole) co_return false;
  if (exchange.answered) co_return true;
  if (exchange.route->inline_on_network_thread) {
    run_handler(exchange);
    co_return true;
  }
  const ClientLine::Job work = [&exchange] { run_handler(exchange); };
  const auto posted = co_await line_.on_pool(pool_of(line_, exchange), work);
  if (!posted) exchange.answer(posted.error());
  co_return true;
}

/// True: another request may follow.
awaitable<bool> HttpRequests::exchange_once() {
  auto& context = line_.context();
  auto exchange = begin_exchange(parser_, line_.peer(), context, line_.recorder());
  line_.arm(ClientLine::Wait::none);
  context.in_flight_gauge.add(1);
  bool alive = co_await take_request(exchange);
  context.in_flight_gauge.add(-1);
  if (alive && exchange.waits()) admit_waiting(exchange, context);
  if (alive && exchange.waits_for<PendingAnswer>()) alive = co_await await_answer(line_, exchange);
  if (!alive) co_return false;
  if (exchange.waits_for<SocketPeer>()) {
    co_await serve_socket(line_, exchange);
    co_return false;
  }
  if (context.draining.load(std::memory_order_relaxed)) exchange.keep_alive = false;
  if (exchange.waits_for<BodySource>() && !exchange.chunks) exchange.keep_alive = false;
  const bool body_left = !parser_.done();
  const auto body_bytes = parser_.content_length().value_or(kDiscardBytesMax + 1);
  if (body_left && (exchange.expects_continue || body_bytes > kDiscardBytesMax)) {
    exchange.keep_alive = false;
  }
  const auto bytes = co_await respond(line_, exchange);
  finish_exchange(exchange, bytes, context, line_.recorder());
  if (bytes < 0) co_return false;
  if (line_.ends()) exchange.keep_alive = false;  // the answer may have taken long
  if (body_left && exchange.keep_alive) {
    const bool discarded = co_await body_.discard_body();
    co_return discarded;
  }
  if (!exchange.keep_alive) co_await line_.linger();
  co_return exchange.keep_alive;
}

/// The connection's coroutine. Leaves the loop's connections at its end.
awaitable<void> serve(ClientLine& line) {
  const auto alive = line.shared_from_this();
  HttpRequests requests(line);
  for (;;) {
    const bool asked = co_await requests.read_head();
    if (!asked) break;
    const bool again = co_await requests.exchange_once();
    if (!again) break;
  }
  line.close();
  line.loop().connections.erase(&line);
}

}  // namespace

void begin_connection(LoopState& loop, UniqueFd fd, const std::string& peer, Places::Place place) {
  asio::ip::tcp::socket socket(loop.io);
  error_code error;
  const bool six = peer.find(':') != std::string::npos;
  socket.assign(six ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd.get(), error);
  if (!error) fd.release();
  if (!error) socket.non_blocking(true, error);
  if (!error) socket.set_option(asio::ip::tcp::no_delay(true), error);
  // Else a line that becomes slow has megabytes to drain before it can be told from a dead one.
  const int unsent_max = kUnsentBytesMax;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max,
               sizeof unsent_max);
  if (error) return;
  const auto connection =
      std::make_shared<ClientLine>(loop, std::move(socket), peer, std::move(place));
  loop.connections.emplace(connection.get(), connection);
  asio::co_spawn(loop.io, serve(*connection),
                 [&loop, raw = connection.get()](const std::exception_ptr& problem) {
                   if (!problem) return;
                   raw->close();  // what else waits on it ends
                   loop.connections.erase(raw);
                 });
}

}  // namespace filoscope::api
