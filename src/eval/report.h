#pragma once

/// The result of `evaluate` as one HTML page with SVG plots: for a phone, light and dark, with
/// nothing from elsewhere.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace filoscope::eval {

/// REQUIRES: what `evaluate` gave.
std::string report_html(const nlohmann::ordered_json& result);

}  // namespace filoscope::eval
