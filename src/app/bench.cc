#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/feed_bench.h"
#include "app/output.h"
#include "base/clock.h"
#include "engine/engine_bench.h"
#include "media/ladder_bench.h"

namespace filoscope::app {
namespace {

int bench_engine(const BenchOptions& options) {
  engine::BenchOptions wanted;
  wanted.videos_count = static_cast<std::size_t>(options.videos_count);
  wanted.people_count = static_cast<std::size_t>(options.people_count);
  const auto report = engine::run_bench(wanted, SystemClock());
  if (!report) return fail(report.error());
  if (options.json != "-") fmt::print("{}", engine::to_table(*report));
  const auto json = nlohmann::ordered_json::parse(engine::to_json(*report));
  if (auto done = write_json(options.json, json); !done) return fail(done.error());
  return 0;
}

int bench_ladder(const BenchOptions& options) {
  const auto report = media::bench_ladder({options.arguments.begin(), options.arguments.end()});
  if (!report) return fail(report.error());
  const auto json = nlohmann::ordered_json::parse(*report);
  if (auto done = write_json(options.json.empty() ? "-" : options.json, json); !done) {
    return fail(done.error());
  }
  return 0;
}

}  // namespace

int bench(const BenchOptions& options) {
  if (options.name == "feed") return bench_feed(options);
  if (options.name == "engine.rank" || options.name == "engine.train") return bench_engine(options);
  if (options.name == "media.ladder") return bench_ladder(options);
  return fail("there is no bench \"" + options.name +
              "\"; there are: media.ladder, engine.rank, engine.train, feed");
}

}  // namespace filoscope::app
