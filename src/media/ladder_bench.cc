#include "media/ladder_bench.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "base/clock.h"
#include "base/file.h"
#include "media/ffmpeg.h"
#include "media/geometry.h"
#include "media/ladder.h"
#include "media/media.h"

extern char** environ;

namespace filoscope::media {
namespace {

namespace fs = std::filesystem;
constexpr double kCpuRatioMax = 1.10;
constexpr double kBytesOffMax = 0.03;
constexpr double kSsimOffMax = 0.002;
constexpr std::array<const char*, 3> kNames{"720", "540", "360"};

struct Cost {
  double cpu_s = 0;
  double wall_s = 0;
};

double children_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <typename Work>
Result<Cost> measure(Work work) {
  const SystemClock clock;
  const double cpu_s = children_cpu_s();
  const auto start_us = clock.mono_us();
  FILOSCOPE_DO(work());
  return Cost{children_cpu_s() - cpu_s, static_cast<double>(clock.mono_us() - start_us) * 1e-6};
}

Result<void> run_program(const std::vector<std::string>& arguments, const fs::path& log) {
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, raw[0], &actions, nullptr, raw.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return Error{Code::unavailable,
                 "the bench needs the program " + arguments[0] + " (apt-get install ffmpeg)"};
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0)
    return Error{Code::internal, fmt::format("failed: {}", fmt::join(arguments, " "))};
  return {};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Bytes of the encoded picture alone.
Result<std::int64_t> picture_bytes(const fs::path& path) {
  AVFormatContext* context = nullptr;
  if (avformat_open_input(&context, path.c_str(), nullptr, nullptr) < 0) {
    return Error{Code::internal, "cannot read " + path.string()};
  }
  std::int64_t total = 0;
  const PacketPtr packet = make_packet();
  while (av_read_frame(context, packet.get()) >= 0) {
    if (context->streams[packet->stream_index]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
      total += packet->size;
    av_packet_unref(packet.get());
  }
  avformat_close_input(&context);
  return total;
}

class ClipBench {
 public:
  ClipBench(fs::path clip, fs::path folder) : clip_(std::move(clip)), folder_(std::move(folder)) {}

  Result<std::string> run(int rounds, double& ratio, bool& passed) {
    std::vector<double> ours, rivals, ratios, walls;
    for (int round = 0; round < rounds; ++round) {
      FILOSCOPE_TRY(const Cost our, measure([&] { return run_ours(); }));
      if (round == 0) rival_ = rival_command();
      FILOSCOPE_TRY(const Cost rival,
                    measure([&] { return run_program(rival_, folder_ / "log"); }));
      ours.push_back(our.cpu_s);
      rivals.push_back(rival.cpu_s);
      ratios.push_back(our.cpu_s / rival.cpu_s);
      walls.push_back(our.wall_s);
    }
    ratio = median(ratios);
    std::string rungs;
    for (const Rendition& rendition : facts_.renditions) {
      FILOSCOPE_TRY(const std::string rung, compare_rung(rendition, passed));
      rungs += (rungs.empty() ? "" : ", ") + rung;
    }
    return fmt::format(
        R"({{"clip": "{}", "width": {}, "height": {}, "fps": {:.2f}, "duration_ms": {}, "cpu_ratio": {:.3f}, )"
        R"("ours_cpu_s": [{:.2f}], "rival_cpu_s": [{:.2f}], "ours_wall_s": {:.2f}, "rungs": [{}], "rival": "{}"}})",
        clip_.filename().string(), facts_.width, facts_.height, facts_.fps, facts_.duration_ms,
        ratio, fmt::join(ours, ", "), fmt::join(rivals, ", "), median(walls), rungs,
        quoted(rival_));
  }

 private:
  fs::path file(const char* who, const std::string& name) const {
    return folder_ / (std::string(who) + name + ".mp4");
  }

  Result<void> run_ours() {
    const UniqueFd input(::open(clip_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!input) return errno_error("open " + clip_.string());
    MediaOutputs outputs;
    std::vector<UniqueFd> kept;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      kept.emplace_back(
          ::open(file("ours", kNames[i]).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      outputs.renditions[i] = kept.back().get();
    }
    for (std::size_t i = 0; i < kCoversMax; ++i) {
      const auto path = folder_ / ("cover" + std::to_string(i));
      kept.emplace_back(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      outputs.covers.push_back(kept.back().get());
    }
    FILOSCOPE_TRY(facts_, MediaWorkers().process(input.get(), {}, outputs));
    return {};
  }

  std::vector<std::string> rival_command() const {
    const auto processors = std::clamp<long>(::sysconf(_SC_NPROCESSORS_ONLN), 1, 8);
    const auto plans = plan_rungs(facts_.width, facts_.height);
    std::vector<std::string> command{"ffmpeg",
                                     "-nostdin",
                                     "-v",
                                     "error",
                                     "-y",
                                     "-threads",
                                     std::to_string(processors),
                                     "-i",
                                     clip_.string(),
                                     "-filter_complex"};
    std::string filter = fmt::format("[0:v:0]split={}", plans.size());
    for (std::size_t i = 0; i < plans.size(); ++i) filter += fmt::format("[s{}]", i);
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const double divisor = std::ceil(facts_.fps / (plans[i].fps_max * 1.05));
      filter += fmt::format(";[s{}]{}scale={}:{}:flags=bilinear,format=yuv420p[v{}]", i,
                            divisor > 1 ? fmt::format("framestep={:.0f},", divisor) : "",
                            plans[i].width, plans[i].height, i);
    }
    command.push_back(filter);
    std::string keys = "0";
    for (std::int64_t second = 1; second * 1000 < facts_.duration_ms; second += 2)
      keys += "," + std::to_string(second);
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const auto rate = plans[i].rate_max_bps;
      const auto threads = i == 0 ? std::max(1L, processors * 5 / 8) : std::max(1L, processors / 4);
      for (const std::string& part : {std::string("-map"),
                                      fmt::format("[v{}]", i),
                                      std::string("-fps_mode"),
                                      std::string("passthrough"),
                                      std::string("-c:v"),
                                      std::string("libx264"),
                                      std::string("-preset"),
                                      std::string(kPreset),
                                      std::string("-profile:v"),
                                      std::string("high"),
                                      std::string("-crf"),
                                      fmt::format("{:g}", kCrf),
                                      std::string("-maxrate"),
                                      std::to_string(rate),
                                      std::string("-bufsize"),
                                      std::to_string(rate * kBufferSeconds),
                                      std::string("-g"),
                                      std::to_string(kKeyIntervalMax),
                                      std::string("-forced-idr"),
                                      std::string("1"),
                                      std::string("-force_key_frames"),
                                      keys,
                                      std::string("-threads"),
                                      std::to_string(threads)}) {
        command.push_back(part);
      }
      if (i == 0 && facts_.has_audio) {
        for (const char* part : {"-map", "0:a:0", "-c:a", "aac", "-b:a", "128k", "-ac", "2"})
          command.emplace_back(part);
      }
      command.emplace_back("-movflags");
      command.emplace_back("+frag_keyframe+empty_moov+default_base_moof");
      command.push_back(file("rival", plans[i].name).string());
    }
    return command;
  }

  Result<std::string> compare_rung(const Rendition& rendition, bool& passed) const {
    FILOSCOPE_TRY(const double our_ssim, ssim(file("ours", rendition.name), rendition));
    FILOSCOPE_TRY(const double rival_ssim, ssim(file("rival", rendition.name), rendition));
    FILOSCOPE_TRY(const std::int64_t our_bytes, picture_bytes(file("ours", rendition.name)));
    FILOSCOPE_TRY(const std::int64_t rival_bytes, picture_bytes(file("rival", rendition.name)));
    const double bytes_ratio = static_cast<double>(our_bytes) / static_cast<double>(rival_bytes);
    passed = passed && bytes_ratio <= 1 + kBytesOffMax && our_ssim >= rival_ssim - kSsimOffMax;
    return fmt::format(
        R"({{"name": "{}", "bytes_ratio": {:.4f}, "ours_ssim": {:.5f}, "rival_ssim": {:.5f}}})",
        rendition.name, bytes_ratio, our_ssim, rival_ssim);
  }

  /// Against the source at this size.
  Result<double> ssim(const fs::path& made, const Rendition& rendition) const {
    const auto log = folder_ / "ssim";
    const double divisor = std::max(1.0, std::round(facts_.fps / rendition.fps));
    const std::string filter = fmt::format(
        "[1:v:0]framestep={:.0f},scale={}:{}:flags=bicubic,format=yuv420p,settb=1/25,setpts=N[r];"
        "[0:v:0]format=yuv420p,settb=1/25,setpts=N[m];[m][r]ssim",
        divisor, rendition.width, rendition.height);
    FILOSCOPE_DO(
        run_program({"ffmpeg", "-nostdin", "-hide_banner", "-v", "info", "-i", made.string(), "-i",
                     clip_.string(), "-lavfi", filter, "-f", "null", "-"},
                    log));
    std::stringstream text;
    text << std::ifstream(log).rdbuf();
    const std::string lines = text.str();
    const auto at = lines.rfind("All:");
    if (at == std::string::npos) return Error{Code::internal, "ffmpeg gave no SSIM"};
    return std::strtod(lines.c_str() + at + 4, nullptr);
  }

  static std::string quoted(const std::vector<std::string>& arguments) {
    std::string text;
    for (const std::string& argument : arguments) {
      const bool plain = argument.find_first_of(" ;[]'\"\\") == std::string::npos;
      text += (text.empty() ? "" : " ") + (plain ? argument : "'" + argument + "'");
    }
    std::string escaped;
    for (const char c : text) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    return escaped;
  }

  const fs::path clip_;
  const fs::path folder_;
  MediaFacts facts_;
  std::vector<std::string> rival_;
};

}  // namespace

Result<std::string> bench_ladder(const std::vector<fs::path>& clips, int rounds) {
  if (clips.empty() || rounds < 1)
    return Error{Code::invalid_argument, "the bench needs clips and at least one round"};
  std::string pattern = (fs::temp_directory_path() / "filoscope-ladder-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return errno_error("making a folder for the bench");
  const fs::path folder = pattern;
  std::string rows;
  std::vector<double> ratios;
  bool passed = true;
  Result<void> outcome;
  for (const fs::path& clip : clips) {
    double ratio = 0;
    auto row = ClipBench(clip, folder).run(rounds, ratio, passed);
    if (!row) {
      outcome = Error{row.error().code, clip.filename().string() + ": " + row.error().message};
      break;
    }
    ratios.push_back(ratio);
    rows += (rows.empty() ? "" : ",\n  ") + *row;
  }
  std::error_code ignored;  // what is left lies in the temporary folder
  fs::remove_all(folder, ignored);
  FILOSCOPE_DO(std::move(outcome));
  passed = passed && median(ratios) <= kCpuRatioMax;
  return fmt::format(
      "{{\"name\": \"media.ladder\", \"cpu_ratio\": {:.3f}, \"cpu_ratio_max\": {:.2f}, \"rounds\": "
      "{}, \"passed\": {}, "
      "\"clips\": [\n  {}]}}\n",
      median(ratios), kCpuRatioMax, rounds, passed, rows);
}

}  // namespace filoscope::media
