#pragma once

/// How good orders of pictures are, by what is on the pictures.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>

#include "eval/visual_methods.h"

namespace filoscope::eval {

/// Means over the queries that have an answer.
struct VisualScore {
  double map = 0;          ///< mean over queries of the average precision over the whole order
  double recall_at_1 = 0;  ///< share whose first is right
  double map_se = 0, recall_at_1_se = 0;
  std::size_t measured_count = 0;
};

/// `is_right(query, picture)`; a picture that `is_left_out` is as if it were not there.
using PairTest = std::function<bool(std::size_t query, std::size_t picture)>;
VisualScore score_of(const Orders& orders, const PairTest& is_right, const PairTest& is_left_out);

/// Adds map, recall_at_1 and standard_errors.
void write_score(nlohmann::ordered_json& json, const VisualScore& score);

/// Adds ms_per_image (processor time of one core, without reading the file) and bytes_per_image.
void write_costs(nlohmann::ordered_json& json, const VisualMethod& method);
void write_costs(nlohmann::ordered_json& json, const VisualMethod& method,
                 const ProductAnswer& answer);

}  // namespace filoscope::eval
