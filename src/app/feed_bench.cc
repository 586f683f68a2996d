#include "app/feed_bench.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sim/bulk_seeder.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/http_client.h"
#include "app/output.h"
#include "app/wiring.h"
#include "base/log.h"
#include "base/random.h"

extern char** environ;

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kRatePerS = 150;
constexpr double kLimitP99Ms = 25, kLimitPerS = 300, kLimitGiB = 1.5;
constexpr int kOpenConnections = 32, kClosedConnections = 8;
constexpr int kWarmupS = 3;
constexpr const char* kTokensFile = "bench-tokens";

std::int64_t now_us() { return SystemClock().mono_us(); }

/// A folder of its own, gone at the end unless it was named.
class Scratch {
 public:
  explicit Scratch(const std::string& named) : keep_(!named.empty()) {
    path_ = keep_ ? std::filesystem::path(named)
                  : std::filesystem::temp_directory_path() /
                        ("filoscope-bench-" + crypto::hex(crypto::random_bytes(6)));
  }
  ~Scratch() {
    std::error_code ignored;
    if (!keep_) std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  bool keep_;
  std::filesystem::path path_;
};

Result<std::vector<std::string>> seed(const BenchOptions& options,
                                      const std::filesystem::path& folder) {
  const auto tokens_path = folder / kTokensFile;
  if (std::filesystem::exists(tokens_path)) {
    std::vector<std::string> tokens;
    std::ifstream in(tokens_path);
    for (std::string line; std::getline(in, line);) tokens.push_back(line);
    return tokens;
  }
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
  wiring.reset();
  std::ofstream out(tokens_path);
  for (const auto& token : seeded.tokens) out << token << '\n';
  return std::move(seeded.tokens);
}

/// `filoscope serve` as a process of its own.
class ServerProcess {
 public:
  static Result<std::unique_ptr<ServerProcess>> start(const std::filesystem::path& data) {
    auto process = std::make_unique<ServerProcess>();
    std::array<int, 2> out{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0) return errno_error("pipe");
    UniqueFd read_end(out[0]), write_end(out[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
    std::vector<std::string> words{"filoscope",   "serve",    "--data",
                                   data.string(), "--listen", "127.0.0.1:0"};
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::setenv("FILOSCOPE_APP_LOG_LEVEL", "warn", 1);
    const int code = ::posix_spawn(&process->pid_, "/proc/self/exe", &actions, nullptr,
                                   arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    write_end.reset();
    if (code != 0) return Error(Code::internal, "the server could not be started");
    std::string line;
    for (char c = 0; ::read(read_end.get(), &c, 1) == 1 && c != '\n';) line += c;
    constexpr std::string_view kReady = "ready ";
    if (line.substr(0, kReady.size()) != kReady) {
      return Error(Code::unavailable, "the server did not become ready");
    }
    process->url_ = line.substr(kReady.size());
    return process;
  }
  ServerProcess() = default;
  ~ServerProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& url() const { return url_; }
  double memory_gib(const char* which) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind(which, 0) == 0) {
        return std::strtod(line.c_str() + line.find(':') + 1, nullptr) / (1024.0 * 1024);
      }
    }
    return 0;
  }

 private:
  pid_t pid_ = -1;
  std::string url_;
};

struct Measured {
  std::vector<double> latencies_ms;
  std::int64_t errors_count = 0;
  double seconds = 0;

  double quantile(double q) const {
    if (latencies_ms.empty()) return 0;
    const auto at = static_cast<std::size_t>(q * static_cast<double>(latencies_ms.size() - 1));
    return latencies_ms[at];
  }
};

class Load {
 public:
  Load(std::string url, const std::vector<std::string>& tokens)
      : url_(std::move(url)), tokens_(tokens) {}

  /// `rate_per_s` 0 asks again as soon as an answer is in.
  Measured run(double seconds, double rate_per_s, int connections) {
    next_ = 0;
    start_us_ = now_us() + 50'000;
    end_us_ = start_us_ + static_cast<std::int64_t>(seconds * 1e6);
    rate_per_s_ = rate_per_s;
    std::vector<Measured> parts(static_cast<std::size_t>(connections));
    std::vector<std::thread> threads;
    for (auto& part : parts) threads.emplace_back([this, &part] { work(part); });
    for (auto& thread : threads) thread.join();
    Measured all;
    for (const auto& part : parts) {
      all.errors_count += part.errors_count;
      all.latencies_ms.insert(all.latencies_ms.end(), part.latencies_ms.begin(),
                              part.latencies_ms.end());
    }
    all.seconds = static_cast<double>(now_us() - start_us_) * 1e-6;
    std::sort(all.latencies_ms.begin(), all.latencies_ms.end());
    return all;
  }

