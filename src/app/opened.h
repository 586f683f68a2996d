#pragma once

/// An installation opened for a command, while the server is stopped.

#include <memory>
#include <string>

#include "app/wiring.h"

namespace filoscope::app {

struct Opened {
  std::unique_ptr<Config> config;
  std::unique_ptr<Wiring> wiring;
};

/// Quiet but for problems.
Result<Opened> open_quietly(const std::string& data, const std::string& config_path,
                            DataFolder::Missing missing = DataFolder::Missing::fail);

}  // namespace filoscope::app
