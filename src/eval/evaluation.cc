#include "eval/evaluation.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eval/ctr_evaluation.h"
#include "eval/inputs.h"
#include "eval/ope_evaluation.h"
#include "eval/ranking_evaluation.h"
#include "eval/reasons.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;

Json summary_of(const EvalOptions& options, const Inputs& inputs) {
  Json json = Json::object();
  json["protocol"] = to_string(options.protocol);
  json["log"] = options.log.string();
  if (!options.test.empty()) json["test"] = options.test.string();
  if (options.holdout > 0) json["holdout"] = options.holdout;
  json["people"] = inputs.ids.people.size();
  json["items"] = inputs.ids.items.size();
  json["events"] = inputs.log.events.size();
  json["test_events"] = inputs.test.size();
  // What the engine does not take yet is read, checked and said.
  if (!inputs.item_features.empty()) json["item_features"] = "unused";
  if (!inputs.social.empty()) json["social"] = inputs.social.size();
  if (!ranking_methods(options.protocol).empty()) json["k"] = options.k;
  json["seed"] = options.seed;
  return json;
}

Result<Json> measure(const EvalOptions& options, const Inputs& inputs, const Report& report) {
  if (options.protocol == Protocol::ctr) return evaluate_ctr(options, inputs, report);
  if (options.protocol == Protocol::ope) return evaluate_ope(options, inputs);
  return evaluate_ranking(options, inputs, report);
}

}  // namespace

bool is_wanted(const EvalOptions& options, std::string_view baseline) {
  if (!options.baselines) return true;
  return std::find(options.baselines->begin(), options.baselines->end(), baseline) !=
         options.baselines->end();
}

Result<Json> evaluate(const EvalOptions& options, const Report& report) {
  report("reading", 0);
  FILOSCOPE_TRY(const auto inputs, read_inputs(options));
  auto json = summary_of(options, inputs);
  FILOSCOPE_TRY(const auto measured, measure(options, inputs, report));
  json.update(measured);
  return json;
}

}  // namespace filoscope::eval
