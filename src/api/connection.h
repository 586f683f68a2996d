#pragma once

/// One connection on a network thread: its requests one after the other, their bodies and answers,
/// its deadlines.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "api/exchange.h"

namespace boost::asio {
class io_context;
}

namespace filoscope::api {

/// Threads: the loop's own, as everything of this header.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Ends a wait for the other side that has lasted too long.
  virtual void expire_if_due(std::int64_t now_us) = 0;
  /// Between two requests while places are scarce it ends soon; true when it does.
  virtual bool make_room(std::int64_t now_us) = 0;
  /// The server stops: closes between two requests, ends what waits, lets the rest finish.
  virtual void drain() = 0;
  virtual void close() = 0;
};

/// What the connections of one thread share. All outlive them.
struct LoopState {
  LoopState(ServerContext& shared, boost::asio::io_context& its_io)
      : context(shared), recorder(shared), io(its_io) {}
  ServerContext& context;
  ExchangeRecorder recorder;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections;
  boost::asio::io_context& io;
};

/// Serves an accepted socket until it ends; it is among the loop's connections for so long.
void begin_connection(LoopState& loop, UniqueFd socket, const std::string& peer,
                      Places::Place place);

}  // namespace filoscope::api
