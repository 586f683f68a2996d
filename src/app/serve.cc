#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>

#include "api/api.h"
#include "api/reasons.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/output.h"
#include "app/reasons.h"
#include "app/samples.h"
#include "app/wiring.h"
#include "base/log.h"
#include "base/log_output.h"
#include "base/memory.h"
#include "base/network.h"
#include "base/product.h"

namespace filoscope::app {
namespace {

constexpr int kSamplesBeforeReady = 6;
constexpr std::int64_t kSamplesWaitMs = 300'000;
constexpr int kLookMs = 500;

/// SIGTERM and SIGINT as something to wait for. The second one ends the process at once.
class StopSignal {
 public:
  StopSignal() {
    if (::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
    write_end_ = pipe_[1];
    struct sigaction action {};
    action.sa_handler = [](int) {
      if (asked_.exchange(true)) ::_exit(130);
      [[maybe_unused]] const auto written = ::write(write_end_, "x", 1);
    };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);  // a limit on files is an error of write(), not the end
  }
  bool asked() const { return asked_; }
  /// Until it is asked for, or `timeout_ms` are over (-1: never). Whether it is asked for.
  bool wait(int timeout_ms) const {
    struct pollfd waiting {
      pipe_[0], POLLIN, 0
    };
    do {
      ::poll(&waiting, 1, timeout_ms);
    } while (!asked_ && timeout_ms < 0);
    return asked_;
  }

 private:
  std::array<int, 2> pipe_{-1, -1};
  static inline std::atomic<bool> asked_{false};
  static inline std::atomic<int> write_end_{-1};
};

std::string outcome_of(const api::SamplesProgress& samples) {
  if (samples.total == 0) return "There are no sample clips: none could be made.";
  if (samples.ready == samples.total)
    return fmt::format("All {} sample clips are in the feed.", samples.total);
  return fmt::format("{} of {} sample clips are in the feed; the others could not be made.",
                     samples.ready, samples.total);
}

/// The web app that was built beside this program, or nothing.
std::string web_folder_beside_program() {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const auto folder = program.parent_path() / "../../../web/dist";
  return std::filesystem::exists(folder / "index.html", ignored)
             ? folder.lexically_normal().string()
             : "";
}

/// What is answered while the log is replayed: alive, not ready.
api::Router starting_routes() {
  api::Router router;
  const auto answer = [](int status, const char* text,
                         const char* type = "text/plain; charset=utf-8") {
    return [status, text, type](const api::Request&) -> Result<api::Response> {
      api::Response response;
      response.status = status;
      response.content_type = type;
      response.body = std::string(text);
      if (status == 503) response.headers.emplace_back("Retry-After", "2");
      return response;
    };
  };
  router.add({"GET", "/healthz", answer(200, "ok\n"), 0, false});
  router.add({"GET", "/readyz",
              answer(503, R"({"problems":[],"status":"starting"})", "application/json"), 0, false});
  const auto page = answer(503, "The server is starting; try again in a moment.\n");
  router.set_fallback(
      [page](const api::Request& request) -> Result<api::Response> {
        if (request.path.starts_with("/api/")) return Error(api::reason("server_starting"));
        return page(request);
      },
      api::Router::Fallback::any);
  return router;
}

class Service {
 public:
  Service(const ServeOptions& options, const Config& config) : options_(options), config_(config) {}

  Result<void> start() {
    FILOSCOPE_TRY(auto early,
                  api::Server::start(options_.listen, starting_routes(), config_, clock_));
    Wiring::Options wanted;
    wanted.data_folder = options_.data;
    wanted.missing = DataFolder::Missing::make;
    wanted.uploads = true;
    FILOSCOPE_TRY(wiring_, Wiring::open(wanted, config_));
    if (!options_.samples.empty()) {
      samples_ = Samples::start(
          {wiring_->accounts(), wiring_->catalog(), wiring_->uploads(), options_.samples});
    }
    api::Services services{
        wiring_->accounts(),
        wiring_->catalog(),
        wiring_->social(),
        wiring_->subtitles(),
        wiring_->uploads(),
        wiring_->search(),
        wiring_->visual(),
        wiring_->copies(),
        wiring_->safety(),
        wiring_->feed(),
        wiring_->blobs(),
        wiring_->clock(),
        config_,
        wiring_->key_for("api"),
        options_.web.empty() ? web_folder_beside_program() : options_.web,
        [this] { return samples_ ? samples_->progress() : api::SamplesProgress(); },
        [this] { return ready_.load(); }};
    FILOSCOPE_TRY(server_, early->followed_by(api::make_router(services), config_, clock_));
    ready_ = true;
    log::info("start", {{"part", std::string("http")}, {"address", server_->address()}});
    return {};
  }

