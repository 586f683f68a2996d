#include "vision/local_features.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace filoscope::vision {
namespace {

constexpr std::size_t kDirections = 8;
constexpr int kCells = 4;            // along each side of a SIFT
constexpr float kStrengthMin = 1.F;  // mean gradient in grey levels a pixel; weaker is noise

struct Grid {
  int cell_px = 0;
  int step_px = 0;
};
constexpr Grid kSiftGrids[] = {{4, 8}, {6, 9}, {10, 12}};
constexpr Grid kColourGrids[] = {{4, 8}, {8, 10}};

/// Middles of patches of `reach_px` to each side, spread evenly over the margins that are left.
std::vector<int> middles(int size_px, int reach_px, int step_px) {
  const int room = size_px - 2 * reach_px;
  std::vector<int> all;
  if (room < 0) return all;
  for (int at = reach_px + room % step_px / 2; at <= size_px - reach_px; at += step_px)
    all.push_back(at);
  return all;
}

float place_in(int at, int size_px) {
  return 2 * static_cast<float>(at) / static_cast<float>(size_px) - 1;
}

/// Strength of the gradient by direction, [height, width, kDirections]; each is shared by the two
/// nearest directions.
std::vector<float> gradients(const std::vector<float>& grey, int width, int height) {
  std::vector<float> out(grey.size() * kDirections);
  for (int y = 0; y < height; ++y) {
    const float* row = grey.data() + std::ptrdiff_t{y} * width;
    const float* above = grey.data() + std::ptrdiff_t{std::max(y - 1, 0)} * width;
    const float* below = grey.data() + std::ptrdiff_t{std::min(y + 1, height - 1)} * width;
    float* to = out.data() + std::ptrdiff_t{y} * width * std::ptrdiff_t{kDirections};
    for (int x = 0; x < width; ++x, to += kDirections) {
      const float dx = (row[std::min(x + 1, width - 1)] - row[std::max(x - 1, 0)]) / 2;
      const float dy = (below[x] - above[x]) / 2;
      const float strength = std::sqrt(dx * dx + dy * dy);
      float turn = std::atan2(dy, dx) * static_cast<float>(kDirections / 2 / std::numbers::pi);
      if (turn < 0) turn += static_cast<float>(kDirections);
      const auto first = static_cast<std::size_t>(turn);
      const float share = turn - static_cast<float>(first);
      to[first % kDirections] += strength * (1 - share);
      to[(first + 1) % kDirections] += strength * share;
    }
  }
  return out;
}

/// A triangle of `cell_px` to each side of a line between two pixels, whose sum is 1: what two box
/// blurs of a cell make. Between pixels, so that it is its own mirror image.
std::vector<float> triangle(int cell_px) {
  std::vector<float> shares;
  for (int d = -cell_px; d < cell_px; ++d)
    shares.push_back((static_cast<float>(cell_px) - std::abs(static_cast<float>(d) + .5F)) /
                     static_cast<float>(cell_px * cell_px));
  return shares;
}

/// Where the middles of all cells lie, sorted, without repeats.
std::vector<int> cell_middles(const std::vector<int>& patches, int cell_px) {
  std::vector<int> all;
  for (const int patch : patches)
    for (int i = 0; i < kCells; ++i) all.push_back(patch + (2 * i - kCells + 1) * cell_px / 2);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// `count` rows of `stride` groups of kDirections, from which the groups at `wanted` are blurred
/// along the groups: [count, wanted.size(), kDirections].
std::vector<float> blur_at(const float* from, std::size_t count, std::size_t stride,
                           const std::vector<int>& wanted, const std::vector<float>& shares) {
  std::vector<float> out(count * wanted.size() * kDirections);
  const int reach = static_cast<int>(shares.size() / 2);
  float* to = out.data();
  for (std::size_t row = 0; row < count; ++row) {
    const float* groups = from + row * stride * kDirections;
    for (const int middle_at : wanted) {
      const int first = std::max(middle_at - reach, 0);
      const int last = std::min(middle_at + reach, static_cast<int>(stride)) - 1;
      for (int at = first; at <= last; ++at) {
        const float share = shares[static_cast<std::size_t>(at - middle_at + reach)];
        const float* group = groups + static_cast<std::size_t>(at) * kDirections;
        for (std::size_t d = 0; d < kDirections; ++d) to[d] += share * group[d];
      }
      to += kDirections;
    }
  }
  return out;
}

/// [rows, columns, kDirections] with its first two axes swapped.
std::vector<float> turned(const std::vector<float>& from, std::size_t rows, std::size_t columns) {
  std::vector<float> out(from.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c)
      std::copy_n(from.data() + (r * columns + c) * kDirections, kDirections,
                  out.data() + (c * rows + r) * kDirections);
  return out;
}

std::size_t index_of(const std::vector<int>& sorted, int value) {
  return static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), value) -
                                  sorted.begin());
}

/// Blurred cells of one grid: where they are, and their strengths as [columns, rows, kDirections].
struct CellField {
  std::vector<int> columns, rows;
  std::vector<float> strengths;
};

