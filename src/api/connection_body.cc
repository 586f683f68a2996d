/// Bodies of requests: whole ones, those that a sink takes in parts, and those nobody wants.

#include "api/connection_parts.h"
#include "api/reasons.h"

namespace filoscope::api {
namespace {

constexpr std::size_t kPartBytes = 256 * 1024;  ///< of a streamed body, per call of its sink

}  // namespace

void BodyReader::shrink() {
  part_ = std::string();
  parser_.body() = std::string();
}

awaitable<bool> BodyReader::continue_if_expected(Exchange& exchange) {
  if (!exchange.expects_continue || parser_.done() || !line_.in().empty()) co_return true;
  exchange.expects_continue = false;
  co_return co_await line_.send_text("HTTP/1.1 100 Continue\r\n\r\n", false);
}

/// Sets the answer when `bytes` are too many or the bytes are no HTTP. True: the body is fine so
/// far.
bool BodyReader::body_is_fine(Exchange& exchange, std::uint64_t bytes) {
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

/// Parses what has been received. False: the bytes are no HTTP.
bool BodyReader::feed() {
  auto& in = line_.in();
  std::size_t used = 0;
  while (used < in.size() && !parser_.done() && !parser_.failure()) {
    const auto taken = parser_.feed(std::string_view(in).substr(used));
    used += taken;
    if (taken == 0) break;
    if (parser_.head_done() && parser_.body().size() >= kPartBytes) break;
  }
  in.erase(0, used);
  return !parser_.failure();
}

awaitable<bool> BodyReader::read_body(Exchange& exchange) {
  const bool told = co_await continue_if_expected(exchange);
  if (!told) co_return false;
  auto& body = exchange.request->body;
  for (;;) {
    feed();
    body += parser_.body();
    parser_.body().clear();
    if (!body_is_fine(exchange, body.size()) || parser_.done()) co_return true;
    line_.arm(ClientLine::Wait::progress);
    const bool more = co_await line_.read_more(kReadBytes);
    if (!more && !line_.timed_out()) co_return false;
    if (!more) break;
  }
  line_.forget_timeout();
  exchange.keep_alive = false;
  exchange.answer(problem(Error(reason("request_too_slow"))));
  co_return true;
}

/// The next part of a streamed body; empty at its end. False: gone, with what still came in the
/// part, or no HTTP (answered).
awaitable<bool> BodyReader::fill_part(Exchange& exchange) {
  bool gone = false;
  while (!gone) {
    feed();
    if (!body_is_fine(exchange, 0)) co_return false;
    if (parser_.done() || parser_.body().size() >= kPartBytes) break;
    line_.arm(ClientLine::Wait::progress);
    const bool more = co_await line_.read_more(kReadBytes);
    gone = !more;
  }
  part_.swap(parser_.body());
  parser_.body().clear();
  if (gone) exchange.keep_alive = false;
  co_return !gone;
}

awaitable<void> BodyReader::stream_body(Exchange& exchange) {
  auto sink = std::make_shared<Result<std::unique_ptr<BodySink>>>(std::unique_ptr<BodySink>());
  auto& pool = line_.context().pools.of(Work::upload);
  const ClientLine::Job begin = [sink, &exchange] { *sink = run_stream_handler(exchange); };
  auto posted = co_await line_.on_pool(pool, begin);
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
    const ClientLine::Job give = [sink, outcome, whole, request = exchange.request, this] {
      *outcome = give_part(***sink, part_, whole, request->request_id);
    };
    posted = co_await line_.on_pool_patiently(pool, give);
    if (posted && !*outcome) posted = outcome->error();
    if (posted && whole) exchange.answer(**std::move(outcome));
    if (!ok) break;
  }
  if (!posted) exchange.answer(posted.error());
  // Closing files may block: it belongs on the pool too. When that is full, here.
  const ClientLine::Job end = [sink] { *sink = std::unique_ptr<BodySink>(); };
  static_cast<void>(co_await line_.on_pool(pool, end));
}

awaitable<bool> BodyReader::discard_body() {
  std::uint64_t total = parser_.body().size();
  parser_.body().clear();
  while (!parser_.done()) {
    if (!feed()) co_return false;
    total += parser_.body().size();
    parser_.body().clear();
    if (total > kDiscardBytesMax) co_return false;
    if (parser_.done()) break;
    line_.arm(ClientLine::Wait::progress);
    const bool more = co_await line_.read_more(kReadBytes);
    if (!more) co_return false;
  }
  co_return true;
}

}  // namespace filoscope::api
