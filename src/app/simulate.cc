#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "app/step_progress.h"
#include "simulate/simulation.h"

namespace filoscope::app {

int simulate(const SimulateCommand& command) {
  filoscope::simulate::SimulationOptions options;
  options.people_count = command.people, options.videos_count = command.videos;
  options.seed = command.seed, options.content = !command.no_content;
  options.swipes = command.swipes, options.days = command.days;
  options.arms = command.arms;
  StepProgress progress;
  const auto result = filoscope::simulate::simulate(
      options, [&](const std::string& what, double share) { progress.tell(what, share); });
  progress.end();
  if (!result) return fail(result.error());
  if (auto written = write_json(command.json, *result); !written) return fail(written.error());
  return 0;
}

}  // namespace filoscope::app
