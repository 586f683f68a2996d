#pragma once

/// Protocol `ope`: the value of the policy that made the test log, from the log of another policy
/// with its propensities. The judged policy is the shares of its own choices at each position.

#include <nlohmann/json_fwd.hpp>

#include "eval/inputs.h"

namespace filoscope::eval {

/// REQUIRES: the protocol is ope. Errors: eval_file_malformed (the log has no column of type prob,
/// or several and none is named propensity).
Result<nlohmann::ordered_json> evaluate_ope(const EvalOptions& options, const Inputs& inputs);

}  // namespace filoscope::eval
