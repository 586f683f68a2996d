#pragma once

/// Figures of a bench and whether they keep to their limits.

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace filoscope::app {

/// The smallest value that a share `q` (0..1) of all values does not exceed; 0 of none. REQUIRES:
/// sorted.
double quantile(const std::vector<double>& sorted, double q);
/// Of an even number of values, the middle between the two in the middle; 0 of none.
double median(std::vector<double> values);

/// Seconds that a clip may take from "upload complete" to "published"; nothing for clips without a
/// limit: larger than 1080 × 1920 (either way round), faster than 30 frames a second, or longer
/// than a minute.
std::optional<double> publish_limit_s(int width, int height, double fps, double length_s);

/// Collects what was missed, in words.
class Verdict {
 public:
  void at_most(const std::string& what, double value, double limit);
  void at_least(const std::string& what, double value, double limit);
  void require(bool kept, const std::string& what_is_wrong);
  bool good() const { return missed_.empty(); }
  /// "good" or "NOT GOOD: …" with every miss, one line.
  std::string sentence() const;
  /// Sets `good` and `missed`.
  void write(nlohmann::ordered_json& json) const;

 private:
  std::vector<std::string> missed_;
};

}  // namespace filoscope::app
