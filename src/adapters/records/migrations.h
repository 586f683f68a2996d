#pragma once

/// Numbered migrations, each applied once. Serves every adapter of Database.

#include <functional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "ports/database.h"

namespace filoscope::records {

/// Runs the statements of one step, separated by ';'.
using RunScript = std::function<Result<void>(Session& session, std::string_view sql)>;

/// As Database::migrate. What was applied stands in the table schema_migrations, with the SHA-256
/// of its text. Errors: conflict (the tables are of a newer release, or an applied step's text was
/// changed), corrupt (a step is missing), internal (`steps` has a gap), those of the database.
Result<void> run_migrations(Database& database, std::string_view module,
                            std::span<const Migration> steps, const RunScript& run);

}  // namespace filoscope::records
