#include "app/bench_clips.h"

#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include "app/output.h"
#include "base/process.h"
#include "media/ladder_bench.h"

namespace filoscope::app {
namespace {

constexpr int kDeadlineMs = 1'800'000;

/// One frame of the Mandelbrot set, shown again and again.
std::string still(int width, int height, int fps, const char* place) {
  return fmt::format(
      "mandelbrot=size={}x{}:rate={}:{},trim=end_frame=1,format=yuv420p,loop=loop=-1:size=1,"
      "setpts=N/{}/TB",
      width, height, fps, place, fps);
}

std::string picture(const ClipPlan& plan) {
  const int width = plan.height, height = plan.width;  // as stored
  const auto back = still(width * 5 / 4, height * 5 / 4, plan.fps,
                          "start_x=-0.743643887:start_y=-0.131825904:start_scale=0.004");
  const auto front =
      still(width / 2, height / 2, plan.fps, "start_x=-1.25066:start_y=0.02012:start_scale=0.0006");
  return fmt::format(
      "{},crop={}:{}:x='(iw-ow)*(0.5+0.4*sin(0.7*t)+0.03*sin(9*t))':"
      "y='(ih-oh)*(0.5+0.4*sin(0.5*t)+0.03*cos(11*t))'[back];{}[front];"
      "[back][front]overlay=x='(W-w)*(0.5+0.5*sin(1.1*t))':y='(H-h)*(0.5+0.5*cos(0.8*t))',"
      "noise=alls=7:allf=t,format=yuv420p[v];"
      "anoisesrc=color=pink:amplitude=0.15:sample_rate=48000[n];"
      "sine=frequency=330:beep_factor=4:sample_rate=48000[s];"
      "[n][s]amix=inputs=2,aformat=channel_layouts=stereo[a]",
      back, width, height, front);
}

std::vector<std::string> words(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

std::vector<std::string> command_of(const ClipPlan& plan, const std::filesystem::path& to) {
  auto command = words("ffmpeg -nostdin -v error -y -progress pipe:1 -filter_complex");
  command.push_back(picture(plan));
  for (auto& word : words(fmt::format(
           "-map [v] -map [a] -t {} -c:v libx264 -preset veryfast -profile:v high -bf 0 -g {} "
           "-b:v {}k -maxrate {}k -bufsize {}k -c:a aac -b:a 128k",
           plan.seconds, plan.fps, plan.bitrate_kbps, plan.bitrate_kbps, plan.bitrate_kbps))) {
    command.push_back(std::move(word));
  }
  command.push_back(to.string());
  return command;
}

/// The last "out_time_us=" of ffmpeg's progress, as a share of the clip.
double share_done(const std::string& log_path, const ClipPlan& plan) {
  std::ifstream in(log_path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  constexpr std::string_view kName = "out_time_us=";
  const auto at = text.rfind(kName);
  if (at == std::string::npos) return 0;
  return std::strtod(text.c_str() + at + kName.size(), nullptr) / (plan.seconds * 1e6);
}

Result<void> run(const std::vector<std::string>& command, const std::string& log_path,
                 const std::function<void()>& meanwhile) {
  FILOSCOPE_TRY(auto ffmpeg, Process::start_logged(command, log_path));
  const auto done = ffmpeg.wait(kDeadlineMs, meanwhile);
  if (done) return {};
  std::ifstream log(log_path);
  return Error(Code::internal, "ffmpeg could not make a clip (" + done.error().message +
                                   "): " + std::string(std::istreambuf_iterator<char>(log), {}));
}

constexpr std::size_t kLadderClips = 3;
constexpr const char* kLadderFolder = "../shared/media/clips";
constexpr ClipPlan kLadderPlans[kLadderClips] = {{"phone-upright", 1080, 1920, 30, 6, 17'000},
                                                 {"phone-lying", 1920, 1080, 30, 6, 17'000},
                                                 {"small", 720, 1280, 30, 8, 5'000}};

}  // namespace

Result<std::filesystem::path> make_clip(const ClipPlan& plan, const std::filesystem::path& folder) {
  FILOSCOPE_DO(find_program("ffmpeg"));
  const auto lying = folder / (std::string(plan.name) + "-lying.mp4");
  const auto to = folder / (std::string(plan.name) + ".mp4");
  const auto log_path = to.string() + ".log";
  ProgressBar bar;
  FILOSCOPE_DO(run(command_of(plan, lying), log_path, [&] {
    bar.show(share_done(log_path, plan), fmt::format("making the clip {}", plan.name));
  }));
  // This ffmpeg writes a rotation mark only where it copies.
  auto mark = words("ffmpeg -nostdin -v error -y -c copy -metadata:s:v:0 rotate=90");
  mark.insert(mark.begin() + 5, {"-i", lying.string()});
  mark.push_back(to.string());
  FILOSCOPE_DO(run(mark, log_path, {}));
  std::error_code ignored;  // the folder goes as a whole
  std::filesystem::remove(lying, ignored);
  return to;
}

Result<std::vector<std::filesystem::path>> ladder_clips(const BenchOptions& options,
                                                        const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> clips(options.arguments.begin(), options.arguments.end());
  if (clips.empty()) clips = media::choose_clips(kLadderFolder, kLadderClips);
  if (!clips.empty()) return clips;
  for (const auto& plan : kLadderPlans) {
    FILOSCOPE_TRY(auto clip, make_clip(plan, folder));
    clips.push_back(std::move(clip));
  }
  return clips;
}

}  // namespace filoscope::app
