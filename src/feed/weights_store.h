#pragma once

/// What each predicted reaction is worth: the setting feed.value_weights is the beginning, what an
/// operator sets stays until the setting itself changes. Each change is a fact of the event log, as
/// the engine's state depends on it, and a row that says who made it.

#include "feed/engine_host.h"
#include "feed/feed.h"

namespace filoscope::feed {

/// "skip=-1,like=1"; names left out are built in. Errors: invalid_argument.
Result<engine::HeadValues> parse_weights(std::string_view text);
std::string weights_text(const engine::HeadValues& weights);

/// At the start: takes the setting over when it is another than at the last start.
Result<void> take_weights_setting(const Feed::Parts& parts, const EngineHost& host);

Result<WeightsView> find_weights(Database& database, const EngineHost& host);

struct WeightsWish {
  AccountId by;
  std::int64_t revision = 0;  ///< seen by whom asks
  engine::HeadValues weights{};
};
/// Nothing when they are in use already. Errors: as Feed::set_weights.
Result<void> change_weights(const Feed::Parts& parts, const EngineHost& host,
                            const WeightsWish& wish);

/// For a state that is made anew from facts: what was set last, if anything was.
Result<void> restate_weights(Database& database, const EngineHost::Tell& tell);

}  // namespace filoscope::feed
