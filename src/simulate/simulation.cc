#include "simulate/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "simulate/draws.h"
#include "simulate/measures.h"
#include "simulate/reasons.h"

namespace filoscope::simulate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kFlipAfter = 60, kSwipesBehindFlip = 60;
/// Fewer clips would run out before a flipped taste could show.
constexpr std::size_t kClipsForFlip = 2 * (kFlipAfter + kSwipesBehindFlip);
constexpr std::string_view kPersonal[] = {"served", "learning_off", "hourly"};

template <std::size_t Count>
bool is_among(const std::string_view (&names)[Count], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

Result<void> check_range(const char* option, std::int64_t value, std::int64_t least,
                         std::int64_t most) {
  if (value >= least && value <= most) return {};
  return Error(reason("simulation_number_out_of_range"), option, value, least, most);
}

Result<void> check(const SimulationOptions& options) {
  FILOSCOPE_DO(check_range("--people", options.people_count, 1, 10'000));
  FILOSCOPE_DO(check_range("--videos", options.videos_count, 20, 100'000));
  FILOSCOPE_DO(check_range("--swipes", options.swipes, 10, 1'000));
  FILOSCOPE_DO(check_range("--days", options.days, 0, 60));
  for (const auto& name : options.arms) {
    if (is_among(kArmNames, name)) continue;
    return Error(reason("simulation_arm_unknown"), name,
                 fmt::format("{}", fmt::join(kArmNames, ", ")));
  }
  return {};
}

std::vector<std::string> arms_of(const SimulationOptions& options) {
  std::vector<std::string> arms;
  for (const auto name : kArmNames) {
    const bool wanted =
        std::find(options.arms.begin(), options.arms.end(), name) != options.arms.end();
    if (options.arms.empty() || wanted) arms.emplace_back(name);
  }
  return arms;
}

/// In a community clips keep coming: a third is there at its beginning.
Rules rules_of(const SimulationOptions& options) {
  Rules rules;
  if (options.days == 0) return rules;
  rules.there_at_start = 1.0 / 3;
  rules.publishing_ms = options.days * kDayMs;
  return rules;
}

Course course_of(const SimulationOptions& options) {
  if (options.days > 0) return {0, kStartMs + options.days * kDayMs, 0};
  return {static_cast<std::size_t>(options.swipes), 0, 0};
}

/// One crowd and all that is run with it.
class Simulation {
 public:
  Simulation(const SimulationOptions& options, const Report& report)
      : options_(options),
        report_(report),
        rules_(rules_of(options)),
        seed_(static_cast<std::uint64_t>(options.seed)),
        crowd_(make_crowd({static_cast<std::size_t>(options.people_count),
                           static_cast<std::size_t>(options.videos_count), seed_, options.content},
                          rules_)),
        resamples_(crowd_.tastes.size(), seed_of(seed_, 31)) {}

  Json run() {
    Json json = head();
    std::vector<Outcome> outcomes;
    for (const auto& name : arms_of(options_))
      outcomes.push_back(run_world(name, name, course_of(options_)));
    const auto began_us = clock_.mono_us();
    for (const Outcome& outcome : outcomes) {
      report_("measuring", 0);
      measured_[outcome.arm] = measure(outcome, crowd_, resamples_);
    }
    for (const Outcome& outcome : outcomes) json["arms"][outcome.arm] = arm_json(outcome);
    double seconds = static_cast<double>(clock_.mono_us() - began_us) / 1e6;
    for (const Outcome& outcome : outcomes) seconds += outcome.seconds;
    if (options_.days == 0 && options_.taste_flip) json["taste_flip"] = flips(seconds);
    json["seconds"] = seconds;
    return json;
  }

 private:
  Json head() const {
    Json json = {{"people", options_.people_count},
                 {"videos", options_.videos_count},
                 {"seed", options_.seed},
                 {"content", options_.content}};
    if (options_.days > 0)
      json["days"] = options_.days;
    else
      json["swipes"] = options_.swipes;
    json["arms"] = Json::object();
    return json;
  }

  Outcome run_world(const std::string& arm, const std::string& what, const Course& course) {
    const auto began_us = clock_.mono_us();
    report_(what, 0);
    World world(crowd_, rules_, seed_, arm, course);
    world.run([&](double share) { report_(what, share); });
    Outcome outcome{arm,
                    course,
                    world.swipes(),
                    world.now_ms(),
                    world.arm().records_count(),
                    world.arm().state_hash()};
    outcome.seconds = static_cast<double>(clock_.mono_us() - began_us) / 1e6;
    return outcome;
  }

  Json flips(double& seconds) {
    if (crowd_.clips.size() < kClipsForFlip)
      return {{"not_run", fmt::format("it needs {} videos", kClipsForFlip)}};
    if (crowd_.tastes.size() < 2) return {{"not_run", "it needs 2 people"}};
    Json json = {{"after_swipes", kFlipAfter}, {"people", crowd_.tastes.size() / 2}};
    for (const auto& name : arms_of(options_)) {
      if (!is_among(kPersonal, name)) continue;
      const auto outcome =
          run_world(name, "taste_flip, " + name, {kFlipAfter + kSwipesBehindFlip, 0, kFlipAfter});
      seconds += outcome.seconds;
      json[name] = taste_flip_effect(outcome);
    }
    return json;
  }

  const Estimate& estimate_of(const std::string& arm, std::size_t measure) const {
    return measured_.at(arm)[measure].estimate;
  }

  Json arm_json(const Outcome& outcome) const {
    Json json = Json::object();
    const auto& measured = measured_.at(outcome.arm);
    for (const auto& one : measured) json[one.name] = to_json(one.estimate);
    const bool has_floor = measured_.contains("not_profiled");
    const bool has_top = measured_.contains("perfect");
    for (std::size_t i = 0; i < measured.size(); ++i) {
      if (!measured[i].compared || !has_floor) continue;
      const auto& floor = estimate_of("not_profiled", i);
      json["ratio_to_not_profiled"][measured[i].name] =
          to_json(quotient(measured[i].estimate, floor));
      if (!has_top) continue;
      json["share_of_gap"][measured[i].name] =
          to_json(share_between(measured[i].estimate, floor, estimate_of("perfect", i)));
    }
    json["watched_share_by_tenth"] = course_of_shares(outcome);
    json["first_audience"] = first_audience(outcome, crowd_);
    if (is_among(kPersonal, outcome.arm))
      json["not_interested"] = not_interested_effect(outcome, resamples_);
    json["swipes"] = outcome.swipes.size();
    json["simulated_hours"] = static_cast<double>(outcome.end_ms - kStartMs) / kHourMs;
    if (outcome.records_count > 0) {
      json["events"] = outcome.records_count;
      json["state_hash"] = fmt::format("{:016x}", outcome.state_hash);
    }
    json["seconds"] = outcome.seconds;
    return json;
  }

  const SimulationOptions& options_;
  const Report& report_;
  const Rules rules_;
  const std::uint64_t seed_;
  const Crowd crowd_;
  const Resamples resamples_;
  SystemClock clock_;
  std::map<std::string, std::vector<Measured>, std::less<>> measured_;
};

}  // namespace

Result<Json> simulate(const SimulationOptions& options, const Report& report) {
  FILOSCOPE_DO(check(options));
  return Simulation(options, report).run();
}

}  // namespace filoscope::simulate
