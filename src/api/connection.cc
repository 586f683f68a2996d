#include "api/connection.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <limits>
#include <thread>

#include "api/pace.h"
#include "api/reasons.h"
#include "api/websocket.h"
#include "base/log.h"
#include "base/memory.h"

namespace filoscope::api {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using boost::system::error_code;

constexpr std::size_t kReadHeadBytes = 4 * 1024;     ///< asked for at once between bodies
constexpr std::size_t kReadBytes = 64 * 1024;        ///< also the most that may wait to be parsed
constexpr std::size_t kPartBytes = 256 * 1024;       ///< of a streamed body, per call of its sink
constexpr std::size_t kSendfileBytes = 1024 * 1024;  ///< per call, so that connections take turns
constexpr int kUnsentBytesMax = 256 * 1024;          ///< in the kernel, beside what is on its way
constexpr std::size_t kJoinBytesMax = 16 * 1024;     ///< bodies up to this go with the head
constexpr std::int64_t kLingerUs = 2'000'000;        ///< for reading an answer before the reset
/// Between two requests, while places are scarce.
constexpr std::int64_t kCrowdedIdleUs = 2'000'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr int kBusyTriesMax = 100;  ///< of handing a part of a body to a full pool
constexpr int kBusyWaitMs = 50;

/// Named by the caller and passed by reference: it stays until the awaited call is over.
/// g++ 12 lays coroutine frames out wrongly when a co_await stands in a condition or a parameter of
/// class type comes by value, so neither is done here: first `const bool x = co_await …`, then
/// `if`.
using Job = std::function<void()>;

/// A WebSocket while it is open.
struct OpenSocket {
  std::shared_ptr<SocketPeer> peer;
  SocketFrames frames;
  const std::shared_ptr<const Request> request;
  Pool& pool;
  std::int64_t asked_us;  ///< the peer, for what it has to say
};

void close_for(SocketFrames& frames, const Error& error) {
  if (error.code == Code::internal || error.code == Code::corrupt)
    return frames.close(CloseCode::internal_error, "");
  const bool busy = error.code == Code::unavailable || error.code == Code::exhausted;
  frames.close(busy ? CloseCode::try_again_later : CloseCode::policy_violation, error.message);
}

constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// RFC 9112 section 7.1.
std::string as_chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

/// Its coroutine is the only user; the methods of Connection come from the same thread.
class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(LoopState& loop, asio::ip::tcp::socket socket, std::string peer,
                 Places::Place place);
  ~HttpConnection() override;
  awaitable<void> run();  ///< leaves the loop's connections at its end
  void expire_if_due(std::int64_t now_us) override;
  bool make_room(std::int64_t now_us) override;
  void drain() override;
  void close() override;

 private:
  enum class Wait { none, idle, progress };
  class Listening;

  std::int64_t now_us() const { return loop_.context.clock.mono_us(); }
  void arm(Wait wait);
  awaitable<bool> read_more();
  awaitable<bool> read_head();
  awaitable<bool> exchange_once();
  awaitable<bool> take_request(Exchange& exchange);
  awaitable<bool> read_body(Exchange& exchange);
  awaitable<void> stream_body(Exchange& exchange);
  awaitable<bool> fill_part(Exchange& exchange);
  awaitable<bool> discard_body();
  awaitable<bool> continue_if_expected(Exchange& exchange);
  awaitable<bool> await_answer(Exchange& exchange);
  awaitable<std::int64_t> respond(Exchange& exchange);
  awaitable<bool> send_text(std::string_view text, bool more);
  awaitable<bool> send_file(const FileBody& file);
  awaitable<bool> send_pieces(Exchange& exchange);
  awaitable<void> serve_socket(Exchange& exchange);
  awaitable<void> hear(OpenSocket& socket);
  awaitable<void> say(OpenSocket& socket);
  awaitable<void> flush(OpenSocket& socket);
  awaitable<bool> writable();
  awaitable<void> pause(std::int64_t until_us);
  awaitable<Result<void>> on_pool(Pool& pool, const Job& work);
  awaitable<Result<void>> on_pool_patiently(Pool& pool, const Job& work);
  awaitable<void> linger();
  bool feed();
  bool may_say_more(OpenSocket& socket);
  bool body_is_fine(Exchange& exchange, std::uint64_t bytes);
  void watch();
  void take_arrived();
  bool ends() const { return closed_ || loop_.context.draining.load(std::memory_order_relaxed); }
  Pool& pool_of(const Exchange& exchange) { return loop_.context.pools.of(exchange.route->work); }

