// `bench feed`: answers at a fixed rate, latency from the scheduled send time, then as fast as it
// can.

#include <fmt/format.h>

#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/feed_load.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kFeedRatePerS = 150;
constexpr double kLimitP99Ms = 25, kLimitPerS = 300, kLimitGiB = 1.5;
constexpr int kOpenConnections = 32, kClosedConnections = 8;
constexpr double kFeedWarmupS = 3;
constexpr std::int64_t kFeedS = 20;

Result<BenchReport> measure_feed(const BenchOptions& options) {
  const BenchFolder folder(options.data);
  const auto seed_start_us = now_us();
  FILOSCOPE_TRY(const auto tokens, seeded_tokens(options, folder.path()));
  const double seeded_s = static_cast<double>(now_us() - seed_start_us) * 1e-6;
  FILOSCOPE_TRY(const auto server, ServerProcess::start(folder.path()));
  const auto run = [&](double seconds, double rate_per_s, int connections, const char* what) {
    return run_feed_load(server.url(), tokens, {seconds, rate_per_s, connections, what});
  };
  const auto seconds = static_cast<double>(options.seconds > 0 ? options.seconds : kFeedS);
  run(kFeedWarmupS, kFeedRatePerS, kOpenConnections, "warming up");
  const auto open = run(seconds, kFeedRatePerS, kOpenConnections, "at a fixed rate");
  const auto closed = run(seconds, 0, kClosedConnections, "as fast as it can");
  const double memory_gib = server.memory_gib("VmRSS"), peak_gib = server.memory_gib("VmHWM");
  Json json{{"bench", "feed"},
            {"videos", options.videos_count},
            {"people", tokens.size()},
            {"seed_s", seeded_s},
            {"open_loop", to_json(open)},
            {"closed_loop", to_json(closed)},
            {"memory_gib", memory_gib},
            {"memory_peak_gib", peak_gib}};
  json["open_loop"]["rate_per_s"] = kFeedRatePerS;
  json["closed_loop"]["connections"] = kClosedConnections;
  json["limits"] = {{"p99_ms", kLimitP99Ms}, {"per_s", kLimitPerS}, {"memory_gib", kLimitGiB}};
  const double p99_ms = quantile(open.latencies_ms, 0.99);
  const auto errors = open.errors_count + closed.errors_count;
  Verdict verdict;
  verdict.at_most("p99 (ms)", p99_ms, kLimitP99Ms);
  verdict.at_least("answers a second", closed.per_s(), kLimitPerS);
  verdict.at_most("memory (GiB)", memory_gib, kLimitGiB);
  verdict.at_most("failed calls", static_cast<double>(errors), 0);
  verdict.write(json);
  return BenchReport{
      json, fmt::format(
                "feed: {} videos, {} people, seeded in {:.0f} s\n"
                "open loop at {}/s:  p50 {:.1f} ms  p99 {:.1f} ms (limit {})  max {:.1f} ms\n"
                "closed loop:        {:.0f} answers/s (limit {})  p50 {:.1f} ms  p99 {:.1f} ms\n"
                "memory:             {:.2f} GiB (limit {}), peak {:.2f} GiB; failed calls {}\n{}\n",
                options.videos_count, tokens.size(), seeded_s, kFeedRatePerS,
                quantile(open.latencies_ms, 0.5), p99_ms, kLimitP99Ms,
                quantile(open.latencies_ms, 1), closed.per_s(), kLimitPerS,
                quantile(closed.latencies_ms, 0.5), quantile(closed.latencies_ms, 0.99), memory_gib,
                kLimitGiB, peak_gib, errors, verdict.sentence())};
}

}  // namespace

int bench_feed(const BenchOptions& options) { return finish_bench(options, measure_feed(options)); }

}  // namespace filoscope::app
