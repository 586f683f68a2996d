#include "app/bench_figures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace filoscope::app {

double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  const auto count = static_cast<double>(sorted.size());
  const auto rank = std::clamp(std::ceil(q * count), 1.0, count);
  return sorted[static_cast<std::size_t>(rank) - 1];
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::optional<double> publish_limit_s(int width, int height, double fps, double length_s) {
  constexpr double kSlack = 1.02;  // a measured rate or length is a little off the nominal one
  const bool limited = std::min(width, height) <= 1080 && std::max(width, height) <= 1920 &&
                       fps <= 30 * kSlack && length_s <= 60 * kSlack;
  return limited ? std::optional(1.3 * length_s + 3) : std::nullopt;
}

// A figure that is not a number keeps to no limit.
void Verdict::at_most(const std::string& what, double value, double limit) {
  require(value <= limit, fmt::format("{} is {:.4g}, above {:.4g}", what, value, limit));
}

void Verdict::at_least(const std::string& what, double value, double limit) {
  require(value >= limit, fmt::format("{} is {:.4g}, below {:.4g}", what, value, limit));
}

void Verdict::require(bool kept, const std::string& what_is_wrong) {
  if (!kept) missed_.push_back(what_is_wrong);
}

std::string Verdict::sentence() const {
  return good() ? "good" : fmt::format("NOT GOOD: {}", fmt::join(missed_, "; "));
}

void Verdict::write(nlohmann::ordered_json& json) const {
  json["good"] = good();
  json["missed"] = missed_;
}

}  // namespace filoscope::app
