#include "vision/expansion.h"

#include <algorithm>

#include "vision/vectors.h"

namespace filoscope::vision {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

Embedding drawn_near(const Embedding& query, std::span<const Embedding> database,
                     std::size_t itself, std::size_t k) {
  std::vector<std::pair<double, std::size_t>> near;
  for (std::size_t i = 0; i < database.size(); ++i)
    if (i != itself) near.emplace_back(-dot(query, database[i]), i);
  const auto kept = std::min(k, near.size());
  std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(kept), near.end());
  Embedding sum = query;
  for (std::size_t n = 0; n < kept; ++n) {
    const double cosine = std::max(-near[n].first, 0.0);
    add(sum, database[near[n].second], static_cast<float>(cosine * cosine * cosine));
  }
  make_unit(sum);
  return sum;
}

}  // namespace

Embedding expanded(const Embedding& query, std::span<const Embedding> database, std::size_t k) {
  return drawn_near(query, database, kNone, k);
}

std::vector<Embedding> augmented(std::span<const Embedding> database, std::size_t k) {
  std::vector<Embedding> out;
  for (std::size_t i = 0; i < database.size(); ++i)
    out.push_back(drawn_near(database[i], database, i, k));
  return out;
}

}  // namespace filoscope::vision
