#include "engine/sequence.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace filoscope::engine {
namespace {

constexpr float kSequenceRate = 0.1F;
constexpr float kKernelRate = 0.02F;
constexpr float kSequenceSquares = 0.1F;
constexpr float kRowSpread = 0.1F;  ///< standard deviation of new rows

std::size_t bin(std::size_t rank) { return static_cast<std::size_t>(std::bit_width(rank + 1)) - 1; }

/// About normal: twelve uniform draws.
Taste random_row(Random& random) {
  Taste row;
  for (float& x : row) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random.unit();
    x = kRowSpread * static_cast<float>(sum);
  }
  return row;
}

}  // namespace

SequenceModel::SequenceModel() {
  for (std::size_t b = 0; b < kBins; ++b)
    kernel_[b] = static_cast<float>(exp2_fixed(-0.5 * static_cast<double>(b)));
  kernel_squares_.fill(kSequenceSquares);
}

void SequenceModel::begin(std::uint32_t row, std::uint64_t seed) {
  while (out_.size() <= row) in_.push_back({}), out_.push_back({});
  Random random(mix64(seed));
  in_[row] = {random_row(random), kSequenceSquares};
  out_[row] = {random_row(random), kSequenceSquares};
}

Taste SequenceModel::summarise(std::span<const std::uint32_t> history) const {
  Taste sum{};
  float norm2 = 0;
  for (std::size_t rank = 0; rank < history.size(); ++rank) {
    const float k = kernel_[bin(rank)];
    add_scaled(sum.data(), in_[history[rank]].values.data(), k, kTasteDim);
    norm2 += k * k;
  }
  if (norm2 <= 0) return sum;
  const float scale = 1.0F / std::sqrt(norm2);
  for (float& x : sum) x *= scale;
  return sum;
}

bool SequenceModel::fits() const {
  const auto finite = [](const auto& values) {
    return std::all_of(values.begin(), values.end(), is_finite);
  };
  for (std::uint32_t row = 0; row < rows_end(); ++row)
    for (const auto* rows : {&in_, &out_})
      if (!finite((*rows)[row].values) || !((*rows)[row].squares >= 0)) return false;
  return finite(kernel_) && finite(kernel_squares_);
}

void SequenceModel::step(Learned& row, const Taste& gradient) {
  row.squares += dot(gradient.data(), gradient.data(), kTasteDim) / kTasteDim;
  add_scaled(row.values.data(), gradient.data(), -kSequenceRate / std::sqrt(row.squares),
             kTasteDim);
}

void SequenceModel::learn(std::span<const std::uint32_t> history, std::uint32_t target,
                          std::span<const std::uint32_t> negatives) {
  if (history.empty()) return;
  const Taste summary = summarise(history);
  std::array<std::uint32_t, kNegatives + 1> rows{target};
  std::size_t count = 1;
  for (const auto row : negatives)
    if (row != target && count < rows.size()) rows[count++] = row;
  std::array<float, kNegatives + 1> p{};
  float most = -80;
  for (std::size_t j = 0; j < count; ++j) {
    p[j] = dot(summary.data(), std::as_const(out_)[rows[j]].values.data(), kTasteDim);
    most = std::max(most, p[j]);
  }
  float sum = 0;
  for (std::size_t j = 0; j < count; ++j) p[j] = exp_fixed(p[j] - most), sum += p[j];
  Taste gradient{};
  for (std::size_t j = 0; j < count; ++j) {
    const float error = p[j] / sum - (j == 0 ? 1.0F : 0.0F);
    Learned& row = out_[rows[j]];
    add_scaled(gradient.data(), row.values.data(), error, kTasteDim);
    Taste own{};
    add_scaled(own.data(), summary.data(), error, kTasteDim);
    step(row, own);
  }
  learn_inputs(history, gradient, summary);
}

/// summary = Σ k·in / √Σk²: its derivatives by each row and by the kernel.
void SequenceModel::learn_inputs(std::span<const std::uint32_t> history, const Taste& gradient,
                                 const Taste& summary) {
  float norm2 = 0;
  for (std::size_t rank = 0; rank < history.size(); ++rank)
    norm2 += kernel_[bin(rank)] * kernel_[bin(rank)];
  if (norm2 <= 0) return;
  const float scale = 1.0F / std::sqrt(norm2);
  const float along = dot(gradient.data(), summary.data(), kTasteDim);
  std::array<float, kBins> kernel_gradient{};
  for (std::size_t rank = 0; rank < history.size(); ++rank) {
    const auto b = bin(rank);
    Learned& row = in_[history[rank]];
    kernel_gradient[b] += scale * dot(gradient.data(), row.values.data(), kTasteDim) -
                          along * kernel_[b] * scale * scale;
    Taste own{};
    add_scaled(own.data(), gradient.data(), kernel_[b] * scale, kTasteDim);
    step(row, own);
  }
  for (std::size_t b = 0; b < kBins; ++b) {
    kernel_squares_[b] += kernel_gradient[b] * kernel_gradient[b];
    kernel_[b] = clamp(
        kernel_[b] - kKernelRate * kernel_gradient[b] / std::sqrt(kernel_squares_[b]), 0.01F, 4.0F);
  }
}

}  // namespace filoscope::engine
