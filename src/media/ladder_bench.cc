#include "media/ladder_bench.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <tuple>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "media/ffmpeg.h"
#include "media/geometry.h"
#include "media/ladder.h"
#include "media/media.h"

namespace filoscope::media {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
constexpr int kProgramMsMax = 1'800'000;
constexpr double kChosenSecondsMin = 2, kChosenSecondsMax = 30;
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
  FILOSCOPE_TRY(auto program, Process::start_logged(arguments, log.string()));
  if (auto done = program.wait(kProgramMsMax); !done)
    return Error(done.error()).during(fmt::format("{}", fmt::join(arguments, " ")));
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

  Result<Json> run(int rounds, const BenchProgress& progress) {
    std::vector<double> ours, rivals, ratios, walls;
    const auto name = clip_.filename().string();
    for (int round = 0; round < rounds; ++round) {
      progress(static_cast<double>(round) / rounds,
               fmt::format("{}, round {} of {}", name, round + 1, rounds));
      FILOSCOPE_TRY(const Cost our, measure([&] { return run_ours(); }));
      if (round == 0) rival_ = rival_command();
      FILOSCOPE_TRY(const Cost rival,
                    measure([&] { return run_program(rival_, folder_ / "log"); }));
      ours.push_back(our.cpu_s);
      rivals.push_back(rival.cpu_s);
      ratios.push_back(our.cpu_s / rival.cpu_s);
      walls.push_back(our.wall_s);
    }
    progress(1, name + ", comparing the pictures");
    Json rungs = Json::array();
    for (const Rendition& rendition : facts_.renditions) {
      FILOSCOPE_TRY(Json rung, compare_rung(rendition));
      rungs.push_back(std::move(rung));
    }
    return Json{{"clip", name},
                {"width", facts_.width},
                {"height", facts_.height},
                {"fps", facts_.fps},
                {"duration_ms", facts_.duration_ms},
                {"cpu_ratio", median(ratios)},
                {"ours_cpu_s", ours},
                {"rival_cpu_s", rivals},
                {"ours_wall_s", median(walls)},
                {"rungs", std::move(rungs)},
                {"rival", quoted(rival_)}};
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

  double frame_step(const RungPlan& plan) const {
    return std::max(1.0, std::ceil(facts_.fps / (plan.fps_max * 1.05)));
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
      filter += fmt::format(";[s{}]framestep={:.0f},scale={}:{}:flags={},format=yuv420p[v{}]", i,
                            frame_step(plans[i]), plans[i].width, plans[i].height, kScaling, i);
    }
    command.push_back(filter);
    std::string keys = "0";
    for (std::int64_t second = 1; second * 1000 < facts_.duration_ms; second += 2)
      keys += "," + std::to_string(second);
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const double fps = facts_.fps / frame_step(plans[i]);
      const auto threads = std::max(1L, i == 0 ? processors * 5 / 8 : processors / 4);
      for (const std::string& part :
           {std::string("-map"), fmt::format("[v{}]", i), std::string("-fps_mode"),
            std::string("passthrough"), std::string("-c:v"), std::string("libx264"),
            std::string("-force_key_frames"), keys}) {
        command.push_back(part);
      }
      for (const auto& [name, value] :
           encoder_settings(rate_max_bps(plans[i], fps), static_cast<int>(threads))) {
        command.push_back("-" + name);
        command.push_back(value);
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

  Result<Json> compare_rung(const Rendition& rendition) const {
    FILOSCOPE_TRY(const double our_ssim, ssim(file("ours", rendition.name), rendition));
    FILOSCOPE_TRY(const double rival_ssim, ssim(file("rival", rendition.name), rendition));
    FILOSCOPE_TRY(const std::int64_t our_bytes, picture_bytes(file("ours", rendition.name)));
    FILOSCOPE_TRY(const std::int64_t rival_bytes, picture_bytes(file("rival", rendition.name)));
    return Json{{"name", rendition.name},
                {"bytes_ratio", static_cast<double>(our_bytes) / static_cast<double>(rival_bytes)},
                {"ours_ssim", our_ssim},
                {"rival_ssim", rival_ssim}};
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
    return text;
  }

  const fs::path clip_;
  const fs::path folder_;
  MediaFacts facts_;
  std::vector<std::string> rival_;
};

/// What decides whether a clip is chosen, from its header.
struct Candidate {
  fs::path path;
  std::size_t rungs_count = 0;
  std::int64_t pixels = 0;
  std::int64_t length_us = 0;
};

std::optional<Candidate> candidate_of(const fs::path& path) {
  AVFormatContext* context = nullptr;
  if (avformat_open_input(&context, path.c_str(), nullptr, nullptr) < 0) return std::nullopt;
  std::optional<Candidate> found;
  if (avformat_find_stream_info(context, nullptr) >= 0) {
    for (unsigned i = 0; i < context->nb_streams; ++i) {
      const AVCodecParameters& picture = *context->streams[i]->codecpar;
      if (picture.codec_type != AVMEDIA_TYPE_VIDEO) continue;
      const bool plain =
          picture.format == AV_PIX_FMT_YUV420P && picture.color_trc != AVCOL_TRC_SMPTE2084 &&
          picture.color_trc != AVCOL_TRC_ARIB_STD_B67 &&
          av_stream_get_side_data(context->streams[i], AV_PKT_DATA_DOVI_CONF, nullptr) == nullptr;
      const std::size_t rungs_count = plan_rungs(picture.width, picture.height).size();
      const double length_s = static_cast<double>(context->duration) / AV_TIME_BASE;
      const bool fits = length_s >= kChosenSecondsMin && length_s <= kChosenSecondsMax;
      if (plain && fits && rungs_count >= 2) {
        found = Candidate{path, rungs_count, std::int64_t{picture.width} * picture.height,
                          context->duration};
      }
      break;
    }
  }
  avformat_close_input(&context);
  return found;
}

}  // namespace

std::vector<fs::path> choose_clips(const fs::path& folder, std::size_t count) {
  std::vector<Candidate> found;
  std::error_code problem;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem)) {
    if (auto candidate = candidate_of(at->path())) found.push_back(*std::move(candidate));
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(b.rungs_count, b.pixels, b.length_us, a.path) <
           std::tie(a.rungs_count, a.pixels, a.length_us, b.path);
  });
  if (found.size() < count) return {};
  std::vector<fs::path> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(found[i].path);
  return chosen;
}

Result<std::string> bench_ladder(const std::vector<fs::path>& clips, const fs::path& work_folder,
                                 const BenchProgress& progress, int rounds) {
  if (clips.empty() || rounds < 1) return Error(reason("ladder_bench_empty"));
  Json rows = Json::array();
  std::vector<double> ratios;
  for (const fs::path& clip : clips) {
    const auto done = static_cast<double>(rows.size()) / static_cast<double>(clips.size());
    auto row = ClipBench(clip, work_folder).run(rounds, [&](double share, const std::string& what) {
      progress(done + share / static_cast<double>(clips.size()), what);
    });
    if (!row) return Error(row.error()).during(clip.filename().string());
    ratios.push_back((*row)["cpu_ratio"]);
    rows.push_back(*std::move(row));
  }
  return Json{{"bench", "media.ladder"},
              {"rounds", rounds},
              {"cpu_ratio", median(ratios)},
              {"cpu_ratio_max", kCpuRatioMax},
              {"bytes_ratio_max", 1 + kBytesOffMax},
              {"ssim_below_max", kSsimOffMax},
              {"clips", std::move(rows)}}
      .dump();
}

}  // namespace filoscope::media
