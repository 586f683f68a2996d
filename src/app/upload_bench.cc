// `bench upload`: clips go to a server of their own by tus, as `import --url` sends them; from the
// answer to the last part until the video is published with all its rungs.

#include <fmt/format.h>
#include <stdlib.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "app/bench_clips.h"
#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/feed_load.h"
#include "app/http_client.h"
#include "app/http_import.h"
#include "app/output.h"
#include "app/reasons.h"
#include "base/crypto.h"
#include "media/geometry.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kStatePollMs = 50;
constexpr double kDeadlineS = 900;  ///< for one clip; the limits are far below
constexpr ClipPlan kClips[] = {{"phone-10s", 1080, 1920, 30, 10, 17'000},
                               {"phone-60s", 1080, 1920, 30, 60, 17'000},
                               {"phone-4k60-10s", 2160, 3840, 60, 10, 60'000}};

Result<std::string> sign_up(const std::string& url) {
  FILOSCOPE_TRY(auto client, HttpClient::create(url));
  const std::string form = Json{
      {"handle", "uploader"},
      {"password", crypto::hex(crypto::random_bytes(12))},
      {"birth_date",
       "1990-01-01"}}.dump();
  FILOSCOPE_TRY(const auto answer,
                client.request("POST", "/api/v1/accounts", {{"Content-Type", "application/json"}},
                               crypto::as_bytes(form)));
  const auto body = Json::parse(answer.body, nullptr, false);
  if (answer.status != 201 || !body.is_object() || !body.contains("token")) {
    return Error(Code::internal, "no account could be made: " + answer.body);
  }
  return body["token"].get<std::string>();
}

class UploadBench {
 public:
  UploadBench(std::string url, std::string token, ImportTarget& target)
      : url_(std::move(url)), token_(std::move(token)), target_(target) {}

  /// Uploads one clip and waits for it; adds its row and what it missed.
  Result<void> run(const std::filesystem::path& clip) {
    FILOSCOPE_TRY(const auto files, plan_import({clip.string()}));
    FILOSCOPE_TRY(const auto mark, content_mark(clip));
    const auto& file = files.front();
    std::int64_t complete_us = 0;
    FILOSCOPE_TRY(const auto id, target_.add(file, mark, [&](std::int64_t sent_bytes) {
      if (sent_bytes == file.size_bytes) complete_us = now_us();
    }));
    FILOSCOPE_DO(wait_published(id, clip.filename().string()));
    const double seconds = static_cast<double>(now_us() - complete_us) * 1e-6;
    FILOSCOPE_TRY(const auto video, get_video(id));
    return add_row(clip.filename().string(), file.size_bytes, seconds, video);
  }

  const Json& rows() const { return rows_; }
  const std::string& table() const { return table_; }
  const Verdict& verdict() const { return verdict_; }

 private:
  Result<void> wait_published(const std::string& id, const std::string& name) {
    ProgressBar bar;
    const auto start_us = now_us();
    while (static_cast<double>(now_us() - start_us) * 1e-6 < kDeadlineS) {
      FILOSCOPE_TRY(const auto now, target_.state(id));
      if (now.state == "published") return {};
      if (now.state == "failed") return Error(reason("bench_clip_refused"), name, now.error);
      bar.show(now.progress_percent / 100.0, name + " is " + now.state);
      std::this_thread::sleep_for(std::chrono::milliseconds(kStatePollMs));
    }
    return Error(reason("bench_clip_not_published"), name, static_cast<int>(kDeadlineS));
  }

  Result<Json> get_video(const std::string& id) {
    FILOSCOPE_TRY(auto client, HttpClient::create(url_));
    FILOSCOPE_TRY(const auto answer, client.request("GET", "/api/v1/videos/" + id,
                                                    {{"Authorization", "Bearer " + token_}}));
    auto video = Json::parse(answer.body, nullptr, false);
    if (answer.status != 200 || !video.is_object() || !video.contains("playback") ||
        !video["playback"].is_object()) {
      return Error(Code::internal, "the published video has nothing to play");
    }
    for (const auto& rung : video["playback"]["renditions"]) {
      FILOSCOPE_TRY(const auto head, client.request("HEAD", rung["url"].get<std::string>(), {}));
      if (head.status != 200) return Error(Code::internal, "a published rung cannot be fetched");
    }
    return video;
  }

  Result<void> add_row(const std::string& name, std::int64_t bytes, double seconds,
                       const Json& video) {
    const auto& renditions = video["playback"]["renditions"];
    const int width = video["width"], height = video["height"];
    const double length_s = video["duration_ms"].get<double>() / 1000;
    const double fps = renditions[0]["fps"];
    std::string rungs;
    for (const auto& rung : renditions) {
      rungs += (rungs.empty() ? "" : ", ") + rung["name"].get<std::string>();
    }
    verdict_.at_least(name + ": rungs", static_cast<double>(renditions.size()),
                      static_cast<double>(media::plan_rungs(width, height).size()));
    const auto limit_s = publish_limit_s(width, height, fps, length_s);
    if (limit_s) verdict_.at_most(name + ": seconds to published", seconds, *limit_s);
    rows_.push_back({{"clip", name},
                     {"width", width},
                     {"height", height},
                     {"fps", fps},
                     {"length_s", length_s},
                     {"upload_bytes", bytes},
                     {"rungs", rungs},
                     {"published_s", seconds},
                     {"limit_s", limit_s ? Json(*limit_s) : Json()}});
    table_ += fmt::format("{:<24} {:>4} x {:<4} {:>5.1f}/s  {:>5.1f} s  {:<13} {:>6.1f} s  {}\n",
                          name, width, height, fps, length_s, rungs, seconds,
                          limit_s ? fmt::format("(limit {:.1f} s)", *limit_s) : "(no limit)");
    return {};
  }

  const std::string url_, token_;
  ImportTarget& target_;
  Json rows_ = Json::array();
  std::string table_;
  Verdict verdict_;
};

Result<std::vector<std::filesystem::path>> clips_of(const BenchOptions& options,
                                                    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> clips(options.arguments.begin(), options.arguments.end());
  if (!clips.empty()) return clips;
  for (const auto& plan : kClips) {
    FILOSCOPE_TRY(auto clip, make_clip(plan, folder));
    clips.push_back(std::move(clip));
  }
  return clips;
}

Result<BenchReport> measure_upload(const BenchOptions& options) {
  const BenchFolder folder;
  FILOSCOPE_TRY(const auto clips, clips_of(options, folder.path()));
  FILOSCOPE_TRY(const auto server, ServerProcess::start(folder.path() / "data"));
  FILOSCOPE_TRY(const auto token, sign_up(server.url()));
  // What was sent where is kept in the bench's folder, not among the person's own imports.
  ::setenv("XDG_STATE_HOME", folder.path().c_str(), 1);
  FILOSCOPE_TRY(const auto target, open_http_target(server.url(), token));
  UploadBench bench(server.url(), token, *target);
  for (const auto& clip : clips) FILOSCOPE_DO(bench.run(clip));
  Json json{{"bench", "upload"}, {"clips", bench.rows()}};
  bench.verdict().write(json);
  return BenchReport{json, "upload complete to published, all rungs:\n" + bench.table() +
                               bench.verdict().sentence() + "\n"};
}

}  // namespace

int bench_upload(const BenchOptions& options) {
  return finish_bench(options, measure_upload(options));
}

}  // namespace filoscope::app
