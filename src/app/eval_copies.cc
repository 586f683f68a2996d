#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "app/step_progress.h"
#include "eval/copies.h"

namespace filoscope::app {

int eval_copies(const EvalCopiesCommand& command) {
  StepProgress progress;
  const auto result = filoscope::eval::evaluate_copies(
      {command.clips, command.seconds_max},
      [&](const std::string& what, double share) { progress.tell(what, share); });
  progress.end();
  if (!result) return fail(result.error());
  if (auto written = write_json(command.json, *result); !written) return fail(written.error());
  return 0;
}

}  // namespace filoscope::app
