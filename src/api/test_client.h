#pragma once

/// For tests: a raw HTTP/1.1 and WebSocket client over a blocking loopback socket with a read
/// deadline.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "base/file.h"

namespace filoscope::api {

struct ClientAnswer {
  int status = 0;  ///< 0: the connection ended before a whole head
  std::map<std::string, std::string, std::less<>> headers;  ///< names in lower case
  std::string body;
};

struct ClientFrame {
  int opcode = -1;  ///< -1: the connection ended
  std::string payload;
};

/// A frame as a client sends it (RFC 6455 section 5.2), masked with `mask`.
inline std::string client_frame(int opcode, std::string_view payload, bool final = true,
                                std::string_view mask = "abcd") {
  std::string frame{static_cast<char>((final ? 0x80 : 0) | opcode)};
  const auto size = payload.size();
  if (size < 126) {
    frame += static_cast<char>(0x80 | size);
  } else {
    frame += "\xFE";
    frame += static_cast<char>(size >> 8);
    frame += static_cast<char>(size & 0xFF);
  }
  frame += mask;
  for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

class TestClient {
 public:
  /// `address` as Server::address() gives it: that of this machine, or loopback for a name.
  explicit TestClient(const std::string& address, int receive_bytes = 0) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(
        static_cast<std::uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str())));
    const auto host = address.substr(7, address.rfind(':') - 7);
    if (inet_pton(AF_INET, host.c_str(), &to.sin_addr) != 1)
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval deadline{10, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
    if (receive_bytes > 0) {
      setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    }
    connected_ = connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool readable(int wait_ms = 0) const {
    pollfd ready{fd_.get(), POLLIN, 0};
    return poll(&ready, 1, wait_ms) == 1;
  }
  /// One byte every `each_ms`, until all are sent or the server says something.
  void drip(std::string_view bytes, int each_ms) {
    for (; !bytes.empty() && !readable(each_ms); bytes.remove_prefix(1)) send(bytes.substr(0, 1));
  }
  /// Takes up to so many bytes off the line. False: the server has ended the connection.
  bool swallow(std::size_t bytes_max) {
    std::string bytes(bytes_max, '\0');
    return recv(fd_.get(), bytes.data(), bytes.size(), 0) > 0;
  }
  void shut_down() { shutdown(fd_.get(), SHUT_WR); }

  /// The next answer. `head_only` for answers to HEAD.
  ClientAnswer read_answer(bool head_only = false) {
    ClientAnswer answer = read_head();
    if (answer.status == 0) return answer;
    const bool bare =
        head_only || answer.status == 204 || answer.status == 304 || answer.status == 100;
    const auto found = answer.headers.find("content-length");
    const std::size_t length = bare || found == answer.headers.end()
                                   ? 0
                                   : std::strtoul(found->second.c_str(), nullptr, 10);
    while (in_.size() < length && receive()) {
    }
    answer.body = in_.substr(0, length);
    in_.erase(0, answer.body.size());
    return answer;
  }
  ClientAnswer ask(std::string_view request, bool head_only = false) {
    send(request);
    return read_answer(head_only);
  }
  /// The head of an answer whose body comes piece by piece.
  ClientAnswer read_head() {
    ClientAnswer answer;
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return answer;
    }
    parse_head(in_.substr(0, end + 2), answer);
    in_.erase(0, end + 4);
    return answer;
  }
  /// The next chunk of such a body; "" is its end.
  std::string read_chunk() {
    std::size_t end = 0;
    while ((end = in_.find("\r\n")) == std::string::npos) {
      if (!receive()) return "";
    }
    const auto size = std::strtoul(in_.c_str(), nullptr, 16);
    while (in_.size() < end + 2 + size + 2 && receive()) {
    }
    auto chunk = in_.substr(end + 2, size);
    in_.erase(0, end + 2 + size + 2);
    return chunk;
  }
  ClientAnswer open_socket(const std::string& path, const std::string& fields = "") {
    send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: " +
         "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         fields + "\r\n");
    return read_head();
  }
  /// Lengths of up to 16 bits.
  ClientFrame read_frame() {
    const auto have = [this](std::size_t count) {
      while (in_.size() < count) {
        if (!receive()) return false;
      }
      return true;
    };
    if (!have(2)) return {};
    std::size_t head = 2, size = static_cast<std::uint8_t>(in_[1]);
    if (size == 126) {
      if (!have(4)) return {};
      size = static_cast<std::size_t>(static_cast<std::uint8_t>(in_[2])) << 8 |
             static_cast<std::uint8_t>(in_[3]);
      head = 4;
    }
    if (!have(head + size)) return {};
    ClientFrame frame{static_cast<std::uint8_t>(in_[0]) & 0x0F, in_.substr(head, size)};
    in_.erase(0, head + size);
    return frame;
  }
  /// The code of the close frame that comes next; 0: none does.
  int read_close() {
    auto frame = read_frame();
    while (frame.opcode >= 0 && frame.opcode != 8) frame = read_frame();
    if (frame.opcode != 8 || frame.payload.size() < 2) return 0;
    return static_cast<std::uint8_t>(frame.payload[0]) << 8 |
           static_cast<std::uint8_t>(frame.payload[1]);
  }
  /// Whether the server ends the connection (nothing more, no time-out).
  bool closed_by_server() {
    while (receive()) {
    }
    return ended_;
  }

 private:
  bool receive() {
    char buffer[65536];
    ssize_t got = -1;
    do {  // a child that ends interrupts a wait with a time-out
      got = recv(fd_.get(), buffer, sizeof buffer, 0);
    } while (got < 0 && errno == EINTR);
    ended_ = got == 0 || (got < 0 && errno == ECONNRESET);
    if (got <= 0) return false;
    in_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  static void parse_head(const std::string& head, ClientAnswer& answer) {
    answer.status = head.size() > 12 ? std::atoi(head.c_str() + 9) : 0;
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
      const auto end = head.find("\r\n", at);
      const auto colon = head.find(':', at);
      auto name = head.substr(at, colon - at);
      for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      auto value = head.substr(colon + 2, end - colon - 2);
      const auto [place, fresh] = answer.headers.try_emplace(name, value);
      if (!fresh) place->second += "\n" + value;
      at = end + 2;
    }
  }

  UniqueFd fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::string in_;
};

}  // namespace filoscope::api
