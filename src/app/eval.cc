#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "app/step_progress.h"
#include "base/crypto.h"
#include "base/file.h"
#include "eval/evaluation.h"
#include "eval/report.h"

namespace filoscope::app {
namespace {

std::vector<std::string> names_between_commas(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    if (comma > at) names.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return names;
}

filoscope::eval::EvalOptions options_of(const EvalCommand& command) {
  filoscope::eval::EvalOptions options;
  options.log = command.log, options.test = command.test;
  options.protocol = filoscope::eval::parse_protocol(command.protocol).value();
  options.item_features.assign(command.item_features.begin(), command.item_features.end());
  options.social = command.social, options.positive = command.positive;
  options.holdout = command.holdout, options.passes = command.passes;
  options.k = command.k, options.seed = command.seed;
  options.no_learning = command.no_learning;
  if (command.baselines == "none")
    options.baselines.emplace();
  else if (!command.baselines.empty())
    options.baselines = names_between_commas(command.baselines);
  return options;
}

}  // namespace

int eval(const EvalCommand& command) {
  StepProgress progress;
  const auto result = filoscope::eval::evaluate(
      options_of(command),
      [&](const std::string& what, double share) { progress.tell(what, share); });
  progress.end();
  if (!result) return fail(result.error());
  if (!command.report.empty()) {
    const auto page = filoscope::eval::report_html(*result);
    if (auto written =
            write_file_durably(std::filesystem::absolute(command.report), crypto::as_bytes(page));
        !written)
      return fail(written.error());
  }
  if (auto written = write_json(command.json, *result); !written) return fail(written.error());
  return 0;
}

}  // namespace filoscope::app
