/// WebSockets, once the connection is one.

#include "api/connection_parts.h"
#include "api/reasons.h"
#include "api/websocket.h"

namespace filoscope::api {
namespace {

void close_for(SocketFrames& frames, const Error& error) {
  if (error.code == Code::internal || error.code == Code::corrupt)
    return frames.close(CloseCode::internal_error, "");
  const bool busy = error.code == Code::unavailable || error.code == Code::exhausted;
  frames.close(busy ? CloseCode::try_again_later : CloseCode::policy_violation, error.message);
}

/// A WebSocket while it is open. The line outlives it.
class OpenSocket {
 public:
  OpenSocket(ClientLine& line, const Exchange& exchange)
      : line_(line),
        peer_(exchange.waits_for<SocketPeer>()),
        frames_(line.now_us()),
        request_(exchange.request),
        pool_(pool_of(line, exchange)) {}
  awaitable<void> serve();  ///< from behind the handshake to its close

 private:
  awaitable<void> hear();
  awaitable<void> say();
  awaitable<void> flush();
  bool may_say_more();

  ClientLine& line_;
  const std::shared_ptr<SocketPeer> peer_;
  SocketFrames frames_;
  const std::shared_ptr<const Request> request_;
  Pool& pool_;
  std::int64_t asked_us_ = 0;  ///< the peer, for what it has to say
};

awaitable<void> OpenSocket::flush() {
  const auto frames = frames_.take_outgoing();
  line_.begin_pace();
  const bool sent = co_await line_.send_text(frames, false);
  if (!sent) line_.leave();
}

/// A message counts as a request of its address. False: there were too many, and it closes.
bool OpenSocket::may_say_more() {
  const auto& request = *request_;
  if (request.loopback) return true;
  if (line_.context().throttle.allow(request.remote_address, line_.now_us())) return true;
  close_for(frames_, Error(reason("too_many_requests")));
  return false;
}

/// Gives the peer what the client said.
awaitable<void> OpenSocket::hear() {
  frames_.take(line_.in(), line_.now_us());
  line_.in().clear();
  for (;;) {
    const auto message = frames_.next(line_.now_us());
    if (!message) co_return;
    if (!may_say_more()) co_return;
    const auto outcome = std::make_shared<Result<void>>();
    const ClientLine::Job give = [this, &message, outcome] {
      *outcome = give_message(*peer_, *message, request_->request_id);
    };
    const auto posted = co_await line_.on_pool_patiently(pool_, give);
    if (posted && !*outcome) close_for(frames_, outcome->error());
    if (!posted) close_for(frames_, posted.error());
  }
}

/// Sends what the peer has to say, as long as the client takes it.
awaitable<void> OpenSocket::say() {
  using Piece = Result<std::optional<std::string>>;
  const auto piece = std::make_shared<Piece>(std::optional<std::string>());
  const ClientLine::Job ask = [this, piece] { *piece = next_piece(*peer_, request_->request_id); };
  while (!line_.gone() && !line_.ends() && !frames_.closed()) {
    line_.clear_woken();
    peer_->waker().rest();
    asked_us_ = line_.now_us();
    const auto posted = co_await line_.on_pool_patiently(pool_, ask);
    if (!posted || !*piece) {
      close_for(frames_, posted ? piece->error() : posted.error());
    } else if (!**piece) {
      frames_.close(CloseCode::normal, "");
    } else if ((**piece)->empty()) {
      co_return;
    } else {
      frames_.send_text(***piece);
      co_await flush();
    }
  }
}

awaitable<void> OpenSocket::serve() {
  const ClientLine::Listening listening(line_, peer_->waker());
  while (!line_.gone() && !line_.closed() && !frames_.closed()) {
    co_await hear();
    if (line_.woken() || line_.now_us() >= asked_us_ + kAskAgainMs * 1000) co_await say();
    frames_.tick(line_.now_us());
    if (line_.ends()) frames_.close(CloseCode::going_away, "the server stops");
    co_await flush();
    if (line_.gone() || frames_.closed()) break;
    co_await line_.pause(std::min(frames_.due_us(), asked_us_ + kAskAgainMs * 1000));
  }
  if (!line_.gone() && !line_.closed()) co_await line_.linger();
}

}  // namespace

awaitable<void> serve_socket(ClientLine& line, Exchange& exchange) {
  OpenSocket socket(line, exchange);
  exchange.response = *std::move(exchange.handshake);
  const auto bytes = co_await respond(line, exchange);
  finish_exchange(exchange, bytes, line.context(), line.recorder());
  if (bytes < 0) line.leave();
  co_await socket.serve();
}

}  // namespace filoscope::api
