#pragma once

/// `filoscope eval`: the served engine on an interaction log, offline, with plain methods beside
/// it.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "eval/methods.h"

namespace filoscope::eval {

struct EvalOptions {
  std::filesystem::path log, test;  ///< test: of split, ctr and ope
  Protocol protocol = Protocol::prequential;
  std::vector<std::filesystem::path> item_features;
  std::filesystem::path social;
  double holdout = 0;       ///< share of `log` that is the test; 0: none
  std::string positive;     ///< of ctr: which events are positive, as "value>=4"
  std::int64_t passes = 5;  ///< over the log, at most
  std::int64_t k = 20;
  std::int64_t seed = 1;
  bool no_learning = false;  ///< also run the engine with its model at its priors
  std::optional<std::vector<std::string>> baselines;  ///< by their names; none: all of the protocol
};
bool is_wanted(const EvalOptions& options, std::string_view baseline);

/// What is being done and how far it is, 0..1.
using Report = std::function<void(const std::string& what, double share)>;

/// The result as JSON (docs: README.md of this folder). Threads: its own.
/// Errors: eval_file_not_read, eval_file_malformed, eval_line_malformed (of each file);
/// eval_option_wrong (out of range, or of no use to the protocol); eval_nothing_to_measure.
Result<nlohmann::ordered_json> evaluate(const EvalOptions& options, const Report& report);

}  // namespace filoscope::eval
