#pragma once

/// Checks what is stored of people at rest: nothing without its owner, nothing that contradicts
/// itself.

#include <string>
#include <vector>

#include "ports/database.h"

namespace filoscope::accounts {

/// One sentence per kind of finding, with how many rows. Threads: any; reads whole tables.
Result<std::vector<std::string>> verify_accounts(Database& database);

}  // namespace filoscope::accounts
