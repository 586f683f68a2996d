#pragma once

/// The server's end of the WebSocket protocol without sockets: handshake, frames, pings, limits.
/// Source: RFC 6455. Text only, no extensions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/http.h"

namespace filoscope::api {

inline constexpr std::size_t kSocketMessageBytesMax = 4096;
/// Frames a client may send at once, and as many again in each kSocketFramesWindowUs: messages,
/// parts of them, pings and pongs.
inline constexpr std::int64_t kSocketFramesMax = 64;
inline constexpr std::int64_t kSocketFramesWindowUs = 10'000'000;
/// A client of which nothing came for so long is pinged, and is gone after twice as long.
inline constexpr std::int64_t kSocketPingUs = 25'000'000;

/// Why a socket closes (section 7.4.1).
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  invalid_data = 1007,
  policy_violation = 1008,
  too_big = 1009,
  internal_error = 1011,
  try_again_later = 1013,
};

/// The answer of status 101. Errors: invalid_argument (no handshake; 426 where the version is
/// unknown), as section 4.2.1 wants them.
Result<Response> socket_handshake(const Request& request);

/// Threads: one at a time.
class SocketFrames {
 public:
  explicit SocketFrames(std::int64_t now_us) : heard_us_(now_us), refilled_us_(now_us) {}

  /// Bytes of the client. Takes everything; what is not asked for by `next` stays, so ask before
  /// giving more.
  void take(std::string_view bytes, std::int64_t now_us);
  /// The next whole text message. Nothing: more bytes are needed, or it is over. Pings are answered
  /// and what breaks the rules closes.
  std::optional<std::string> next(std::int64_t now_us);

  void send_text(std::string_view text);
  /// The first call counts; nothing is taken or sent behind it. `sentence` is cut to 123 bytes.
  void close(CloseCode code, std::string_view sentence);
  /// Pings when it is time, closes when it was in vain.
  void tick(std::int64_t now_us);
  /// When `tick` wants to be called.
  std::int64_t due_us() const;

  /// Frames to be sent, and forgotten here.
  std::string take_outgoing();
  bool closed() const { return closed_; }

 private:
  struct Frame {
    bool final = false;
    int opcode = 0;
    std::string payload;
  };
  std::optional<Frame> next_frame();
  std::optional<std::string> accept_data(Frame frame);
  void accept_control(const Frame& frame);
  void accept_close(std::string_view payload);
  bool within_rate(std::int64_t now_us);
  void append_frame(int opcode, std::string_view payload);

  std::string in_, out_;
  std::string message_;  ///< of a fragmented one, so far
  bool in_message_ = false;
  bool closed_ = false, pinged_ = false;
  std::int64_t heard_us_, refilled_us_;
  double frames_left_ = static_cast<double>(kSocketFramesMax);
};

}  // namespace filoscope::api
