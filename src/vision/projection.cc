#include "vision/projection.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/random.h"
#include "vision/reasons.h"
#include "vision/vectors.h"

namespace filoscope::vision {
namespace {

constexpr std::size_t kFirstAxes = 384;
constexpr std::size_t kKeptAxes = 128;
constexpr float kRidge = .1F;  // of the trace: views of few pictures show few directions
constexpr std::uint64_t kRotationSeed = 1, kSignsSeed = 2;

/// The sum of a part's views, length 1.
std::vector<float> sum_of_views(const PartShape& shape, const float* part) {
  std::vector<float> sum(part, part + shape.dim);
  for (std::size_t view = 1; view < shape.views; ++view)
    add(sum, {part + view * shape.dim, shape.dim});
  make_unit(sum);
  return sum;
}

/// How the views of each picture differ from their mean, a row a view.
Matrix spreads_of(const PartShape& shape, std::span<const float* const> parts) {
  Matrix out(parts.size() * shape.views, shape.dim);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::vector<float> mean(shape.dim);
    for (std::size_t view = 0; view < shape.views; ++view)
      add(mean, {parts[i] + view * shape.dim, shape.dim}, 1 / static_cast<float>(shape.views));
    for (std::size_t view = 0; view < shape.views; ++view) {
      const auto row = out.row(i * shape.views + view);
      std::copy_n(parts[i] + view * shape.dim, shape.dim, row.begin());
      add(row, mean, -1);
    }
  }
  return out;
}

/// Divides along the directions of `spreads` by their deviation, all evened by a ridge.
/// [kept, kept] for rows of [n, kept].
Matrix whitening(const Matrix& spreads) {
  const auto size = spreads.columns;
  Matrix with_ridge(spreads.rows + size, size);
  std::copy(spreads.values.begin(), spreads.values.end(), with_ridge.values.begin());
  // As rows of its own the ridge needs no other arithmetic: their products are its diagonal.
  const double trace = dot(spreads.values, spreads.values);
  const auto root =
      static_cast<float>(std::sqrt(std::max(kRidge * trace / static_cast<double>(size), 1e-12)));
  for (std::size_t k = 0; k < size; ++k) with_ridge.row(spreads.rows + k)[k] = root;
  Spectrum spectrum = spectrum_of(with_ridge, size);
  for (std::size_t k = 0; k < spectrum.axes.rows; ++k)
    for (auto& value : spectrum.axes.row(k)) value /= std::sqrt(spectrum.values[k]);
  return spectrum.axes;
}

Matrix transposed(const Matrix& matrix) {
  Matrix out(matrix.columns, matrix.rows);
  for (std::size_t r = 0; r < matrix.rows; ++r)
    for (std::size_t c = 0; c < matrix.columns; ++c) out.row(c)[r] = matrix.row(r)[c];
  return out;
}

std::vector<float> times(const Matrix& matrix, std::span<const float> vector) {
  std::vector<float> out(matrix.rows);
  for (std::size_t r = 0; r < matrix.rows; ++r)
    out[r] = static_cast<float>(dot(matrix.row(r), vector));
  return out;
}

}  // namespace

PackedEmbedding pack(const Embedding& embedding) {
  PackedEmbedding packed{};
  for (std::size_t i = 0; i < packed.size(); ++i)
    packed[i] =
        static_cast<std::int8_t>(std::lround(std::clamp(embedding[i] * kPackScale, -127.F, 127.F)));
  return packed;
}

Embedding unpack(const PackedEmbedding& packed) {
  Embedding embedding(packed.begin(), packed.end());
  make_unit(embedding);
  return embedding;
}

Projection::Axes Projection::learn_part(const PartShape& shape,
                                        std::span<const float* const> parts) {
  Matrix sums(parts.size(), shape.dim);
  for (std::size_t i = 0; i < parts.size(); ++i)
    std::ranges::copy(sum_of_views(shape, parts[i]), sums.row(i).begin());
  Axes out;
  out.mean = centre(sums);
  const Spectrum first = spectrum_of(sums, kFirstAxes);
  if (first.axes.rows == 0) return out.axes = Matrix(0, shape.dim), out;
  const Matrix whitened_by = whitening(product(spreads_of(shape, parts), first.axes));
  const Matrix axes = product(whitened_by, transposed(first.axes));
  const Spectrum last = spectrum_of(product(sums, axes), kKeptAxes);
  out.axes = product(last.axes, transposed(axes));
  return out;
}

Result<Projection> Projection::learn(const DescriptorInfo& info,
                                     std::span<const Description> descriptions) {
  if (descriptions.empty())
    return Error(reason("vision_nothing_to_learn"), "there are no pictures");
  for (const auto& one : descriptions)
    if (one.size() != info.floats_count())
      return Error(reason("vision_nothing_to_learn"), "a description is of another descriptor");
  const auto count = std::min(descriptions.size(), kLearnedMax);
  std::vector<const float*> parts;
  for (std::size_t i = 0; i < count; ++i)
    parts.push_back(descriptions[i * descriptions.size() / count].data());
  Projection out;
  out.info_ = info;
  for (const auto& shape : info.parts) {
    out.parts_.push_back(shape.views > 1 ? learn_part(shape, parts) : Axes{});
    for (auto& part : parts) part += shape.views * shape.dim;
  }
  Matrix rows;
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = out.joined(descriptions[i * descriptions.size() / count]);
    rows.columns = row.size(), ++rows.rows;
    rows.values.insert(rows.values.end(), row.begin(), row.end());
  }
  const Spectrum spectrum = spectrum_of(rows, kEmbeddingDim);
  // Turned so that no component is larger than the others as a rule: one scale fits all of a code.
  Matrix turn = drawn_rotation(kEmbeddingDim, kRotationSeed);
  Matrix used(kEmbeddingDim, spectrum.axes.rows);
  for (std::size_t r = 0; r < kEmbeddingDim; ++r)
    std::copy_n(turn.row(r).begin(), used.columns, used.row(r).begin());
  out.last_ = product(used, transposed(spectrum.axes));
  return out;
}

Projection Projection::drawn(const DescriptorInfo& info) {
  Projection out;
  out.info_ = info;
  out.parts_.resize(info.parts.size());
  std::size_t joined_floats = 0;
  for (const auto& shape : info.parts) joined_floats += shape.dim;
  out.last_ = Matrix(kEmbeddingDim, joined_floats);
  Random random(kSignsSeed);
  for (auto& value : out.last_.values) value = random.below(2) == 0 ? -1.F : 1.F;
  return out;
}

std::vector<float> Projection::joined(const Description& description) const {
  std::vector<float> all;
  const float* part = description.data();
  for (std::size_t p = 0; p < info_.parts.size(); ++p) {
    const auto& shape = info_.parts[p];
    std::vector<float> one = sum_of_views(shape, part);
    if (!parts_[p].is_plain()) {
      add(one, parts_[p].mean, -1);
      one = times(parts_[p].axes, one);
      make_unit(one);
    }
    for (const float value : one) all.push_back(shape.weight * value);
    part += shape.views * shape.dim;
  }
  make_unit(all);
  return all;
}

Embedding Projection::embed(const Description& description) const {
  FILOSCOPE_CHECK(description.size() == info_.floats_count());
  Embedding out = times(last_, joined(description));
  make_unit(out);
  return out;
}

}  // namespace filoscope::vision
