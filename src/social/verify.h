#pragma once

/// Checks that every count of a video equals the rows it counts, and that nothing is kept for what
/// is gone.

#include <string>
#include <vector>

#include "ports/database.h"

namespace filoscope::social {

/// One sentence per finding, at most 100. Threads: any; reads whole tables.
Result<std::vector<std::string>> verify_social(Database& database);

}  // namespace filoscope::social
