#pragma once

/// Every reason that this program can give for a refusal or failure, and docs/problems.md.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/reason.h"

namespace filoscope::app {

struct ModuleReasons {
  std::string_view module;
  std::span<const ErrorReason> reasons;
};

/// All modules that have any, the lower ones first.
std::vector<ModuleReasons> all_reasons();
/// All of them as a Markdown document (docs/problems.md).
std::string problems_markdown();

}  // namespace filoscope::app
