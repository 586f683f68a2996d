#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "eval/visual_files.h"
#include "vision/safety_network.h"

namespace filoscope::app {
namespace {

Result<nlohmann::ordered_json> scores_of_picture(vision::SafetyNetwork& network,
                                                 const std::string& file) {
  FILOSCOPE_TRY(const auto picture, filoscope::eval::load_picture(file));
  FILOSCOPE_TRY(const auto scores, network.score(picture));
  return nlohmann::ordered_json{{"picture", file},         {"drawing", scores.drawing},
                                {"hentai", scores.hentai}, {"neutral", scores.neutral},
                                {"porn", scores.porn},     {"sexy", scores.sexy}};
}

Result<void> run_safety_scores(const SafetyScoresCommand& command) {
  FILOSCOPE_TRY(const auto network, vision::load_safety_network(command.model));
  auto all = nlohmann::ordered_json::array();
  for (const auto& file : command.pictures) {
    FILOSCOPE_TRY(auto scores, scores_of_picture(*network, file));
    all.push_back(std::move(scores));
  }
  return write_json("-", all);
}

}  // namespace

int safety_scores(const SafetyScoresCommand& command) {
  const auto done = run_safety_scores(command);
  return done ? 0 : fail(done.error());
}

}  // namespace filoscope::app
