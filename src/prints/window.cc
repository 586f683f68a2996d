#include "prints/window.h"

#include <algorithm>
#include <cmath>

namespace filoscope::prints {
namespace {

constexpr std::size_t kSide = kGridSide;
/// Lines in each direction that may be a side.
constexpr std::size_t kLinesMax = 12;
constexpr std::size_t kLinesApart = 2;
/// Of the grid: smaller ones are captions and stickers, nearly all of it is the clip itself.
constexpr float kLeastWidth = .3F, kLeastHeight = .2F, kLeastArea = .08F, kMostArea = .97F;
/// Steps of light between both sides of an edge, above those nearby. Clips without windows have
/// 2 to 10 along their clearest rectangle, pictures in pictures 10 to 30.
constexpr float kLeastEdge = 4;
/// Where one side lies at the border of the picture there are three to be seen.
constexpr float kThreeSides = .5F;
/// Of their joint area: nearer windows are one.
constexpr float kOneWindow = .6F;

/// Between each cell and the next in one direction: how much the light changes, over time.
/// [line][along]; `down`: lines lie across, between rows.
using Edges = std::array<std::array<float, kSide>, kSide>;

Edges edges_of(std::span<const Grid> frames, bool down) {
  Edges edges{};
  for (const Grid& grid : frames)
    for (int line = 0; line + 1 < kGridSide; ++line)
      for (int along = 0; along < kGridSide; ++along) {
        const int here = down ? grid.at(along, line) : grid.at(line, along);
        const int next = down ? grid.at(along, line + 1) : grid.at(line + 1, along);
        edges[static_cast<std::size_t>(line)][static_cast<std::size_t>(along)] +=
            static_cast<float>(std::abs(here - next)) / static_cast<float>(frames.size());
      }
  return edges;
}

/// What stands out of the lines nearby.
Edges outstanding(const Edges& edges) {
  Edges out{};
  for (std::size_t line = 0; line + 1 < kSide; ++line)
    for (std::size_t along = 0; along < kSide; ++along) {
      float near = 0;
      for (const std::ptrdiff_t step : {-3, -2, 2, 3}) {
        const auto other =
            std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(line) + step, 0, kGridSide - 2);
        near += edges[static_cast<std::size_t>(other)][along] / 4;
      }
      out[line][along] = edges[line][along] - near;
    }
  return out;
}

/// Sums along each line, for the mean of any stretch.
class Lines {
 public:
  explicit Lines(const Edges& edges) {
    for (std::size_t line = 0; line < kSide; ++line)
      for (std::size_t along = 0; along < kSide; ++along)
        sums_[line][along + 1] = sums_[line][along] + edges[line][along];
  }
  /// Of the line before cell `at`, from cell to cell.
  float mean(std::size_t at, std::size_t from, std::size_t to) const {
    return (sums_[at - 1][to] - sums_[at - 1][from]) / static_cast<float>(to - from);
  }

 private:
  std::array<std::array<float, kSide + 1>, kSide> sums_{};
};

/// The cells before which the clearest lines lie, and both ends.
std::vector<std::size_t> clearest(const Edges& edges) {
  std::vector<std::pair<float, std::size_t>> order;
  for (std::size_t line = 0; line + 1 < kSide; ++line) {
    float sum = 0;  // no single bright spot makes a line
    for (const float edge : edges[line]) sum += std::clamp(edge, -4.0F, 12.0F);
    order.emplace_back(-sum, line + 1);
  }
  std::ranges::sort(order);
  std::vector<std::size_t> lines;
  for (const auto& [sum, line] : order) {
    const auto near = [line = line](std::size_t other) {
      return std::max(line, other) - std::min(line, other) <= kLinesApart;
    };
    if (lines.size() < kLinesMax && std::ranges::none_of(lines, near)) lines.push_back(line);
  }
  lines.push_back(0), lines.push_back(kSide);
  std::ranges::sort(lines);
  return lines;
}

/// Where the edge lies that is clearest before cell `at`: a cell that it goes through shows it on
/// both sides, by its shares.
float exact(const Lines& lines, std::size_t at, std::size_t from, std::size_t to) {
  if (at <= 1 || at >= kSide - 1) return static_cast<float>(at);
  float sum = 0, moment = 0;
  for (std::size_t line = at - 1; line <= at + 1; ++line) {
    const float edge = std::max(0.0F, lines.mean(line, from, to));
    sum += edge, moment += edge * static_cast<float>(line);
  }
  return sum > 0 ? moment / sum : static_cast<float>(at);
}

struct Found {
  float edge = 0;
  Area area;
};

float shared(const Area& a, const Area& b) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const float both = width * height;
  return both / (a.width() * a.height() + b.width() * b.height() - both);
}

/// How clear the least clear side is.
float edge_of(const Lines& across, const Lines& down, std::size_t left, std::size_t top,
              std::size_t right, std::size_t bottom) {
  float least = 1000;
  int sides = 0;
  const auto see = [&](const Lines& lines, std::size_t at, std::size_t from, std::size_t to) {
    if (at == 0 || at == kSide) return;
    ++sides;
    least = std::min(least, lines.mean(at, from, to));
  };
  see(across, left, top, bottom), see(across, right, top, bottom);
  see(down, top, left, right), see(down, bottom, left, right);
  if (sides < 3) return 0;
  return sides == 3 ? kThreeSides * least : least;
}

bool may_be_window(const Area& area) {
  const float share = area.width() * area.height() / (kGridSide * kGridSide);
  return area.width() >= kLeastWidth * kGridSide && area.height() >= kLeastHeight * kGridSide &&
         share >= kLeastArea && share <= kMostArea;
}

std::vector<Found> all_rectangles(const Edges& across_edges, const Edges& down_edges) {
  const Lines across(across_edges), down(down_edges);
  const auto xs = clearest(across_edges), ys = clearest(down_edges);
  std::vector<Found> found;
  for (std::size_t l = 0; l < xs.size(); ++l)
    for (std::size_t r = l + 1; r < xs.size(); ++r)
      for (std::size_t t = 0; t < ys.size(); ++t)
        for (std::size_t b = t + 1; b < ys.size(); ++b) {
          const Area area{static_cast<float>(xs[l]), static_cast<float>(ys[t]),
                          static_cast<float>(xs[r]), static_cast<float>(ys[b])};
          if (!may_be_window(area)) continue;
          const float edge = edge_of(across, down, xs[l], ys[t], xs[r], ys[b]);
          if (edge < kLeastEdge) continue;
          found.push_back({edge,
                           {exact(across, xs[l], ys[t], ys[b]), exact(down, ys[t], xs[l], xs[r]),
                            exact(across, xs[r], ys[t], ys[b]), exact(down, ys[b], xs[l], xs[r])}});
        }
  return found;
}

}  // namespace

std::vector<Area> find_windows(std::span<const Grid> frames) {
  if (frames.empty()) return {};
  auto found =
      all_rectangles(outstanding(edges_of(frames, false)), outstanding(edges_of(frames, true)));
  std::ranges::stable_sort(found, [](auto& a, auto& b) { return a.edge > b.edge; });
  std::vector<Area> windows;
  for (const auto& one : found) {
    const auto same = [&](const Area& other) { return shared(one.area, other) >= kOneWindow; };
    if (windows.size() < kWindowsMax && std::ranges::none_of(windows, same))
      windows.push_back(one.area);
  }
  return windows;
}

}  // namespace filoscope::prints
