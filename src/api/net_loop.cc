#include "api/net_loop.h"

#include <pthread.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <limits>
#include <thread>
#include <unordered_map>

#include "api/reasons.h"
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
constexpr std::size_t kJoinBytesMax = 16 * 1024;     ///< bodies up to this go with the head
constexpr std::int64_t kLingerUs = 2'000'000;        ///< for reading an answer before the reset
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr int kSweepMs = 250;
constexpr int kBusyTriesMax = 100;  ///< of handing a part of a body to a full pool
constexpr int kBusyWaitMs = 50;

/// Named by the caller and passed by reference: it stays until the awaited call is over.
/// g++ 12 lays coroutine frames out wrongly when a co_await stands in a condition or a parameter of
/// class type comes by value, so neither is done here: first `const bool x = co_await …`, then
/// `if`.
using Job = std::function<void()>;

struct LoopState;

/// One connection. Its coroutine is the only user; `expire_if_due` and `drain` come from the same
/// thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(LoopState& loop, asio::ip::tcp::socket socket, std::string peer);
  ~Connection();
  awaitable<void> run();  ///< leaves the loop's connections at its end
  void expire_if_due(std::int64_t now_us);
  void close_when_idle();
  void close();

 private:
  enum class Wait { none, idle, progress };

  void arm(Wait wait);
  awaitable<bool> read_more();
  awaitable<bool> read_head();
  awaitable<bool> exchange_once();
  awaitable<bool> read_body(Exchange& exchange);
  awaitable<void> stream_body(Exchange& exchange);
  awaitable<bool> fill_part(Exchange& exchange);
  awaitable<bool> discard_body();
  awaitable<bool> continue_if_expected(Exchange& exchange);
  awaitable<std::int64_t> respond(Exchange& exchange);
  awaitable<bool> send_text(std::string_view text, bool more);
  awaitable<bool> send_file(const FileBody& file);
  awaitable<bool> writable();
  awaitable<Result<void>> on_pool(Pool& pool, const Job& work);
  awaitable<Result<void>> on_pool_patiently(const Job& work);
  awaitable<void> linger();
  bool feed();
  bool body_is_fine(Exchange& exchange, std::uint64_t bytes);

  LoopState& loop_;
  asio::ip::tcp::socket socket_;
  asio::steady_timer wake_;
  const std::string peer_;
  HttpParser parser_{kHeadBytesMax};
  std::string in_;    ///< received, not parsed yet
  std::string part_;  ///< of a streamed body, on its way to the sink
  std::int64_t deadline_us_ = kNever;
  std::int64_t sent_bytes_ = 0;
  Wait wait_ = Wait::none;
  bool timed_out_ = false;
};

/// What the connections of one thread share. Used on that thread only.
struct LoopState {
  explicit LoopState(ServerContext& shared) : context(shared), recorder(shared), io(1) {}
  ServerContext& context;
  ExchangeRecorder recorder;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
  asio::io_context io;
};

Connection::Connection(LoopState& loop, asio::ip::tcp::socket socket, std::string peer)
    : loop_(loop), socket_(std::move(socket)), wake_(loop.io), peer_(std::move(peer)) {
  loop_.context.connections_gauge.add(1);
}

Connection::~Connection() {
  loop_.context.connections_count.fetch_sub(1, std::memory_order_relaxed);
  loop_.context.connections_gauge.add(-1);
}

void Connection::close() {
  error_code ignored;
  socket_.close(ignored);
}

