#pragma once

/// `filoscope bench feed`: the real server with a large seeded catalogue, asked for feed answers at
/// a fixed rate (latency from the scheduled send time), then as fast as it can.

#include "app/commands.h"

namespace filoscope::app {
int bench_feed(const BenchOptions& options);
}  // namespace filoscope::app
