#include "eval/ope_evaluation.h"

#include <nlohmann/json.hpp>

#include "eval/off_policy.h"
#include "eval/reasons.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;

/// The column `propensity`, or the only probability.
Result<const Column*> propensity_column(const InteractionLog& log) {
  const Column* found = nullptr;
  bool several = false;
  for (const auto& column : log.columns) {
    if (column.type != ColumnType::probability) continue;
    if (column.name == "propensity") return &column;
    several = found != nullptr;
    found = &column;
  }
  if (found == nullptr || several)
    return Error(reason("eval_file_malformed"), log.file,
                 "ope needs the probabilities of its choices: a column propensity:prob");
  return found;
}

/// `positions` are common to both logs; without a column there is one.
std::vector<LoggedChoice> choices_of(const InteractionLog& log, const Column* propensities,
                                     Names& positions) {
  const auto* column = log.column("position");
  if (column != nullptr && column->type != ColumnType::category) column = nullptr;
  std::vector<LoggedChoice> choices;
  choices.reserve(log.events.size());
  for (const auto& event : log.events) {
    const auto position =
        column != nullptr ? positions.number_of(column->names.text(column->categories[event.row]))
                          : positions.number_of("");
    choices.push_back({event.item, position, static_cast<double>(event.value),
                       propensities != nullptr ? propensities->numbers[event.row] : 1});
  }
  return choices;
}

Json json_of(const PolicyValue& value) {
  return {{"value", value.value},
          {"standard_error", value.standard_error},
          {"low", value.low},
          {"high", value.high}};
}

}  // namespace

Result<Json> evaluate_ope(const EvalOptions& options, const Inputs& inputs) {
  FILOSCOPE_TRY(const auto* propensities, propensity_column(inputs.log));
  Names positions;
  const auto logged = choices_of(inputs.log, propensities, positions);
  const auto own = choices_of(inputs.test_log.value(), nullptr, positions);
  const auto policy = shares_of(own, positions.size(), inputs.ids.items.size());
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const auto values = off_policy_values(logged, policy, seed);
  return Json{{"positions", positions.size()},
              {"ips", json_of(values.ips)},
              {"snips", json_of(values.snips)},
              {"dr", json_of(values.dr)},
              {"unweighted", json_of(values.logged)},
              {"on_policy", json_of(on_policy_value(own, seed))},
              {"intervals", "95 %, bootstrap over choices"},
              {"effective_choices", values.effective_choices},
              {"weight_max", values.weight_max},
              {"unsupported_share", values.unsupported_share}};
}

}  // namespace filoscope::eval
