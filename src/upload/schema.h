#pragma once

/// The tables of this module.

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/database.h"

namespace filoscope::upload {

std::span<const Migration> migrations();

/// Names of the whole files below `uploads/` that processing still needs. Errors: those of
/// Session::query.
Result<std::vector<std::string>> waiting_files(Session& session);

}  // namespace filoscope::upload
