// `bench visual.search`: searches with a picture over a large catalogue's moments: reading and
// describing the picture in a locked-in process, embedding it, comparing it with all of them.
// `bench visual.look`: what looking at a clip takes beside making its renditions: for visual
// search, for the classifier, for reading.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>

#include "app/bench_clips.h"
#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/feed_load.h"
#include "app/output.h"
#include "base/random.h"
#include "base/sealed_memory.h"
#include "lookers/looker.h"
#include "media/rgb.h"
#include "reading/reading.h"
#include "safety/safety.h"
#include "vision/similar.h"
#include "visual/moment_index.h"
#include "visual/visual.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSearchLimitMs = 150;
constexpr double kLookShareMax = .15, kAllShareMax = .25;
constexpr std::size_t kSearches = 300;
constexpr std::size_t kMomentsOfClip = 8;
constexpr const char* kProgram = "/proc/self/exe";

/// What the app sends: 1024 px of soft shapes with a camera's noise, about 200 kB.
Result<Bytes> some_photo(Random& random) {
  media::RgbPicture picture{1024, 768, Bytes(std::size_t{3} * 1024 * 768)};
  const double a = random.unit() * 6, b = 20 + 60 * random.unit();
  std::size_t at = 0;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      for (int c = 0; c < 3; ++c)
        picture.rgb[at++] = static_cast<std::uint8_t>(110 + 60 * std::sin(x / b + a * c) +
                                                      50 * std::cos(y / (b / 2) + c) +
                                                      static_cast<double>(random.below(24)));
  return media::jpeg_of(picture, 4);
}

vision::PackedEmbedding some_code(Random& random) {
  vision::PackedEmbedding code{};
  for (auto& value : code) {
    const auto sum = random.below(46) + random.below(46) + random.below(46);
    value = static_cast<std::int8_t>(static_cast<std::int64_t>(sum) - 68);
  }
  return code;
}

void fill(visual::MomentIndex& index, std::int64_t clips_count) {
  Random random(5);
  for (std::int64_t clip = 1; clip <= clips_count; ++clip) {
    std::array<visual::Moment, kMomentsOfClip> moments;
    for (std::size_t m = 0; m < moments.size(); ++m)
      moments[m] = {static_cast<std::int64_t>(m) * 1'000, some_code(random)};
    index.put({static_cast<std::uint64_t>(clip)}, moments);
  }
}

/// The network where there is one, with what it falls back to beside it.
Result<std::unique_ptr<lookers::Looker>> start_looker() {
  FILOSCOPE_TRY(const Config config, load_config(""));
  return lookers::Looker::start({.program = kProgram, .model = visual::model_path(config)});
}

struct SearchTimes {
  std::vector<double> all_ms, index_ms;
};

Result<SearchTimes> search(lookers::Looker& looker, std::size_t descriptor,
                           const visual::MomentIndex& index) {
  const auto projection = vision::Projection::drawn(looker.ready().descriptors.at(descriptor));
  Random random(9);
  SearchTimes times;
  for (std::size_t i = 0; i < kSearches; ++i) {
    FILOSCOPE_TRY(const auto photo, some_photo(random));
    const auto from_us = now_us();
    FILOSCOPE_TRY(const UniqueFd file, sealed_in_memory(photo));
    FILOSCOPE_TRY(const auto described,
                  looker.picture(file.get(), {{projection.info()}, 0, 1, {}}));
    const auto code = vision::pack(projection.embed(described.at(0).description));
    const auto index_us = now_us();
    static_cast<void>(index.search(code, 20, .1F, [](VideoId) { return true; }));
    const auto end_us = now_us();
    times.all_ms.push_back(static_cast<double>(end_us - from_us) / 1000);
    times.index_ms.push_back(static_cast<double>(end_us - index_us) / 1000);
  }
  std::ranges::sort(times.all_ms);
  std::ranges::sort(times.index_ms);
  return times;
}

Result<BenchReport> measure_search(const BenchOptions& options) {
  ProgressBar bar;
  bar.show(0, "filling the index");
  visual::MomentIndex index;
  fill(index, options.videos_count);
  FILOSCOPE_TRY(const auto looker, start_looker());
  Json json{{"clips", options.videos_count},
            {"moments", index.moments_count()},
            {"index_bytes", index.memory_bytes()},
            {"searches", kSearches}};
  std::string table = fmt::format(
      "{} clips, {} moments, {:.0f} MiB; {} searches of a 1024 px JPEG\n", options.videos_count,
      index.moments_count(), static_cast<double>(index.memory_bytes()) / (1 << 20), kSearches);
  Verdict verdict;
  const auto& offered = looker->ready().descriptors;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    bar.show(static_cast<double>(i + 1) / static_cast<double>(offered.size() + 1), "searching");
    FILOSCOPE_TRY(const auto times, search(*looker, i, index));
    const auto& name = offered[i].name;
    const double p99 = quantile(times.all_ms, .99);
    json["descriptors"][name] = {{"p50_ms", quantile(times.all_ms, .5)},
                                 {"p99_ms", p99},
                                 {"index_p50_ms", quantile(times.index_ms, .5)},
                                 {"index_p99_ms", quantile(times.index_ms, .99)}};
    table += fmt::format(
        "{:<28} p50 {:6.1f} ms  p99 {:6.1f} ms (limit {:.0f})  of it comparing p50 {:.1f} ms\n",
        name, quantile(times.all_ms, .5), p99, kSearchLimitMs, quantile(times.index_ms, .5));
    verdict.at_most(name + ": a search, p99 (ms)", p99, kSearchLimitMs);
  }
  bar.clear();
  verdict.write(json);
  return BenchReport{json, table + verdict.sentence() + "\n"};
}

