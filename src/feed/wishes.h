#pragma once

/// What people ask the feed for more or less of: a row each, and a fact of the event log.

#include "feed/engine_host.h"

namespace filoscope::feed {

/// For a state that is made anew from facts: what is wished for now.
Result<void> restate_wishes(Database& database, accounts::Accounts& accounts,
                            const EngineHost::Tell& tell);

/// Nobody wishes for an author who is gone.
Result<void> delete_wishes_for(Session& session, AccountId author);

}  // namespace filoscope::feed
