#pragma once

/// The tables of this module.

#include <span>

#include "base/log_record.h"
#include "base/result.h"
#include "ports/database.h"

namespace filoscope::feed {

std::span<const Migration> migrations();

/// The engine's state can be made from a snapshot that is not before this one; 0: from the log
/// alone. Errors: those of Session::query.
Result<LogPosition> replay_base(Session& session);

}  // namespace filoscope::feed
