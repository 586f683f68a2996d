#include "app/feed_load.h"

#include <sim/bulk_seeder.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "app/bench_figures.h"
#include "app/http_client.h"
#include "app/reasons.h"
#include "app/wiring.h"
#include "base/log.h"
#include "base/random.h"

namespace filoscope::app {
namespace {

constexpr const char* kTokensFile = "bench-tokens";
constexpr std::int64_t kStartInUs = 50'000;
constexpr int kProgressMs = 200;

}  // namespace

std::int64_t now_us() { return SystemClock().mono_us(); }

void wait_until_us(std::int64_t due_us) {
  if (const auto wait_us = due_us - now_us(); wait_us > 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
  }
}

Result<std::vector<std::string>> seeded_tokens(const BenchOptions& options,
                                               const std::filesystem::path& folder) {
  const auto tokens_path = folder / kTokensFile;
  std::vector<std::string> tokens;
  if (std::ifstream in(tokens_path); in) {
    for (std::string line; std::getline(in, line);) tokens.push_back(line);
  } else {
    FILOSCOPE_TRY(const auto config, load_config(""));
    log::set_level(log::Level::warn);
    Wiring::Options wanted;
    wanted.data_folder = folder.string();
    wanted.missing = DataFolder::Missing::make;
    FILOSCOPE_TRY(auto wiring, Wiring::open(wanted, config));
    sim::SeedOptions plan;
    plan.videos_count = static_cast<std::size_t>(options.videos_count);
    plan.people_count = static_cast<std::size_t>(options.people_count);
    ProgressBar bar;
    FILOSCOPE_TRY(auto seeded, sim::seed_installation(
                                   plan, wiring->database(), wiring->log(), wiring->accounts(),
                                   wiring->catalog(), wiring->clock(),
                                   [&](double share, const char* what) { bar.show(share, what); }));
    tokens = std::move(seeded.tokens);
    wiring.reset();
    std::ofstream out(tokens_path);
    for (const auto& token : tokens) out << token << '\n';
  }
  if (tokens.empty()) return Error(reason("bench_without_people"));
  return tokens;
}

double Measured::per_s() const {
  return seconds > 0 ? static_cast<double>(latencies_ms.size()) / seconds : 0;
}

nlohmann::ordered_json to_json(const Measured& measured) {
  const auto& sorted = measured.latencies_ms;
  return {{"answers", sorted.size()},         {"errors", measured.errors_count},
          {"per_s", measured.per_s()},        {"p50_ms", quantile(sorted, 0.5)},
          {"p99_ms", quantile(sorted, 0.99)}, {"max_ms", quantile(sorted, 1)}};
}

Measured run_paced(const Pace& pace, const PacedCall& call) {
  const auto start_us = now_us() + kStartInUs;
  const auto end_us = start_us + static_cast<std::int64_t>(pace.seconds * 1e6);
  std::atomic<std::int64_t> next{0};
  std::atomic<int> running{pace.connections};
  std::vector<Measured> parts(static_cast<std::size_t>(pace.connections));
  const auto work = [&](int connection) {
    auto& part = parts[static_cast<std::size_t>(connection)];
    while (true) {
      const auto number = next++;
      auto due_us = std::max(now_us(), start_us);
      if (pace.rate_per_s > 0) {
        due_us = start_us +
                 static_cast<std::int64_t>(static_cast<double>(number) * 1e6 / pace.rate_per_s);
      }
      if (due_us >= end_us) break;
      if (const auto latency_ms = call(number, due_us, connection)) {
        part.latencies_ms.push_back(*latency_ms);
      } else {
        ++part.errors_count;
      }
    }
    --running;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < pace.connections; ++i) threads.emplace_back(work, i);
  ProgressBar bar;
  while (*pace.what != '\0' && running > 0) {
    bar.show(static_cast<double>(now_us() - start_us) * 1e-6 / pace.seconds, pace.what);
    std::this_thread::sleep_for(std::chrono::milliseconds(kProgressMs));
  }
  for (auto& thread : threads) thread.join();
  Measured all;
  all.seconds = static_cast<double>(now_us() - start_us) * 1e-6;
  for (const auto& part : parts) {
    all.errors_count += part.errors_count;
    all.latencies_ms.insert(all.latencies_ms.end(), part.latencies_ms.begin(),
                            part.latencies_ms.end());
  }
  std::sort(all.latencies_ms.begin(), all.latencies_ms.end());
  return all;
}

Measured run_feed_load(const std::string& url, const std::vector<std::string>& tokens,
                       const Pace& pace) {
  std::vector<Result<HttpClient>> clients;
  for (int i = 0; i < pace.connections; ++i) clients.push_back(HttpClient::create(url));
  return run_paced(
      pace, [&](std::int64_t number, std::int64_t due_us, int connection) -> Result<double> {
        auto& client = clients[static_cast<std::size_t>(connection)];
        if (!client) return client.error();
        wait_until_us(due_us);
        const auto& token = tokens[mix64(static_cast<std::uint64_t>(number)) % tokens.size()];
        FILOSCOPE_TRY(const auto answer,
                      client->request("GET", "/api/v1/feed?limit=8",
                                      HttpClient::Headers{{"Authorization", "Bearer " + token}}));
        if (answer.status != 200) return Error(Code::internal, "the feed did not answer");
        return static_cast<double>(now_us() - due_us) * 1e-3;
      });
}

}  // namespace filoscope::app
