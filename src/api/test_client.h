#pragma once

/// For tests: a raw HTTP/1.1 client over a blocking loopback socket with a read deadline.

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

class TestClient {
 public:
  /// `address` as Server::address() gives it.
  explicit TestClient(const std::string& address, int receive_bytes = 0) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(
        static_cast<std::uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str())));
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
  bool readable() const {
    pollfd ready{fd_.get(), POLLIN, 0};
    return poll(&ready, 1, 0) == 1;
  }
  void shut_down() { shutdown(fd_.get(), SHUT_WR); }

  /// The next answer. `head_only` for answers to HEAD.
  ClientAnswer read_answer(bool head_only = false) {
    ClientAnswer answer;
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return answer;
    }
    parse_head(in_.substr(0, end + 2), answer);
    in_.erase(0, end + 4);
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
