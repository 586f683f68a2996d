#include "api/delivery_bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/crypto.h"
#include "base/file.h"

extern char** environ;

namespace filoscope::api {
namespace {

namespace fs = std::filesystem;

constexpr int kNginxWorkers = 2;
constexpr int kWrkThreads = 2;
constexpr int kStartTriesMax = 100;
constexpr int kStartWaitMs = 50;
constexpr int kExtraWaitMs = 20'000;  ///< for a load generator beyond its own time

/// A child process that is ended with this object.
class Child {
 public:
  static Result<Child> start(const std::vector<std::string>& command, const std::string& output) {
    std::vector<char*> arguments;
    for (const auto& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t pid = 0;
    const int failed =
        posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
      return Error(Code::unavailable, "could not run " + command[0] + "; is it installed?");
    }
    return Child(pid);
  }
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  /// Exit status 0 within the time.
  bool succeeds_within(int ms) {
    for (int waited = 0; waited < ms; waited += kStartWaitMs) {
      int status = 0;
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = 0;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
      }
      poll(nullptr, 0, kStartWaitMs);
    }
    return false;
  }

 private:
  pid_t pid_;
};

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// User and system time of one process in seconds.
double cpu_s(pid_t pid) {
  const auto text = read_text("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> found;
  const auto id = std::to_string(pid);
  std::istringstream list(read_text("/proc/" + id + "/task/" + id + "/children"));
  for (pid_t child = 0; list >> child;) found.push_back(child);
  return found;
}

struct Side {
  std::string name, address;
  std::vector<std::string> paths;
  std::vector<pid_t> processes;
};

struct Round {
  double bytes_per_s = 0, requests_per_s = 0, cpu_s_per_gb = 0, p99_ms = 0;
};

std::string nginx_config(const fs::path& folder, const std::string& port) {
  return "worker_processes " + std::to_string(kNginxWorkers) + ";\ndaemon off;\npid " +
         (folder / "nginx.pid").string() + ";\nerror_log " + (folder / "error.log").string() +
         ";\nevents { worker_connections 1024; }\nhttp {\n  access_log off;\n  sendfile on;\n"
         "  tcp_nopush on;\n  tcp_nodelay on;\n  keepalive_requests 100000000;\n"
         "  open_file_cache max=1000;\n  types { video/mp4 mp4; }\n  server {\n"
         "    listen 127.0.0.1:" +
         port + ";\n    root " + (folder / "www").string() +
         ";\n    add_header Cache-Control \"public, max-age=3600, immutable\";\n  }\n"
         "  client_body_temp_path " +
         (folder / "body").string() + ";\n  proxy_temp_path " + (folder / "proxy").string() +
         ";\n  fastcgi_temp_path " + (folder / "fastcgi").string() + ";\n  uwsgi_temp_path " +
         (folder / "uwsgi").string() + ";\n  scgi_temp_path " + (folder / "scgi").string() +
         ";\n}\n";
}

/// Random files and ranges of them, the same sequence for both sides.
std::string wrk_script(const Side& side, const std::vector<std::int64_t>& sizes,
                       std::int64_t range_bytes) {
  std::string script = "local paths = {\n";
  for (std::size_t i = 0; i < side.paths.size(); ++i) {
    script += "  {\"" + side.paths[i] + "\", " +
              std::to_string(std::max<std::int64_t>(0, sizes[i] - range_bytes)) + "},\n";
  }
  script += "}\nlocal length = " + std::to_string(range_bytes) + R"(
local seed = 1
function setup(thread) thread:set("seed", seed); seed = seed + 1 end
function init() math.randomseed(seed); headers = {} end
function request()
  local file = paths[math.random(#paths)]
  local first = math.random(0, file[2])
  return wrk.format("GET", file[1], {["Range"] = "bytes=" .. first .. "-" .. first + length - 1})
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.bytes, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(99)))
end
)";
  return script;
}

Result<Round> run_round(const Side& side, const DeliveryBenchOptions& options) {
  const fs::path folder = options.work_folder;
  const auto output = folder / (side.name + ".out");
  double before = 0;
  for (const auto pid : side.processes) before += cpu_s(pid);
  FILOSCOPE_TRY(auto wrk, Child::start({"wrk", "-t", std::to_string(kWrkThreads), "-c",
                                        std::to_string(options.connections_count), "-d",
                                        std::to_string(options.round_s) + "s", "-s",
                                        (folder / (side.name + ".lua")).string(), side.address},
                                       output));
  const bool ended = wrk.succeeds_within(options.round_s * 1000 + kExtraWaitMs);
  double after = 0;
  for (const auto pid : side.processes) after += cpu_s(pid);
  const auto text = read_text(output);
  const auto at = text.find("RESULT ");
  if (!ended || at == std::string::npos) {
    return Error(Code::unavailable, "wrk failed against " + side.name + ": " + text);
  }
  double requests = 0, bytes = 0, duration_us = 0, errors = 0, p99_us = 0;
  std::istringstream(text.substr(at + 7)) >> requests >> bytes >> duration_us >> errors >> p99_us;
  if (errors > 0 || requests == 0) {
    return Error(Code::internal, "wrk had errors against " + side.name + ": " + text);
  }
  Round round;
  round.bytes_per_s = bytes / duration_us * 1e6;
  round.requests_per_s = requests / duration_us * 1e6;
  round.cpu_s_per_gb = (after - before) / bytes * 1e9;
  round.p99_ms = p99_us / 1000;
  return round;
}

double median_of(const std::vector<Round>& rounds, double Round::*field) {
  std::vector<double> values;
  for (const auto& round : rounds) values.push_back(round.*field);
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

nlohmann::ordered_json side_json(const std::vector<Round>& rounds) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& round : rounds) {
    list.push_back({{"bytes_per_s", round.bytes_per_s},
                    {"requests_per_s", round.requests_per_s},
                    {"cpu_s_per_gb", round.cpu_s_per_gb},
                    {"p99_ms", round.p99_ms}});
  }
  return {{"bytes_per_s", median_of(rounds, &Round::bytes_per_s)},
          {"requests_per_s", median_of(rounds, &Round::requests_per_s)},
          {"cpu_s_per_gb", median_of(rounds, &Round::cpu_s_per_gb)},
          {"p99_ms", median_of(rounds, &Round::p99_ms)},
          {"rounds", std::move(list)}};
}

