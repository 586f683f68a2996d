#include "api/net_loop.h"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "api/connection.h"
#include "base/guarded_thread.h"

namespace filoscope::api {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kSweepMs = 250;
constexpr int kRoomAtOnce = 16;  ///< connections that end for others in one sweep
constexpr int kAfterFaultMs = 50;

/// sendfile(2) has no MSG_NOSIGNAL: a client that left must be an error here, not a signal.
void block_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

class NetLoopThread final : public NetLoop {
 public:
  explicit NetLoopThread(ServerContext& context)
      : state_(context, io_), work_(io_.get_executor()), sweep_timer_(io_) {
    // Whatever threw, the loop goes on: a connection may be lost by it, the others are not. What
    // ends the loop comes through the loop.
    thread_ = guarded_thread(
        "net",
        [this] {
          block_sigpipe();
          sweep();
          io_.run();
        },
        [] {
          std::this_thread::sleep_for(std::chrono::milliseconds(kAfterFaultMs));
          return true;
        });
  }

  ~NetLoopThread() override {
    asio::post(io_, [this] {
      stopping_ = true;
      sweep_timer_.cancel();
      for (const auto& [raw, connection] : state_.connections) connection->close();
      work_.reset();
    });
    thread_.join();
  }

  void take(UniqueFd socket, const std::string& peer, Places::Place place) override {
    auto shared = std::make_shared<UniqueFd>(std::move(socket));
    asio::post(io_, [this, shared, peer, place = std::move(place)] {
      if (!stopping_) begin_connection(state_, std::move(*shared), peer, place);
    });
  }

  void drain() override {
    asio::post(io_, [this] {
      for (const auto& [raw, connection] : state_.connections) connection->drain();
    });
  }

 private:
  void sweep() {
    if (stopping_) return;
    const auto now_us = state_.context.clock.mono_us();
    int room = 0;
    for (const auto& [raw, connection] : state_.connections) {
      connection->expire_if_due(now_us);
      if (room < kRoomAtOnce && connection->make_room(now_us)) ++room;
    }
    sweep_timer_.expires_after(std::chrono::milliseconds(kSweepMs));
    sweep_timer_.async_wait([this](const error_code& error) {
      if (!error) sweep();
    });
  }

  LoopState state_;
  asio::io_context io_{1};  ///< goes before what its coroutines use
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer sweep_timer_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<NetLoop> NetLoop::start(ServerContext& context) {
  return std::make_unique<NetLoopThread>(context);
}

}  // namespace filoscope::api
