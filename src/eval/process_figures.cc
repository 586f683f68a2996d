#include "eval/process_figures.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>

namespace filoscope::eval {
namespace {

double per_second(std::uint64_t count, std::int64_t took_us) {
  return took_us > 0 ? static_cast<double>(count) * 1e6 / static_cast<double>(took_us) : 0;
}

}  // namespace

void write_engine_figures(nlohmann::ordered_json& json, const ServedEngine& engine) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  json["events_per_s"] = per_second(engine.learned_count(), engine.learning_us());
  json["rankings_per_s"] = per_second(engine.ranked_count(), engine.ranking_us());
  json["peak_rss_bytes"] = static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
  json["state_hash"] = fmt::format("{:016x}", engine.state_hash());
  json["rollbacks"] = engine.rollbacks_count();
  json["engine"] = {{"seed", engine.options().seed},
                    {"candidates_max", engine.options().candidates_max},
                    {"exploration_share", engine.options().exploration_share},
                    {"learns", engine.options().learns}};
}

}  // namespace filoscope::eval
