#include "eval/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace filoscope::eval {
namespace {

constexpr double kWidth = 360, kRow = 34, kPad = 8, kLineHeight = 220;
constexpr int kHues = 7;

std::string begin_plot(double height, const std::string& title) {
  return fmt::format(
      "<figure><figcaption>{0}</figcaption><svg viewBox=\"0 0 {1} {2}\" role=\"img\" "
      "aria-label=\"{0}\">",
      escaped(title), kWidth, height);
}
std::string end_plot() { return "</svg></figure>\n"; }

std::string text_at(double x, double y, const std::string& text, const char* anchor = "start") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     escaped(text));
}

std::string line_between(double x1, double y1, double x2, double y2, const char* kind) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>",
                     kind, x1, y1, x2, y2);
}

bool is_drawn(const Bar& bar) {
  return std::isfinite(bar.value) && std::isfinite(bar.low) && std::isfinite(bar.high);
}

/// Rows of a name and a value above what `draw` makes of the range from `least`.
std::string rows_plot(const std::vector<Bar>& bars, const std::string& title, double least,
                      const auto& draw) {
  double most = least;
  for (const auto& bar : bars)
    if (is_drawn(bar)) most = std::max({most, bar.value, bar.high});
  const double scale = most > least ? (kWidth - 2 * kPad) / (most - least) : 0;
  auto plot = begin_plot(kRow * static_cast<double>(bars.size()) + kPad, title);
  double y = 14;
  for (const auto& bar : bars) {
    if (!is_drawn(bar)) continue;
    const auto x = [&](double value) {
      return kPad + std::clamp(value - least, 0.0, most - least) * scale;
    };
    plot += text_at(kPad, y, bar.name);
    plot += text_at(kWidth - kPad, y, fmt::format("{:.4f}", bar.value), "end");
    plot += draw(bar, x, y);
    plot += line_between(x(bar.low), y + 10, x(bar.high), y + 10, "interval");
    y += kRow;
  }
  return plot + end_plot();
}

/// What the points of the lines lie in.
struct Frame {
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1e-9;

  explicit Frame(const std::vector<Line>& lines) {
    x_high = 1e-9;
    for (const auto& line : lines)
      for (std::size_t i = 0; i < line.x.size(); ++i)
        x_high = std::max(x_high, line.x[i]), y_high = std::max(y_high, line.y[i]);
  }
  double x(double value) const {
    return 34 + (value - x_low) / (x_high - x_low) * (kWidth - 34 - kPad);
  }
  double y(double value) const {
    return kLineHeight - 24 - (value - y_low) / (y_high - y_low) * (kLineHeight - 24 - kPad);
  }
};

std::string polyline(const Line& line, const Frame& frame, std::size_t hue) {
  std::string points;
  for (std::size_t i = 0; i < line.x.size(); ++i)
    if (std::isfinite(line.y[i]))
      points += fmt::format("{:.1f},{:.1f} ", frame.x(line.x[i]), frame.y(line.y[i]));
  return fmt::format("<polyline class=\"{} hue{}\" points=\"{}\"/>", line.own ? "own" : "other",
                     hue % kHues, points);
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string bar_plot(const std::vector<Bar>& bars, const std::string& title) {
  return rows_plot(bars, title, 0, [](const Bar& bar, const auto& x, double y) {
    return fmt::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"10\" rx=\"2\"/>",
        bar.own ? "own" : "other", x(0), y + 5, x(bar.value) - x(0));
  });
}

std::string interval_plot(const std::vector<Bar>& points, const std::string& title) {
  double least = 0;
  for (std::size_t i = 0; i < points.size(); ++i)
    least = i == 0 ? points[i].low : std::min(least, points[i].low);
  return rows_plot(points, title, least, [](const Bar& bar, const auto& x, double y) {
    return fmt::format("<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\"/>",
                       bar.own ? "own" : "other", x(bar.value), y + 10);
  });
}

std::string line_plot(const std::vector<Line>& lines, const std::string& title,
                      const std::string& x_title, bool diagonal) {
  Frame frame(lines);
  if (diagonal) frame.x_high = frame.y_high = std::max(frame.x_high, frame.y_high);
  const double legend = 16 * static_cast<double>(lines.size());
  auto plot = begin_plot(kLineHeight + legend, title);
  plot += line_between(34, frame.y(0), kWidth - kPad, frame.y(0), "axis");
  plot += line_between(34, frame.y(0), 34, frame.y(frame.y_high), "axis");
  if (diagonal)
    plot += line_between(34, frame.y(0), frame.x(frame.x_high), frame.y(frame.y_high), "axis");
  plot += text_at(30, frame.y(frame.y_high) + 10, fmt::format("{:.2f}", frame.y_high), "end");
  plot += text_at(30, frame.y(0), "0", "end");
  plot += text_at(kWidth - kPad, kLineHeight - 8, x_title, "end");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    plot += polyline(lines[i], frame, i);
    const double y = kLineHeight + 16 * static_cast<double>(i) + 8;
    plot +=
        fmt::format("<rect class=\"key hue{}\" x=\"{}\" y=\"{:.1f}\" width=\"14\" height=\"4\"/>",
                    i % kHues, kPad, y - 5);
    plot += text_at(kPad + 20, y, lines[i].name);
  }
  return plot + end_plot();
}

}  // namespace filoscope::eval
