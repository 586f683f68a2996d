#include "eval/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "eval/svg_plot.h"

namespace filoscope::eval {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNormal95 = 1.96;

constexpr const char* kPageBegin = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evaluation</title><style>
:root{color-scheme:light dark;--text:#1b1b1f;--back:#fff;--soft:#71717a;--line:#d4d4d8;--own:#be123c;--other:#94a3b8}
@media(prefers-color-scheme:dark){:root{--text:#f4f4f5;--back:#131316;--soft:#a1a1aa;--line:#3f3f46;--own:#fb7185;--other:#64748b}}
body{margin:0 auto;padding:16px;max-width:44rem;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.4rem;margin:0 0 .5rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem .8rem;margin:0 0 1rem}dt{color:var(--soft)}dd{margin:0}
figure{margin:1.2rem 0}figcaption{font-weight:600}svg{width:100%;height:auto;display:block}
text{fill:var(--text);font-size:11px}.axis{stroke:var(--line)}.interval{stroke:var(--text);stroke-width:1.5}
rect.own,circle.own{fill:var(--own)}rect.other,circle.other{fill:var(--other)}polyline{fill:none;stroke-width:1.5}polyline.own{stroke-width:3}
.hue0{stroke:var(--own)}.hue1{stroke:#2563eb}.hue2{stroke:#16a34a}.hue3{stroke:#d97706}.hue4{stroke:#9333ea}.hue5{stroke:#0891b2}.hue6{stroke:#64748b}.key{stroke-width:4}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;width:100%}th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid var(--line);white-space:nowrap}th:first-child,td:first-child{text-align:left}
</style></head><body>
)";

/// A method with what was measured of it.
struct Entry {
  std::string name;
  const Json& figures;
  bool own;
};

std::vector<Entry> entries_of(const Json& result) {
  std::vector<Entry> entries{{"engine", result, true}};
  if (result.contains("arms"))
    for (const auto& [name, figures] : result["arms"].items())
      if (name != "served") entries.push_back({"engine, " + name, figures, true});
  if (result.contains("baselines"))
    for (const auto& [name, figures] : result["baselines"].items())
      if (!figures.contains("not_run")) entries.push_back({name, figures, false});
  return entries;
}

std::string bars_of(const std::vector<Entry>& entries, const char* metric,
                    const std::string& title) {
  std::vector<Bar> bars;
  for (const auto& [name, figures, own] : entries) {
    if (!figures.contains(metric) || !figures[metric].is_number()) continue;
    const double value = figures[metric];
    const double error = kNormal95 * figures["standard_errors"][metric].get<double>();
    bars.push_back({name, value, value - error, value + error, own});
  }
  return bars.empty() ? "" : bar_plot(bars, title);
}

std::string windows_plot(const std::vector<Entry>& entries) {
  std::vector<Line> lines;
  for (const auto& [name, figures, own] : entries) {
    if (!figures.contains("hit_rate_windows")) continue;
    auto& line = lines.emplace_back(Line{name, {}, {}, own});
    for (const auto& value : figures["hit_rate_windows"])
      line.x.push_back(static_cast<double>(line.x.size() + 1)), line.y.push_back(value);
  }
  return lines.empty() ? ""
                       : line_plot(lines, "Hit rate over the measured events, in their order",
                                   "twentieth of the events", false);
}

/// Of the engine, and of the best of the others.
std::string calibration_plot(const std::vector<Entry>& entries) {
  const Entry* best = nullptr;
  for (const auto& entry : entries)
    if (!entry.own && entry.figures.contains("logloss") &&
        (best == nullptr || entry.figures["logloss"] < best->figures["logloss"]))
      best = &entry;
  std::vector<Line> lines;
  for (const auto& [name, figures, own] : entries) {
    if (!figures.contains("calibration") || (!own && name != best->name)) continue;
    auto& line = lines.emplace_back(Line{name, {}, {}, own});
    for (const auto& bin : figures["calibration"])
      line.x.push_back(bin["predicted"]), line.y.push_back(bin["observed"]);
  }
  return lines.empty() ? ""
                       : line_plot(lines, "Calibration: share of positives by what was predicted",
                                   "predicted", true);
}

std::string values_plot(const Json& result) {
  std::vector<Bar> points;
  for (const char* name : {"ips", "snips", "dr", "on_policy", "unweighted"}) {
    if (!result.contains(name)) continue;
    const auto& value = result[name];
    points.push_back({name, value["value"], value["low"], value["high"],
                      std::string_view(name) != "unweighted"});
  }
  return points.empty() ? "" : interval_plot(points, "Value of the policy, with 95 % intervals");
}

std::string facts_of(const Json& result) {
  std::string facts = "<dl>";
  for (const auto& [name, value] : result.items()) {
    if (value.is_structured()) continue;
    facts += fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(name),
                         escaped(value.is_string() ? value.get<std::string>() : value.dump()));
  }
  return facts + "</dl>\n";
}

/// The engine's lead over each method.
std::string differences_of(const std::vector<Entry>& entries) {
  std::string rows;
  for (const auto& [name, figures, own] : entries) {
    if (!figures.contains("engine_minus_this")) continue;
    for (const auto& [metric, difference] : figures["engine_minus_this"].items())
      rows +=
          fmt::format("<tr><td>{}</td><td>{}</td><td>{:+.4f}</td><td>{:+.4f} … {:+.4f}</td></tr>\n",
                      escaped(name), metric, difference["mean"].get<double>(),
                      difference["low"].get<double>(), difference["high"].get<double>());
  }
  if (rows.empty()) return "";
  return "<div class=\"wide\"><table><thead><tr><th>engine against</th><th>metric</th>"
         "<th>difference</th><th>95 %, paired bootstrap</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

}  // namespace

std::string report_html(const Json& result) {
  const auto entries = entries_of(result);
  std::string page = kPageBegin;
  page += "<h1>Evaluation: " + escaped(result["protocol"].get<std::string>()) + "</h1>\n";
  for (const auto& [metric, title] :
       {std::pair{"hit_rate_at_k", "Hit rate"}, {"recall_at_k", "Recall"}, {"ndcg_at_k", "NDCG"}})
    page += bars_of(entries, metric,
                    std::string(title) + " at " + std::to_string(result.value("k", 0)) +
                        ", with 95 % intervals");
  page += bars_of(entries, "auc", "AUC, with 95 % intervals");
  page += bars_of(entries, "logloss", "Log loss (less is better), with 95 % intervals");
  page += windows_plot(entries) + calibration_plot(entries) + values_plot(result);
  page += differences_of(entries) + facts_of(result);
  return page + "</body></html>\n";
}

}  // namespace filoscope::eval
