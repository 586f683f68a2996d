#include "engine/als.h"

#include <algorithm>
#include <utility>

namespace filoscope::engine {
namespace {

constexpr int kSolverSteps = 3;
constexpr float kUnobserved = 0.1F;  ///< weight of a pair that is not observed
constexpr float kRidge = 0.003F;
constexpr float kTasteNormMax = 1e6F;  ///< of a row, squared
constexpr std::uint32_t kWalkedAtOnce = 4;

void add_outer(std::array<float, kTasteDim * kTasteDim>& gram, const Taste& x, float scale) {
  for (std::size_t i = 0; i < kTasteDim; ++i)
    add_scaled(gram.data() + i * kTasteDim, x.data(), scale * x[i], kTasteDim);
}

bool is_zero(const Taste& x) { return dot(x.data(), x.data(), kTasteDim) == 0; }

}  // namespace

void GramTable::set(std::uint32_t row, const Taste& value) {
  ensure(row);
  const Taste old = std::as_const(rows_)[row];
  count_ = count_ - (is_zero(old) ? 0 : 1) + (is_zero(value) ? 0 : 1);
  rows_[row] = value;
  add_outer(gram_, old, -1), add_outer(gram_, value, 1);
  if (row < hand_) add_outer(next_gram_, old, -1), add_outer(next_gram_, value, 1);
  walk();
}

void GramTable::walk() {
  for (std::uint32_t i = 0; i < kWalkedAtOnce && hand_ < rows_end(); ++i, ++hand_)
    add_outer(next_gram_, std::as_const(rows_)[hand_], 1);
  if (hand_ < rows_end()) return;
  gram_ = next_gram_;
  next_gram_ = {}, hand_ = 0;
}

bool GramTable::fits() const {
  const auto finite = [](const auto& values) {
    return std::all_of(values.begin(), values.end(), is_finite);
  };
  for (std::uint32_t row = 0; row < rows_end(); ++row)
    if (!finite(rows_[row])) return false;
  return hand_ <= rows_end() && finite(gram_) && finite(next_gram_);
}

void GramTable::add_product(Taste& y, const Taste& x, float scale) const {
  for (std::size_t i = 0; i < kTasteDim; ++i)
    add_scaled(y.data(), gram_.data() + i * kTasteDim, scale * x[i], kTasteDim);
}

Taste solve(const GramTable& others, const Evidence& evidence, const Taste& start) {
  const float ridge = kRidge * (evidence.count + kUnobserved * static_cast<float>(others.count()));
  const auto product = [&](const Taste& x) {
    Taste y{};
    add_scaled(y.data(), x.data(), ridge, kTasteDim);
    others.add_product(y, x, kUnobserved);
    for (const Taste& row : evidence.rows)
      add_scaled(y.data(), row.data(), evidence.weight * dot(row.data(), x.data(), kTasteDim),
                 kTasteDim);
    return y;
  };
  Taste x = start;
  Taste residual{};
  for (const Taste& row : evidence.rows)
    add_scaled(residual.data(), row.data(), evidence.weight, kTasteDim);
  const Taste first = product(x);
  add_scaled(residual.data(), first.data(), -1, kTasteDim);
  Taste direction = residual;
  float left = dot(residual.data(), residual.data(), kTasteDim);
  for (int step = 0; step < kSolverSteps && left > 1e-12F; ++step) {
    const Taste moved = product(direction);
    const float curve = dot(direction.data(), moved.data(), kTasteDim);
    if (!(curve > 0)) break;
    const float rate = left / curve;
    add_scaled(x.data(), direction.data(), rate, kTasteDim);
    add_scaled(residual.data(), moved.data(), -rate, kTasteDim);
    const float now = dot(residual.data(), residual.data(), kTasteDim);
    const float keep = now / left;
    for (std::size_t i = 0; i < kTasteDim; ++i) direction[i] = residual[i] + keep * direction[i];
    left = now;
  }
  return dot(x.data(), x.data(), kTasteDim) < kTasteNormMax ? x
                                                            : start;  // also of what is no number
}

}  // namespace filoscope::engine
