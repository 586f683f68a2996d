#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/output.h"
#include "base/clock.h"
#include "base/product.h"
#include "base/sealed_memory.h"
#include "lookers/looker.h"
#include "media/media.h"
#include "media/rgb.h"
#include "reading/reading.h"
#include "visual/visual.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr double kDiskLowGiB = 2;

struct Report {
  Json json = Json::array();
  bool good = true;

  void say(const char* what, bool fine, const std::string& detail, bool essential = true) {
    json.push_back({{"what", what}, {"good", fine}, {"detail", detail}});
    good = good && (fine || !essential);
  }
};

bool port_free(std::uint16_t port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

/// How long a grey picture takes, the second time.
Result<double> picture_ms(lookers::Looker& looker, const vision::DescriptorInfo& by) {
  constexpr int kSidePx = 640;
  const media::RgbPicture grey{kSidePx, kSidePx, Bytes(std::size_t{3} * kSidePx * kSidePx, 128)};
  FILOSCOPE_TRY(const auto jpeg, media::jpeg_of(grey, 5));
  FILOSCOPE_TRY(const UniqueFd file, sealed_in_memory(jpeg));
  const SystemClock clock;
  std::int64_t begun_us = 0;
  for (int i = 0; i < 2; ++i) {
    begun_us = clock.mono_us();
    FILOSCOPE_DO(looker.picture(file.get(), {{by}, 0, 1, {}}));
  }
  return static_cast<double>(clock.mono_us() - begun_us) / 1000;
}

void check_sandbox(Report& report) {
  const auto features = media::MediaWorkers().sandbox_report();
  if (!features) {
    report.say("media worker", false, features.error().message);
    return;
  }
  for (const auto& feature : *features) {
    const bool missing = feature.required && !feature.active;
    report.say(("sandbox: " + feature.name).c_str(), feature.active,
               feature.detail + (missing ? "; no video is processed without it" : ""),
               feature.required);
  }
}

/// What visual search compares pictures by, and what a picture takes.
void check_visual(Report& report) {
  const auto config = load_config("");
  const auto looker = config ? lookers::Looker::start({.program = "/proc/self/exe",
                                                       .model = visual::model_path(*config)})
                             : Result<std::unique_ptr<lookers::Looker>>(config.error());
  if (!looker) return report.say("visual search", false, looker.error().message, false);
  const auto& ready = (*looker)->ready();
  const auto took_ms = picture_ms(**looker, ready.descriptors.back());
  std::string detail = ready.descriptors.back().name;
  if (took_ms) detail += fmt::format(", {:.0f} ms a picture", *took_ms);
  if (!ready.model_problem.empty()) detail += "; " + ready.model_problem;
  report.say("visual search", took_ms && ready.model_problem.empty(), detail, false);
}

/// What looks at clips before they are published.
void check_safety(Report& report) {
  const auto config = load_config("");
  if (!config) return report.say("classifier", false, config.error().message, false);
  const auto model = vision::safety_model_path(*config);
  if (model.empty())
    return report.say("classifier", false, "none; clips are published without being looked at",
                      false);
  const auto looker = lookers::Looker::start({.program = "/proc/self/exe", .safety = model});
  const auto problem = !looker ? looker.error().message : (*looker)->ready().safety_problem;
  report.say("classifier", problem.empty(), problem.empty() ? model : problem, false);
}

/// Whether words in pictures can be read.
void check_reading(Report& report) {
  const auto config = load_config("");
  if (!config || !(*config)[reading::kEnabled]) return;
  const auto& languages = (*config)[reading::kLanguages];
  const auto looker =
      lookers::Looker::start({.program = "/proc/self/exe", .text_languages = languages});
  const auto problem = !looker ? looker.error().message : (*looker)->ready().text_problem;
  report.say("text in pictures", problem.empty(), problem.empty() ? languages : problem, false);
}

void check_data(Report& report, const std::string& data) {
  std::error_code problem;
  const auto folder = data.empty() ? std::filesystem::current_path() : std::filesystem::path(data);
  const auto space = std::filesystem::space(folder, problem);
  if (problem) {
    report.say("disk", false, folder.string() + ": " + problem.message());
  } else {
    const double free_gib = static_cast<double>(space.available) / kGiB;
    report.say("disk", free_gib >= kDiskLowGiB,
               fmt::format("{:.1f} GiB free at {}", free_gib, folder.string()));
  }
  if (data.empty()) return;
  const auto opened = DataFolder::open(data, DataFolder::Missing::fail);
  const bool in_use = !opened && opened.error().code == Code::conflict;
  report.say("data folder", opened || in_use,
             opened ? "free to be opened" : opened.error().message);
}

}  // namespace

int doctor(const std::string& data, const std::string& json) {
  Report report;
  utsname system{};
  ::uname(&system);
  report.say("program", true, fmt::format("{} {}", kProgramName, kVersion));
  report.say("system", true,
             fmt::format("{} {} {}", system.sysname, system.release, system.machine));
  report.say("processors", true, std::to_string(std::thread::hardware_concurrency()));
  check_sandbox(report);
  check_visual(report);
  check_safety(report);
  check_reading(report);
  check_data(report, data);
  constexpr std::uint16_t kPort = 8080;
  const bool is_free = port_free(kPort);
  report.say("port 8080", is_free, is_free ? "free" : "taken; choose another with --listen", false);
  if (json != "-") {
    for (const auto& row : report.json) {
      fmt::print("{:4} {:28} {}\n", row["good"].get<bool>() ? "ok" : "no",
                 row["what"].get<std::string>(), row["detail"].get<std::string>());
    }
  }
  if (auto done = write_json(json, report.json); !done) return fail(done.error());
  return report.good ? 0 : 1;
}

}  // namespace filoscope::app
