#include "engine/embedding_table.h"

#include <algorithm>

#include "engine/numbers.h"

namespace filoscope::engine {
namespace {

constexpr float kSquaresStart = 0.1F;
constexpr float kNormMax = 2.0F;  ///< rows stay inside this ball, so no product runs away

}  // namespace

Row prior_row(std::uint64_t key) {
  const auto bits = mix64(key ^ 0x5851F42D4C957F2DULL);
  Row row;
  for (std::size_t i = 0; i < kDim; ++i) row[i] = ((bits >> i) & 1) != 0 ? 0.25F : -0.25F;
  return row;
}

EmbeddingTable::EmbeddingTable() : sketch_(kSketchSize, 0) {}

const Row* EmbeddingTable::find(std::uint64_t key) const {
  const auto at = key == 0 ? std::nullopt : index_.find(key);
  return at ? &rows_[*at] : nullptr;
}

/// Counts one sighting and tells how many there were (an upper bound; aged).
std::uint32_t EmbeddingTable::sight(std::uint64_t key) {
  const auto hash = mix64(key ^ 0xA0761D6478BD642FULL);
  std::uint8_t& a = sketch_[hash % (kSketchSize / 2)];
  std::uint8_t& b = sketch_[kSketchSize / 2 + (hash >> 32) % (kSketchSize / 2)];
  if (a < 255) ++a;
  if (b < 255) ++b;
  if (++sketched_ >= kSketchSize * 2) {
    for (auto& count : sketch_) count = static_cast<std::uint8_t>(count >> 1);
    sketched_ = 0;
  }
  return std::min(a, b);
}

void EmbeddingTable::learn(std::uint64_t key, const Row& prior, const Row& gradient,
                           std::int64_t at_ms) {
  if (key == 0) return;
  auto at = index_.find(key);
  if (!at) {
    if (sight(key) < kAdmitAt || index_.size() >= kRowsMax) return;
    if (free_.empty()) {
      at = static_cast<std::uint32_t>(rows_.size());
      rows_.push_back({}), metas_.push_back({});
    } else {
      at = free_.back();
      free_.pop_back();
    }
    if (!index_.put(key, *at)) {
      free_.push_back(*at);
      return;
    }
    rows_[*at] = prior;
    metas_[*at] = {key, kSquaresStart, 0};
  }
  Row& row = rows_[*at];
  Meta& meta = metas_[*at];
  meta.squares += dot(gradient.data(), gradient.data(), kDim) / static_cast<float>(kDim);
  const float rate = std::max(kRate / std::sqrt(meta.squares), kRateFloor);
  add_scaled(row.data(), gradient.data(), -rate, kDim);
  const float norm2 = dot(row.data(), row.data(), kDim);
  if (norm2 > kNormMax * kNormMax) {
    const float scale = kNormMax / std::sqrt(norm2);
    for (float& x : row) x *= scale;
  }
  meta.at_s = static_cast<std::uint32_t>(at_ms / 1000);
}

void EmbeddingTable::sweep(std::int64_t at_ms) {
  for (int step = 0; step < 2 && metas_.size() != 0; ++step) {
    hand_ = hand_ + 1 >= metas_.size() ? 0 : hand_ + 1;
    const Meta& meta = std::as_const(metas_)[hand_];
    if (meta.key == 0 || std::int64_t{meta.at_s} * 1000 + kExpiryMs > at_ms) continue;
    index_.erase(meta.key);
    metas_[hand_] = {};
    free_.push_back(hand_);
  }
}

std::size_t EmbeddingTable::bytes() const {
  return index_.bytes() + rows_.bytes() + metas_.bytes() + sketch_.size() + free_.capacity() * 4;
}

}  // namespace filoscope::engine
