#include "app/nginx_rival.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "app/http_client.h"
#include "app/reasons.h"
#include "base/crypto.h"
#include "base/file.h"

namespace filoscope::app {
namespace {

namespace fs = std::filesystem;

constexpr int kWorkers = 2, kWrkThreads = 2;
constexpr int kStartTriesMax = 100, kStartWaitMs = 50;
constexpr int kExtraWaitMs = 20'000;  ///< for wrk beyond its own time
constexpr double kHeadBytesMax = 2048;

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<int> free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (!fd || ::bind(fd.get(), raw, size) != 0 || ::getsockname(fd.get(), raw, &size) != 0) {
    return errno_error("looking for a free port");
  }
  return int{ntohs(address.sin_port)};
}

std::string config_of(const fs::path& folder, int port) {
  return fmt::format(
      "{user}worker_processes {workers};\ndaemon off;\npid {folder}/nginx.pid;\n"
      "error_log {folder}/error.log;\nevents {{ worker_connections 1024; }}\n"
      "http {{\n  access_log off;\n  sendfile on;\n  tcp_nopush on;\n  tcp_nodelay on;\n"
      "  keepalive_requests 100000000;\n  open_file_cache max=1000;\n"
      "  types {{ video/mp4 mp4; }}\n  server {{\n    listen 127.0.0.1:{port};\n"
      "    root {folder}/www;\n"
      "    add_header Cache-Control \"public, max-age=3600, immutable\";\n  }}\n"
      "  client_body_temp_path {folder}/body;\n  proxy_temp_path {folder}/proxy;\n"
      "  fastcgi_temp_path {folder}/fastcgi;\n  uwsgi_temp_path {folder}/uwsgi;\n"
      "  scgi_temp_path {folder}/scgi;\n}}\n",
      // Else the workers of an nginx started by root could not read the files.
      fmt::arg("user", ::geteuid() == 0 ? "user root;\n" : ""), fmt::arg("workers", kWorkers),
      fmt::arg("folder", folder.string()), fmt::arg("port", port));
}

std::string script_of(const MediaSite& site, const std::vector<std::int64_t>& sizes_bytes,
                      std::int64_t range_bytes) {
  std::string script = "local paths = {\n";
  for (std::size_t i = 0; i < site.paths.size(); ++i) {
    script += fmt::format("  {{\"{}\", {}}},\n", site.paths[i], sizes_bytes[i] - range_bytes);
  }
  script += fmt::format("}}\nlocal length = {}\n", range_bytes);
  return script + R"(local seed = 1
function setup(thread) thread:set("seed", seed); seed = seed + 1 end
function init() math.randomseed(seed) end
function request()
  local file = paths[math.random(#paths)]
  local first = math.random(0, file[2])
  return wrk.format("GET", file[1], {["Range"] = "bytes=" .. first .. "-" .. first + length - 1})
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.bytes,
    summary.duration, e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(99)))
end
)";
}

/// What wrk's script printed.
Result<RangeRound> parse_result(const std::string& text, const RangeLoad& load, double cpu) {
  constexpr std::string_view kMark = "RESULT ";
  const auto at = text.find(kMark);
  if (at == std::string::npos) return Error(Code::internal, "wrk gave no result: " + text);
  double requests = 0, bytes = 0, duration_us = 0, errors = 0, p99_us = 0;
  std::istringstream(text.substr(at + kMark.size())) >> requests >> bytes >> duration_us >>
      errors >> p99_us;
  const auto range = static_cast<double>(load.range_bytes);
  // What is on its way at the end is in the bytes, not in the requests.
  const bool whole =
      bytes >= requests * range && bytes <= (requests + load.connections) * (range + kHeadBytesMax);
  if (errors > 0 || requests == 0 || !whole) {
    return Error(Code::internal, "not all answers were the range asked for: " + text);
  }
  return RangeRound{bytes / duration_us * 1e6, requests / duration_us * 1e6, cpu / bytes * 1e9,
                    p99_us / 1000};
}

}  // namespace

Result<Nginx> start_nginx(const fs::path& folder, const std::vector<fs::path>& files) {
  FILOSCOPE_TRY(const auto program, find_program("nginx"));
  std::error_code error;
  fs::create_directories(folder / "www", error);
  MediaSite site{"nginx", "", {}, 0};
  for (const auto& file : files) {
    const auto name = std::to_string(site.paths.size()) + ".mp4";
    fs::create_symlink(file, folder / "www" / name, error);
    site.paths.push_back("/" + name);
  }
  if (error) return Error(reason("nginx_folder_not_made"), error.message());
  FILOSCOPE_TRY(const int port, free_port());
  site.url = fmt::format("http://127.0.0.1:{}", port);
  const auto config = (folder / "nginx.conf").string();
  FILOSCOPE_DO(write_file_durably(config, crypto::as_bytes(config_of(folder, port))));
  const auto log = (folder / "nginx.out").string();
  FILOSCOPE_TRY(auto process,
                Process::start_logged({program, "-c", config, "-p", folder.string()}, log));
  site.pid = process.pid();
  for (int tries = 0; tries < kStartTriesMax; ++tries) {
    FILOSCOPE_TRY(auto client, HttpClient::create(site.url));
    const auto answer = client.request("HEAD", site.paths[0], {});
    const bool ours = children_of(site.pid).size() >= kWorkers;
    if (ours && answer && answer->status == 200) return Nginx{std::move(process), std::move(site)};
    ::poll(nullptr, 0, kStartWaitMs);
  }
  return Error(reason("nginx_not_started"), read_text(log));
}

Result<RangeRound> run_wrk(const MediaSite& site, const std::vector<std::int64_t>& sizes_bytes,
                           const RangeLoad& load, const fs::path& folder) {
  FILOSCOPE_TRY(const auto program, find_program("wrk"));
  const auto script = (folder / (site.name + ".lua")).string();
  const auto log = (folder / (site.name + ".out")).string();
  FILOSCOPE_DO(
      write_file_durably(script, crypto::as_bytes(script_of(site, sizes_bytes, load.range_bytes))));
  const double before_s = cpu_s(site.pid);
  FILOSCOPE_TRY(auto wrk,
                Process::start_logged({program, "-t", std::to_string(kWrkThreads), "-c",
                                       std::to_string(load.connections), "-d",
                                       std::to_string(load.seconds) + "s", "-s", script, site.url},
                                      log));
  const auto ended = wrk.wait(load.seconds * 1000 + kExtraWaitMs);
  const double used_s = cpu_s(site.pid) - before_s;
  const auto text = read_text(log);
  if (!ended) {
    auto problem = Error(ended.error()).during("wrk");
    problem.message += " " + text;
    return problem;
  }
  return parse_result(text, load, used_s);
}

}  // namespace filoscope::app
