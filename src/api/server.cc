#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <thread>

#include "api/api.h"
#include "api/exchange.h"
#include "api/net_loop.h"
#include "api/reasons.h"
#include "base/guarded_thread.h"
#include "base/log.h"

namespace filoscope::api {
namespace {

constexpr int kBacklog = 1024;
constexpr int kAcceptRetryMs = 100;  ///< after running out of descriptors
constexpr int kDrainPollMs = 10;

struct HostPort {
  std::string host;
  std::string port;
};

Result<HostPort> parse_listen(const std::string& listen) {
  const Error wrong = Error(reason("listen_invalid"), listen).at("listen");
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong;
  HostPort parts{listen.substr(0, colon), listen.substr(colon + 1)};
  if (parts.host.front() == '[' && parts.host.back() == ']') {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  unsigned port = 0;
  const auto* end = parts.port.data() + parts.port.size();
  const auto [at, error] = std::from_chars(parts.port.data(), end, port);
  if (error != std::errc() || at != end || port > 65535 || parts.host.empty()) return wrong;
  return parts;
}

struct Listener {
  UniqueFd socket;
  std::string address;  ///< "http://127.0.0.1:8080"
};

Result<std::string> bound_address(int fd, const std::string& host) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return errno_error("reading the address served on");
  }
  const auto port = storage.ss_family == AF_INET6
                        ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                        : reinterpret_cast<const sockaddr_in&>(storage).sin_port;
  const bool six = host.find(':') != std::string::npos;
  return "http://" + (six ? "[" + host + "]" : host) + ":" + std::to_string(ntohs(port));
}

/// Why bind or listen failed, by errno, and what to do.
Error cannot_listen(const std::string& listen) {
  switch (errno) {
    case EADDRINUSE:
      return Error(reason("listen_address_taken"), listen);
    case EADDRNOTAVAIL:
      return Error(reason("listen_address_foreign"), listen).at("listen");
    case EACCES:
      return Error(reason("listen_denied"), listen);
    default:
      return errno_error("listening on " + listen);
  }
}

Result<Listener> listen_on(const std::string& listen) {
  FILOSCOPE_TRY(const auto parts, parse_listen(listen));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found) != 0) {
    return Error(reason("listen_host_unknown"), parts.host).at("listen");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  UniqueFd fd(socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("opening a socket");
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return cannot_listen(listen);
  }
  FILOSCOPE_TRY(auto address, bound_address(fd.get(), parts.host));
  return Listener{std::move(fd), std::move(address)};
}

std::string peer_text(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET6)
    return address_text(reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr);
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, text, sizeof text);
  return text;
}

/// A thread that accepts and deals the connections out to the network threads in turn, so that
/// these carry equal numbers (SO_REUSEPORT would hash them unevenly).
class ServerThreads final : public Server {
 public:
  ServerThreads(Listener listener, Router router, const Config& config, const Clock& clock)
      : listener_(std::move(listener)),
        context_(std::move(router), config, clock),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    FILOSCOPE_CHECK(static_cast<bool>(wake_));
    auto threads = config[kNetThreads];
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    for (std::int64_t i = 0; i < threads; ++i) loops_.push_back(NetLoop::start(context_));
    accept_thread_ = guarded_thread(
        "accept", [this] { accept_all(); },
        [this] {
          wait_a_moment();
          return !context_.draining.load();
        });
  }

  ~ServerThreads() override { stop(0); }

  Result<std::unique_ptr<Server>> followed_by(Router router, const Config& config,
                                              const Clock& clock) override {
    Listener kept{UniqueFd(::fcntl(listener_.socket.get(), F_DUPFD_CLOEXEC, 0)), address()};
    if (!kept.socket) return errno_error("keeping a socket");
    stop(0);
    return std::unique_ptr<Server>(
        std::make_unique<ServerThreads>(std::move(kept), std::move(router), config, clock));
  }

  std::string address() const override { return listener_.address; }

  void stop(std::int64_t deadline_ms) override {
    if (loops_.empty()) return;
    context_.draining.store(true);
    const std::uint64_t one = 1;
    static_cast<void>(!write(wake_.get(), &one, sizeof one));
    accept_thread_.join();
    listener_.socket.reset();
    for (const auto& loop : loops_) loop->drain();
    const auto end_us = context_.clock.mono_us() + deadline_ms * 1000;
    while (context_.connection_places.taken_count() > 0 && context_.clock.mono_us() < end_us) {
      poll(nullptr, 0, kDrainPollMs);
    }
    context_.pools.stop();  // running handlers finish; their answers go to the loops, still there
    loops_.clear();
  }

 private:
  void accept_all() {
    std::size_t next = 0;
    while (!context_.draining.load(std::memory_order_relaxed)) {
      pollfd ready[2] = {{listener_.socket.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
      if (poll(ready, 2, -1) < 0 && errno != EINTR) return;
      while (!context_.draining.load(std::memory_order_relaxed) && accept_one(next)) {
      }
    }
  }

  /// False: nothing waits.
  bool accept_one(std::size_t& next) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    UniqueFd fd(accept4(listener_.socket.get(), reinterpret_cast<sockaddr*>(&storage), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == ECONNABORTED || errno == EINTR) return true;
      if (errno != EAGAIN) {
        log::warn("accept_failed", {{"errno", static_cast<std::int64_t>(errno)}});
        wait_a_moment();
      }
      return false;
    }
    const auto peer = peer_text(storage);
    const bool shared = is_loopback(peer) || context_.proxies.trusts(peer);
    auto place = context_.connection_places.take(peer, shared);
    if (place) {
      loops_[next++ % loops_.size()]->take(std::move(fd), peer, *std::move(place));
    } else {
      refuse(fd.get(), place.error());
    }
    return true;
  }

  void refuse(int fd, const Error& error) {
    context_.connections_refused_counter.add();
    const auto response = problem(error);
    const auto& body = std::get<std::string>(response.body);
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
    head.append(status_text(response.status)).append("\r\nContent-Type: ");
    head.append(response.content_type).append("\r\nConnection: close\r\n");
    for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
    head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    static_cast<void>(send(fd, head.data(), head.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }

  /// Or until the server stops.
  void wait_a_moment() {
    pollfd wake{wake_.get(), POLLIN, 0};
    poll(&wake, 1, kAcceptRetryMs);
  }

  Listener listener_;
  ServerContext context_;
  UniqueFd wake_;
  std::vector<std::unique_ptr<NetLoop>> loops_;
  std::thread accept_thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const std::string& listen, Router router,
                                              const Config& config, const Clock& clock) {
  FILOSCOPE_TRY(auto listener, listen_on(listen));
  return std::unique_ptr<Server>(
      std::make_unique<ServerThreads>(std::move(listener), std::move(router), config, clock));
}

}  // namespace filoscope::api