CellField cell_field(const std::vector<float>& strengths, int width, int height, int cell_px,
                     const std::vector<int>& xs, const std::vector<int>& ys) {
  const auto shares = triangle(cell_px);
  CellField field{cell_middles(xs, cell_px), cell_middles(ys, cell_px), {}};
  const auto across = blur_at(strengths.data(), static_cast<std::size_t>(height),
                              static_cast<std::size_t>(width), field.columns, shares);
  const auto upright = turned(across, static_cast<std::size_t>(height), field.columns.size());
  field.strengths = blur_at(upright.data(), field.columns.size(), static_cast<std::size_t>(height),
                            field.rows, shares);
  return field;
}

/// Its 16 cells in `out`, as roots of their shares; false where there is too little.
bool take_sift(const CellField& field, int x, int y, int cell_px, float* out) {
  float sum = 0;
  for (int j = 0; j < kCells; ++j) {
    const auto row = index_of(field.rows, y + (2 * j - kCells + 1) * cell_px / 2);
    for (int i = 0; i < kCells; ++i) {
      const auto column = index_of(field.columns, x + (2 * i - kCells + 1) * cell_px / 2);
      const float* from = field.strengths.data() + (column * field.rows.size() + row) * kDirections;
      float* to = out + static_cast<std::size_t>(j * kCells + i) * kDirections;
      for (std::size_t d = 0; d < kDirections; ++d) sum += to[d] = from[d];
    }
  }
  if (sum < kStrengthMin * kCells * kCells) return false;
  for (std::size_t d = 0; d < kSiftDim; ++d) out[d] = std::sqrt(out[d] / sum);
  return true;
}

/// The four cells' means of each plane, then the deviation of each plane over all of them.
void take_colours(const Planes& planes, int x, int y, int cell_px, float* out) {
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (int j = 0; j < 2; ++j) {
      for (int i = 0; i < 2; ++i) {
        float cell = 0, cell_squares = 0;
        for (int v = y + (j - 1) * cell_px; v < y + j * cell_px; ++v) {
          const float* row = planes.values[c].data() + std::ptrdiff_t{v} * planes.width;
          for (int u = x + (i - 1) * cell_px; u < x + i * cell_px; ++u)
            cell += row[u], cell_squares += row[u] * row[u];
        }
        out[static_cast<std::size_t>(2 * j + i) * 3 + c] =
            cell / static_cast<float>(cell_px * cell_px);
        sum += cell, squares += cell_squares;
      }
    }
    const double count = 4.0 * cell_px * cell_px;
    const double mean = sum / count;
    out[12 + c] = static_cast<float>(std::sqrt(std::max(squares / count - mean * mean, 0.0)));
  }
}

/// Lightness / 50, and chroma rooted so that greys are told apart.
Planes spread(const Planes& lab) {
  Planes out = lab;
  for (auto& value : out.values[0]) value /= 50;
  for (std::size_t c = 1; c < 3; ++c)
    for (auto& value : out.values[c]) value = std::copysign(std::sqrt(std::abs(value) / 50), value);
  return out;
}

}  // namespace

std::vector<float> grey_of(const Planes& rgb) {
  std::vector<float> grey(rgb.values[0].size());
  for (std::size_t i = 0; i < grey.size(); ++i)
    grey[i] = .299F * rgb.values[0][i] + .587F * rgb.values[1][i] + .114F * rgb.values[2][i];
  return grey;
}

LocalFeatures dense_sift(const std::vector<float>& grey, int width, int height) {
  const auto strengths = gradients(grey, width, height);
  LocalFeatures out{kSiftDim, {}, {}};
  std::array<float, kSiftDim> one{};
  for (const auto [cell_px, step_px] : kSiftGrids) {
    const auto xs = middles(width, 2 * cell_px, step_px);
    const auto ys = middles(height, 2 * cell_px, step_px);
    if (xs.empty() || ys.empty()) continue;
    const CellField field = cell_field(strengths, width, height, cell_px, xs, ys);
    for (const int y : ys) {
      for (const int x : xs) {
        if (!take_sift(field, x, y, cell_px, one.data())) continue;
        out.values.insert(out.values.end(), one.begin(), one.end());
        out.places.push_back({place_in(x, width), place_in(y, height)});
      }
    }
  }
  return out;
}

void mirror_sift(const float* from, float* to) {
  for (std::size_t j = 0; j < kCells; ++j)
    for (std::size_t i = 0; i < kCells; ++i)
      for (std::size_t d = 0; d < kDirections; ++d)
        to[(j * kCells + kCells - 1 - i) * kDirections + (12 - d) % kDirections] =
            from[(j * kCells + i) * kDirections + d];
}

LocalFeatures dense_colours(const Planes& lab) {
  const Planes planes = spread(lab);
  LocalFeatures out{kColourDim, {}, {}};
  std::array<float, kColourDim> one{};
  for (const auto [cell_px, step_px] : kColourGrids) {
    for (const int y : middles(lab.height, cell_px, step_px)) {
      for (const int x : middles(lab.width, cell_px, step_px)) {
        take_colours(planes, x, y, cell_px, one.data());
        out.values.insert(out.values.end(), one.begin(), one.end());
        out.places.push_back({place_in(x, lab.width), place_in(y, lab.height)});
      }
    }
  }
  return out;
}

void mirror_colours(const float* from, float* to) {
  for (std::size_t j = 0; j < 2; ++j)
    for (std::size_t i = 0; i < 2; ++i)
      std::copy_n(from + (2 * j + i) * 3, 3, to + (2 * j + 1 - i) * 3);
  std::copy_n(from + 12, 3, to + 12);
}

}  // namespace filoscope::vision
