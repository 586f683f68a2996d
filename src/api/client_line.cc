#include "api/client_line.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <thread>

#include "base/memory.h"

namespace filoscope::api {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using boost::system::error_code;

constexpr std::size_t kSendfileBytes = 1024 * 1024;  ///< per call, so that connections take turns
constexpr std::int64_t kLingerUs = 2'000'000;        ///< for reading an answer before the reset
/// Between two requests, while places are scarce.
constexpr std::int64_t kCrowdedIdleUs = 2'000'000;
constexpr int kBusyTriesMax = 100;  ///< of handing a part of a body to a full pool
constexpr int kBusyWaitMs = 50;

}  // namespace

ClientLine::ClientLine(LoopState& loop, asio::ip::tcp::socket socket, std::string peer,
                       Places::Place place)
    : loop_(loop),
      socket_(std::move(socket)),
      wake_(loop.io),
      peer_(std::move(peer)),
      place_(std::move(place)),
      pace_(loop.context.slow_client_us, loop.context.least_bytes_per_s) {
  loop_.context.connections_gauge.add(1);
}

ClientLine::~ClientLine() { loop_.context.connections_gauge.add(-1); }

void ClientLine::close() {
  closed_ = true;
  wake_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

bool ClientLine::make_room(std::int64_t now_us) {
  if (wait_ != Wait::idle || now_us < armed_us_ + kCrowdedIdleUs) return false;
  if (loop_.context.proxies.trusts(peer_)) return false;  // it may ask in this moment
  if (!loop_.context.connection_places.crowded(place_)) return false;
  deadline_us_ = now_us;
  expire_if_due(now_us);
  return true;
}

void ClientLine::expire_if_due(std::int64_t now_us) {
  if (now_us < deadline_us_) return;
  timed_out_ = true;
  deadline_us_ = kNever;
  error_code ignored;
  socket_.cancel(ignored);
}

void ClientLine::drain() {
  wake_.cancel();
  if (wait_ == Wait::idle) close();
}

void ClientLine::arm(Wait wait) {
  wait_ = wait;
  armed_us_ = now_us();
  if (wait == Wait::none) deadline_us_ = kNever;
  if (wait == Wait::idle) deadline_us_ = armed_us_ + loop_.context.idle_us;
  if (wait == Wait::progress) deadline_us_ = armed_us_ + pace_.left_us();
}

awaitable<bool> ClientLine::read_more(std::size_t bytes_max) {
  const auto had = in_.size();
  if (had >= kReadBytes) co_return false;
  const auto room = kReadBytes - had;
  in_.resize(had + std::min(room, bytes_max));
  error_code error;
  const auto got = co_await socket_.async_read_some(
      asio::buffer(in_.data() + had, in_.size() - had), asio::redirect_error(use_awaitable, error));
  in_.resize(had + got);
  pace_.moved(now_us() - armed_us_, static_cast<std::int64_t>(got));
  co_return !error && !timed_out_;
}

awaitable<bool> ClientLine::writable() {
  error_code error;
  arm(Wait::progress);
  co_await socket_.async_wait(asio::ip::tcp::socket::wait_write,
                              asio::redirect_error(use_awaitable, error));
  pace_.moved(now_us() - armed_us_, 0);
  arm(Wait::none);
  co_return !error && !timed_out_;
}

awaitable<bool> ClientLine::send_text(std::string_view text, bool more) {
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

awaitable<bool> ClientLine::send_file(const FileBody& file) {
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

awaitable<void> ClientLine::linger() {
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

awaitable<Result<void>> ClientLine::on_pool(Pool& pool, const Job& work) {
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

awaitable<Result<void>> ClientLine::on_pool_patiently(Pool& pool, const Job& work) {
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

ClientLine::Listening::Listening(ClientLine& line, Waker& waker) : waker_(waker) {
  waker.listen([self = line.shared_from_this()] {
    memory::insist([&self] {
      asio::post(self->loop_.io, [self] {
        self->woken_ = true;
        self->wake_.cancel();
      });
    });
  });
}

/// Ends a pause when the other side sends or leaves; not while enough of it waits to be parsed.
void ClientLine::watch() {
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
void ClientLine::take_arrived() {
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

awaitable<void> ClientLine::pause(std::int64_t until_us) {
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

}  // namespace filoscope::api
