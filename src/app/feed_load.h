#pragma once

/// A large seeded installation and people who ask it for the feed, for `bench feed` and `events`.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/output.h"
#include "base/result.h"

namespace filoscope::app {

/// One token per person of the installation in `folder`, which is seeded first when it is new.
/// Errors: those of the modules.
Result<std::vector<std::string>> seeded_tokens(const BenchOptions& options,
                                               const std::filesystem::path& folder);

struct Measured {
  std::vector<double> latencies_ms;  ///< sorted
  std::int64_t errors_count = 0;
  double seconds = 0;

  double per_s() const;
};
nlohmann::ordered_json to_json(const Measured& measured);

/// Calls of one rate, each timed from when it was to be sent, whatever the ones before took (open
/// loop); rate 0 sends as soon as an answer is in.
struct Pace {
  double seconds = 0, rate_per_s = 0;
  int connections = 0;
  const char* what = "";  ///< beside the progress bar; "" shows none
};

/// Call number `number`, due at `due_us` (SystemClock::mono_us), on connection `connection`. It
/// waits for that moment itself (wait_until_us). The value is its latency in ms, from then.
using PacedCall =
    std::function<Result<double>(std::int64_t number, std::int64_t due_us, int connection)>;

/// Blocks until all calls are answered.
Measured run_paced(const Pace& pace, const PacedCall& call);
void wait_until_us(std::int64_t due_us);
std::int64_t now_us();

/// GET /feed of 8, each for another of the people.
Measured run_feed_load(const std::string& url, const std::vector<std::string>& tokens,
                       const Pace& pace);

}  // namespace filoscope::app
