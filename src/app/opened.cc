#include "app/opened.h"

#include "app/commands.h"
#include "base/log.h"

namespace filoscope::app {

Result<Opened> open_quietly(const std::string& data, const std::string& config_path,
                            DataFolder::Missing missing) {
  FILOSCOPE_TRY(auto config, load_config(config_path));
  log::set_level(log::Level::warn);
  Opened opened;
  opened.config = std::make_unique<Config>(std::move(config));
  Wiring::Options options;
  options.data_folder = data;
  options.missing = missing;
  FILOSCOPE_TRY(opened.wiring, Wiring::open(options, *opened.config));
  return opened;
}

}  // namespace filoscope::app
