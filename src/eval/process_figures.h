#pragma once

/// What a run of the engine cost.

#include <nlohmann/json_fwd.hpp>

#include "eval/served_engine.h"

namespace filoscope::eval {

/// Adds `events_per_s` (learned), `rankings_per_s`, `peak_rss_bytes` (of the process until now) and
/// `state_hash` (16 hexadecimal digits).
void write_engine_figures(nlohmann::ordered_json& json, const ServedEngine& engine);

}  // namespace filoscope::eval
