#pragma once

/// The protocols that rank, for the engine and every baseline, as JSON.

#include "eval/inputs.h"

namespace filoscope::eval {

/// REQUIRES: the protocol is prequential, temporal or split. Errors: those of `evaluate`.
Result<nlohmann::ordered_json> evaluate_ranking(const EvalOptions& options, const Inputs& inputs,
                                                const Report& report);

}  // namespace filoscope::eval
