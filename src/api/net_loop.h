#pragma once

/// One network thread and the connections that it owns. The sockets' library (Boost.Asio) is in
/// net_loop.cc and the files of the connection alone.

#include <memory>
#include <string>

#include "api/exchange.h"

namespace filoscope::api {

/// Threads: all methods from any thread; the connections live on the loop's own.
class NetLoop {
 public:
  /// `context` outlives the loop.
  static std::unique_ptr<NetLoop> start(ServerContext& context);
  virtual ~NetLoop() = default;  ///< closes what is open and joins
  /// Serves an accepted, non-blocking socket; takes the descriptor over, and its place.
  virtual void take(UniqueFd socket, const std::string& peer, Places::Place place) = 0;
  /// Closes the connections between requests and those that wait; the others close after their
  /// answer.
  /// REQUIRES: context.draining is set.
  virtual void drain() = 0;
};

}  // namespace filoscope::api
