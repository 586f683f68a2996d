#pragma once

/// The benches of `filoscope bench NAME`. Each sets itself up, prints a table with the limit or the
/// rival beside each figure (unless the JSON goes to stdout), and gives the exit status: 1 when a
/// limit was missed or it could not measure.

#include <nlohmann/json.hpp>
#include <string>

#include "app/commands.h"
#include "base/result.h"

namespace filoscope::app {

int bench_feed(const BenchOptions& options);
int bench_events(const BenchOptions& options);
int bench_delivery(const BenchOptions& options);
int bench_upload(const BenchOptions& options);
int bench_snapshot(const BenchOptions& options);
int bench_waiting(const BenchOptions& options);
int bench_visual_search(const BenchOptions& options);
int bench_visual_look(const BenchOptions& options);
int bench_visual_index(const BenchOptions& options);
int bench_search_text(const BenchOptions& options);

/// What a bench found: its JSON, which holds `good`, and the same for a terminal.
struct BenchReport {
  nlohmann::ordered_json json;
  std::string table;
};
/// Prints and writes it; the exit status.
int finish_bench(const BenchOptions& options, const Result<BenchReport>& report);

}  // namespace filoscope::app