/// Processor time of children that have ended.
double children_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// One thing that a clip is looked at for.
struct Glance {
  std::string name;
  lookers::LookerOptions options;
  std::function<Result<void>(lookers::Looker&, int file)> look;
};

/// Every descriptor that there is, the classifier where there is one, and reading.
Result<std::vector<Glance>> all_glances() {
  const Config config;
  FILOSCOPE_TRY(const auto looker, start_looker());
  std::vector<Glance> all;
  for (const auto& offered : looker->ready().descriptors)
    all.push_back({offered.name,
                   {.program = kProgram, .model = visual::model_path(config)},
                   [offered](lookers::Looker& one, int file) -> Result<void> {
                     lookers::Ask ask;
                     ask.by = {offered};
                     ask.count = static_cast<int>(visual::kFramesMax.default_value);
                     FILOSCOPE_DO(one.scenes(file, ask));
                     return {};
                   }});
  if (const auto model = vision::safety_model_path(config); !model.empty())
    all.push_back({"safety",
                   {.program = kProgram, .safety = model},
                   [](lookers::Looker& one, int file) -> Result<void> {
                     FILOSCOPE_DO(
                         one.safety(file, static_cast<int>(safety::kFramesMax.default_value)));
                     return {};
                   }});
  all.push_back({"reading",
                 {.program = kProgram, .text_languages = reading::kLanguages.default_value},
                 [](lookers::Looker& one, int file) -> Result<void> {
                   FILOSCOPE_DO(
                       one.text(file, static_cast<int>(reading::kFramesMax.default_value)));
                   return {};
                 }});
  return all;
}

/// Of a process that looks at `file`, or is only started.
Result<double> look_cpu_s(const Glance& glance, std::optional<int> file) {
  const double before = children_cpu_s();
  {
    FILOSCOPE_TRY(const auto looker, lookers::Looker::start(glance.options));
    if (file) FILOSCOPE_DO(glance.look(*looker, *file));
  }
  return children_cpu_s() - before;
}

/// Makes the renditions of a clip; what it took, and the smallest one.
Result<std::pair<double, UniqueFd>> ladder_cpu_s(const std::filesystem::path& clip) {
  const UniqueFd input(::open(clip.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input) return errno_error("opening " + clip.string());
  media::MediaOutputs outputs;
  std::vector<UniqueFd> files;
  for (std::size_t i = 0; i < outputs.renditions.size() + media::kCoversMax; ++i) {
    UniqueFd file(::memfd_create("bench", MFD_CLOEXEC));
    if (!file) return errno_error("a file in memory");
    (i < outputs.renditions.size() ? outputs.renditions[i] : outputs.covers.emplace_back()) =
        file.get();
    files.push_back(std::move(file));
  }
  const double before = children_cpu_s();
  FILOSCOPE_TRY(const auto facts, media::MediaWorkers().process(input.get(), {}, outputs));
  const double took_s = children_cpu_s() - before;
  for (std::size_t i = 0; i < media::kRenditionNames.size(); ++i)
    if (facts.renditions.back().name == media::kRenditionNames[i])
      return std::pair(took_s, std::move(files[i]));
  return Error{Code::internal, "no rendition was made"};
}

Result<BenchReport> measure_look(const BenchOptions& options) {
  const BenchFolder folder;
  FILOSCOPE_TRY(const auto clips, ladder_clips(options, folder.path()));
  ProgressBar bar;
  Json json{{"frames_max", visual::kFramesMax.default_value}};
  Verdict verdict;
  std::string table;
  FILOSCOPE_TRY(const auto glances, all_glances());
  std::vector<double> idle_s;
  for (const auto& glance : glances) {
    FILOSCOPE_TRY(idle_s.emplace_back(), look_cpu_s(glance, std::nullopt));
  }
  std::vector<std::vector<double>> shares(glances.size());
  std::vector<double> all_shares;  // by the best descriptor, and everything that is none
  const auto best = static_cast<std::size_t>(
      std::ranges::find(glances, "safety", &Glance::name) != glances.end() ? 3 : 2);
  for (std::size_t c = 0; c < clips.size(); ++c) {
    bar.show(static_cast<double>(c) / static_cast<double>(clips.size()), "making renditions");
    FILOSCOPE_TRY(const auto made, ladder_cpu_s(clips[c]));
    double all = 0;
    for (std::size_t i = 0; i < glances.size(); ++i) {
      FILOSCOPE_TRY(const double took_s, look_cpu_s(glances[i], made.second.get()));
      const double share = (took_s - idle_s[i]) / made.first;
      shares[i].push_back(share);
      if (i + best >= glances.size()) all += share;
      json["clips"].push_back({{"clip", clips[c].filename().string()},
                               {"look", glances[i].name},
                               {"look_cpu_s", took_s - idle_s[i]},
                               {"ladder_cpu_s", made.first},
                               {"share", share}});
      table += fmt::format("{:<32} {:<28} {:6.2f} s of {:6.2f} s: {:.3f}\n",
                           clips[c].filename().string(), glances[i].name, took_s - idle_s[i],
                           made.first, share);
    }
    all_shares.push_back(all);
  }
  bar.clear();
  for (std::size_t i = 0; i < glances.size(); ++i)
    verdict.at_most(glances[i].name + ": share of the renditions' CPU, median of the clips",
                    median(shares[i]), kLookShareMax);
  verdict.at_most("all of one clip: share of the renditions' CPU, median of the clips",
                  median(all_shares), kAllShareMax);
  verdict.write(json);
  return BenchReport{json, table + verdict.sentence() + "\n"};
}

}  // namespace

int bench_visual_search(const BenchOptions& options) {
  return finish_bench(options, measure_search(options));
}

int bench_visual_look(const BenchOptions& options) {
  return finish_bench(options, measure_look(options));
}

}  // namespace filoscope::app