 private:
  void work(Measured& part) {
    auto client = HttpClient::create(url_);
    if (!client) return;
    while (true) {
      const auto number = next_++;
      std::int64_t due_us = std::max(now_us(), start_us_);
      if (rate_per_s_ > 0) {
        due_us =
            start_us_ + static_cast<std::int64_t>(static_cast<double>(number) * 1e6 / rate_per_s_);
      }
      if (due_us >= end_us_) return;
      if (const auto wait_us = due_us - now_us(); wait_us > 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
      }
      const auto& token = tokens_[mix64(static_cast<std::uint64_t>(number)) % tokens_.size()];
      const auto answer = client->request(
          "GET", "/api/v1/feed?limit=8", HttpClient::Headers{{"Authorization", "Bearer " + token}});
      if (answer && answer->status == 200) {
        part.latencies_ms.push_back(static_cast<double>(now_us() - due_us) * 1e-3);
      } else {
        ++part.errors_count;
      }
    }
  }

  const std::string url_;
  const std::vector<std::string>& tokens_;
  std::atomic<std::int64_t> next_{0};
  std::int64_t start_us_ = 0, end_us_ = 0;
  double rate_per_s_ = 0;
};

Json to_json(const Measured& measured) {
  return {{"answers", measured.latencies_ms.size()},
          {"errors", measured.errors_count},
          {"per_s", static_cast<double>(measured.latencies_ms.size()) / measured.seconds},
          {"p50_ms", measured.quantile(0.5)},
          {"p99_ms", measured.quantile(0.99)},
          {"max_ms", measured.quantile(1)}};
}

Result<Json> measure(const BenchOptions& options) {
  const Scratch scratch(options.data);
  const auto seed_start_us = now_us();
  FILOSCOPE_TRY(const auto tokens, seed(options, scratch.path()));
  const double seeded_s = static_cast<double>(now_us() - seed_start_us) * 1e-6;
  if (tokens.empty()) return Error(Code::invalid_argument, "feed needs at least one person");
  FILOSCOPE_TRY(const auto server, ServerProcess::start(scratch.path()));
  Load load(server->url(), tokens);
  load.run(kWarmupS, kRatePerS, kOpenConnections);
  const auto seconds = static_cast<double>(options.seconds);
  const auto open = load.run(seconds, kRatePerS, kOpenConnections);
  const auto closed = load.run(seconds, 0, kClosedConnections);
  const double memory_gib = server->memory_gib("VmRSS");
  Json json{{"bench", "feed"},
            {"videos", options.videos_count},
            {"people", tokens.size()},
            {"seed_s", seeded_s},
            {"open_loop", to_json(open)},
            {"closed_loop", to_json(closed)},
            {"memory_gib", memory_gib},
            {"memory_peak_gib", server->memory_gib("VmHWM")}};
  json["open_loop"]["rate_per_s"] = kRatePerS;
  json["closed_loop"]["connections"] = kClosedConnections;
  json["limits"] = {{"p99_ms", kLimitP99Ms}, {"per_s", kLimitPerS}, {"memory_gib", kLimitGiB}};
  json["good"] = open.quantile(0.99) <= kLimitP99Ms &&
                 json["closed_loop"]["per_s"].get<double>() >= kLimitPerS &&
                 memory_gib <= kLimitGiB && open.errors_count + closed.errors_count == 0;
  return json;
}

}  // namespace

int bench_feed(const BenchOptions& options) {
  const auto measured = measure(options);
  if (!measured) return fail(measured.error());
  const Json& json = *measured;
  const auto number = [&](const char* part, const char* name) {
    return json[part][name].get<double>();
  };
  if (options.json != "-") {
    fmt::print("feed: {} videos, {} people, seeded in {:.0f} s\n",
               json["videos"].get<std::int64_t>(), json["people"].get<std::int64_t>(),
               json["seed_s"].get<double>());
    fmt::print("open loop at {}/s:  p50 {:.1f} ms  p99 {:.1f} ms (limit {})  max {:.1f} ms\n",
               kRatePerS, number("open_loop", "p50_ms"), number("open_loop", "p99_ms"), kLimitP99Ms,
               number("open_loop", "max_ms"));
    fmt::print("closed loop:        {:.0f} answers/s (limit {})  p50 {:.1f} ms  p99 {:.1f} ms\n",
               number("closed_loop", "per_s"), kLimitPerS, number("closed_loop", "p50_ms"),
               number("closed_loop", "p99_ms"));
    fmt::print("memory:             {:.2f} GiB (limit {}), peak {:.2f} GiB; errors {}\n",
               json["memory_gib"].get<double>(), kLimitGiB, json["memory_peak_gib"].get<double>(),
               json["open_loop"]["errors"].get<std::int64_t>() +
                   json["closed_loop"]["errors"].get<std::int64_t>());
  }
  if (auto done = write_json(options.json, json); !done) return fail(done.error());
  return json["good"].get<bool>() ? 0 : 1;
}

}  // namespace filoscope::app
