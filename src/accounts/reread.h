#pragma once

/// What is stored and was read from text by older rules is read again, in small transactions that
/// keep how far it has come: a stop or a kill at any moment costs nothing that was done.

#include <atomic>
#include <functional>
#include <string>

#include "ports/database.h"

namespace filoscope::accounts {

/// Keeps a position, inside the transaction whose work it is about.
using SavePosition = std::function<Result<void>(Session&, std::int64_t position)>;
/// Reads some rows below a position again, newest first, and saves where it has come to; false when
/// there are none.
using RereadStep = std::function<Result<bool>(std::int64_t below, const SavePosition& save)>;

/// Where `table` is empty and `name` was never read, there will be nothing to read again: what
/// comes is of this `version`. For the module's opening; a disk that takes no writes is no error.
Result<void> begin_at_version(Database& database, const std::string& name, std::int64_t version,
                              const std::string& table);

/// Calls `step` until it has nothing left, `stop` is set, or it fails; at once done when `name` was
/// read by this `version` before. Rests after each step, four times as long as the step took and a
/// second at most: people are served beside it. Threads: one at a time per name. The table is made
/// by accounts.
Result<void> read_again(Database& database, const std::string& name, std::int64_t version,
                        const std::atomic<bool>& stop, const RereadStep& step);

}  // namespace filoscope::accounts
