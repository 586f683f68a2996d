#include "engine/engine_bench.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"

namespace filoscope::engine {
namespace {

constexpr std::size_t kTopics = 200;
constexpr std::int64_t kStartMs = 1'700'000'000'000;
constexpr std::uint64_t kPeopleFrom = 1'000'000'000;

double cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  double sum = 0;
  for (const double value : values) sum += value;
  const auto n = values.size();
  return {sum / static_cast<double>(n), values[n / 2], values[n * 99 / 100], values.back()};
}

class Bench {
 public:
  Bench(const BenchOptions& options, std::unique_ptr<Engine> engine)
      : options_(options), engine_(std::move(engine)), random_(options.seed) {}

  Result<void> publish() {
    for (std::size_t i = 0; i < options_.videos_count; ++i) {
      VideoPublished body;
      body.video = {i + 1}, body.author = {kPeopleFrom + random_.below(options_.people_count)};
      body.sound = {1 + random_.below(std::max<std::size_t>(options_.videos_count / 3, 1))};
      body.language = 1 + random_.below(4), body.created_ms = now_ms_;
      body.duration_ms = 4000 + static_cast<std::uint32_t>(random_.below(30'000));
      const auto topic = random_.below(kTopics);
      body.hashtags = {text_key("topic" + std::to_string(topic)),
                       text_key("tag" + std::to_string(random_.below(5000))), text_key("fyp")};
      for (int w = 0; w < 6; ++w)
        body.words.push_back(text_key("word" + std::to_string(random_.below(20'000))));
      topics_.push_back(static_cast<std::uint16_t>(topic));
      FILOSCOPE_DO(apply(encode(body)));
      now_ms_ += 100;
    }
    return {};
  }

  /// One person swipes through the first clips of an answer.
  Result<void> visit(std::uint64_t person, std::size_t swipes) {
    while (swipes > 0) {
      FILOSCOPE_TRY(Ranking ranking, ask(person, Mode::for_you));
      FILOSCOPE_DO(record(ranking));
      const auto count = std::min<std::size_t>({swipes, ranking.items.size(), 4});
      if (count == 0) return {};
      for (std::size_t i = 0; i < count; ++i) {
        Event event;
        event.video = ranking.items[i].video, event.request = {request_};
        FILOSCOPE_DO(timed(person, event));
        const bool likes = topics_[event.video.value - 1] % 7 == person % 7;
        event.type = EventType::watch;
        event.watch_ms =
            static_cast<std::uint32_t>(likes ? 6000 + random_.below(20'000) : random_.below(5000));
        FILOSCOPE_DO(timed(person, event));
        if (likes && random_.below(4) == 0) {
          event.type = EventType::like;
          FILOSCOPE_DO(timed(person, event));
        }
        ++examples_;
        now_ms_ += 20;
      }
      swipes -= count;
    }
    return {};
  }

  /// One person meets videos at random, outside the feed.
  Result<void> roam(std::uint64_t person, std::size_t swipes) {
    for (std::size_t i = 0; i < swipes; ++i) {
      Event event;
      event.video = {1 + random_.below(options_.videos_count)};
      event.type = EventType::watch, event.surface = Surface::hashtag;
      event.watch_ms = static_cast<std::uint32_t>(random_.below(20'000));
      FILOSCOPE_DO(apply(encode(PersonKey{person}, event)));
      now_ms_ += 20;
    }
    return {};
  }

  Result<Ranking> ask(std::uint64_t person, Mode mode) {
    RankRequest request;
    request.request = {++request_}, request.person = {person}, request.mode = mode;
    request.seed = random_.next(), request.at_ms = now_ms_, request.age = 30;
    return engine_->rank(request);
  }

  Result<std::vector<double>> measure(Mode mode, std::size_t count) {
    std::vector<double> times;
    for (std::size_t i = 0; i < count; ++i) {
      const auto person = kPeopleFrom + random_.below(options_.people_count);
      const double from = cpu_us();
      FILOSCOPE_TRY(Ranking ranking, ask(person, mode));
      if (!ranking.decision.body.empty()) FILOSCOPE_DO(record(ranking));
      times.push_back((cpu_us() - from) / 1000);
    }
    return times;
  }

  Engine& engine() { return *engine_; }
  double examples() const { return static_cast<double>(examples_); }
  double learning_us() const { return learning_us_; }
  std::vector<double>& apply_times() { return apply_us_; }

 private:
  Result<void> record(const Ranking& ranking) {
    FILOSCOPE_DO(apply(ranking.decision));
    return apply(ranking.features);
  }
  Result<void> apply(LogRecord record) {
    record.position = ++position_;
    record.at_ms = now_ms_;
    return engine_->apply(record);
  }
  Result<void> timed(std::uint64_t person, const Event& event) {
    auto record = encode(PersonKey{person}, event);
    const double from = cpu_us();
    FILOSCOPE_DO(apply(std::move(record)));
    apply_us_.push_back(cpu_us() - from);
    learning_us_ += apply_us_.back();
    return {};
  }

  BenchOptions options_;
  std::unique_ptr<Engine> engine_;
  Random random_;
  std::vector<std::uint16_t> topics_;
  std::vector<double> apply_us_;
  double learning_us_ = 0;
  std::size_t examples_ = 0;
  std::int64_t now_ms_ = kStartMs;
  LogPosition position_ = 0;
  std::uint64_t request_ = 0;
};

double ms_since(const Clock& clock, std::int64_t from_us) {
  return static_cast<double>(clock.mono_us() - from_us) / 1000;
}

std::string format(const char* pattern, auto... values) {
  std::array<char, 1024> text{};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

std::string json(const Spread& s) {
  return format("{\"mean\":%.4f,\"p50\":%.4f,\"p99\":%.4f,\"max\":%.4f}", s.mean, s.p50, s.p99,
                s.max);
}

}  // namespace

Result<BenchReport> run_bench(const BenchOptions& options, const Clock& clock,
                              const std::function<void(double)>& progress) {
  EngineOptions engine_options;
  engine_options.seed = options.seed;
  FILOSCOPE_TRY(auto engine, Engine::create(engine_options));
  Bench bench(options, std::move(engine));
  BenchReport report;
  report.options = options;
  FILOSCOPE_DO(bench.publish());
  for (std::size_t person = 0; person < options.people_count; ++person) {
    if (progress && person % 100 == 0)
      progress(static_cast<double>(person) / static_cast<double>(options.people_count));
    FILOSCOPE_DO(person % 100 < options.swipers_percent
                     ? bench.visit(kPeopleFrom + person, options.swipes_per_person)
                     : bench.roam(kPeopleFrom + person, options.swipes_per_person));
  }
  report.apply_cpu_us = spread_of(bench.apply_times());
  report.examples_per_s = bench.examples() / std::max(bench.learning_us(), 1.0) * 1e6;
  FILOSCOPE_TRY(auto times, bench.measure(Mode::for_you, options.answers_count));
  report.answer_cpu_ms = spread_of(std::move(times));
  FILOSCOPE_TRY(times, bench.measure(Mode::not_profiled, options.answers_count / 4));
  report.unprofiled_cpu_ms = spread_of(std::move(times));
  report.memory_bytes = static_cast<double>(bench.engine().stats().memory_bytes);

  auto from = clock.mono_us();
  const auto hash = bench.engine().state_hash();
  report.hash_ms = ms_since(clock, from);
  from = clock.mono_us();
  const Bytes snapshot = bench.engine().save();
  report.save_ms = ms_since(clock, from);
  report.snapshot_bytes = static_cast<double>(snapshot.size());
  from = clock.mono_us();
  FILOSCOPE_TRY(const auto loaded, Engine::load(engine_options, snapshot));
  report.load_ms = ms_since(clock, from);
  report.snapshot_equal = loaded->state_hash() == hash;
  return report;
}

std::string to_json(const BenchReport& r) {
  return format("{\"videos\":%zu,\"people\":%zu,\"swipes_per_person\":%zu,\"answer_cpu_ms\":",
                r.options.videos_count, r.options.people_count, r.options.swipes_per_person) +
         json(r.answer_cpu_ms) + ",\"unprofiled_cpu_ms\":" + json(r.unprofiled_cpu_ms) +
         ",\"apply_cpu_us\":" + json(r.apply_cpu_us) +
         format(
             ",\"examples_per_s\":%.0f,\"memory_bytes\":%.0f,\"snapshot_bytes\":%.0f,"
             "\"save_ms\":%.1f,\"load_ms\":%.1f,\"hash_ms\":%.1f,\"snapshot_equal\":%s}",
             r.examples_per_s, r.memory_bytes, r.snapshot_bytes, r.save_ms, r.load_ms, r.hash_ms,
             r.snapshot_equal ? "true" : "false");
}

std::string to_table(const BenchReport& r) {
  const auto line = [](const char* name, const Spread& s, const char* unit,
                       const std::string& limit) {
    return format("%-28s mean %8.3f  p50 %8.3f  p99 %8.3f  max %9.3f %s  %s\n", name, s.mean, s.p50,
                  s.p99, s.max, unit, limit.c_str());
  };
  return format("engine: %zu videos, %zu people, %zu swipes each\n", r.options.videos_count,
                r.options.people_count, r.options.swipes_per_person) +
         line("for_you answer of 8, CPU", r.answer_cpu_ms, "ms",
              format("(limit: mean %g)", kAnswerCpuMsMax)) +
         line("not_profiled answer, CPU", r.unprofiled_cpu_ms, "ms", "") +
         line("apply an event, CPU", r.apply_cpu_us, "us",
              format("(limit: p50 %g)", kApplyCpuUsMax)) +
         format("%-28s %.0f\n", "examples learned per second", r.examples_per_s) +
         format("%-28s %.1f MiB (limit: %g)\n", "memory", r.memory_bytes / 1048576,
                kMemoryBytesMax / 1048576) +
         format("%-28s %.1f MiB, save %.0f ms, load %.0f ms, hash %.0f ms, %s\n", "snapshot",
                r.snapshot_bytes / 1048576, r.save_ms, r.load_ms, r.hash_ms,
                r.snapshot_equal ? "same state_hash" : "DIFFERENT state_hash");
}

}  // namespace filoscope::engine
