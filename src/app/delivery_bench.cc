// `bench delivery`: 200 published videos served by `filoscope serve`, the access check on, against
// nginx with the very same files, in alternating rounds.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "app/bench_clips.h"
#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/http_client.h"
#include "app/nginx_rival.h"
#include "app/output.h"
#include "app/reasons.h"
#include "app/wiring.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "media/media.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::size_t kVideosCount = 200;
constexpr int kRounds = 5, kRoundS = 5, kDeliveryWarmupS = 1;
constexpr double kBytesRatioMin = 0.8;
constexpr std::size_t kFileBytesMax = 1ULL << 30;
constexpr const char* kFile = "720.mp4";
constexpr ClipPlan kClip{"phone", 1080, 1920, 30, 10, 17'000};

/// The top rung of a clip that the real pipeline has taken through.
Result<fs::path> make_rung(const fs::path& folder) {
  FILOSCOPE_TRY(const auto clip, make_clip(kClip, folder));
  const UniqueFd input(::open(clip.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input) return errno_error("open " + clip.string());
  std::vector<UniqueFd> kept;
  const auto output = [&](const std::string& name) {
    const auto path = folder / name;
    return kept.emplace_back(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600))
        .get();
  };
  media::MediaOutputs outputs;
  outputs.renditions = {output("rung720.mp4"), output("rung540.mp4"), output("rung360.mp4")};
  for (std::size_t i = 0; i < media::kCoversMax; ++i) {
    outputs.covers.push_back(output("cover" + std::to_string(i)));
  }
  ProgressBar bar;
  FILOSCOPE_DO(media::MediaWorkers().process(
      input.get(), {}, outputs,
      [&](int percent, media::Stage) { bar.show(percent / 100.0, "encoding the clip"); }));
  return folder / "rung720.mp4";
}

/// What is served: addresses, and where the same bytes lie for nginx.
struct Published {
  std::vector<std::string> paths;
  std::vector<fs::path> files;
  std::vector<std::int64_t> sizes_bytes;
};

class Publisher {
 public:
  static Result<Published> run(const fs::path& data, const std::vector<fs::path>& sources) {
    FILOSCOPE_TRY(const auto config, load_config(""));
    log::set_level(log::Level::warn);
    Wiring::Options wanted;
    wanted.data_folder = data.string();
    wanted.missing = DataFolder::Missing::make;
    FILOSCOPE_TRY(const auto wiring, Wiring::open(wanted, config));
    accounts::SignUp form;
    form.handle = "maker";
    form.birth_date = "1990-01-01";
    form.sample = true;
    FILOSCOPE_TRY(const auto author, wiring->accounts().sign_up(form));
    Publisher publisher(*wiring, author.account.id);
    ProgressBar bar;
    for (std::size_t i = 0; i < kVideosCount; ++i) {
      bar.show(static_cast<double>(i) / kVideosCount, "publishing");
      FILOSCOPE_DO(publisher.publish(sources[i % sources.size()]));
    }
    return std::move(publisher.published_);
  }

 private:
  Publisher(Wiring& wiring, AccountId author) : wiring_(wiring), author_(author) {}

  Result<void> publish(const fs::path& source) {
    FILOSCOPE_TRY(const auto bytes, read_file(source, kFileBytesMax));
    catalog::NewVideo form;
    form.owner = author_;
    FILOSCOPE_TRY(const auto created, wiring_.catalog().create(form));
    const auto key = wiring_.catalog().blob_key(created, kFile);
    FILOSCOPE_TRY(auto file, wiring_.blobs().make_temporary());
    FILOSCOPE_DO(write_all(file.get(), bytes, 0));
    FILOSCOPE_DO(wiring_.blobs().put(key, std::move(file)));
    catalog::Processed processed;
    processed.duration_ms = 10'000, processed.width = 720, processed.height = 1280;
    catalog::Rendition rung;
    rung.name = "720", rung.width = 720, rung.height = 1280, rung.fps = 30;
    rung.size_bytes = static_cast<std::int64_t>(bytes.size());
    processed.renditions.push_back(std::move(rung));
    FILOSCOPE_TRY(const auto video, wiring_.catalog().publish(created.id, processed));
    FILOSCOPE_TRY(const auto stored, wiring_.blobs().open(key));
    std::error_code error;
    published_.files.push_back(
        fs::read_symlink("/proc/self/fd/" + std::to_string(stored->native_file()->get()), error));
    if (error) return Error(Code::internal, "a stored file has no path: " + error.message());
    published_.paths.push_back(wiring_.catalog().media_url(video, kFile, {}));
    published_.sizes_bytes.push_back(stored->size_bytes());
    return {};
  }

  Wiring& wiring_;
  const AccountId author_;
  Published published_;
};

/// Both give a range of a file bit for bit, and ours only to who has its address.
Result<void> check_sites(const MediaSite& ours, const MediaSite& theirs, const fs::path& file,
                         const RangeLoad& load) {
  std::vector<std::uint8_t> expected(static_cast<std::size_t>(load.range_bytes));
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno_error("open " + file.string());
  FILOSCOPE_DO(read_all(fd.get(), expected, 1));
  for (const auto* site : {&ours, &theirs}) {
    FILOSCOPE_TRY(auto client, HttpClient::create(site->url));
    FILOSCOPE_TRY(const auto answer,
                  client.request("GET", site->paths[0],
                                 {{"Range", fmt::format("bytes=1-{}", load.range_bytes)}}));
    if (answer.status != 206 || answer.body != crypto::as_text(expected)) {
      return Error(Code::internal, site->name + " does not give the range asked for");
    }
  }
  auto forged = ours.paths[0];
  char& last = forged[forged.rfind('/') - 1];  // of the signature
  last = last == 'A' ? 'B' : 'A';
  FILOSCOPE_TRY(auto client, HttpClient::create(ours.url));
  FILOSCOPE_TRY(const auto answer, client.request("GET", forged, {}));
  if (answer.status != 404) return Error(Code::internal, "a forged address is served");
  return {};
}

struct Side {
  MediaSite site;
  std::vector<RangeRound> rounds;

  double median_of(double RangeRound::*field) const {
    std::vector<double> values;
    for (const auto& round : rounds) values.push_back(round.*field);
    return median(std::move(values));
  }
  Json json() const {
    auto list = Json::array();
    for (const auto& round : rounds) {
      list.push_back({{"bytes_per_s", round.bytes_per_s},
                      {"requests_per_s", round.requests_per_s},
                      {"cpu_s_per_gb", round.cpu_s_per_gb},
                      {"p99_ms", round.p99_ms}});
    }
    return {{"bytes_per_s", median_of(&RangeRound::bytes_per_s)},
            {"requests_per_s", median_of(&RangeRound::requests_per_s)},
            {"cpu_s_per_gb", median_of(&RangeRound::cpu_s_per_gb)},
            {"p99_ms", median_of(&RangeRound::p99_ms)},
            {"rounds", std::move(list)}};
  }
  std::string line() const {
    return fmt::format("{:<10} {:7.1f} MB/s  {:6.0f} ranges/s  {:.3f} CPU-s/GB  p99 {:.1f} ms\n",
                       site.name, median_of(&RangeRound::bytes_per_s) / 1e6,
                       median_of(&RangeRound::requests_per_s), median_of(&RangeRound::cpu_s_per_gb),
                       median_of(&RangeRound::p99_ms));
  }
};

/// The order changes with every round, so that neither always comes second.
Result<void> run_rounds(std::array<Side, 2>& sides, const std::vector<std::int64_t>& sizes_bytes,
                        RangeLoad load, const fs::path& folder) {
  ProgressBar bar;
  const int seconds = load.seconds;
  load.seconds = kDeliveryWarmupS;  // page cache, open files, grown buffers
  for (auto& side : sides) FILOSCOPE_DO(run_wrk(side.site, sizes_bytes, load, folder));
  load.seconds = seconds;
  for (int i = 0; i < 2 * kRounds; ++i) {
    auto& side = sides[static_cast<std::size_t>((i + i / 2) % 2)];
    bar.show(i / (2.0 * kRounds),
             fmt::format("round {} of {}: {}", i / 2 + 1, kRounds, side.site.name));
    FILOSCOPE_TRY(const auto round, run_wrk(side.site, sizes_bytes, load, folder));
    side.rounds.push_back(round);
  }
  return {};
}

Result<BenchReport> measure_delivery(const BenchOptions& options) {
  FILOSCOPE_DO(find_program("wrk"));
  FILOSCOPE_DO(find_program("nginx"));
  const BenchFolder folder;
  std::vector<fs::path> sources(options.arguments.begin(), options.arguments.end());
  if (sources.empty()) {
    FILOSCOPE_TRY(auto rung, make_rung(folder.path()));
    sources.push_back(std::move(rung));
  }
  RangeLoad load;
  load.seconds = options.seconds > 0 ? static_cast<int>(options.seconds) : kRoundS;
  FILOSCOPE_TRY(const auto published, Publisher::run(folder.path() / "data", sources));
  for (const auto size : published.sizes_bytes) {
    if (size > load.range_bytes) continue;
    return Error(reason("bench_files_too_small"), load.range_bytes);
  }
  FILOSCOPE_TRY(const auto server, ServerProcess::start(folder.path() / "data"));
  FILOSCOPE_TRY(const auto nginx, start_nginx(folder.path() / "nginx", published.files));
  std::array<Side, 2> sides{Side{{"filoscope", server.url(), published.paths, server.pid()}, {}},
                            Side{nginx.site, {}}};
  FILOSCOPE_DO(check_sites(sides[0].site, sides[1].site, published.files[0], load));
  FILOSCOPE_DO(run_rounds(sides, published.sizes_bytes, load, folder.path()));
  const auto ratio = [&](double RangeRound::*field) {
    return sides[0].median_of(field) / sides[1].median_of(field);
  };
  const double bytes_ratio = ratio(&RangeRound::bytes_per_s);
  const double cpu_ratio = ratio(&RangeRound::cpu_s_per_gb);
  Verdict verdict;
  verdict.at_least("bytes a second, ours / nginx'", bytes_ratio, kBytesRatioMin);
  Json json{{"bench", "delivery"},
            {"files", kVideosCount},
            {"file_bytes", published.sizes_bytes[0]},
            {"range_bytes", load.range_bytes},
            {"connections", load.connections},
            {"round_s", load.seconds},
            {"filoscope", sides[0].json()},
            {"nginx", sides[1].json()},
            {"bytes_per_s_ratio", bytes_ratio},
            {"bytes_per_s_ratio_min", kBytesRatioMin},
            {"cpu_s_per_gb_ratio", cpu_ratio}};
  verdict.write(json);
  return BenchReport{
      json, fmt::format("delivery: {} files, ranges of {} KiB, {} connections, medians of {} rounds"
                        " of {} s\n{}{}"
                        "ours / nginx': bytes a second {:.3f} (limit {}), CPU a byte {:.3f}\n{}\n",
                        kVideosCount, load.range_bytes / 1024, load.connections, kRounds,
                        load.seconds, sides[0].line(), sides[1].line(), bytes_ratio, kBytesRatioMin,
                        cpu_ratio, verdict.sentence())};
}

}  // namespace

int bench_delivery(const BenchOptions& options) {
  return finish_bench(options, measure_delivery(options));
}

}  // namespace filoscope::app
