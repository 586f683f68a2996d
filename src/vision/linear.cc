#include "vision/linear.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace filoscope::vision {
namespace {

using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr float kWeakest = 1e-6F;  // of the strongest; below is rounding

Eigen::Map<const Rows> mapped(const Matrix& matrix) {
  return {matrix.values.data(), static_cast<Eigen::Index>(matrix.rows),
          static_cast<Eigen::Index>(matrix.columns)};
}
Eigen::Map<Rows> mapped(Matrix& matrix) {
  return {matrix.values.data(), static_cast<Eigen::Index>(matrix.rows),
          static_cast<Eigen::Index>(matrix.columns)};
}

void point_up(std::span<float> axis) {
  const auto largest = std::max_element(axis.begin(), axis.end(),
                                        [](float a, float b) { return std::abs(a) < std::abs(b); });
  if (*largest >= 0) return;
  for (auto& value : axis) value = -value;
}

}  // namespace

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix out(a.rows, b.rows);
  mapped(out).noalias() = mapped(a) * mapped(b).transpose();
  return out;
}

Spectrum spectrum_of(const Matrix& rows, std::size_t kept_max) {
  if (rows.rows == 0 || rows.columns == 0) return {Matrix(0, rows.columns), {}};
  const auto x = mapped(rows);
  const bool by_rows = rows.rows < rows.columns;
  const Rows square =
      (by_rows ? Rows(x * x.transpose()) : Rows(x.transpose() * x)) / static_cast<float>(rows.rows);
  const Eigen::SelfAdjointEigenSolver<Rows> solved(square);
  const auto& values = solved.eigenvalues();  // rising
  const auto size = values.size();
  const auto kept_most = std::min<Eigen::Index>(static_cast<Eigen::Index>(kept_max), size);
  Eigen::Index kept = 0;
  while (kept < kept_most && values[size - 1 - kept] > values[size - 1] * kWeakest) ++kept;
  Spectrum out{Matrix(static_cast<std::size_t>(kept), rows.columns), {}};
  auto axes = mapped(out.axes);
  const Rows strongest = solved.eigenvectors().rightCols(kept).rowwise().reverse();
  if (by_rows)
    axes.noalias() = strongest.transpose() * x;
  else
    axes = strongest.transpose();
  axes.rowwise().normalize();
  for (Eigen::Index i = 0; i < kept; ++i) out.values.push_back(values[size - 1 - i]);
  for (std::size_t i = 0; i < out.axes.rows; ++i) point_up(out.axes.row(i));
  return out;
}

std::vector<float> centre(Matrix& rows) {
  std::vector<double> sums(rows.columns);
  for (std::size_t i = 0; i < rows.rows; ++i)
    for (std::size_t c = 0; c < rows.columns; ++c) sums[c] += rows.row(i)[c];
  std::vector<float> mean(rows.columns);
  for (std::size_t c = 0; c < rows.columns; ++c)
    mean[c] =
        static_cast<float>(sums[c] / static_cast<double>(std::max<std::size_t>(rows.rows, 1)));
  for (std::size_t i = 0; i < rows.rows; ++i)
    for (std::size_t c = 0; c < rows.columns; ++c) rows.row(i)[c] -= mean[c];
  return mean;
}

Matrix drawn_rotation(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  Matrix drawn(size, size);
  // A sum of four uniform numbers is near enough to normal for axes that favour no direction.
  for (auto& value : drawn.values)
    value = static_cast<float>(random.unit() + random.unit() + random.unit() + random.unit() - 2);
  const Eigen::HouseholderQR<Rows> factors{Rows(mapped(drawn))};
  mapped(drawn) = Rows(factors.householderQ());
  return drawn;
}

}  // namespace filoscope::vision
