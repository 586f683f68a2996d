#include <fmt/format.h>

#include <array>

#include "app/bench_clips.h"
#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/output.h"
#include "base/clock.h"
#include "engine/engine_bench.h"
#include "media/ladder_bench.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

int bench_engine(const BenchOptions& options) {
  engine::BenchOptions wanted;
  wanted.videos_count = static_cast<std::size_t>(options.videos_count);
  wanted.people_count = static_cast<std::size_t>(options.people_count);
  ProgressBar bar;
  bar.show(0, "publishing");
  const auto report = engine::run_bench(wanted, SystemClock(),
                                        [&](double share) { bar.show(share, "people swipe"); });
  bar.clear();
  if (!report) return fail(report.error());
  Verdict verdict;
  verdict.at_most("for_you answer, mean CPU (ms)", report->answer_cpu_ms.mean,
                  engine::kAnswerCpuMsMax);
  verdict.at_most("for_you answer, p99 CPU (ms)", report->answer_cpu_ms.p99,
                  engine::kAnswerCpuP99MsMax);
  verdict.at_most("apply an event, p50 CPU (us)", report->apply_cpu_us.p50, engine::kApplyCpuUsMax);
  verdict.at_most("memory (bytes)", report->memory_bytes, engine::kMemoryBytesMax);
  verdict.require(report->snapshot_equal, "the snapshot gives another state_hash");
  auto json = Json::parse(engine::to_json(*report));
  verdict.write(json);
  return finish_bench(options,
                      BenchReport{json, engine::to_table(*report) + verdict.sentence() + "\n"});
}

std::string ladder_table(const Json& json) {
  std::string table = "ladder: CPU against one ffmpeg that makes the same rungs, median of " +
                      std::to_string(json["rounds"].get<int>()) + " alternating rounds\n";
  for (const auto& clip : json["clips"]) {
    table += fmt::format("{}  {} x {}  {:.1f} s  CPU ours / rival {:.3f}\n",
                         clip["clip"].get<std::string>(), clip["width"].get<int>(),
                         clip["height"].get<int>(), clip["duration_ms"].get<double>() / 1000,
                         clip["cpu_ratio"].get<double>());
    for (const auto& rung : clip["rungs"]) {
      table += fmt::format(
          "  {:>4}  bytes {:.3f} (limit {:.2f})  SSIM {:.5f}, the rival's {:.5f} (at most {} "
          "below)\n",
          rung["name"].get<std::string>(), rung["bytes_ratio"].get<double>(),
          json["bytes_ratio_max"].get<double>(), rung["ours_ssim"].get<double>(),
          rung["rival_ssim"].get<double>(), json["ssim_below_max"].get<double>());
    }
    table += "  rival: " + clip["rival"].get<std::string>() + "\n";
  }
  return table + fmt::format("CPU ours / rival, median of the clips: {:.3f} (limit {:.2f})\n",
                             json["cpu_ratio"].get<double>(), json["cpu_ratio_max"].get<double>());
}

Result<BenchReport> measure_ladder(const BenchOptions& options) {
  const BenchFolder folder;
  FILOSCOPE_TRY(const auto clips, ladder_clips(options, folder.path()));
  ProgressBar bar;
  FILOSCOPE_TRY(const auto text, media::bench_ladder(clips, folder.path(),
                                                     [&](double share, const std::string& what) {
                                                       bar.show(share, what);
                                                     }));
  bar.clear();
  auto json = Json::parse(text);
  Verdict verdict;
  verdict.at_most("CPU ours / rival", json["cpu_ratio"], json["cpu_ratio_max"]);
  for (const auto& clip : json["clips"]) {
    for (const auto& rung : clip["rungs"]) {
      const auto name = clip["clip"].get<std::string>() + " " + rung["name"].get<std::string>();
      verdict.at_most(name + ": bytes ours / rival", rung["bytes_ratio"], json["bytes_ratio_max"]);
      verdict.at_most(name + ": SSIM below the rival's",
                      rung["rival_ssim"].get<double>() - rung["ours_ssim"].get<double>(),
                      json["ssim_below_max"]);
    }
  }
  verdict.write(json);
  return BenchReport{json, ladder_table(json) + verdict.sentence() + "\n"};
}

int bench_ladder(const BenchOptions& options) {
  return finish_bench(options, measure_ladder(options));
}

struct Bench {
  const char* name;
  int (*run)(const BenchOptions&);
  const char* what;
  std::int64_t videos_count = 100'000, people_count = 20'000;
};
constexpr std::array kBenches{
    Bench{"feed", bench_feed, "answers of 8 at a fixed rate and as fast as it can"},
    Bench{"events", bench_events, "told to acknowledged to learned, beside the feed's load"},
    Bench{"delivery", bench_delivery, "ranges of 200 published files, against nginx"},
    Bench{"api.waiting", bench_waiting, "the feed beside thousands of clients that wait"},
    Bench{"upload", bench_upload, "upload complete to published with all rungs"},
    Bench{"media.ladder", bench_ladder, "the whole pipeline against one ffmpeg"},
    Bench{"visual.search", bench_visual_search, "a search with a picture over many clips"},
    Bench{"visual.look", bench_visual_look,
          "what looking at a clip takes beside making its renditions"},
    Bench{"visual.index", bench_visual_index,
          "the nearest of many vectors by brute force and by a graph, against hnswlib"},
    Bench{"search.text", bench_search_text, "searches with words over many captions, against FTS5"},
    Bench{"engine.rank", bench_engine, "one answer of the engine alone, in process"},
    Bench{"engine.train", bench_engine, "the same run: learning"},
    Bench{"engine.snapshot", bench_snapshot,
          "the longest stall of learning and answers beside snapshots, and a start", 1'000'000,
          1'000'000}};

}  // namespace

int finish_bench(const BenchOptions& options, const Result<BenchReport>& report) {
  if (!report) return fail(report.error());
  if (options.json != "-") {
    fmt::print("{}", report->table);
    std::fflush(stdout);
  }
  if (auto done = write_json(options.json, report->json); !done) return fail(done.error());
  return report->json["good"].get<bool>() ? 0 : 1;
}

int bench(const BenchOptions& options) {
  if (options.name.empty()) {
    for (const auto& one : kBenches) fmt::print("{:<14} {}\n", one.name, one.what);
    return 0;
  }
  for (const auto& one : kBenches) {
    if (options.name != one.name) continue;
    const TidyEnd tidy_end;
    BenchOptions sized = options;
    if (sized.videos_count == 0) sized.videos_count = one.videos_count;
    if (sized.people_count == 0) sized.people_count = one.people_count;
    return one.run(sized);
  }
  return fail("there is no bench \"" + options.name + "\"; `filoscope bench` lists them");
}

}  // namespace filoscope::app
