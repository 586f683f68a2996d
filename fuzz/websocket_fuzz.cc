/// Frames of a WebSocket client: whatever comes, however it is cut, the same messages and the same
/// end come out, and nothing more than the limits is kept.

#include <cstdint>
#include <string>

#include "api/websocket.h"
#include "base/check.h"
#include "base/utf8.h"

using namespace filoscope::api;

namespace {

std::string outcome_of(std::string_view bytes, std::size_t step) {
  SocketFrames frames(0);
  std::string outcome;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    frames.take(bytes.substr(0, step), 0);
    while (const auto message = frames.next(0)) {
      FILOSCOPE_CHECK(message->size() <= kSocketMessageBytesMax);
      FILOSCOPE_CHECK(filoscope::is_valid_utf8(*message));
      FILOSCOPE_CHECK(!frames.closed());
      outcome += *message + "|";
    }
  }
  const bool closed = frames.closed();
  outcome += frames.take_outgoing();
  frames.send_text("x");
  FILOSCOPE_CHECK(frames.take_outgoing().empty() == closed);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16'384) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = outcome_of(text, size + 1);
  FILOSCOPE_CHECK(outcome_of(text, 1) == whole);
  FILOSCOPE_CHECK(outcome_of(text, 7) == whole);
  Request request;
  request.method = "GET";
  request.headers = {{"upgrade", "websocket"},
                     {"connection", std::string(text)},
                     {"sec-websocket-version", "13"},
                     {"sec-websocket-key", std::string(text)}};
  static_cast<void>(socket_handshake(request));
  return 0;
}
