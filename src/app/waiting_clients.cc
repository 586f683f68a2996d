#include "app/waiting_clients.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "app/feed_load.h"
#include "app/reasons.h"
#include "base/file.h"

namespace filoscope::app {
namespace {

constexpr int kOpenMsMax = 60'000;
constexpr int kEventsPollMs = 100;
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kPongFrame{"\x8A\x80\0\0\0\0", 6};
constexpr std::string_view kCount = "\"unread_notifications\":";

enum class Kind { request, stream, socket };

struct Client {
  UniqueFd fd;
  Kind kind = Kind::request;
  std::string token;
  std::string in;
  std::string known;  ///< as the server counted it
  std::int64_t asked_us = 0;
  bool answered = false;
};

Result<UniqueFd> connect_to(const std::string& url) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.c_str() + url.rfind(':') + 1)));
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    return errno_error("connecting to the server");
  return fd;
}

class Clients final : public WaitingClients {
 public:
  explicit Clients(const WaitingPlan& plan) : plan_(plan), poll_(::epoll_create1(EPOLL_CLOEXEC)) {
    thread_ = std::thread([this] {
      while (!stopping_) take_turn();
    });
  }
  ~Clients() override {
    stopping_ = true;
    thread_.join();
  }

  Result<void> add(const std::string& url, Kind kind, const std::string& token) {
    auto client = std::make_unique<Client>();
    FILOSCOPE_TRY(client->fd, connect_to(url));
    client->kind = kind;
    client->token = token;
    epoll_event event{EPOLLIN, {.ptr = client.get()}};  // the thread's as soon as it is asked
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, client->fd.get(), &event) != 0)
      return errno_error("waiting for a socket");
    all_.push_back(std::move(client));
    return ask(*all_.back()) ? Result<void>() : errno_error("asking the server");
  }

  Result<void> wait_until_open() const {
    const auto end_us = now_us() + kOpenMsMax * 1000LL;
    const auto wanted = static_cast<std::int64_t>(all_.size());
    while (open_ < wanted && broken_ == 0 && now_us() < end_us) wait_until_us(now_us() + 10'000);
    if (open_ < wanted) return Error(reason("bench_clients_not_open"), wanted - open_);
    return {};
  }

  WaitingCounts counts() const override { return {open_, answers_, early_, broken_}; }

 private:
  void take_turn() {
    std::array<epoll_event, 256> events{};
    const int count =
        ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), kEventsPollMs);
    for (int i = 0; i < count; ++i) {
      auto& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (client.fd && !receive(client)) drop(client);
    }
  }

  bool receive(Client& client) {
    std::array<char, 16'384> part{};
    const auto got = ::recv(client.fd.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    client.in.append(part.data(), static_cast<std::size_t>(got));
    if (client.kind == Kind::request) return take_answer(client);
    return client.kind == Kind::stream ? take_stream(client) : take_frames(client);
  }

  /// {"unread_notifications":3}
  bool take_answer(Client& client) {
    const auto at = client.in.find(kCount);
    const auto end = client.in.find('}', at);
    if (at == std::string::npos || end == std::string::npos) return client.in.size() < 8192;
    if (!client.in.starts_with("HTTP/1.1 200")) return false;
    const bool waited = now_us() - client.asked_us > plan_.wait_s * 900'000LL;
    if (client.answered) ++(waited ? answers_ : early_);
    client.known = client.in.substr(at + kCount.size(), end - at - kCount.size());
    client.in.clear();
    note_answered(client);
    return ask(client);
  }

  bool take_stream(Client& client) {
    if (!client.answered && client.in.find("data:") == std::string::npos)
      return client.in.size() < 8192;
    client.in.clear();
    note_answered(client);
    return true;
  }

  /// Frames of up to 125 bytes; a ping has its pong.
  bool take_frames(Client& client) {
    if (!client.answered) {
      const auto end = client.in.find(kHeadEnd);
      if (end == std::string::npos) return client.in.size() < 8192;
      if (!client.in.starts_with("HTTP/1.1 101")) return false;
      client.in.erase(0, end + kHeadEnd.size());
      note_answered(client);
    }
    while (client.in.size() >= 2) {
      const auto size = static_cast<std::size_t>(client.in[1] & 0x7F);
      if (client.in.size() < 2 + size) break;
      const bool ping = client.in[0] == '\x89';
      client.in.erase(0, 2 + size);
      if (ping && !send(client, kPongFrame)) return false;
    }
    return true;
  }

  void note_answered(Client& client) {
    if (!client.answered) ++open_;
    client.answered = true;
  }

  bool ask(Client& client) {
    std::string head = "GET /api/v1/";
    if (client.kind == Kind::stream) head += "updates";
    if (client.kind == Kind::socket) head += "updates/socket";
    if (client.kind == Kind::request) {
      head += "notifications/unread";
      if (!client.known.empty())
        head += "?not=" + client.known + "&wait_s=" + std::to_string(plan_.wait_s);
    }
    head += " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + client.token + "\r\n";
    if (client.kind == Kind::socket) {
      head +=
          "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    }
    client.asked_us = now_us();
    return send(client, head + "\r\n");
  }

  static bool send(Client& client, std::string_view bytes) {
    return ::send(client.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  void drop(Client& client) {
    client.fd.reset();
    ++broken_;
    if (client.answered) --open_;
  }

  const WaitingPlan plan_;
  const UniqueFd poll_;
  std::vector<std::unique_ptr<Client>> all_;
  std::atomic<std::int64_t> open_{0}, answers_{0}, early_{0}, broken_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<WaitingClients>> WaitingClients::open(const std::string& url,
                                                             const std::vector<std::string>& tokens,
                                                             const WaitingPlan& plan) {
  auto clients = std::make_unique<Clients>(plan);
  std::size_t next = 0;
  for (const auto& [kind, count] :
       {std::pair(Kind::request, plan.requests), std::pair(Kind::stream, plan.streams),
        std::pair(Kind::socket, plan.sockets)}) {
    const auto start_us = now_us();
    for (int i = 0; i < count; ++i) {
      const bool waits = kind == Kind::request;
      if (waits) wait_until_us(start_us + i * (plan.wait_s * 1'000'000LL / count));
      FILOSCOPE_DO(clients->add(url, kind, tokens[next++ % tokens.size()]));
    }
  }
  FILOSCOPE_DO(clients->wait_until_open());
  return std::unique_ptr<WaitingClients>(std::move(clients));
}

}  // namespace filoscope::app