  /// For the first minutes of a new installation: somebody who opens the page finds clips.
  void wait_for_samples(const StopSignal& stop, Console& console) {
    if (!samples_) return;
    for (std::int64_t waited_ms = 0; waited_ms < kSamplesWaitMs && !stop.asked();
         waited_ms += kLookMs) {
      const auto now = samples_->progress();
      if (now.done || now.ready >= kSamplesBeforeReady) break;
      console.progress(
          now.ready * 1.0 / kSamplesBeforeReady,
          fmt::format("making the first sample clips: {} of {}", now.ready, kSamplesBeforeReady));
      samples_->wait_for_ready(kSamplesBeforeReady, kLookMs);
    }
    console.status("");
  }

  /// Until a signal ends it; meanwhile it tells how far the samples are.
  void wait_for_stop(const StopSignal& stop, Console& console) {
    if (samples_ && !samples_->progress().done) {
      while (!stop.wait(kLookMs)) {
        const auto now = samples_->progress();
        if (now.done) break;
        console.progress(
            now.ready * 1.0 / std::max(1, now.total),
            fmt::format("sample clips: {} of {} are in the feed", now.ready, now.total));
      }
      console.status("");
      if (!stop.asked()) console.line(outcome_of(samples_->progress()));
    }
    stop.wait(-1);
  }

  std::string address() const { return server_->address(); }

  void stop() {
    ready_ = false;
    const auto start_us = clock_.mono_us();
    wiring_->visual().stop();
    server_->stop(config_[kDrainS] * 1000);
    samples_.reset();
    server_.reset();
    wiring_.reset();
    log::info("stopped", {{"ms", (clock_.mono_us() - start_us) / 1000}});
  }

 private:
  const ServeOptions options_;
  const Config& config_;
  SystemClock clock_;
  std::atomic<bool> ready_{false};
  std::unique_ptr<Wiring> wiring_;
  std::unique_ptr<Samples> samples_;
  std::unique_ptr<api::Server> server_;
};

}  // namespace

Result<Config> load_config(const std::string& path) {
  FILOSCOPE_TRY(auto config, Config::load(path, filoscope_environment()));
  const std::string& level = config[kLogLevel];
  if (level == "debug") {
    log::set_level(log::Level::debug);
  } else if (level == "info") {
    log::set_level(log::Level::info);
  } else if (level == "warn") {
    log::set_level(log::Level::warn);
  } else if (level == "error") {
    log::set_level(log::Level::error);
  } else if (level == "off") {
    log::set_level(log::Level::off);
  } else {
    return Error(reason("log_level_unknown"), kLogLevel.name, level);
  }
  return config;
}

Result<void> choose_log(const ServeOptions& options, Console& console) {
  log::Output output;
  output.json_on_stderr = options.log_format == "json";
  output.json_file = options.log_file;
  if (!output.json_on_stderr)
    output.people = [&console](const std::string& sentence) { console.line(sentence); };
  return log::set_output(std::move(output));
}

/// One line for programs; what a person wants to know on a terminal.
void say_ready(const ServeOptions& options, const Config& config, const std::string& address) {
  if (::isatty(STDOUT_FILENO) == 0 || options.log_format == "json") {
    std::printf("ready %s\n", address.c_str());
  } else {
    const auto place = place_of(address, config[api::kPublicUrl], own_addresses());
    std::fputs(welcome(place).c_str(), stdout);
  }
  std::fflush(stdout);
}

int serve(const ServeOptions& options) {
  memory::keep_reserve();
  const StopSignal stop;
  const auto config = load_config(options.config_path);
  if (!config) return fail(config.error());
  static Console console(options.log_format == "json");  // what is logged last ends on it
  if (auto chosen = choose_log(options, console); !chosen) return fail(chosen.error());
  Service service(options, *config);
  const SystemClock clock;
  Result<void> started;
  {
    const PatienceLine patience(console, clock, "Opening " + options.data);
    started = service.start();
  }
  if (!started) return fail(started.error());
  service.wait_for_samples(stop, console);
  say_ready(options, *config, service.address());
  service.wait_for_stop(stop, console);
  log::info("stopping");
  const PatienceLine patience(console, clock, "Finishing what is under way");
  service.stop();
  return 0;
}

}  // namespace filoscope::app
