#pragma once

/// A line to a PostgreSQL server that is cut at a chosen message: a proxy on a socket of its own,
/// which takes what passes apart into messages. For tests. Source:
/// https://www.postgresql.org/docs/15/protocol-message-formats.html.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/file.h"
#include "base/mutex.h"

namespace filoscope::postgres {

/// Who says the message that is lost. What the client says, the server never sees; what the server
/// says, is done there and not heard here.
enum class Side { client, server };

/// One cut. All that a client says counts; of what a server says, that something is done and that
/// it is ready for more.
struct Cut {
  Side side = Side::client;
  int pass_count = 0;  ///< messages of that side, on any line, that pass before
  std::string word{};  ///< instead: the client's next message that holds it, or the answer to that
};

/// Threads: any.
class CutLine {
 public:
  explicit CutLine(std::filesystem::path server_socket)
      : folder_(std::filesystem::temp_directory_path() /
                ("filoscope-" + crypto::hex(crypto::random_bytes(6)))),
        server_socket_(std::move(server_socket)) {
    std::filesystem::create_directories(folder_);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = address_of(folder_ / ".s.PGSQL.5432");
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
              0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~CutLine() {
    {
      Lock lock(mutex_);
      stopping_ = true;
    }
    acceptor_.join();
    for (auto& one : pumps_) one.join();
    std::filesystem::remove_all(folder_);
  }
  CutLine(const CutLine&) = delete;
  CutLine& operator=(const CutLine&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  /// From now on, one after the other, each counted from the one before.
  void cut(std::deque<Cut> cuts) {
    Lock lock(mutex_);
    cuts_ = std::move(cuts);
    answering_ = -1;
  }
  std::size_t left() const {  ///< cuts that did not come yet
    Lock lock(mutex_);
    return cuts_.size();
  }

 private:
  /// One direction of one line.
  struct Stream {
    Side side = Side::client;
    int from = -1, to = -1;
    bool typed = true;  ///< a client's first message has no type
    std::string held{};
  };

  static sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  bool stopping() const {
    Lock lock(mutex_);
    return stopping_;
  }

  void accept_all() {
    while (!stopping()) {
      pollfd ready{listener_.get(), POLLIN, 0};
      if (::poll(&ready, 1, 50) <= 0) continue;
      auto client = std::make_shared<UniqueFd>(::accept(listener_.get(), nullptr, nullptr));
      auto server = std::make_shared<UniqueFd>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const auto address = address_of(server_socket_);
      if (::connect(server->get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
          0)
        continue;
      pumps_.emplace_back([this, client, server] {
        pump(client->get(), server->get());
        ::shutdown(client->get(), SHUT_RDWR);
        ::shutdown(server->get(), SHUT_RDWR);
      });
    }
  }

  void pump(int client, int server) {
    Stream streams[] = {{Side::client, client, server, false}, {Side::server, server, client}};
    while (!stopping()) {
      pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(ends, 2, 50) < 0) return;
      for (int i = 0; i < 2; ++i) {
        if (ends[i].revents != 0 && !pass(streams[i], client)) return;
      }
    }
  }

  /// False at the end of the line.
  bool pass(Stream& stream, int line) {
    char bytes[65536];
    const auto count = ::read(stream.from, bytes, sizeof bytes);
    if (count <= 0) return false;
    stream.held.append(bytes, static_cast<std::size_t>(count));
    while (true) {
      const auto size = message_bytes(stream);
      if (size == 0) return true;
      const std::string_view message(stream.held.data(), size);
      if (cuts_here(stream, message, line)) return false;
      if (::send(stream.to, message.data(), size, MSG_NOSIGNAL) != static_cast<ssize_t>(size))
        return false;
      stream.typed = true;
      stream.held.erase(0, size);
    }
  }

  /// Of the first message that is held; 0 while it is not whole.
  static std::size_t message_bytes(const Stream& stream) {
    const std::size_t at = stream.typed ? 1 : 0;
    if (stream.held.size() < at + 4) return 0;
    std::size_t size = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      size = size << 8 | static_cast<unsigned char>(stream.held[i]);
    return stream.held.size() < at + size ? 0 : at + size;
  }

  bool cuts_here(const Stream& stream, std::string_view message, int line) {
    Lock lock(mutex_);
    if (cuts_.empty()) return false;
    Cut& next = cuts_.front();
    if (!next.word.empty()) {
      if (!is_named(next, stream, message, line)) return false;
    } else if (stream.side != next.side || !counts(stream, message) || next.pass_count-- > 0) {
      return false;
    }
    answering_ = -1;
    cuts_.pop_front();
    return true;
  }

  bool is_named(const Cut& cut, const Stream& stream, std::string_view message, int line)
      FILOSCOPE_REQUIRES(mutex_) {
    const bool says = stream.side == Side::client && answering_ < 0 &&
                      message.find(cut.word) != std::string_view::npos;
    if (cut.side == Side::client) return says;
    if (says) answering_ = line;
    return stream.side == Side::server && answering_ == line;
  }

  static bool counts(const Stream& stream, std::string_view message) {
    return stream.side == Side::client || message.front() == 'C' || message.front() == 'Z';
  }

  const std::filesystem::path folder_, server_socket_;
  UniqueFd listener_;
  std::thread acceptor_;
  std::vector<std::thread> pumps_;  ///< of the acceptor's thread, until that is joined
  mutable Mutex mutex_;
  bool stopping_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::deque<Cut> cuts_ FILOSCOPE_GUARDED_BY(mutex_);
  int answering_ FILOSCOPE_GUARDED_BY(mutex_) = -1;  ///< the line whose next answer is lost
};

}  // namespace filoscope::postgres
