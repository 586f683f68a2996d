#include "eval/visual_score.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace filoscope::eval {
namespace {

struct Mean {
  double sum = 0, squares = 0;
  std::size_t count = 0;
  void add(double value) { sum += value, squares += value * value, ++count; }
  double mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
  double standard_error() const {
    if (count < 2) return 0;
    const auto n = static_cast<double>(count);
    return std::sqrt(std::max(squares / n - mean() * mean(), 0.0) / (n - 1));
  }
};

}  // namespace

VisualScore score_of(const Orders& orders, const PairTest& is_right, const PairTest& is_left_out) {
  Mean precision, first;
  for (std::size_t query = 0; query < orders.size(); ++query) {
    std::size_t place = 0, found = 0;
    double sum = 0;
    bool first_is_right = false;
    for (const auto picture : orders[query]) {
      if (is_left_out(query, picture)) continue;
      ++place;
      if (!is_right(query, picture)) continue;
      ++found;
      if (place == 1) first_is_right = true;
      sum += static_cast<double>(found) / static_cast<double>(place);
    }
    if (found == 0) continue;  // nothing that could be found
    precision.add(sum / static_cast<double>(found));
    first.add(first_is_right ? 1 : 0);
  }
  return {precision.mean(), first.mean(), precision.standard_error(), first.standard_error(),
          precision.count};
}

void write_score(nlohmann::ordered_json& json, const VisualScore& score) {
  json["map"] = score.map;
  json["recall_at_1"] = score.recall_at_1;
  json["standard_errors"] = {{"map", score.map_se}, {"recall_at_1", score.recall_at_1_se}};
}

void write_costs(nlohmann::ordered_json& json, const VisualMethod& method) {
  json["ms_per_image"] = method.ms_per_image();
  json["bytes_per_image"] = method.descriptor->info().floats_count() * sizeof(float);
}

void write_costs(nlohmann::ordered_json& json, const VisualMethod& method,
                 const ProductAnswer& answer) {
  json["ms_per_image"] = method.ms_per_image() + answer.embed_ms_per_image;
  json["bytes_per_image"] = sizeof(vision::PackedEmbedding);
  json["learn_s"] = answer.learn_s;
}

}  // namespace filoscope::eval
