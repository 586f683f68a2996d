#pragma once

/// Plots as SVG, coloured by the page's custom properties. Values that are not finite are left out.

#include <string>
#include <vector>

namespace filoscope::eval {

/// Text for HTML and SVG.
std::string escaped(const std::string& text);

struct Bar {
  std::string name;
  double value = 0, low = 0, high = 0;  ///< low, high: of its interval
  bool own = false;                     ///< the one that is measured, not one beside it
};
/// A horizontal bar for each, from 0, with its interval and value.
std::string bar_plot(const std::vector<Bar>& bars, const std::string& title);
/// A point for each with its interval; the axis begins where the least interval does.
std::string interval_plot(const std::vector<Bar>& points, const std::string& title);

struct Line {
  std::string name;
  std::vector<double> x, y;
  bool own = false;
};
/// Lines over a common axis; `diagonal`: with the line of x = y.
std::string line_plot(const std::vector<Line>& lines, const std::string& title,
                      const std::string& x_title, bool diagonal);

}  // namespace filoscope::eval
