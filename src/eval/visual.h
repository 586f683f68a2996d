#pragma once

/// `filoscope eval visual`: visual search on labelled pictures or on clips, with plain methods
/// beside it in the same run.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"
#include "eval/evaluation.h"

namespace filoscope::eval {

struct VisualOptions {
  std::filesystem::path db, query, labels;  ///< pictures that are labelled
  std::filesystem::path clips;              ///< or a folder of clips instead
  std::filesystem::path strangers;          ///< pictures or clips that show nothing of it; or none
  std::string model;                        ///< of the network, a file or folder; "none": built in
  std::int64_t seed = 1;                    ///< of what is done to frames of clips
};

/// Learns the projection from `db` alone, answers every query with all of `db` in an order, and
/// reads the labels only then; or, with `clips`, looks for the scene of changed frames. JSON as in
/// README.md of this folder. Threads: its own. Errors: eval_option_wrong; eval_file_not_read,
/// eval_file_malformed (a folder or a picture), eval_line_malformed (of the labels);
/// eval_nothing_to_measure; those of vision::load_network.
Result<nlohmann::ordered_json> evaluate_visual(const VisualOptions& options, const Report& report);

}  // namespace filoscope::eval
