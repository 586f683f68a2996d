// `bench api.waiting`: the feed alone and beside thousands of clients that wait for news, in turns;
// and what each of these costs the server's memory.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/feed_load.h"
#include "app/waiting_clients.h"
#include "base/process.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr WaitingPlan kPlan{3000, 500, 500, 10};
constexpr int kClients = kPlan.requests + kPlan.streams + kPlan.sockets;
constexpr double kBesideRatePerS = 100, kWaitingWarmupS = 5, kRatioMax = 1.5, kKbMax = 100;
constexpr int kConnections = 32, kRounds = 3;
constexpr std::int64_t kWaitingS = 12;
constexpr double kKbPerGib = 1024.0 * 1024;

struct Turns {
  Measured alone, beside;
  WaitingCounts waited;  ///< of all rounds; `open` is the fewest at the end of one
  double kb_per_client = 0;
};

void add(Measured& all, Measured part) {
  all.seconds += part.seconds;
  all.errors_count += part.errors_count;
  all.latencies_ms.insert(all.latencies_ms.end(), part.latencies_ms.begin(),
                          part.latencies_ms.end());
  std::sort(all.latencies_ms.begin(), all.latencies_ms.end());
}

Result<Turns> take_turns(const ServerProcess& server, const std::vector<std::string>& tokens,
                         double seconds) {
  const auto load = [&](double long_s, const char* what) {
    return run_feed_load(server.url(), tokens, {long_s, kBesideRatePerS, kConnections, what});
  };
  load(kWaitingWarmupS, "warming up");
  Turns turns;
  turns.waited.open = kClients;
  const double before_gib = server.memory_gib("VmRSS");
  for (int round = 0; round < kRounds; ++round) {
    add(turns.alone, load(seconds, "the feed alone"));
    FILOSCOPE_TRY(const auto clients, WaitingClients::open(server.url(), tokens, kPlan));
    add(turns.beside, load(seconds, "beside clients that wait"));
    const auto counts = clients->counts();
    turns.waited.open = std::min(turns.waited.open, counts.open);
    turns.waited.answers += counts.answers;
    turns.waited.early += counts.early;
    turns.waited.broken += counts.broken;
    const double kb = (server.memory_gib("VmRSS") - before_gib) * kKbPerGib / kClients;
    turns.kb_per_client = std::max(turns.kb_per_client, kb);
  }
  return turns;
}

Result<BenchReport> measure_waiting(const BenchOptions& options) {
  raise_open_files_limit();
  // More than the defaults, which leave the most of it to others.
  ::setenv("FILOSCOPE_API_CONNECTIONS_MAX", "8192", 1);
  ::setenv("FILOSCOPE_API_WAITING_MAX", "6144", 1);
  const BenchFolder folder(options.data);
  FILOSCOPE_TRY(const auto tokens, seeded_tokens(options, folder.path()));
  FILOSCOPE_TRY(const auto server, ServerProcess::start(folder.path()));
  const auto seconds = static_cast<double>(options.seconds > 0 ? options.seconds : kWaitingS);
  FILOSCOPE_TRY(const auto turns, take_turns(server, tokens, seconds));
  const double alone_ms = quantile(turns.alone.latencies_ms, 0.99);
  const double beside_ms = quantile(turns.beside.latencies_ms, 0.99);
  const double ratio = alone_ms > 0 ? beside_ms / alone_ms : 0;
  const auto& waited = turns.waited;
  Json json{{"bench", "api.waiting"},
            {"videos", options.videos_count},
            {"requests", kPlan.requests},
            {"request_waits_s", kPlan.wait_s},
            {"streams", kPlan.streams},
            {"sockets", kPlan.sockets},
            {"feed_alone", to_json(turns.alone)},
            {"feed_beside", to_json(turns.beside)},
            {"p99_ratio", ratio},
            {"memory_kb_per_client", turns.kb_per_client},
            {"waited_to_the_end", waited.answers},
            {"answered_early", waited.early},
            {"open_at_the_end", waited.open},
            {"broken", waited.broken}};
  json["limits"] = {{"p99_ratio", kRatioMax}, {"memory_kb_per_client", kKbMax}};
  Verdict verdict;
  verdict.at_most("p99 beside / alone", ratio, kRatioMax);
  verdict.at_most("memory of a waiting client (KB)", turns.kb_per_client, kKbMax);
  verdict.at_most("failed feed calls",
                  static_cast<double>(turns.alone.errors_count + turns.beside.errors_count), 0);
  verdict.at_least("clients that waited to the end", static_cast<double>(waited.open), kClients);
  verdict.at_least("requests that waited their time", static_cast<double>(waited.answers),
                   kPlan.requests);
  verdict.write(json);
  return BenchReport{
      json,
      fmt::format("waiting: {} requests of {} s, {} streamed bodies, {} sockets at once; feed at "
                  "{}/s, {} rounds in turns\n"
                  "feed alone:   p50 {:.1f} ms  p99 {:.1f} ms\n"
                  "feed beside:  p50 {:.1f} ms  p99 {:.1f} ms, {:.2f} of alone (limit {})\n"
                  "memory:       {:.1f} KB a waiting client (limit {})\n"
                  "waited {} times to the end, {} answered early, {} broke; failed feed calls {}\n"
                  "{}\n",
                  kPlan.requests, kPlan.wait_s, kPlan.streams, kPlan.sockets, kBesideRatePerS,
                  kRounds, quantile(turns.alone.latencies_ms, 0.5), alone_ms,
                  quantile(turns.beside.latencies_ms, 0.5), beside_ms, ratio, kRatioMax,
                  turns.kb_per_client, kKbMax, waited.answers, waited.early, waited.broken,
                  turns.alone.errors_count + turns.beside.errors_count, verdict.sentence())};
}

}  // namespace

int bench_waiting(const BenchOptions& options) {
  return finish_bench(options, measure_waiting(options));
}

}  // namespace filoscope::app