  LoopState& loop_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer wake_;
  const std::string peer_;
  const Places::Place place_;
  HttpParser parser_{kHeadBytesMax};
  Pace pace_;
  std::string in_;    ///< received, not parsed yet
  std::string part_;  ///< of a streamed body, on its way to the sink
  std::int64_t deadline_us_ = kNever, armed_us_ = 0;
  std::int64_t sent_bytes_ = 0;
  Wait wait_ = Wait::none;
  bool timed_out_ = false, closed_ = false;
  // While it pauses:
  bool woken_ = false;     ///< by what it waits for
  bool arrived_ = false;   ///< the other side sent something, or left
  bool watching_ = false;  ///< for that
  bool gone_ = false;      ///< it left
};

HttpConnection::HttpConnection(LoopState& loop, asio::ip::tcp::socket socket, std::string peer,
                               Places::Place place)
    : loop_(loop),
      socket_(std::move(socket)),
      wake_(loop.io),
      peer_(std::move(peer)),
      place_(std::move(place)),
      pace_(loop.context.slow_client_us, loop.context.least_bytes_per_s) {
  loop_.context.connections_gauge.add(1);
}

HttpConnection::~HttpConnection() { loop_.context.connections_gauge.add(-1); }

void HttpConnection::close() {
  closed_ = true;
  wake_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

bool HttpConnection::make_room(std::int64_t now_us) {
  if (wait_ != Wait::idle || now_us < armed_us_ + kCrowdedIdleUs) return false;
  if (loop_.context.proxies.trusts(peer_)) return false;  // it may ask in this moment
  if (!loop_.context.connection_places.crowded(place_)) return false;
  deadline_us_ = now_us;
  expire_if_due(now_us);
  return true;
}

void HttpConnection::expire_if_due(std::int64_t now_us) {
  if (now_us < deadline_us_) return;
  timed_out_ = true;
  deadline_us_ = kNever;
  error_code ignored;
  socket_.cancel(ignored);
}

void HttpConnection::drain() {
  wake_.cancel();
  if (wait_ == Wait::idle) close();
}

void HttpConnection::arm(Wait wait) {
  wait_ = wait;
  armed_us_ = now_us();
  if (wait == Wait::none) deadline_us_ = kNever;
  if (wait == Wait::idle) deadline_us_ = armed_us_ + loop_.context.idle_us;
  if (wait == Wait::progress) deadline_us_ = armed_us_ + pace_.left_us();
}

/// Appends to `in_`. False: closed, timed out, or the buffer is full.
awaitable<bool> HttpConnection::read_more() {
  const auto had = in_.size();
  if (had >= kReadBytes) co_return false;
  const auto room = kReadBytes - had;
  in_.resize(had + (parser_.head_done() ? room : std::min(room, kReadHeadBytes)));
  error_code error;
  const auto got = co_await socket_.async_read_some(
      asio::buffer(in_.data() + had, in_.size() - had), asio::redirect_error(use_awaitable, error));
  in_.resize(had + got);
  pace_.moved(now_us() - armed_us_, static_cast<std::int64_t>(got));
  co_return !error && !timed_out_;
}

/// Parses what is in `in_`. False: the bytes are no HTTP.
bool HttpConnection::feed() {
  std::size_t used = 0;
  while (used < in_.size() && !parser_.done() && !parser_.failure()) {
    const auto taken = parser_.feed(std::string_view(in_).substr(used));
    used += taken;
    if (taken == 0) break;
    if (parser_.head_done() && parser_.body().size() >= kPartBytes) break;
  }
  in_.erase(0, used);
  return !parser_.failure();
}

/// False: the connection is to be closed; what had to be said has been said.
awaitable<bool> HttpConnection::read_head() {
  parser_.reset();
  if (in_.empty() && in_.capacity() > kReadHeadBytes) {  // a body came before; idle ones stay small
    in_ = std::string();
    part_ = std::string();
    parser_.body() = std::string();
  }
  pace_.begin();
  arm(in_.empty() ? Wait::idle : Wait::progress);
  for (;;) {
    const auto used = parser_.feed(in_);
    in_.erase(0, used);
    if (parser_.head_done() && !parser_.failure()) co_return true;
    std::optional<Error> failure = parser_.failure();
    if (!failure) {
      const bool more = co_await read_more();
      if (more) {
        if (wait_ == Wait::idle) {  // once: the whole head has this long
          pace_.begin();
          arm(Wait::progress);
        }
        continue;
      }
      if (in_.empty() || (!timed_out_ && in_.size() < kReadBytes)) co_return false;
      if (timed_out_) failure = Error(reason("request_too_slow"));
      if (!failure) failure = Error(reason("header_too_large"));
    }
    timed_out_ = false;
    auto exchange = failed_exchange(*failure, peer_, loop_.context, loop_.recorder);
    const auto bytes = co_await respond(exchange);
    finish_exchange(exchange, bytes, loop_.context, loop_.recorder);
    co_await linger();
    co_return false;
  }
}

awaitable<bool> HttpConnection::continue_if_expected(Exchange& exchange) {
  if (!exchange.expects_continue || parser_.done() || !in_.empty()) co_return true;
  exchange.expects_continue = false;
  co_return co_await send_text("HTTP/1.1 100 Continue\r\n\r\n", false);
}

/// Sets the answer when `bytes` are too many or the bytes are no HTTP. True: the body is fine so
/// far.
bool HttpConnection::body_is_fine(Exchange& exchange, std::uint64_t bytes) {
  const auto limit = exchange.route->body_bytes_max;
  if (const auto& failure = parser_.failure()) {
    exchange.answer(problem(*failure));
  } else if (bytes > limit) {
    exchange.answer(problem(Error(reason("body_longer_than_taken"), limit)));
  } else {
    return true;
  }
  exchange.keep_alive = false;
  return false;
}

/// The whole body into the request. False: the connection is gone.
awaitable<bool> HttpConnection::read_body(Exchange& exchange) {
  const bool told = co_await continue_if_expected(exchange);
  if (!told) co_return false;
  auto& body = exchange.request->body;
  for (;;) {
    feed();
    body += parser_.body();
    parser_.body().clear();
    if (!body_is_fine(exchange, body.size()) || parser_.done()) co_return true;
    arm(Wait::progress);
    const bool more = co_await read_more();
    if (!more && !timed_out_) co_return false;
    if (!more) break;
  }
  timed_out_ = false;
  exchange.keep_alive = false;
  exchange.answer(problem(Error(reason("request_too_slow"))));
  co_return true;
}

/// The next part of a streamed body; empty at its end. False: gone, with what still came in the
/// part, or no HTTP (answered).
awaitable<bool> HttpConnection::fill_part(Exchange& exchange) {
  bool gone = false;
  while (!gone) {
    feed();
    if (!body_is_fine(exchange, 0)) co_return false;
    if (parser_.done() || parser_.body().size() >= kPartBytes) break;
    arm(Wait::progress);
    const bool more = co_await read_more();
    gone = !more;
  }
  part_.swap(parser_.body());
  parser_.body().clear();
  if (gone) exchange.keep_alive = false;
  co_return !gone;
}

/// Begins the sink, hands it the body part by part (the next is read when the last was taken), and
/// asks it for the answer. When the connection breaks, the sink is destroyed unfinished.
awaitable<void> HttpConnection::stream_body(Exchange& exchange) {
  auto sink = std::make_shared<Result<std::unique_ptr<BodySink>>>(std::unique_ptr<BodySink>());
  auto& pool = loop_.context.pools.of(Work::upload);
  const Job begin = [sink, &exchange] { *sink = run_stream_handler(exchange); };
  auto posted = co_await on_pool(pool, begin);
  if (posted && !*sink) posted = sink->error();
  if (posted) {
    if (auto refusal = (**sink)->refusal()) exchange.answer(*std::move(refusal));
  }
  std::uint64_t total = 0;
  bool whole = false;
  if (posted && !exchange.answered) {
    const bool told = co_await continue_if_expected(exchange);
    if (!told) exchange.keep_alive = false;
  }
  while (posted && !whole && !exchange.answered) {
    part_.clear();
    const bool ok = co_await fill_part(exchange);
    total += part_.size();
    if (!ok && (exchange.answered || part_.empty())) break;
    whole = ok && parser_.done();
    if (!body_is_fine(exchange, total)) break;
    auto outcome = std::make_shared<Result<Response>>(Response());
    const Job give = [sink, outcome, whole, request = exchange.request, this] {
      *outcome = give_part(***sink, part_, whole, request->request_id);
    };
    posted = co_await on_pool_patiently(pool, give);
    if (posted && !*outcome) posted = outcome->error();
    if (posted && whole) exchange.answer(**std::move(outcome));
    if (!ok) break;
  }
  if (!posted) exchange.answer(posted.error());
  // Closing files may block: it belongs on the pool too. When that is full, here.
  const Job end = [sink] { *sink = std::unique_ptr<BodySink>(); };
  static_cast<void>(co_await on_pool(pool, end));
}

/// False: the rest is too long, or never came.
awaitable<bool> HttpConnection::discard_body() {
  std::uint64_t total = parser_.body().size();
  parser_.body().clear();
  while (!parser_.done()) {
    if (!feed()) co_return false;
    total += parser_.body().size();
    parser_.body().clear();
    if (total > kDiscardBytesMax) co_return false;
    if (parser_.done()) break;
    arm(Wait::progress);
    const bool more = co_await read_more();
    if (!more) co_return false;
  }
  co_return true;
}

/// Up to the answer, but for what comes later. False: the connection is gone.
awaitable<bool> HttpConnection::take_request(Exchange& exchange) {
  if (exchange.answered) co_return true;
  pace_.begin();
  if (exchange.streams()) {
    co_await stream_body(exchange);
    co_return exchange.answered;
  }
  const bool whole = co_await read_body(exchange);
  arm(Wait::none);
  if (!whole) co_return false;
  if (exchange.answered) co_return true;
  if (exchange.route->inline_on_network_thread) {
    run_handler(exchange);
    co_return true;
  }
  const Job work = [&exchange] { run_handler(exchange); };
  const auto posted = co_await on_pool(pool_of(exchange), work);
  if (!posted) exchange.answer(posted.error());
  co_return true;
}

/// True: another request may follow.
awaitable<bool> HttpConnection::exchange_once() {
  auto& context = loop_.context;
  auto exchange = begin_exchange(parser_, peer_, context, loop_.recorder);
  arm(Wait::none);
  context.in_flight_gauge.add(1);
  bool alive = co_await take_request(exchange);
  context.in_flight_gauge.add(-1);
  if (alive && exchange.waits()) admit_waiting(exchange, context);
  if (alive && exchange.waits_for<PendingAnswer>()) alive = co_await await_answer(exchange);
  if (!alive) co_return false;
  if (exchange.waits_for<SocketPeer>()) {
    co_await serve_socket(exchange);
    co_return false;
  }
  if (context.draining.load(std::memory_order_relaxed)) exchange.keep_alive = false;
  if (exchange.waits_for<BodySource>() && !exchange.chunks) exchange.keep_alive = false;
  const bool body_left = !parser_.done();
  const auto body_bytes = parser_.content_length().value_or(kDiscardBytesMax + 1);
  if (body_left && (exchange.expects_continue || body_bytes > kDiscardBytesMax)) {
    exchange.keep_alive = false;
  }
  const auto bytes = co_await respond(exchange);
  finish_exchange(exchange, bytes, context, loop_.recorder);
  if (bytes < 0) co_return false;
  if (ends()) exchange.keep_alive = false;  // the answer may have taken long
  if (body_left && exchange.keep_alive) {
    const bool discarded = co_await discard_body();
    co_return discarded;
  }
  if (!exchange.keep_alive) co_await linger();
  co_return exchange.keep_alive;
}

/// Bytes sent, or -1 when the connection broke.
awaitable<std::int64_t> HttpConnection::respond(Exchange& exchange) {
  sent_bytes_ = 0;
  auto head = response_head(exchange, loop_.recorder);
  const int status = exchange.response.status;
  const bool bare = exchange.head_only() || status == 204 || status == 304;
  pace_.begin();
  bool sent = false;
  if (exchange.waits_for<BodySource>()) {
    sent = co_await send_text(head, false);
    if (sent && !bare) sent = co_await send_pieces(exchange);
  } else if (const auto* file = std::get_if<FileBody>(&exchange.response.body)) {
    const bool with_file = !bare && file->length_bytes > 0;
    sent = co_await send_text(head, with_file);
    if (sent && with_file) sent = co_await send_file(*file);
  } else {
    const auto& body = std::get<std::string>(exchange.response.body);
    const bool join = !bare && body.size() <= kJoinBytesMax;
    if (join) head += body;
    sent = co_await send_text(head, !bare && !join);
    if (sent && !bare && !join) sent = co_await send_text(body, false);
  }
  arm(Wait::none);
  co_return sent ? sent_bytes_ : -1;
}

awaitable<bool> HttpConnection::writable() {
  error_code error;
  arm(Wait::progress);
  co_await socket_.async_wait(asio::ip::tcp::socket::wait_write,
                              asio::redirect_error(use_awaitable, error));
  pace_.moved(now_us() - armed_us_, 0);
  arm(Wait::none);
  co_return !error && !timed_out_;
}

awaitable<bool> HttpConnection::send_text(std::string_view text, bool more) {
  while (!text.empty()) {
    const auto sent = ::send(socket_.native_handle(), text.data(), text.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
    if (sent >= 0) {
      sent_bytes_ += sent;
      pace_.moved(0, sent);
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      const bool ready = co_await writable();
      if (!ready) co_return false;
    } else if (errno != EINTR) {
      co_return false;
    }
  }
  co_return true;
}

awaitable<bool> HttpConnection::send_file(const FileBody& file) {
  off_t offset = file.offset;
  auto left = static_cast<std::size_t>(file.length_bytes);
  while (left > 0) {
    const auto sent = ::sendfile(socket_.native_handle(), file.file->get(), &offset,
                                 std::min(left, kSendfileBytes));
    if (sent > 0) {
      sent_bytes_ += sent;
      pace_.moved(0, sent);
      left -= static_cast<std::size_t>(sent);
      if (left > 0 && sent == static_cast<ssize_t>(kSendfileBytes)) {
        co_await asio::post(loop_.io, use_awaitable);
      }
    } else if (sent < 0 && errno == EAGAIN) {
      const bool ready = co_await writable();
      if (!ready) co_return false;
    } else if (sent == 0 || errno != EINTR) {
      co_return false;
    }
  }
  co_return true;
}

/// Runs `work` on the pool and comes back to this thread.
awaitable<Result<void>> HttpConnection::on_pool(Pool& pool, const Job& work) {
  auto self = shared_from_this();
  struct Outcome {
    bool done = false, broke_off = false;
  };
  auto outcome = std::make_shared<Outcome>();
  arm(Wait::none);
  wake_.expires_at(asio::steady_timer::time_point::max());
  auto posted = pool.post([self, outcome, work] {
    try {
      work();
    } catch (const std::exception&) {
      outcome->broke_off = true;
    }
    memory::insist([&] {
      asio::post(self->loop_.io, [self, outcome] {
        outcome->done = true;
        self->wake_.cancel();
      });
    });
  });
  if (!posted) co_return posted;
  while (!outcome->done) {
    try {
      error_code ignored;
      co_await wake_.async_wait(asio::redirect_error(use_awaitable, ignored));
    } catch (const std::bad_alloc&) {  // `work` may still use what this coroutine holds
      std::this_thread::yield();
    }
  }
  if (outcome->broke_off) co_return error_of(std::bad_alloc());
  co_return Result<void>();
}

/// The same, waiting a few seconds for a place: a body half taken is not thrown away for a busy
/// moment.
awaitable<Result<void>> HttpConnection::on_pool_patiently(Pool& pool, const Job& work) {
  for (int tries = 1;; ++tries) {
    auto posted = co_await on_pool(pool, work);
    if (posted || posted.error().code != Code::exhausted || tries >= kBusyTriesMax) {
      co_return posted;
    }
    error_code ignored;
    wake_.expires_after(std::chrono::milliseconds(kBusyWaitMs));
    co_await wake_.async_wait(asio::redirect_error(use_awaitable, ignored));
  }
}

/// While it lives, whatever wakes `waker` ends a pause of the connection.
class HttpConnection::Listening {
 public:
  Listening(HttpConnection& connection, Waker& waker) : waker_(waker) {
    waker.listen([self = connection.shared_from_this()] {
      memory::insist([&self] {
        asio::post(self->loop_.io, [self] {
          self->woken_ = true;
          self->wake_.cancel();
        });
      });
    });
  }
  ~Listening() { waker_.deafen(); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  Waker& waker_;
};

/// Ends a pause when the other side sends or leaves; not while enough of it waits to be parsed.
void HttpConnection::watch() {
  if (watching_ || in_.size() >= kReadHeadBytes) return;
  watching_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const error_code& error) {
                       self->watching_ = false;
                       if (error == asio::error::operation_aborted) return;
                       self->arrived_ = true;
                       self->wake_.cancel();
                     });
}

/// What came during a pause. A client that closes its half has left: nobody is answered for it
/// minutes later.
void HttpConnection::take_arrived() {
  arrived_ = false;
  while (!gone_ && in_.size() < kReadHeadBytes) {
    const auto had = in_.size();
    in_.resize(kReadHeadBytes);
    const auto got = ::recv(socket_.native_handle(), in_.data() + had, in_.size() - had, 0);
    in_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    gone_ = got <= 0;
  }
}

/// Until it is woken, the other side sends or leaves, the server stops, or `until_us`.
awaitable<void> HttpConnection::pause(std::int64_t until_us) {
  arm(Wait::none);
  watch();
  while (!woken_ && !arrived_ && !ends()) {
    const auto left_us = until_us - now_us();
    if (left_us <= 0) break;
    wake_.expires_after(std::chrono::microseconds(left_us));
    error_code ignored;
    co_await wake_.async_wait(asio::redirect_error(use_awaitable, ignored));
  }
  if (!closed_) take_arrived();
}

/// The answer that was promised. False: the client has left.
awaitable<bool> HttpConnection::await_answer(Exchange& exchange) {
  const auto pending = exchange.waits_for<PendingAnswer>();
  const auto until_us = now_us() + pending->deadline_ms() * 1000;
  {
    const Listening listening(*this, pending->waker());
    while (!pending->settled() && !gone_ && !ends() && now_us() < until_us) {
      woken_ = false;  // of a wait before this one; whoever settles it wakes again
      co_await pause(until_us);
    }
  }
  if (gone_ || closed_) co_return false;
  const Job make = [&exchange, pending] { run_pending(exchange, *pending); };
  const auto posted = co_await on_pool_patiently(pool_of(exchange), make);
  if (!posted) exchange.answer(posted.error());
  co_return true;
}

/// A streamed answer, each piece asked for when the one before was sent. False: it broke off.
awaitable<bool> HttpConnection::send_pieces(Exchange& exchange) {
  const auto source = exchange.waits_for<BodySource>();
  const Listening listening(*this, source->waker());
  using Piece = Result<std::optional<std::string>>;
  const auto piece = std::make_shared<Piece>(std::optional<std::string>());
  const Job ask = [source, piece, request = exchange.request] {
    *piece = next_piece(*source, request->request_id);
  };
  for (;;) {
    woken_ = false;
    source->waker().rest();
    const auto posted = co_await on_pool_patiently(pool_of(exchange), ask);
    if (!posted || !*piece) co_return false;
    if (!**piece) break;
    auto& bytes = ***piece;
    if (bytes.empty()) {
      if (!ends()) co_await pause(now_us() + kAskAgainMs * 1000);
      if (gone_) co_return false;
      if (ends()) break;
      continue;
    }
    if (exchange.chunks) bytes = as_chunk(bytes);
    const bool sent = co_await send_text(bytes, false);
    if (!sent) co_return false;
  }
  bool ended = true;
  if (exchange.chunks) ended = co_await send_text(kLastChunk, false);
  co_return ended;
}

awaitable<void> HttpConnection::flush(OpenSocket& socket) {
  const auto frames = socket.frames.take_outgoing();
  pace_.begin();
  const bool sent = co_await send_text(frames, false);
  if (!sent) gone_ = true;
}

/// A message counts as a request of its address. False: there were too many, and it closes.
bool HttpConnection::may_say_more(OpenSocket& socket) {
  const auto& request = *socket.request;
  if (request.loopback) return true;
  if (loop_.context.throttle.allow(request.remote_address, now_us())) return true;
  close_for(socket.frames, Error(reason("too_many_requests")));
  return false;
}

/// Gives the peer what the client said.
awaitable<void> HttpConnection::hear(OpenSocket& socket) {
  socket.frames.take(in_, now_us());
  in_.clear();
  for (;;) {
    const auto message = socket.frames.next(now_us());
    if (!message) co_return;
    if (!may_say_more(socket)) co_return;
    const auto outcome = std::make_shared<Result<void>>();
    const Job give = [&socket, &message, outcome] {
      *outcome = give_message(*socket.peer, *message, socket.request->request_id);
    };
    const auto posted = co_await on_pool_patiently(socket.pool, give);
    if (posted && !*outcome) close_for(socket.frames, outcome->error());
    if (!posted) close_for(socket.frames, posted.error());
  }
}

/// Sends what the peer has to say, as long as the client takes it.
awaitable<void> HttpConnection::say(OpenSocket& socket) {
  using Piece = Result<std::optional<std::string>>;
  const auto piece = std::make_shared<Piece>(std::optional<std::string>());
  const Job ask = [&socket, piece] {
    *piece = next_piece(*socket.peer, socket.request->request_id);
  };
  while (!gone_ && !ends() && !socket.frames.closed()) {
    woken_ = false;
    socket.peer->waker().rest();
    socket.asked_us = now_us();
    const auto posted = co_await on_pool_patiently(socket.pool, ask);
    if (!posted || !*piece) {
      close_for(socket.frames, posted ? piece->error() : posted.error());
    } else if (!**piece) {
      socket.frames.close(CloseCode::normal, "");
    } else if ((**piece)->empty()) {
      co_return;
    } else {
      socket.frames.send_text(***piece);
      co_await flush(socket);
    }
  }
}

/// Takes the connection over until the socket closes.
awaitable<void> HttpConnection::serve_socket(Exchange& exchange) {
  auto& context = loop_.context;
  OpenSocket socket{exchange.waits_for<SocketPeer>(), SocketFrames(now_us()), exchange.request,
                    pool_of(exchange), 0};
  exchange.response = *std::move(exchange.handshake);
  const auto bytes = co_await respond(exchange);
  finish_exchange(exchange, bytes, context, loop_.recorder);
  gone_ = bytes < 0;
  const Listening listening(*this, socket.peer->waker());
  while (!gone_ && !closed_ && !socket.frames.closed()) {
    co_await hear(socket);
    if (woken_ || now_us() >= socket.asked_us + kAskAgainMs * 1000) co_await say(socket);
    socket.frames.tick(now_us());
    if (ends()) socket.frames.close(CloseCode::going_away, "the server stops");
    co_await flush(socket);
    if (gone_ || socket.frames.closed()) break;
    co_await pause(std::min(socket.frames.due_us(), socket.asked_us + kAskAgainMs * 1000));
  }
  if (!gone_ && !closed_) co_await linger();
}

/// Lets the other side read the answer before the reset that closing with unread bytes would send.
awaitable<void> HttpConnection::linger() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  std::uint64_t total = 0;
  pace_.begin();
  arm(Wait::progress);
  deadline_us_ = std::min(deadline_us_, now_us() + kLingerUs);
  while (!error && !timed_out_ && total < kDiscardBytesMax) {
    in_.resize(kReadBytes);
    total += co_await socket_.async_read_some(asio::buffer(in_),
                                              asio::redirect_error(use_awaitable, error));
  }
}

awaitable<void> HttpConnection::run() {
  const auto self = shared_from_this();
  for (;;) {
    const bool asked = co_await read_head();
    if (!asked) break;
    const bool again = co_await exchange_once();
    if (!again) break;
  }
  close();
  loop_.connections.erase(this);
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
      std::make_shared<HttpConnection>(loop, std::move(socket), peer, std::move(place));
  loop.connections.emplace(connection.get(), connection);
  asio::co_spawn(loop.io, connection->run(),
                 [&loop, raw = connection.get()](const std::exception_ptr& problem) {
                   if (!problem) return;
                   raw->close();  // what else waits on it ends
                   loop.connections.erase(raw);
                 });
}

}  // namespace filoscope::api
