#pragma once

/// A connection's line to its client: bytes in and out within deadlines, pauses until something
/// happens, and work that a pool does meanwhile. Knows nothing of HTTP.
/// Boost.Asio is in this header: it is for the files of the connection alone.
/// g++ 12 lays coroutine frames out wrongly when a co_await stands in a condition or a parameter of
/// class type comes by value, so neither is done here: first `const bool x = co_await …`, then
/// `if`.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "api/connection.h"
#include "api/pace.h"

namespace filoscope::api {

using boost::asio::awaitable;

inline constexpr std::size_t kReadHeadBytes = 4 * 1024;  ///< asked for at once between bodies
inline constexpr std::size_t kReadBytes = 64 * 1024;  ///< also the most that may wait to be parsed

/// Threads: the loop's own. One coroutine is the only user; the methods of Connection come from the
/// same thread.
/// Owners: the loop's connections, that coroutine, and whatever is still to wake it.
class ClientLine final : public Connection, public std::enable_shared_from_this<ClientLine> {
 public:
  enum class Wait { none, idle, progress };
  /// Named by the caller and passed by reference: it stays until the awaited call is over.
  using Job = std::function<void()>;
  class Listening;

  ClientLine(LoopState& loop, boost::asio::ip::tcp::socket socket, std::string peer,
             Places::Place place);
  ~ClientLine() override;
  void expire_if_due(std::int64_t now_us) override;
  bool make_room(std::int64_t now_us) override;
  void drain() override;
  void close() override;

  LoopState& loop() { return loop_; }
  ServerContext& context() { return loop_.context; }
  ExchangeRecorder& recorder() { return loop_.recorder; }
  const std::string& peer() const { return peer_; }
  std::int64_t now_us() const { return loop_.context.clock.mono_us(); }

  bool closed() const { return closed_; }
  /// What waits is to end: it is closed, or the server stops.
  bool ends() const { return closed_ || loop_.context.draining.load(std::memory_order_relaxed); }
  bool gone() const { return gone_; }  ///< the other side has left
  void leave() { gone_ = true; }

  // Deadlines of the waits for the other side.
  void begin_pace() { pace_.begin(); }
  void arm(Wait wait);
  bool idle() const { return wait_ == Wait::idle; }
  bool timed_out() const { return timed_out_; }
  void forget_timeout() { timed_out_ = false; }  ///< to say that it was too slow

  std::string& in() { return in_; }  ///< received, not parsed yet
  /// Appends up to `bytes_max` to `in`. False: closed, timed out, or the buffer is full.
  awaitable<bool> read_more(std::size_t bytes_max);
  /// Lets the other side read the answer before the reset that closing with unread bytes would
  /// send.
  awaitable<void> linger();

  std::int64_t sent_bytes() const { return sent_bytes_; }
  /// Of both: false, the connection broke. `more`: something follows at once.
  awaitable<bool> send_text(std::string_view text, bool more);
  awaitable<bool> send_file(const FileBody& file);

  /// Until it is woken, the other side sends or leaves, the server stops, or `until_us`.
  awaitable<void> pause(std::int64_t until_us);
  bool woken() const { return woken_; }
  void clear_woken() { woken_ = false; }

  /// Runs `work` on the pool and comes back to this thread. Errors: as of Pool::post; what `work`
  /// throws is memory that ran out.
  awaitable<Result<void>> on_pool(Pool& pool, const Job& work);
  /// The same, waiting a few seconds for a place: a body half taken is not thrown away for a busy
  /// moment.
  awaitable<Result<void>> on_pool_patiently(Pool& pool, const Job& work);

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  awaitable<bool> writable();
  void watch();
  void take_arrived();

  LoopState& loop_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer wake_;
  const std::string peer_;
  const Places::Place place_;
  Pace pace_;
  std::string in_;
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

/// While it lives, whatever wakes `waker` ends a pause of the line.
class ClientLine::Listening {
 public:
  Listening(ClientLine& line, Waker& waker);
  ~Listening() { waker_.deafen(); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  Waker& waker_;
};

}  // namespace filoscope::api
