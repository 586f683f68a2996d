#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "app/step_progress.h"
#include "base/file.h"
#include "eval/visual.h"
#include "eval/visual_clips.h"
#include "eval/visual_files.h"
#include "vision/codebook.h"
#include "visual/visual.h"

namespace filoscope::app {
namespace {

/// As told, as the setting says, or what lies beside the checkout.
Result<std::string> model_of(const EvalVisualCommand& command) {
  if (!command.model.empty()) return command.model;
  FILOSCOPE_TRY(const Config config, load_config(""));
  const auto path = visual::model_path(config);
  return path.empty() ? "none" : path;
}

Result<void> run_learn(const LearnCodebookCommand& command, StepProgress& progress) {
  FILOSCOPE_TRY(const auto files, filoscope::eval::clip_files(command.clips));
  std::vector<vision::Picture> pictures;
  for (std::size_t i = 0; i < files.size(); ++i) {
    progress.tell("reading clips", static_cast<double>(i) / static_cast<double>(files.size()));
    FILOSCOPE_TRY(auto frames,
                  filoscope::eval::load_frames(files[i], filoscope::eval::kFramesOfClip));
    for (auto& frame : frames) pictures.push_back(std::move(frame));
  }
  progress.tell("learning", 0);
  FILOSCOPE_TRY(const auto codebook, vision::learn_codebook(pictures));
  return write_file_durably(std::filesystem::absolute(command.out),
                            vision::encode_codebook(codebook));
}

}  // namespace

int eval_visual(const EvalVisualCommand& command) {
  filoscope::eval::VisualOptions options;
  options.db = command.db, options.query = command.query, options.labels = command.labels;
  options.clips = command.clips, options.seed = command.seed;
  options.strangers = command.strangers;
  auto model = model_of(command);
  if (!model) return fail(model.error());
  options.model = *std::move(model);
  StepProgress progress;
  const auto result = filoscope::eval::evaluate_visual(
      options, [&](const std::string& what, double share) { progress.tell(what, share); });
  progress.end();
  if (!result) return fail(result.error());
  if (auto written = write_json(command.json, *result); !written) return fail(written.error());
  return 0;
}

int learn_codebook(const LearnCodebookCommand& command) {
  StepProgress progress;
  const auto done = run_learn(command, progress);
  progress.end();
  return done ? 0 : fail(done.error());
}

}  // namespace filoscope::app
