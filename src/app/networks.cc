#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/output.h"
#include "eval/visual_files.h"
#include "vision/descriptor.h"
#include "vision/safety_network.h"

namespace filoscope::app {
namespace {

using PictureJson = nlohmann::ordered_json;

PictureJson json_of(const vision::SafetyScores& scores) {
  return {{"drawing", scores.drawing},
          {"hentai", scores.hentai},
          {"neutral", scores.neutral},
          {"porn", scores.porn},
          {"sexy", scores.sexy}};
}

/// Prints what `look` gives for each picture, in their order.
template <typename Look>
Result<void> look_at_each(const std::vector<std::string>& files, const Look& look) {
  auto all = PictureJson::array();
  for (const auto& file : files) {
    FILOSCOPE_TRY(const auto picture, filoscope::eval::load_picture(file));
    FILOSCOPE_TRY(const auto seen, look(picture));
    all.push_back(PictureJson(seen));
  }
  return write_json("-", all);
}

Result<void> print_safety(const NetworkCommand& command) {
  FILOSCOPE_TRY(const auto network, vision::load_safety_network(command.model));
  return look_at_each(command.pictures, [&](const auto& picture) -> Result<PictureJson> {
    FILOSCOPE_TRY(const auto scores, network->score(picture));
    return json_of(scores);
  });
}

Result<void> print_features(const NetworkCommand& command) {
  FILOSCOPE_TRY(const auto network, vision::load_plain_network(command.model));
  return look_at_each(command.pictures,
                      [&](const auto& picture) { return network->describe(picture); });
}

}  // namespace

int network_safety(const NetworkCommand& command) {
  const auto done = print_safety(command);
  return done ? 0 : fail(done.error());
}

int network_features(const NetworkCommand& command) {
  const auto done = print_features(command);
  return done ? 0 : fail(done.error());
}

}  // namespace filoscope::app
