#pragma once

/// Answers that take their time: one that comes later, a body without an end, a WebSocket. No
/// thread waits for them; a Waker calls back.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http.h"
#include "base/mutex.h"

namespace filoscope::api {

/// Threads: any.
class Waker {
 public:
  /// Calls the listener, once until it rests; remembered while there is none. Never throws.
  void wake();
  /// At most one listener. It is called at once when it was woken before.
  void listen(std::function<void()> call);
  /// No call runs any more when this returns.
  void deafen();
  /// Whatever woke it is about to be looked at: the next wake calls again.
  void rest();

 private:
  Mutex mutex_;
  bool woken_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::function<void()> call_ FILOSCOPE_GUARDED_BY(mutex_);
};

/// A promise of an answer. A handler returns it as the body of its Response and keeps it, or a weak
/// pointer, for whoever will know the answer. Threads: any.
class PendingAnswer {
 public:
  using Make = std::function<Result<Response>()>;
  /// `at_deadline` makes the answer when nothing has settled it within `deadline_ms`. Both makers
  /// run on the pool of the route's kind.
  PendingAnswer(std::int64_t deadline_ms, Make at_deadline)
      : deadline_ms_(deadline_ms), make_(std::move(at_deadline)) {}

  /// The first call counts.
  void settle(Make make);
  /// Ends with the wait, whatever ends it: a listener of what is waited for.
  void hold(std::shared_ptr<void> companion) { companion_ = std::move(companion); }

  std::int64_t deadline_ms() const { return deadline_ms_; }
  bool settled() const;
  /// The maker that counts now.
  Make make() const;
  Waker& waker() { return waker_; }

 private:
  const std::int64_t deadline_ms_;
  mutable Mutex mutex_;
  bool settled_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  Make make_ FILOSCOPE_GUARDED_BY(mutex_);
  Waker waker_;
  std::shared_ptr<void> companion_;
};

/// What comes piece by piece. Its calls come one at a time, on the pool of the route's kind, but
/// for the destructor, which may run on a network thread and does not block.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// The next piece; asked for when the one before was sent, so a slow reader makes a slow source.
  /// Empty: there is none yet, and `waker` is woken when there may be (asked again after
  /// kAskAgainMs in any case). Nothing: the end. An error breaks the answer off.
  virtual Result<std::optional<std::string>> next() = 0;
  Waker& waker() { return waker_; }

 private:
  Waker waker_;
};

inline constexpr std::int64_t kAskAgainMs = 15'000;

/// The server's end of a WebSocket (RFC 6455). Each piece of `next` is a text message; an error of
/// either call closes the socket with its sentence.
class SocketPeer : public BodySource {
 public:
  /// A text message of the client, at most kSocketMessageBytesMax long.
  virtual Result<void> receive(std::string_view message) = 0;
};

}  // namespace filoscope::api
