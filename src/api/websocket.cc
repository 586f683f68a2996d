#include "api/websocket.h"

#include <algorithm>
#include <utility>

#include "api/field_text.h"
#include "api/reasons.h"
#include "base/crypto.h"
#include "base/sha1.h"
#include "base/utf8.h"

namespace filoscope::api {
namespace {

constexpr int kContinuation = 0x0, kText = 0x1, kBinary = 0x2, kClose = 0x8, kPing = 0x9,
              kPong = 0xA;
constexpr std::size_t kControlBytesMax = 125;  // section 5.5
constexpr std::string_view kHandshakeGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool lists(std::string_view field, std::string_view wanted) {
  while (!field.empty()) {
    const auto comma = field.find(',');
    if (equals_ignoring_case(trim(field.substr(0, comma)), wanted)) return true;
    field = comma == std::string_view::npos ? std::string_view() : field.substr(comma + 1);
  }
  return false;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

/// Which codes may stand in a frame (section 7.4).
bool may_be_sent(std::uint64_t code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

Result<Response> socket_handshake(const Request& request) {
  if (request.method != "GET" || !equals_ignoring_case(request.header("upgrade"), "websocket") ||
      !lists(request.header("connection"), "upgrade"))
    return Error(reason("socket_wanted"));
  if (request.header("sec-websocket-version") != "13")
    return Error(reason("socket_version_unknown"));
  const auto key = request.header("sec-websocket-key");
  const auto nonce = crypto::from_base64(key);
  if (!nonce || nonce->size() != 16) return Error(reason("socket_key_invalid"));
  Sha1 hash;
  hash.update(crypto::as_bytes(key));
  hash.update(crypto::as_bytes(kHandshakeGuid));
  Response response;
  response.status = 101;
  response.headers = {{"Upgrade", "websocket"},
                      {"Sec-WebSocket-Accept", crypto::base64(hash.finish())}};
  return response;
}

void SocketFrames::take(std::string_view bytes, std::int64_t now_us) {
  if (closed_ || bytes.empty()) return;
  in_.append(bytes);
  heard_us_ = now_us;
  pinged_ = false;
}

std::optional<std::string> SocketFrames::next(std::int64_t now_us) {
  while (!closed_) {
    auto frame = next_frame();
    if (!frame) break;
    if (!within_rate(now_us)) {
      close(CloseCode::policy_violation, "too many messages");
    } else if (frame->opcode >= kClose) {
      accept_control(*frame);
    } else if (auto message = accept_data(*std::move(frame))) {
      return message;
    }
  }
  return std::nullopt;
}

/// The first whole frame of in_, unmasked (section 5.2). Closes when it breaks the rules, as soon
/// as its head shows that.
std::optional<SocketFrames::Frame> SocketFrames::next_frame() {
  if (in_.size() < 2) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(in_[0]), second = static_cast<std::uint8_t>(in_[1]);
  Frame frame{(first & 0x80) != 0, first & 0x0F, {}};
  const bool control = frame.opcode >= kClose;
  const auto short_length = static_cast<std::size_t>(second & 0x7F);
  const std::size_t more = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  const bool known = frame.opcode <= kBinary || (control && frame.opcode <= kPong);
  if (!known || (first & 0x70) != 0 || (second & 0x80) == 0 ||
      (control && (!frame.final || more != 0))) {
    close(CloseCode::protocol_error, "no such frame");
    return std::nullopt;
  }
  if (in_.size() < 2 + more + 4) return std::nullopt;
  const std::uint64_t length =
      more == 0 ? short_length : big_endian(std::string_view(in_).substr(2, more));
  const std::size_t room = control ? kControlBytesMax : kSocketMessageBytesMax - message_.size();
  if ((more == 2 && length < 126) || (more == 8 && length <= 0xFFFF)) {
    close(CloseCode::protocol_error, "a length must be as short as it can");
    return std::nullopt;
  }
  if (length > room) {
    close(CloseCode::too_big, "the message is too long");
    return std::nullopt;
  }
  const std::size_t head = 2 + more + 4;
  const auto size = static_cast<std::size_t>(length);
  if (in_.size() < head + size) return std::nullopt;
  frame.payload = in_.substr(head, size);
  for (std::size_t i = 0; i < size; ++i)
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ in_[head - 4 + i % 4]);
  in_.erase(0, head + size);
  return frame;
}

/// A message, when the frame ends one.
std::optional<std::string> SocketFrames::accept_data(Frame frame) {
  if (frame.opcode == kBinary) {
    close(CloseCode::unsupported_data, "text only");
    return std::nullopt;
  }
  if ((frame.opcode == kContinuation) != in_message_) {
    close(CloseCode::protocol_error, "a message in another one");
    return std::nullopt;
  }
  in_message_ = !frame.final;
  message_ += frame.payload;
  if (!frame.final) return std::nullopt;
  auto message = std::move(message_);
  message_.clear();
  if (is_valid_utf8(message)) return message;
  close(CloseCode::invalid_data, "no UTF-8");
  return std::nullopt;
}

void SocketFrames::accept_control(const Frame& frame) {
  if (frame.opcode == kPing) append_frame(kPong, frame.payload);
  if (frame.opcode == kClose) accept_close(frame.payload);
}

void SocketFrames::accept_close(std::string_view payload) {
  if (payload.empty()) return close(CloseCode::normal, "");
  const bool fine = payload.size() >= 2 && may_be_sent(big_endian(payload.substr(0, 2))) &&
                    is_valid_utf8(payload.substr(2));
  close(fine ? CloseCode::normal : CloseCode::protocol_error, "");
}

bool SocketFrames::within_rate(std::int64_t now_us) {
  const auto passed = static_cast<double>(now_us - refilled_us_);
  constexpr auto kFull = static_cast<double>(kSocketFramesMax);
  frames_left_ =
      std::min(kFull, frames_left_ + passed * kFull / static_cast<double>(kSocketFramesWindowUs));
  refilled_us_ = now_us;
  if (frames_left_ < 1) return false;
  frames_left_ -= 1;
  return true;
}

void SocketFrames::append_frame(int opcode, std::string_view payload) {
  out_.push_back(static_cast<char>(0x80 | opcode));
  const auto size = payload.size();
  if (size < 126) {
    out_.push_back(static_cast<char>(size));
  } else {
    const int bytes = size <= 0xFFFF ? 2 : 8;
    out_.push_back(bytes == 2 ? '\x7E' : '\x7F');
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
      out_.push_back(static_cast<char>(static_cast<std::uint64_t>(size) >> shift & 0xFF));
  }
  out_.append(payload);
}

void SocketFrames::send_text(std::string_view text) {
  if (!closed_) append_frame(kText, text);
}

void SocketFrames::close(CloseCode code, std::string_view sentence) {
  if (closed_) return;
  const auto number = static_cast<std::uint16_t>(code);
  std::string payload{static_cast<char>(number >> 8), static_cast<char>(number & 0xFF)};
  payload += sentence.substr(0, kControlBytesMax - payload.size());
  while (!is_valid_utf8(std::string_view(payload).substr(2))) payload.pop_back();
  append_frame(kClose, payload);
  closed_ = true;
  in_.clear();
  message_.clear();
}

void SocketFrames::tick(std::int64_t now_us) {
  if (now_us < due_us()) return;
  if (pinged_) return close(CloseCode::going_away, "no answer");
  append_frame(kPing, "");
  pinged_ = true;
}

std::int64_t SocketFrames::due_us() const { return heard_us_ + (pinged_ ? 2 : 1) * kSocketPingUs; }

std::string SocketFrames::take_outgoing() { return std::exchange(out_, std::string()); }

}  // namespace filoscope::api
