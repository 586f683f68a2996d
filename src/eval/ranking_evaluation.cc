#include "eval/ranking_evaluation.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "eval/process_figures.h"
#include "eval/ranking_protocols.h"
#include "eval/reasons.h"
#include "eval/served_engine.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kWindows = 20;

struct Metric {
  const char* name;
  double RankingMetrics::*value;
};
constexpr std::array kMetrics{Metric{"hit_rate_at_k", &RankingMetrics::hit_rate},
                              Metric{"recall_at_k", &RankingMetrics::recall},
                              Metric{"ndcg_at_k", &RankingMetrics::ndcg}};

std::vector<PersonValue> values_of(std::span<const RankedCase> cases, const Metric& metric) {
  std::vector<PersonValue> values;
  values.reserve(cases.size());
  for (const auto& one : cases) values.push_back({one.person, one.metrics.*metric.value});
  return values;
}

/// What a protocol has made of the inputs, the same for every method.
struct Plan {
  std::vector<Interaction> learned;  ///< in order
  std::vector<TestPerson> people;    ///< of temporal and split
  std::size_t people_count = 0, items_count = 0;
};

Plan plan_of(const EvalOptions& options, const Inputs& inputs) {
  Plan plan;
  plan.people_count = inputs.ids.people.size(), plan.items_count = inputs.ids.items.size();
  plan.learned = inputs.train;
  if (options.protocol == Protocol::split) {
    shuffle(plan.learned, static_cast<std::uint64_t>(options.seed));
    plan.people = test_people(plan.learned, inputs.test, plan.people_count, plan.items_count);
    return plan;
  }
  plan.learned = by_time(std::move(plan.learned));
  if (options.protocol == Protocol::prequential) return plan;
  const auto all = std::exchange(plan.learned, {});
  const auto train = std::span(all).first(measured_from(all.size()));
  plan.people =
      test_people(train, std::span(all).subspan(train.size()), plan.people_count, plan.items_count);
  plan.learned.assign(train.begin(), train.end());
  return plan;
}

std::vector<RankedCase> run(Ranker& ranker, const EvalOptions& options, const Plan& plan,
                            const Progress& progress) {
  const World world(plan.people_count, plan.items_count);
  const auto k = static_cast<std::size_t>(options.k);
  return options.protocol == Protocol::prequential
             ? run_prequential(ranker, plan.learned, world, k, progress)
             : run_split(ranker, plan.learned, plan.people, world, k, progress);
}

Json windows_of(std::span<const RankedCase> cases) {
  Json windows = Json::array();
  for (std::size_t i = 0; i < kWindows; ++i) {
    const auto from = cases.size() * i / kWindows, to = cases.size() * (i + 1) / kWindows;
    double hits = 0;
    for (const auto& one : cases.subspan(from, to - from)) hits += one.metrics.hit_rate;
    windows.push_back(to > from ? hits / static_cast<double>(to - from) : 0);
  }
  return windows;
}

void write_metrics(Json& json, std::span<const RankedCase> cases, const EvalOptions& options) {
  Json errors = Json::object();
  for (const auto& metric : kMetrics) {
    const auto estimate = mean_by_person(values_of(cases, metric));
    json[metric.name] = estimate.mean;
    errors[metric.name] = estimate.standard_error;
  }
  json["standard_errors"] = errors;
  if (options.protocol == Protocol::prequential) json["hit_rate_windows"] = windows_of(cases);
}

/// The engine over another method, by people.
Json differences(std::span<const RankedCase> engine, std::span<const RankedCase> other,
                 const EvalOptions& options) {
  Json json = Json::object();
  for (const auto& metric : kMetrics) {
    const auto difference = paired_bootstrap(values_of(engine, metric), values_of(other, metric),
                                             static_cast<std::uint64_t>(options.seed));
    json[metric.name] = {
        {"mean", difference.mean}, {"low", difference.low}, {"high", difference.high}};
  }
  return json;
}

class RankingEvaluation {
 public:
  RankingEvaluation(const EvalOptions& options, const Inputs& inputs, const Report& report)
      : options_(options), report_(report), plan_(plan_of(options, inputs)) {
    setup_.seed = static_cast<std::uint64_t>(options.seed);
    setup_.own_time = options.protocol == Protocol::split;
    setup_.hashtags = item_hashtags(inputs.log);
    setup_.social = inputs.social;
  }

  Result<Json> run_all() {
    Json json = Json::object();
    FILOSCOPE_DO(run_engine(json));
    if (engine_cases_.empty())
      return Error(reason("eval_nothing_to_measure"), "no person is in both parts");
    json["baselines"] = Json::object();
    for (const auto& method : ranking_methods(options_.protocol))
      if (is_wanted(options_, method.name)) json["baselines"][method.name] = run_baseline(method);
    return json;
  }

 private:
  Progress progress_of(std::string what) const {
    return [this, what = std::move(what)](double share) { report_(what, share); };
  }

  Result<void> run_engine(Json& json) {
    FILOSCOPE_TRY(const auto engine,
                  ServedEngine::create(setup_, plan_.people_count, plan_.items_count));
    engine_cases_ = run(*engine, options_, plan_, progress_of("engine"));
    json["cases"] = engine_cases_.size();
    write_metrics(json, engine_cases_, options_);
    write_engine_figures(json, *engine);
    json["order_seed"] = options_.seed;
    json["passes"] = 1;  // the engine learns a person's watch of an item once
    json["arms"] = Json::object();
    write_metrics(json["arms"]["served"], engine_cases_, options_);
    if (options_.no_learning) FILOSCOPE_DO(run_without_learning(json["arms"]["learning_off"]));
    return {};
  }

  Result<void> run_without_learning(Json& json) {
    auto setup = setup_;
    setup.learns = false;
    FILOSCOPE_TRY(const auto engine,
                  ServedEngine::create(setup, plan_.people_count, plan_.items_count));
    const auto cases = run(*engine, options_, plan_, progress_of("engine, learning off"));
    write_metrics(json, cases, options_);
    json["engine_minus_this"] = differences(engine_cases_, cases, options_);
    return {};
  }

  Json run_baseline(const RankingMethod& method) const {
    if (method.too_large != nullptr)
      if (const auto why = method.too_large(plan_.people_count, plan_.items_count))
        return {{"not_run", *why}};
    const SystemClock clock;
    const auto start_us = clock.mono_us();
    const auto ranker = method.make();
    const auto cases = run(*ranker, options_, plan_, progress_of(std::string(method.name)));
    Json json = Json::object();
    write_metrics(json, cases, options_);
    json["engine_minus_this"] = differences(engine_cases_, cases, options_);
    json["seconds"] = static_cast<double>(clock.mono_us() - start_us) / 1e6;
    return json;
  }

  const EvalOptions& options_;
  const Report& report_;
  Plan plan_;
  EngineSetup setup_;
  std::vector<RankedCase> engine_cases_;
};

}  // namespace

Result<Json> evaluate_ranking(const EvalOptions& options, const Inputs& inputs,
                              const Report& report) {
  return RankingEvaluation(options, inputs, report).run_all();
}

}  // namespace filoscope::eval
