// `bench engine.snapshot`: an engine of a large place, in process; what people do is learned and
// answers are given at fixed rates, each timed from when it was due, at first alone and then while
// snapshots are written to a file. Then a new process loads that file.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "app/bench_figures.h"
#include "app/bench_server.h"
#include "app/benches.h"
#include "app/feed_load.h"
#include "base/file.h"
#include "base/random.h"
#include "engine/engine.h"

namespace filoscope::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kEventsPerS = 200, kAnswersPerS = 100;
constexpr std::int64_t kLoadS = 30;
constexpr double kLimitStallMs = 50, kLimitLoadMs = 20'000, kLimitStepMs = 1;
constexpr std::size_t kWatched = 6;  ///< clips of each person
constexpr std::uint64_t kPeopleFrom = 1'000'000'000, kTopics = 200;
constexpr std::size_t kSnapshotBytesMax = std::size_t{64} << 30;

class Crowd {
 public:
  Crowd(const BenchOptions& options, std::unique_ptr<engine::Engine> engine)
      : videos_(static_cast<std::uint64_t>(options.videos_count)),
        people_(static_cast<std::uint64_t>(options.people_count)),
        engine_(std::move(engine)) {}

  Result<void> publish() {
    for (std::uint64_t i = 1; i <= videos_; ++i) {
      engine::VideoPublished body;
      body.video = {i}, body.author = someone(random_), body.sound = {1 + random_.below(videos_)};
      body.language = 1 + random_.below(4), body.created_ms = now_ms_;
      body.duration_ms = 4'000 + static_cast<std::uint32_t>(random_.below(30'000));
      body.hashtags = {engine::text_key("topic" + std::to_string(random_.below(kTopics))),
                       engine::text_key("tag" + std::to_string(random_.below(50'000)))};
      for (int w = 0; w < 6; ++w)
        body.words.push_back(engine::text_key("word" + std::to_string(random_.below(50'000))));
      FILOSCOPE_DO(apply(engine::encode(body)));
    }
    return {};
  }
  /// Everybody is known, follows two and has watched a few clips.
  Result<void> settle(ProgressBar& bar) {
    for (std::uint64_t i = 0; i < people_; ++i) {
      if (i % 4096 == 0)
        bar.show(static_cast<double>(i) / static_cast<double>(people_), "people watch");
      const PersonKey person{kPeopleFrom + i};
      FILOSCOPE_DO(apply(engine::encode(person, engine::PersonChanged{0, 30})));
      for (int f = 0; f < 2; ++f)
        FILOSCOPE_DO(apply(engine::encode(person, engine::Follow{someone(random_), true})));
      for (std::size_t w = 0; w < kWatched; ++w) FILOSCOPE_DO(apply(watch(person, random_)));
    }
    return {};
  }
  PersonKey someone(Random& random) const { return {kPeopleFrom + random.below(people_)}; }
  LogRecord watch(PersonKey person, Random& random) const {
    engine::Event event;
    event.video = {1 + random.below(videos_)}, event.type = engine::EventType::watch;
    event.surface = engine::Surface::hashtag,
    event.watch_ms = static_cast<std::uint32_t>(random.below(20'000));
    return engine::encode(person, event);
  }
  Result<void> apply(LogRecord record) {
    const std::lock_guard one(mutex_);
    record.position = ++position_;
    record.at_ms = now_ms_ += 2;
    return engine_->apply(record);
  }
  /// An answer, and its decision learned.
  Result<void> answer(Random& random) {
    engine::RankRequest request;
    request.request = {random.next() | 1}, request.person = someone(random);
    request.seed = random.next(), request.age = 30;
    FILOSCOPE_TRY(auto ranking, engine_->rank(request));
    FILOSCOPE_DO(apply(std::move(ranking.decision)));
    return apply(std::move(ranking.features));
  }
  engine::Engine& engine() { return *engine_; }

 private:
  const std::uint64_t videos_, people_;
  std::unique_ptr<engine::Engine> engine_;
  std::mutex mutex_;  ///< one writer
  Random random_{1};
  LogPosition position_ = 0;
  std::int64_t now_ms_ = 1'700'000'000'000;
};

/// A process of its own, begun before this one grows: it loads a snapshot as a server's start does,
/// into memory that nothing was in.
class FreshProcess {
 public:
  struct Loaded {
    double ms = 0;
    std::uint64_t hash = 0;
    std::uint64_t memory_bytes = 0;
  };

  static Result<FreshProcess> begin(std::string path) {
    FreshProcess process;
    std::array<int, 2> go{}, told{};
    if (::pipe2(go.data(), O_CLOEXEC) != 0 || ::pipe2(told.data(), O_CLOEXEC) != 0)
      return errno_error("a pipe");
    const UniqueFd go_read(go[0]), told_write(told[1]);
    process.go_.reset(go[1]), process.told_.reset(told[0]);
    process.pid_ = ::fork();
    if (process.pid_ < 0) return errno_error("a process");
    if (process.pid_ != 0) return process;
    process.go_.reset(), process.told_.reset();
    char c = 0;
    if (::read(go_read.get(), &c, 1) == 1) load(path, told_write.get());
    ::_exit(0);
  }
  FreshProcess(FreshProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        go_(std::move(other.go_)),
        told_(std::move(other.told_)) {}
  FreshProcess& operator=(FreshProcess&&) = delete;
  ~FreshProcess() {
    go_.reset();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }

  Result<Loaded> load() {
    Loaded loaded;
    if (::write(go_.get(), "g", 1) != 1) return errno_error("the process that loads");
    if (::read(told_.get(), &loaded, sizeof loaded) != sizeof loaded)
      return Error(Code::internal, "the snapshot was not loaded");
    return loaded;
  }

 private:
  FreshProcess() = default;
  static void load(const std::string& path, int told) {
    const auto from_us = now_us();
    const auto file = LargeFile::read(path, kSnapshotBytesMax);
    if (!file) return;
    const auto engine = engine::Engine::load({}, file->bytes());
    if (!engine) return;
    Loaded loaded{static_cast<double>(now_us() - from_us) / 1000, (*engine)->state_hash(),
                  (*engine)->stats().memory_bytes};
    static_cast<void>(!::write(told, &loaded, sizeof loaded));
  }

  pid_t pid_ = -1;
  UniqueFd go_, told_;
};

struct Load {
  Measured events, answers;
  double longest_ms() const {
    double longest = 0;
    for (const auto* part : {&events, &answers})
      if (!part->latencies_ms.empty()) longest = std::max(longest, part->latencies_ms.back());
    return longest;
  }
};

/// One step each of learning and answering, at their rates, for so long.
Load run_load(Crowd& crowd, double seconds) {
  const auto paced = [&](double rate, std::uint64_t seed, auto act) {
    Random random(seed);
    return run_paced({seconds, rate, 1, ""},
                     [&](std::int64_t, std::int64_t due_us, int) -> Result<double> {
                       wait_until_us(due_us);
                       FILOSCOPE_DO(act(random));
                       return static_cast<double>(now_us() - due_us) / 1000;
                     });
  };
  Load load;
  std::thread answers([&] {
    load.answers = paced(kAnswersPerS, 3, [&](Random& random) { return crowd.answer(random); });
  });
  load.events = paced(kEventsPerS, 2, [&](Random& random) {
    return crowd.apply(crowd.watch(crowd.someone(random), random));
  });
  answers.join();
  return load;
}

struct Snapshot {
  std::uint64_t hash = 0;
  double freeze_ms = 0, seconds = 0;
};

Result<Snapshot> take_snapshot(Crowd& crowd, const std::filesystem::path& path) {
  Snapshot taken;
  const auto from_us = now_us();
  const auto frozen = crowd.engine().freeze();
  taken.freeze_ms = static_cast<double>(now_us() - from_us) / 1000;
  FILOSCOPE_DO(
      write_file_durably(path, [&](const WriteBytes& write) { return frozen->save(write); }));
  taken.seconds = static_cast<double>(now_us() - from_us) / 1e6;
  taken.hash = frozen->hash();
  return taken;
}

/// Load while snapshots are written one after the other, the last one beyond its end.
Result<Load> run_beside(Crowd& crowd, double seconds, const std::filesystem::path& path,
                        std::vector<Snapshot>& taken) {
  std::atomic<bool> over{false};
  Result<void> outcome;
  std::thread keeper([&] {
    while (outcome && !over) {
      auto one = take_snapshot(crowd, path);
      if (one) {
        taken.push_back(*one);
      } else {
        outcome = one.error();
      }
    }
  });
  auto load = run_load(crowd, seconds);
  over = true;
  keeper.join();
  FILOSCOPE_DO(std::move(outcome));
  return load;
}

/// What one erasure and one look at the figures take, in ms, of the middle one: neither may grow
/// with the state.
Result<Json> measure_steps(Crowd& crowd) {
  Random random(4);
  std::vector<double> erasures_ms, stats_ms;
  for (int i = 0; i < 101; ++i) {
    auto from_us = now_us();
    FILOSCOPE_DO(crowd.apply(engine::encode(crowd.someone(random), engine::ErasePerson{})));
    erasures_ms.push_back(static_cast<double>(now_us() - from_us) / 1000);
    from_us = now_us();
    static_cast<void>(crowd.engine().stats());
    stats_ms.push_back(static_cast<double>(now_us() - from_us) / 1000);
  }
  const auto middle = [](std::vector<double>& all) {
    std::nth_element(all.begin(), all.begin() + std::ssize(all) / 2, all.end());
    return all[all.size() / 2];
  };
  return Json{{"erasure_ms", middle(erasures_ms)}, {"stats_ms", middle(stats_ms)}};
}

std::string table_of(const Json& json) {
  const auto line = [](const char* name, const Json& load) {
    return fmt::format(
        "{:<22} learned p99 {:8.2f} max {:8.2f} ms, answers p99 {:8.2f} max {:8.2f} "
        "ms\n",
        name, load["events"]["p99_ms"].get<double>(), load["events"]["max_ms"].get<double>(),
        load["answers"]["p99_ms"].get<double>(), load["answers"]["max_ms"].get<double>());
  };
  return fmt::format("engine snapshot: {} videos, {} people, {}/s learned, {}/s answered\n",
                     json["videos"].get<std::int64_t>(), json["people"].get<std::int64_t>(),
                     kEventsPerS, kAnswersPerS) +
         line("alone", json["alone"]) + line("beside snapshots", json["beside"]) +
         fmt::format("longest stall          {:.1f} ms (limit {:g})\n",
                     json["longest_ms"].get<double>(), kLimitStallMs) +
         fmt::format("snapshot               {:.0f} MiB, freeze {:.1f} ms, written in {:.1f} s\n",
                     json["snapshot_bytes"].get<double>() / 1048576,
                     json["freeze_ms_max"].get<double>(), json["snapshot_s"].get<double>()) +
         fmt::format("load                   {:.0f} ms (limit {:g})\n",
                     json["load_ms"].get<double>(), kLimitLoadMs) +
         fmt::format("one erasure, /metrics  {:.3f}, {:.3f} ms (limit {:g})\n",
                     json["erasure_ms"].get<double>(), json["stats_ms"].get<double>(),
                     kLimitStepMs);
}

Json load_json(const Load& load) {
  return {{"events", to_json(load.events)}, {"answers", to_json(load.answers)}};
}

Result<BenchReport> measure_snapshot(const BenchOptions& options) {
  const BenchFolder folder;
  const auto path = folder.path() / "engine.snapshot";
  FILOSCOPE_TRY(auto fresh, FreshProcess::begin(path));
  FILOSCOPE_TRY(auto engine, engine::Engine::create({}));
  Crowd crowd(options, std::move(engine));
  ProgressBar bar;
  bar.show(0, "publishing");
  FILOSCOPE_DO(crowd.publish());
  FILOSCOPE_DO(crowd.settle(bar));
  bar.show(1, "measuring");
  const auto seconds = static_cast<double>(options.seconds != 0 ? options.seconds : kLoadS);
  const auto alone = run_load(crowd, seconds);
  std::vector<Snapshot> taken;
  FILOSCOPE_TRY(const auto beside, run_beside(crowd, seconds, path, taken));
  FILOSCOPE_TRY(Json json, measure_steps(crowd));
  FILOSCOPE_TRY(const auto loaded, fresh.load());
  bar.clear();
  json["videos"] = options.videos_count, json["people"] = options.people_count;
  json["alone"] = load_json(alone), json["beside"] = load_json(beside);
  json["longest_ms"] = beside.longest_ms();
  json["snapshot_bytes"] = std::filesystem::file_size(path), json["load_ms"] = loaded.ms;
  double freeze_ms = 0;
  for (const auto& one : taken) freeze_ms = std::max(freeze_ms, one.freeze_ms);
  json["freeze_ms_max"] = freeze_ms, json["snapshot_s"] = taken.back().seconds;
  json["memory_bytes"] = loaded.memory_bytes;
  Verdict verdict;
  verdict.at_most("longest stall beside a snapshot (ms)", json["longest_ms"], kLimitStallMs);
  verdict.at_most("load (ms)", loaded.ms, kLimitLoadMs);
  verdict.at_most("one erasure (ms)", json["erasure_ms"], kLimitStepMs);
  verdict.at_most("figures for /metrics (ms)", json["stats_ms"], kLimitStepMs);
  verdict.require(loaded.hash == taken.back().hash,
                  "the snapshot gives another state than it was taken of");
  verdict.require(alone.events.errors_count + alone.answers.errors_count +
                          beside.events.errors_count + beside.answers.errors_count ==
                      0,
                  "some of it failed");
  verdict.write(json);
  return BenchReport{json, table_of(json) + verdict.sentence() + "\n"};
}

}  // namespace

int bench_snapshot(const BenchOptions& options) {
  return finish_bench(options, measure_snapshot(options));
}

}  // namespace filoscope::app
