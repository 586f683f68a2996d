#include "vision/vlad.h"

#include <algorithm>
#include <cmath>

#include "vision/vectors.h"

namespace filoscope::vision {
namespace {

/// A sum in lanes that the compiler keeps in vector registers; its order is fixed.
float lane_dot(const float* a, const float* b, std::size_t dim) {
  constexpr std::size_t kLanes = 8;
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= dim; i += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) lanes[k] += a[i + k] * b[i + k];
  float sum = 0;
  for (; i < dim; ++i) sum += a[i] * b[i];
  for (const float lane : lanes) sum += lane;
  return sum;
}

/// The innermost view that the place is in.
std::size_t view_of(const std::array<float, 2>& place) {
  const float reach = std::max(std::abs(place[0]), std::abs(place[1]));
  std::size_t view = 0;
  while (view + 1 < kViewsCount && reach <= kViewShares[view + 1]) ++view;
  return view;
}

void add_residuals(const LocalFeatures& features, const Vocabulary& vocabulary, Mirror mirror,
                   std::span<float> out) {
  const auto dim = vocabulary.short_dim;
  const auto rows = shortened(features, vocabulary, mirror);
  const auto nearest = nearest_words(rows, vocabulary.words, dim);
  std::vector<float> residual(dim);
  for (std::size_t i = 0; i < features.count(); ++i) {
    const float* row = rows.data() + i * dim;
    const float* word = vocabulary.words.data() + nearest[i] * dim;
    for (std::size_t d = 0; d < dim; ++d) residual[d] = row[d] - word[d];
    const float squares = lane_dot(residual.data(), residual.data(), dim);
    if (squares <= 0) continue;
    const auto at = (view_of(features.places[i]) * vocabulary.words_count + nearest[i]) * dim;
    add(out.subspan(at, dim), residual, 1 / std::sqrt(squares));
  }
}

void even_out(std::span<float> vlad, std::size_t dim) {
  for (auto& value : vlad) value = std::copysign(std::sqrt(std::abs(value)), value);
  for (std::size_t at = 0; at < vlad.size(); at += dim) make_unit(vlad.subspan(at, dim));
  make_unit(vlad);
}

}  // namespace

std::vector<float> shortened(const LocalFeatures& features, const Vocabulary& vocabulary,
                             Mirror mirror) {
  const auto dim = vocabulary.dim;
  std::vector<float> out(features.count() * vocabulary.short_dim);
  std::vector<float> one(dim);
  float* to = out.data();
  for (std::size_t i = 0; i < features.count(); ++i) {
    if (mirror != nullptr)
      mirror(features.row(i), one.data());
    else
      std::copy_n(features.row(i), dim, one.data());
    for (std::size_t d = 0; d < dim; ++d) one[d] -= vocabulary.mean[d];
    for (std::size_t k = 0; k < vocabulary.short_dim; ++k)
      *to++ = lane_dot(vocabulary.axes.data() + k * dim, one.data(), dim);
  }
  return out;
}

std::vector<std::uint32_t> nearest_words(std::span<const float> rows, std::span<const float> words,
                                         std::size_t dim) {
  const auto words_count = words.size() / dim;
  std::vector<float> half_squares(words_count);
  for (std::size_t w = 0; w < words_count; ++w)
    half_squares[w] = lane_dot(words.data() + w * dim, words.data() + w * dim, dim) / 2;
  std::vector<std::uint32_t> nearest(rows.size() / dim);
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    float best = -INFINITY;
    for (std::size_t w = 0; w < words_count; ++w) {
      const float likeness =
          lane_dot(rows.data() + i * dim, words.data() + w * dim, dim) - half_squares[w];
      if (likeness > best) best = likeness, nearest[i] = static_cast<std::uint32_t>(w);
    }
  }
  return nearest;
}

void pool_vlad(const LocalFeatures& features, const Vocabulary& vocabulary, Mirror mirror,
               std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.F);
  add_residuals(features, vocabulary, nullptr, out);
  add_residuals(features, vocabulary, mirror, out);
  const auto floats = out.size() / kViewsCount;
  for (std::size_t view = kViewsCount - 1; view > 0; --view)  // an outer view holds the inner ones
    add(out.subspan((view - 1) * floats, floats), out.subspan(view * floats, floats));
  for (std::size_t view = 0; view < kViewsCount; ++view)
    even_out(out.subspan(view * floats, floats), vocabulary.short_dim);
}

}  // namespace filoscope::vision
