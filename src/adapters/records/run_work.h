#pragma once

/// Serves every adapter of Database.

#include <vector>

#include "ports/database.h"

namespace filoscope::records {

/// Runs a module's work; what it throws becomes an error.
Result<void> run_work(const Database::Work& work, Session& session);

/// What follows a commit. It cannot be undone: without memory for it the process ends.
void call_committed(const std::vector<Session::Call>& calls);

}  // namespace filoscope::records
