#pragma once

/// Protocol `ctr`: each event is predicted, then learned, in the order of time; measured on the
/// last fifth, or on the test, of which nothing is learned.

#include <nlohmann/json_fwd.hpp>

#include "eval/inputs.h"

namespace filoscope::eval {

/// REQUIRES: the protocol is ctr. Errors: eval_option_wrong (--positive), eval_nothing_to_measure
/// (positive or negative events are missing).
Result<nlohmann::ordered_json> evaluate_ctr(const EvalOptions& options, const Inputs& inputs,
                                            const Report& report);

/// Which events are positive.
struct PositiveRule {
  enum class Comparison : std::uint8_t { above, at_least, below, at_most, equal };
  Comparison comparison = Comparison::above;
  double limit = 0;

  /// Of "value>=4", with >=, >, <=, < or ==; "" is value>0. Nothing for another text.
  static std::optional<PositiveRule> parse(std::string_view text);
  bool holds(double value) const;
};

}  // namespace filoscope::eval