void Connection::expire_if_due(std::int64_t now_us) {
  if (now_us < deadline_us_) return;
  timed_out_ = true;
  deadline_us_ = kNever;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::close_when_idle() {
  if (wait_ == Wait::idle) close();
}

void Connection::arm(Wait wait) {
  wait_ = wait;
  const auto& context = loop_.context;
  if (wait == Wait::none) deadline_us_ = kNever;
  if (wait == Wait::idle) deadline_us_ = context.clock.mono_us() + context.idle_us;
  if (wait == Wait::progress) deadline_us_ = context.clock.mono_us() + context.slow_client_us;
}

/// Appends to `in_`. False: closed, timed out, or the buffer is full.
awaitable<bool> Connection::read_more() {
  const auto had = in_.size();
  if (had >= kReadBytes) co_return false;
  const auto room = kReadBytes - had;
  in_.resize(had + (parser_.head_done() ? room : std::min(room, kReadHeadBytes)));
  error_code error;
  const auto got = co_await socket_.async_read_some(
      asio::buffer(in_.data() + had, in_.size() - had), asio::redirect_error(use_awaitable, error));
  in_.resize(had + got);
  co_return !error && !timed_out_;
}

/// Parses what is in `in_`. False: the bytes are no HTTP.
bool Connection::feed() {
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
awaitable<bool> Connection::read_head() {
  parser_.reset();
  if (in_.empty() && in_.capacity() > kReadHeadBytes) {  // a body came before; idle ones stay small
    in_ = std::string();
    part_ = std::string();
    parser_.body() = std::string();
  }
  arm(in_.empty() ? Wait::idle : Wait::progress);
  for (;;) {
    const auto used = parser_.feed(in_);
    in_.erase(0, used);
    if (parser_.head_done() && !parser_.failure()) co_return true;
    std::optional<Error> failure = parser_.failure();
    if (!failure) {
      const bool more = co_await read_more();
      if (more) {
        if (wait_ == Wait::idle) arm(Wait::progress);
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

awaitable<bool> Connection::continue_if_expected(Exchange& exchange) {
  if (!exchange.expects_continue || parser_.done() || !in_.empty()) co_return true;
  exchange.expects_continue = false;
  co_return co_await send_text("HTTP/1.1 100 Continue\r\n\r\n", false);
}

/// Sets the answer when `bytes` are too many or the bytes are no HTTP. True: the body is fine so
/// far.
bool Connection::body_is_fine(Exchange& exchange, std::uint64_t bytes) {
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
awaitable<bool> Connection::read_body(Exchange& exchange) {
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
    if (!more) co_return false;
  }
}

/// The next part of a streamed body; empty at its end. False: gone, with what still came in the
/// part, or no HTTP (answered).
awaitable<bool> Connection::fill_part(Exchange& exchange) {
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
awaitable<void> Connection::stream_body(Exchange& exchange) {
  auto sink = std::make_shared<Result<std::unique_ptr<BodySink>>>(std::unique_ptr<BodySink>());
  const Job begin = [sink, &exchange] { *sink = run_stream_handler(exchange); };
  auto posted = co_await on_pool(loop_.context.pool, begin);
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
    posted = co_await on_pool_patiently(give);
    if (posted && !*outcome) posted = outcome->error();
    if (posted && whole) exchange.answer(**std::move(outcome));
    if (!ok) break;
  }
  if (!posted) exchange.answer(posted.error());
  // Closing files may block: it belongs on the pool too. When that is full, here.
  const Job end = [sink] { *sink = std::unique_ptr<BodySink>(); };
  static_cast<void>(co_await on_pool(loop_.context.pool, end));
}

/// False: the rest is too long, or never came.
awaitable<bool> Connection::discard_body() {
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

/// True: another request may follow.
awaitable<bool> Connection::exchange_once() {
  auto& context = loop_.context;
  auto exchange = begin_exchange(parser_, peer_, context, loop_.recorder);
  arm(Wait::none);
  context.in_flight_gauge.add(1);
  bool alive = true;
  if (!exchange.answered) {
    if (exchange.streams()) {
      co_await stream_body(exchange);
      alive = exchange.answered;
    } else {
      alive = co_await read_body(exchange);
      arm(Wait::none);
      if (alive && !exchange.answered) {
        if (exchange.route->inline_on_network_thread) {
          run_handler(exchange);
        } else {
          const Job work = [&exchange] { run_handler(exchange); };
          auto& pool = exchange.route->work == Work::plain ? context.pool : context.password_pool;
          const auto posted = co_await on_pool(pool, work);
          if (!posted) exchange.answer(posted.error());
        }
      }
    }
  }
  context.in_flight_gauge.add(-1);
  if (!alive) co_return false;
  if (context.draining.load(std::memory_order_relaxed)) exchange.keep_alive = false;
  const bool body_left = !parser_.done();
  const auto body_bytes = parser_.content_length().value_or(kDiscardBytesMax + 1);
  if (body_left && (exchange.expects_continue || body_bytes > kDiscardBytesMax)) {
    exchange.keep_alive = false;
  }
  const auto bytes = co_await respond(exchange);
  finish_exchange(exchange, bytes, context, loop_.recorder);
  if (bytes < 0) co_return false;
  if (body_left && exchange.keep_alive) {
    const bool discarded = co_await discard_body();
    co_return discarded;
  }
  if (!exchange.keep_alive) co_await linger();
  co_return exchange.keep_alive;
}

/// Bytes sent, or -1 when the connection broke.
awaitable<std::int64_t> Connection::respond(Exchange& exchange) {
  sent_bytes_ = 0;
  auto head = response_head(exchange, loop_.recorder);
  const int status = exchange.response.status;
  const bool bare = exchange.head_only() || status == 204 || status == 304;
  arm(Wait::progress);
  bool sent = false;
  if (const auto* file = std::get_if<FileBody>(&exchange.response.body)) {
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

awaitable<bool> Connection::writable() {
  error_code error;
  arm(Wait::progress);
  co_await socket_.async_wait(asio::ip::tcp::socket::wait_write,
                              asio::redirect_error(use_awaitable, error));
  co_return !error && !timed_out_;
}

awaitable<bool> Connection::send_text(std::string_view text, bool more) {
  while (!text.empty()) {
    const auto sent = ::send(socket_.native_handle(), text.data(), text.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
    if (sent >= 0) {
      sent_bytes_ += sent;
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

awaitable<bool> Connection::send_file(const FileBody& file) {
  off_t offset = file.offset;
  auto left = static_cast<std::size_t>(file.length_bytes);
  while (left > 0) {
    const auto sent = ::sendfile(socket_.native_handle(), file.file->get(), &offset,
                                 std::min(left, kSendfileBytes));
    if (sent > 0) {
      sent_bytes_ += sent;
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
awaitable<Result<void>> Connection::on_pool(Pool& pool, const Job& work) {
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
awaitable<Result<void>> Connection::on_pool_patiently(const Job& work) {
  for (int tries = 1;; ++tries) {
    auto posted = co_await on_pool(loop_.context.pool, work);
    if (posted || posted.error().code != Code::exhausted || tries >= kBusyTriesMax) {
      co_return posted;
    }
    error_code ignored;
    wake_.expires_after(std::chrono::milliseconds(kBusyWaitMs));
    co_await wake_.async_wait(asio::redirect_error(use_awaitable, ignored));
  }
}

/// Lets the other side read the answer before the reset that closing with unread bytes would send.
awaitable<void> Connection::linger() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  std::uint64_t total = 0;
  arm(Wait::progress);
  deadline_us_ = std::min(deadline_us_, loop_.context.clock.mono_us() + kLingerUs);
  while (!error && !timed_out_ && total < kDiscardBytesMax) {
    in_.resize(kReadBytes);
    total += co_await socket_.async_read_some(asio::buffer(in_),
                                              asio::redirect_error(use_awaitable, error));
  }
}

awaitable<void> Connection::run() {
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

/// sendfile(2) has no MSG_NOSIGNAL: a client that left must be an error here, not a signal.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

class NetLoopThread final : public NetLoop {
 public:
  explicit NetLoopThread(ServerContext& context)
      : state_(context), work_(state_.io.get_executor()), sweep_timer_(state_.io) {
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "net");
      block_sigpipe();
      memory::insist([this] {  // a connection that ran out of memory is lost, the others are not
        sweep();
        state_.io.run();
      });
    });
  }

  ~NetLoopThread() override {
    asio::post(state_.io, [this] {
      stopping_ = true;
      sweep_timer_.cancel();
      for (const auto& [raw, connection] : state_.connections) connection->close();
      work_.reset();
    });
    thread_.join();
  }

  void take(UniqueFd socket, const std::string& peer) override {
    auto shared = std::make_shared<UniqueFd>(std::move(socket));
    asio::post(state_.io, [this, shared, peer] { adopt(std::move(*shared), peer); });
  }

  void drain() override {
    asio::post(state_.io, [this] {
      for (const auto& [raw, connection] : state_.connections) connection->close_when_idle();
    });
  }

 private:
  void adopt(UniqueFd fd, const std::string& peer) {
    asio::ip::tcp::socket socket(state_.io);
    error_code error;
    const bool six = peer.find(':') != std::string::npos;
    socket.assign(six ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd.get(), error);
    if (!error) fd.release();
    if (!error) socket.non_blocking(true, error);
    if (!error) socket.set_option(asio::ip::tcp::no_delay(true), error);
    if (error || stopping_) {
      state_.context.connections_count.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    std::shared_ptr<Connection> connection;
    try {
      connection = std::make_shared<Connection>(state_, std::move(socket), peer);
    } catch (const std::bad_alloc&) {
      state_.context.connections_count.fetch_sub(1, std::memory_order_relaxed);
      throw;
    }
    state_.connections.emplace(connection.get(), connection);
    asio::co_spawn(state_.io, connection->run(),
                   [this, raw = connection.get()](const std::exception_ptr& problem) {
                     if (problem) state_.connections.erase(raw);
                   });
  }

  void sweep() {
    const auto now_us = state_.context.clock.mono_us();
    for (const auto& [raw, connection] : state_.connections) connection->expire_if_due(now_us);
    sweep_timer_.expires_after(std::chrono::milliseconds(kSweepMs));
    sweep_timer_.async_wait([this](const error_code& error) {
      if (!error && !stopping_) sweep();
    });
  }

  LoopState state_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer sweep_timer_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<NetLoop> NetLoop::start(ServerContext& context) {
  return std::make_unique<NetLoopThread>(context);
}

}  // namespace filoscope::api
