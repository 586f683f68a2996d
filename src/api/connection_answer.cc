/// Answers: at once from a buffer or a file, later, or piece by piece.

#include <fmt/format.h>

#include <algorithm>

#include "api/connection_parts.h"
#include "base/log.h"

namespace filoscope::api {
namespace {

constexpr std::size_t kJoinBytesMax = 16 * 1024;  ///< bodies up to this go with the head
constexpr std::int64_t kBlobPartBytes = 256 * 1024;
constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// RFC 9112 section 7.1.
std::string as_chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

/// A streamed answer, each piece asked for when the one before was sent. False: it broke off.
awaitable<bool> send_pieces(ClientLine& line, Exchange& exchange) {
  const auto source = exchange.waits_for<BodySource>();
  const ClientLine::Listening listening(line, source->waker());
  using Piece = Result<std::optional<std::string>>;
  const auto piece = std::make_shared<Piece>(std::optional<std::string>());
  const ClientLine::Job ask = [source, piece, request = exchange.request] {
    *piece = next_piece(*source, request->request_id);
  };
  for (;;) {
    line.clear_woken();
    source->waker().rest();
    const auto posted = co_await line.on_pool_patiently(pool_of(line, exchange), ask);
    if (!posted || !*piece) co_return false;
    if (!**piece) break;
    auto& bytes = ***piece;
    if (bytes.empty()) {
      if (!line.ends()) co_await line.pause(line.now_us() + kAskAgainMs * 1000);
      if (line.gone()) co_return false;
      if (line.ends()) break;
      continue;
    }
    if (exchange.chunks) bytes = as_chunk(bytes);
    const bool sent = co_await line.send_text(bytes, false);
    if (!sent) co_return false;
  }
  bool ended = true;
  if (exchange.chunks) ended = co_await line.send_text(kLastChunk, false);
  co_return ended;
}

/// False: it broke off.
awaitable<bool> send_blob(ClientLine& line, const Exchange& exchange, const BlobBody& body) {
  struct Part {
    std::string bytes;
    Result<void> read;
  };
  const auto part = std::make_shared<Part>();
  for (std::int64_t sent_bytes = 0; sent_bytes < body.length_bytes;) {
    const auto size = std::min(kBlobPartBytes, body.length_bytes - sent_bytes);
    const ClientLine::Job read = [part, size, blob = body.blob, at = body.offset + sent_bytes] {
      part->bytes.resize(static_cast<std::size_t>(size));
      part->read = blob->read(
          std::span(reinterpret_cast<std::uint8_t*>(part->bytes.data()), part->bytes.size()), at);
    };
    const auto posted = co_await line.on_pool_patiently(pool_of(line, exchange), read);
    if (!posted) co_return false;
    if (!part->read) {
      log::warn("media.broke_off", {{"request", exchange.request->request_id},
                                    {"reason", part->read.error().message}});
      co_return false;
    }
    sent_bytes += size;
    const bool sent = co_await line.send_text(part->bytes, sent_bytes < body.length_bytes);
    if (!sent) co_return false;
  }
  co_return true;
}

}  // namespace

awaitable<std::int64_t> respond(ClientLine& line, Exchange& exchange) {
  const auto before_bytes = line.sent_bytes();
  auto head = response_head(exchange, line.recorder());
  const int status = exchange.response.status;
  const bool bare = exchange.head_only() || status == 204 || status == 304;
  line.begin_pace();
  bool sent = false;
  if (exchange.waits_for<BodySource>()) {
    sent = co_await line.send_text(head, false);
    if (sent && !bare) sent = co_await send_pieces(line, exchange);
  } else if (const auto* file = std::get_if<FileBody>(&exchange.response.body)) {
    const bool with_file = !bare && file->length_bytes > 0;
    sent = co_await line.send_text(head, with_file);
    if (sent && with_file) sent = co_await line.send_file(*file);
  } else if (const auto* blob = std::get_if<BlobBody>(&exchange.response.body)) {
    const bool with_blob = !bare && blob->length_bytes > 0;
    sent = co_await line.send_text(head, with_blob);
    if (sent && with_blob) sent = co_await send_blob(line, exchange, *blob);
  } else {
    const auto& body = std::get<std::string>(exchange.response.body);
    const bool join = !bare && body.size() <= kJoinBytesMax;
    if (join) head += body;
    sent = co_await line.send_text(head, !bare && !join);
    if (sent && !bare && !join) sent = co_await line.send_text(body, false);
  }
  line.arm(ClientLine::Wait::none);
  co_return sent ? line.sent_bytes() - before_bytes : -1;
}

awaitable<bool> await_answer(ClientLine& line, Exchange& exchange) {
  const auto pending = exchange.waits_for<PendingAnswer>();
  const auto until_us = line.now_us() + pending->deadline_ms() * 1000;
  {
    const ClientLine::Listening listening(line, pending->waker());
    while (!pending->settled() && !line.gone() && !line.ends() && line.now_us() < until_us) {
      line.clear_woken();  // of a wait before this one; whoever settles it wakes again
      co_await line.pause(until_us);
    }
  }
  if (line.gone() || line.closed()) co_return false;
  const ClientLine::Job make = [&exchange, pending] { run_pending(exchange, *pending); };
  const auto posted = co_await line.on_pool_patiently(pool_of(line, exchange), make);
  if (!posted) exchange.answer(posted.error());
  co_return true;
}

}  // namespace filoscope::api
