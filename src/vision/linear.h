#pragma once

/// Linear algebra that is learned with: on matrices of floats by rows, single-threaded, the same
/// bits for the same input on one build.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace filoscope::vision {

struct Matrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;  ///< [rows, columns]

  Matrix() = default;
  Matrix(std::size_t r, std::size_t c) : rows(r), columns(c), values(r * c) {}
  std::span<float> row(std::size_t i) { return {values.data() + i * columns, columns}; }
  std::span<const float> row(std::size_t i) const { return {values.data() + i * columns, columns}; }
  friend bool operator==(const Matrix&, const Matrix&) = default;
};

/// a * b^T, [a.rows, b.rows]. REQUIRES: equal columns.
Matrix product(const Matrix& a, const Matrix& b);

/// Axes of length 1, the strongest first, each with its largest component positive.
struct Spectrum {
  Matrix axes;                ///< [kept, columns]
  std::vector<float> values;  ///< mean square of the rows along each, falling, > 0
};
/// Of the rows about zero; at most `kept_max`, and none that is weaker than 1e-6 of the strongest.
/// O(min(rows, columns)^3 + rows * columns * min(rows, columns)).
Spectrum spectrum_of(const Matrix& rows, std::size_t kept_max);

/// Subtracts the mean of the rows from each and returns it.
std::vector<float> centre(Matrix& rows);

/// Some axes at right angles, [size, size], drawn by the seed.
Matrix drawn_rotation(std::size_t size, std::uint64_t seed);

}  // namespace filoscope::vision