/// nginx on a port that is free now; its files are links to the very blobs.
Result<Child> start_nginx(const DeliveryBenchOptions& options, Side& side) {
  const fs::path folder = options.work_folder;
  std::error_code ignored;
  fs::create_directories(folder / "www", ignored);
  for (std::size_t i = 0; i < options.files.size(); ++i) {
    const auto name = std::to_string(i) + ".mp4";
    fs::remove(folder / "www" / name, ignored);
    fs::create_symlink(fs::absolute(options.files[i]), folder / "www" / name, ignored);
    side.paths.push_back("/" + name);
  }
  // Workers of an nginx started by root are another user, who must be able to walk in.
  fs::permissions(folder, fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add,
                  ignored);
  const auto port = std::to_string(20'000 + crypto::random_u64() % 10'000);
  side.address = "http://127.0.0.1:" + port;
  auto config = nginx_config(folder, port);
  if (geteuid() == 0) config = "user root;\n" + config;
  FILOSCOPE_DO(write_file_durably(folder / "nginx.conf", crypto::as_bytes(config)));
  FILOSCOPE_TRY(auto nginx, Child::start({"nginx", "-c", (folder / "nginx.conf").string(), "-p",
                                          folder.string()},
                                         (folder / "nginx.out").string()));
  for (int tries = 0; tries < kStartTriesMax; ++tries) {
    side.processes = children_of(nginx.pid());
    if (side.processes.size() >= kNginxWorkers) return nginx;
    poll(nullptr, 0, kStartWaitMs);
  }
  return Error(Code::unavailable, "nginx did not start: " + read_text(folder / "nginx.out"));
}

}  // namespace

Result<std::string> bench_delivery(const DeliveryBenchOptions& options) {
  if (options.paths.empty() || options.paths.size() != options.files.size()) {
    return Error(Code::invalid_argument, "paths and files must be equally many, at least one");
  }
  std::vector<std::int64_t> sizes;
  for (const auto& file : options.files) {
    std::error_code error;
    sizes.push_back(static_cast<std::int64_t>(fs::file_size(file, error)));
    if (error) return Error(Code::invalid_argument, "there is no file " + file);
  }
  Side ours{"filoscope", options.address, options.paths, {options.server_pid}};
  Side theirs{"nginx", "", {}, {}};
  FILOSCOPE_TRY(const auto nginx, start_nginx(options, theirs));
  for (const auto* side : {&ours, &theirs}) {
    const auto script = wrk_script(*side, sizes, options.range_bytes);
    FILOSCOPE_DO(write_file_durably(fs::path(options.work_folder) / (side->name + ".lua"),
                                    crypto::as_bytes(script)));
  }
  auto warm = options;  // both sides once, unmeasured: page cache, open files, grown buffers
  warm.round_s = 1;
  FILOSCOPE_DO(run_round(ours, warm));
  FILOSCOPE_DO(run_round(theirs, warm));
  std::vector<Round> our_rounds, their_rounds;
  for (int i = 0; i < options.rounds_count; ++i) {
    FILOSCOPE_TRY(const auto our_round, run_round(ours, options));
    FILOSCOPE_TRY(const auto their_round, run_round(theirs, options));
    our_rounds.push_back(our_round);
    their_rounds.push_back(their_round);
  }
  const auto ratio = [&](double Round::*field) {
    return median_of(our_rounds, field) / median_of(their_rounds, field);
  };
  const nlohmann::ordered_json report = {{"files", options.files.size()},
                                         {"range_bytes", options.range_bytes},
                                         {"connections", options.connections_count},
                                         {"round_s", options.round_s},
                                         {"filoscope", side_json(our_rounds)},
                                         {"nginx", side_json(their_rounds)},
                                         {"bytes_per_s_ratio", ratio(&Round::bytes_per_s)},
                                         {"cpu_s_per_gb_ratio", ratio(&Round::cpu_s_per_gb)}};
  return report.dump(2);
}

}  // namespace filoscope::api
