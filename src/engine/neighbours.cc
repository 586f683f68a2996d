#include "engine/neighbours.h"

#include <algorithm>
#include <bit>

namespace filoscope::engine {
namespace {

constexpr std::uint32_t kSumMax = 0xFFFF;

std::uint32_t weight_of(const Neighbour& n) { return std::uint32_t{n.c} + n.t; }

}  // namespace

Neighbour* NeighbourList::bucket(RowKey key) {
  const auto bits = std::bit_width(entries_.size() / kBucket) - 1;
  const auto index = bits == 0 ? 0U : (key * 0x9E3779B1U) >> (32 - bits);
  return entries_.data() + index * kBucket;
}

Neighbour* NeighbourList::find(RowKey key) {
  if (entries_.empty()) return nullptr;
  Neighbour* const first = bucket(key);
  for (std::size_t i = 0; i < kBucket; ++i)
    if (first[i].key == key) return first + i;
  return nullptr;
}

void NeighbourList::grow() {
  const auto old = std::move(entries_);
  entries_.assign(std::max(kBucket, old.size() * 2), {});
  for (const Neighbour& entry : old) {
    if (entry.key == 0) continue;
    Neighbour* const first = bucket(entry.key);
    *std::find_if(first, first + kBucket, [](const Neighbour& n) { return n.key == 0; }) = entry;
  }
}

Neighbour& NeighbourList::enter(const ItemRows& rows, RowKey key, std::size_t entries_max) {
  if (entries_.empty()) grow();
  // What is free or dead goes first.
  const auto worth = [&](const Neighbour& n) {
    return n.key == 0 || !rows.holds(n.key) ? 0 : 1 + weight_of(n);
  };
  for (;;) {
    Neighbour* const first = bucket(key);
    Neighbour* const least = std::min_element(
        first, first + kBucket,
        [&](const Neighbour& a, const Neighbour& b) { return worth(a) < worth(b); });
    if (worth(*least) != 0 && entries_.size() * 2 <= entries_max && used_ * 2 >= entries_.size()) {
      grow();
      continue;
    }
    used_ += least->key == 0 ? 1 : 0;
    *least = {key, 0, 0};
    return *least;
  }
}

bool NeighbourList::fits(const ItemRows& rows) {
  std::uint32_t used = 0;
  for (const Neighbour& entry : entries_) {
    if (entry.key == 0) continue;
    ++used;
    if ((entry.key & 0xFFFFFFU) == 0 || row_of(entry.key) >= rows.rows_end()) return false;
    if (find(entry.key) != &entry) return false;
  }
  return used == used_;
}

void NeighbourList::halve() {
  for (Neighbour& entry : entries_)
    entry.c = static_cast<std::uint16_t>(entry.c / 2),
    entry.t = static_cast<std::uint16_t>(entry.t / 2);
  ++halvings_;
}

std::uint32_t NeighbourList::steps(float x, std::uint32_t dither) const {
  const float exact = x * kSteps / static_cast<float>(1U << halvings_);
  return static_cast<std::uint32_t>(exact + static_cast<float>(dither & 0xFFFFU) * 0x1.0p-16F);
}

void NeighbourList::add(const ItemRows& rows, RowKey key, float c, float t, std::uint32_t dither,
                        std::size_t entries_max) {
  Neighbour* entry = find(key);
  if (entry == nullptr && steps(c, dither) + steps(t, dither) == 0) return;
  if (entry == nullptr) entry = &enter(rows, key, entries_max);
  if (entry->c + steps(c, dither) > kSumMax || entry->t + steps(t, dither) > kSumMax) halve();
  entry->c = static_cast<std::uint16_t>(entry->c + steps(c, dither));
  entry->t = static_cast<std::uint16_t>(entry->t + steps(t, dither));
}

void NeighbourList::subtract(RowKey key, float c, float t, std::uint32_t dither) {
  Neighbour* const entry = find(key);
  if (entry == nullptr) return;
  entry->c =
      static_cast<std::uint16_t>(entry->c - std::min<std::uint32_t>(entry->c, steps(c, dither)));
  entry->t =
      static_cast<std::uint16_t>(entry->t - std::min<std::uint32_t>(entry->t, steps(t, dither)));
  if (weight_of(*entry) != 0) return;
  *entry = {};
  --used_;
}

}  // namespace filoscope::engine
