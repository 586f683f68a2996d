#pragma once

/// What a person sees while the server runs: sentences on stderr, one line below them that is
/// redrawn on a terminal, and the box with the addresses. Threads: any.

#include <string>
#include <thread>
#include <vector>

#include "app/output.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace filoscope::app {

class Console {
 public:
  /// A quiet one shows nothing: its program's output is for machines.
  explicit Console(bool quiet) : quiet_(quiet) {}
  void line(const std::string& text);
  /// The line that is redrawn, on a terminal only; "" takes it away.
  void status(const std::string& text);
  /// The same as a bar.
  void progress(double share, const std::string& text);

 private:
  const bool quiet_;
  Mutex mutex_;
  ProgressBar bar_ FILOSCOPE_GUARDED_BY(mutex_);
};

/// Says what is waited for once that has taken a second, with the seconds, until it is destroyed.
class PatienceLine {
 public:
  PatienceLine(Console& console, const Clock& clock, std::string what);
  ~PatienceLine();

 private:
  void run();

  Console& console_;
  const Clock& clock_;
  const std::string what_;
  Mutex mutex_;
  Condition changed_;
  bool ending_ FILOSCOPE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

/// Where people find a server.
struct Place {
  std::string here;     ///< on this computer
  std::string network;  ///< for others in the same network; "" when it listens on loopback only
  std::string outside;  ///< public_url, or ""
};
/// Of a server that listens at `address` ("http://HOST:PORT"). `own` are this machine's addresses.
Place place_of(const std::string& address, const std::string& public_url,
               const std::vector<std::string>& own);
/// A box with the addresses, and a code to scan for the one that a phone can open. Several lines.
std::string welcome(const Place& place);

/// `text` as a QR code (ISO/IEC 18004) of half blocks, black on white whatever the terminal's
/// colours are; "" when it does not fit into one.
std::string qr_code(const std::string& text);

}  // namespace filoscope::app
